"""Rows from what was really said to the assistant, through a text file in which the user decides about each.

Nothing goes from the journal into training by itself: `review` writes the file, the user ticks, corrects and deletes,
`reviewed` reads back what is ticked.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from training.data.seen import SeenQuestions
from training.errors import TrainingUsageError
from training.rows import Row

UNSURE = 0.65
"""Mean word probability of a transcript below which it was hardly understood."""
_LINKED = re.compile(
    r"^(?:and|but|so|then|also|or|what about|how about|why|really)\b"
    r"|\b(?:it|its|that|this|they|them|their|he|him|his|she|her|there|one|ones)\b",
    re.IGNORECASE,
)
_REASONS = {
    "refused": "refused",
    "failed": "failed",
    "interrupted": "interrupted",
    "unsure": "hardly understood",
    "unknown": "unknown to the documents",
}
_PLACEHOLDER = re.compile(r"\[(?:url|e-mail|address|path|phone|number|name) \d+\]|\[key-hidden\]")
_KEY = "[key-hidden]"
_HEAD = """\
What was said to the assistant. Only turns with an x between the brackets are learned: [x]
Those that seem to hold something personal have none yet. Correct the answers to what you would rather have heard,
delete what you like, then run:  assistant train make --reviewed {path}
"""


@dataclass(frozen=True)
class Candidate:
    earlier: tuple[tuple[str, str], ...]
    """Questions and answers that a follow-up needs to be understood, oldest first."""
    question: str
    answer: str
    fact: bool = False
    """Whether it was answered from documents."""
    personal: tuple[str, ...] = ()
    """What in it seems to point at a person: name, number, phone ..."""
    ticked: bool = False


def candidates(
    turns: Sequence[Mapping[str, Any]], anonymised: Sequence[Mapping[str, Any]]
) -> tuple[list[Candidate], Counter[str]]:
    """The turns worth learning from, and how many others were left out for which reason.

    ``anonymised`` are the same turns, in the same order, with placeholders such as ``[name 1]`` for what is personal.
    """
    found: list[Candidate] = []
    left_out: Counter[str] = Counter()
    asked = SeenQuestions()
    before: dict[Any, Candidate] = {}
    for turn, clean in zip(turns, anonymised, strict=True):
        question, answer = _line(turn.get("user")), _line(turn.get("reply"))
        last = before.pop(turn.get("conversation"), None)
        reason = _unfit(turn, question, answer)
        if reason:
            left_out[reason] += 1
            continue
        linked = _LINKED.search(question)
        earlier = (*last.earlier[-1:], (last.question, last.answer)) if last and linked else ()
        personal = {
            match[0][1:-1].split(" ")[0]
            for key in ("user", "reply")
            for match in _PLACEHOLDER.finditer(str(clean.get(key) or ""))
        }
        personal |= set(last.personal) if earlier and last else set()
        one = Candidate(earlier, question, answer, bool(turn.get("passages")), tuple(sorted(personal)), not personal)
        before[turn.get("conversation")] = one
        if earlier or asked.add(question):
            found.append(one)
        else:
            left_out["asked before"] += 1
    return found, left_out


def _unfit(turn: Mapping[str, Any], question: str, answer: str) -> str:
    outcome = turn.get("outcome")
    if outcome != "answered":
        return _REASONS.get(str(outcome), "nothing said")
    if turn.get("error"):
        return "failed"
    if not question or not answer:
        return "nothing said"
    if _KEY in question + answer:
        return "a key or password"
    revisions = turn.get("revisions")
    confidence = (
        revisions[-1].get("confidence")
        if isinstance(revisions, list) and revisions and isinstance(revisions[-1], dict)
        else None
    )
    return "hardly understood" if isinstance(confidence, int | float) and confidence < UNSURE else ""


def _line(text: Any) -> str:
    return " ".join(text.split()) if isinstance(text, str) else ""


def review(found: Sequence[Candidate], path: Path | str) -> str:
    """The file's text; ``path`` is where it will lie."""
    blocks = [_HEAD.format(path=path)]
    for one in found:
        marks = "x" if one.ticked else " "
        notes = ["from the documents"] * one.fact + [f"holds: {', '.join(one.personal)}"] * bool(one.personal)
        lines = [f"[{marks}] " + "; ".join(notes)]
        for asked, answered in (*one.earlier, (one.question, one.answer)):
            lines += [f"you: {_line(asked)}", f"assistant: {_line(answered)}"]
        blocks.append("\n".join(line.rstrip() for line in lines) + "\n")
    return "\n".join(blocks)


def reviewed(text: str, name: str = "the review") -> list[Row]:
    """The rows ticked in a file that `review` wrote and a person changed; ``line`` is where each begins.

    Raises TrainingError that names the line that is not understood.
    """
    rows: list[Row] = []
    ticked: bool | None = None
    fact, begun = False, 0
    messages: list[dict[str, str]] = []

    def close() -> None:
        if ticked and (not messages or messages[-1]["role"] != "assistant"):
            raise TrainingUsageError(
                f"{name}: the turn that begins in line {begun} has no answer; add one, or take its x away"
            )
        if ticked:
            rows.append(Row(tuple(messages), begun, "fact" if fact else "", "journal"))

    for number, line in enumerate(text.splitlines(), 1):
        head = re.match(r"\[([ xX]?)\](.*)", line)
        if head:
            close()
            ticked, fact, begun, messages = head[1] in ("x", "X"), "from the documents" in head[2], number, []
        elif ticked is not None and line.strip():
            role, colon, content = line.partition(":")
            wanted = "assistant" if messages and messages[-1]["role"] == "user" else "user"
            given = {"you": "user", "assistant": "assistant"}.get(role.strip().lower())
            if not colon or given != wanted or not content.strip():
                if ticked:
                    speaker = "you" if wanted == "user" else wanted
                    raise TrainingUsageError(
                        f'{name}: line {number} should be "{speaker}: ..."; each turn is a line '
                        "of yours and one of the assistant's"
                    )
                continue
            messages.append({"role": given, "content": content.strip()})
    close()
    return rows
