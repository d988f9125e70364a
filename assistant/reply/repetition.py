"""A small model falls into repeating what it said before: "A group of ten." to every question after the first.

Such a reply is recognised by its first words and asked for again without the conversation that it imitates, also where
the words refer back to it ("Is it far away?"): the next answers are then about it again. One that comes even so is the
model's own.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence

from assistant.llm import Message
from assistant.reply.history import is_few
from assistant.reply.sentences import whole_sentences

_FEWEST = 5  # words of half a sentence, below which two replies may well begin alike ("The capital of ...")
_AGAIN = re.compile(r"\b(?:again|repeat|sure|you (?:say|said)|go on|keep going|continue)\b", re.IGNORECASE)


def repeats(unit: str, question: str, messages: Sequence[Message]) -> bool:
    """Whether a reply that begins with ``unit`` only repeats one of those in ``messages``, given to another question.

    The last of ``messages`` asks ``question``; one that asks for what was said may be answered with it.
    """
    spoken, asked = _words(unit), _words(question)
    if is_few(question) or _AGAIN.search(question) or not spoken or len(spoken) < _FEWEST and not whole_sentences(unit):
        return False
    return any(
        answer.role == "assistant"
        and _words(answer.content)[: len(spoken)] == spoken
        and _words(before.content) != asked
        for before, answer in itertools.pairwise(messages[1:-1])
    )


def without_conversation(messages: Sequence[Message]) -> list[Message]:
    """The system prompt, the last question, and what tools gave for it, if they did."""
    asked = max((place for place, one in enumerate(messages) if one.role == "user"), default=len(messages) - 1)
    return [messages[0], *messages[asked:]]


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())
