"""Turns of the journal, asked again: the questions of a comparison are what the user really said."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from assistant.compare.questions import Question
from assistant.compare.shadow import ASKED, said
from assistant.errors import UsageError
from assistant.llm import Message


@dataclass(frozen=True)
class Recorded:
    question: Question
    """Its id is ``CONVERSATION-TURN``; its history is what the user had heard by then, whoever answers now."""
    reply: str
    """What the assistant said then."""
    engine: str
    """The language model that wrote it."""


def recorded(rows: Iterable[Mapping[str, Any]], conversation: str = "", newest: int = 0) -> list[Recorded]:
    """The turns of ``rows`` (see assistant.journal) in which something was asked, oldest first.

    ``conversation``: only of this one; ``newest``: only the last so many, 0 = all. Raises UsageError below two.
    """
    histories: dict[str, list[Message]] = {}
    found: dict[str, Recorded] = {}
    for row in rows:
        talk, user, outcome = str(row.get("conversation", "")), row.get("user") or "", row.get("outcome", "")
        history = histories.setdefault(talk, [])
        heard = row.get("heard") or ""
        if conversation in ("", talk) and user and outcome in ASKED:
            earlier = tuple({"role": message.role, "content": message.content} for message in history)
            id = f"{talk}-{row['turn']}"
            found[id] = Recorded(Question(id, user, kind="recorded", history=earlier), row.get("reply") or heard,
                                 (row.get("engines") or {}).get("llm", ""))
        history += said(user, heard, outcome)
    turns = list(found.values())[-newest or None:]
    if len(turns) < 2:
        known = f"; conversations are: {', '.join(list(histories)[-5:])}" if conversation and histories else ""
        raise UsageError(f"the journal holds {len(turns)} of such turns, and a comparison needs two; talk first, or "
                         f"choose others with --conversation or -n{known}")
    return turns


def with_answers(turns: Sequence[Recorded], references: Sequence[Question]) -> list[Recorded]:
    """The turns, with the reference answers of ``references`` that ask the same words."""
    from training.words import normalise

    by_words = {normalise(reference.text): reference for reference in references}
    found = []
    for turn in turns:
        reference = by_words.get(normalise(turn.question.text))
        if reference is not None:
            turn = replace(turn, question=replace(turn.question, answers=reference.answers, kind=reference.kind,
                                                  evidence=reference.evidence))
        found.append(turn)
    return found
