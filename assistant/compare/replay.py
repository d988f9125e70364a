"""Turns of the journal, asked again: the questions of a comparison are what the user really said.

What an arm has answered to the very same turn in the shadow (see assistant/compare/shadow.py) is not asked again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from assistant.compare.questions import Question, fingerprint
from assistant.compare.records import Records
from assistant.compare.shadow import QUESTION_OUTCOMES, as_question, remembered
from assistant.errors import AssistantError, UsageError
from assistant.llm import Message
from assistant.tts import Tts

_UNMEASURED = dict.fromkeys(("synthesis", "first_word", "first_sentence", "seconds", "cpu", "gpu"))
"""Of an answer in the shadow, which gave way to everything else."""


@dataclass(frozen=True)
class Recorded:
    question: Question
    """Its id is ``CONVERSATION-TURN``; its history is what the user had heard by then, whoever answers now."""
    reply: str
    """What the assistant said then."""


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
        if conversation in ("", talk) and user and outcome in QUESTION_OUTCOMES:
            question = as_question(talk, row["turn"], user, history)
            found[question.id] = Recorded(question, row.get("reply") or heard)
        history += remembered(user, heard, outcome)
    turns = list(found.values())[-newest or None :]
    if len(turns) < 2:
        known = f"; conversations are: {', '.join(list(histories)[-5:])}" if conversation and histories else ""
        raise UsageError(
            f"the journal holds {len(turns)} of the turns wanted, and a comparison needs two; talk first, or "
            f"choose others with --conversation or -n{known}"
        )
    return turns


def in_shadow(
    turns: Sequence[Recorded], keys: Mapping[str, str], settings: str, rows: Iterable[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """``answer`` records (see assistant.compare.records) out of the shadow's ``rows``: the newest of each arm and turn.

    ``keys``: arm -> fingerprint; ``settings``: of what all arms have in common, see `identity`. An answer given by
    another model, with other documents or settings, or after other words than the journal tells is none of them.
    """
    from assistant.compare.answerer import Answered

    ids = {fingerprint([turn.question]): turn.question.id for turn in turns}
    names = {field.name for field in fields(Answered)}
    found = {}
    for row in rows:
        id = ids.get(row.get("asked", ""))
        if id is not None and row.get("settings") == settings and names <= row.keys():
            for arm in (arm for arm, key in keys.items() if key == row.get("key")):
                found[arm, id] = {
                    "type": "answer",
                    "arm": arm,
                    "key": keys[arm],
                    "question": id,
                    "asked": row["question"],
                    **{name: row[name] for name in names},
                    **_UNMEASURED,
                }
    return list(found.values())


async def adopt(records: Records, answers: Iterable[Mapping[str, Any]], count: int, voice: Tts) -> dict[str, int]:
    """Put those of ``answers`` (see `in_shadow`) on record that are not; returns how many of each arm.

    ``count``: turns; an arm that has all of its answers then need not be loaded. ``voice`` tells how long an answer
    takes to hear. Raises AssistantError.
    """
    from assistant.compare.spoken import sound_of

    adopted: dict[str, int] = {}
    known: dict[str, set[str]] = {}  # arm -> questions it has answered
    for answer in answers:
        arm, key = answer["arm"], answer["key"]
        if arm not in known:
            known[arm] = set(records.of_arm("answer", arm, key))
        if answer["question"] in known[arm]:
            continue
        known[arm].add(answer["question"])
        records.append({**answer, "spoken_seconds": round((await sound_of(answer["text"], voice)).length, 2)})
        adopted[arm] = adopted.get(arm, 0) + 1
        if len(known[arm]) == count:
            records.append(
                {
                    "type": "arm",
                    "arm": arm,
                    "key": key,
                    "peak_mb": None,
                    "engine": None,
                    "voice": voice.name,
                    "error": None,
                }
            )
    return adopted


def folders_of(journal: Path, home: Path) -> list[Path]:
    """The comparisons below ``home`` that hold what the journal at ``journal`` holds; and those of replays that cannot
    be read, which may.
    """
    found = []
    for folder in sorted(path for path in home.glob("*") if path.is_dir()):
        try:
            header = Records(folder).header()
        except AssistantError:
            header = None
        if header is None:
            of_it = folder.name.startswith("replay-")
        else:
            of_it = journal.resolve() in [Path(file).resolve() for file in header.files]
        if of_it:
            found.append(folder)
    return found


def with_answers(turns: Sequence[Recorded], references: Sequence[Question]) -> list[Recorded]:
    """The turns, with the reference answers of ``references`` that ask the same words."""
    from training.judge.words import normalise

    by_words = {normalise(reference.text): reference for reference in references}
    found = []
    for turn in turns:
        reference = by_words.get(normalise(turn.question.text))
        if reference is not None:
            turn = replace(
                turn,
                question=replace(
                    turn.question, answers=reference.answers, kind=reference.kind, evidence=reference.evidence
                ),
            )
        found.append(turn)
    return found
