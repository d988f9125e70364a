"""What the language model is asked, and what is said in its place: one answer's plan, for talking and for comparing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assistant import knowledge
from assistant.llm import Message
from assistant.retrieved import Retrieved
from assistant.settings import RagSettings


@dataclass(frozen=True)
class Delivery:
    opening: str = ""
    """Words that begin the reply, before the model's."""
    instead: str = ""
    """Words that are the reply; the model is not asked."""
    unknown: bool = False
    """Whether they say that the documents do not tell."""


def plan(found: Retrieved | None, settings: RagSettings, language: str = "en") -> Delivery:
    """How a question is answered that the documents say ``found`` about; None when there are no documents.

    ``language``: the reply's.
    """
    if found and found.unknown:
        return (
            Delivery(instead=settings.unknown, unknown=True)
            if settings.when_unknown == "say"
            else Delivery(opening=settings.own_words)
        )
    doubt = knowledge.doubt(language) if found and found.doubtful else ""
    if found and (said := found.quoted(language)):
        return Delivery(instead=f"{doubt} {said}".lstrip())
    sources = settings.speak_sources and found and found.text and not doubt  # assistant/reply/doubt.py speaks the doubt
    return Delivery(opening=f"{found.spoken}," if found and sources else "")


def system(prompt: str, introduction: str) -> Message:
    """``introduction``: what must be said about passages; empty without documents."""
    return Message("system", f"{prompt} {introduction}" if introduction else prompt)


def messages(system: Message, history: Sequence[Message], question: str, found: Retrieved | None) -> list[Message]:
    """What the model is asked; ``system`` introduces the passages.

    Facts and passages stand after the history, which never holds them, so that the KV cache keeps what comes before.
    """
    content = f"{found.shown}\n\n{question}" if found and found.shown else question
    return merged([system, *history, Message("user", content)])


def with_passages(messages: Sequence[Message], passages: str, introduction: str) -> list[Message]:
    """The same question again, now with passages, which the last message itself introduces.

    The system prompt stays as it is, so that the KV cache keeps it.
    """
    *before, question = messages
    return [*before, Message("user", f"{introduction}\n{passages}\n\n{question.content}")]


def merged(messages: Sequence[Message]) -> list[Message]:
    """Join neighbours of one role: a turn of whose answer nothing was heard, followed by the next question.

    Several chat templates refuse two user messages in a row.
    """
    joined: list[Message] = []
    for message in messages:
        if joined and joined[-1].role == message.role:
            joined[-1] = Message(message.role, f"{joined[-1].content}\n{message.content}")
        else:
            joined.append(message)
    return joined
