"""What the base model says before it is trained: what it knows must stay, and its style is told from the one wanted."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol

from rag.atomic import write_text
from training.errors import TrainingError
from training.judge.probe import wilson
from training.judge.score import Style, correct
from training.rows import Row

_QUESTIONS, _STYLED, _JUDGED = 60, 32, 24
_FACT, _ANSWER = 24, 48  # tokens: a fact comes early in an answer; a style shows in its first sentences

Answered = Callable[[float], None]
"""Gets how many rows are answered."""


Keep = Callable[[int, str], None]
"""Gets each answer as soon as it is whole, and its row's position."""


class Answering(Protocol):
    def __call__(
        self, rows: Sequence[Row], most: int, progress: Answered = lambda answered: None, keep: Keep | None = None
    ) -> list[str]:
        """An answer of at most ``most`` tokens to each row's prompt."""


@dataclass(frozen=True)
class Baseline:
    asked: int
    """Questions that a model may know and training does not teach."""
    known: list[int]
    """Positions of those that the base model answered."""
    other: list[str]
    """Its answers to a sample of the questions that are trained."""
    before: list[str]
    """Its answers to a sample of the held-out questions."""


def questions(general: Sequence[Row], train: Sequence[Row], held_out: Sequence[Row]) -> list[Row]:
    """What is asked at every look: general questions that no trained row asks, held-out ones of that kind first."""
    trained = {" ".join(row.question.lower().split()) for row in train}
    rows = [*(row for row in held_out if row.kind == "general"), *general]
    found = {" ".join(row.question.lower().split()): row for row in reversed(rows)}
    return spread([row for question, row in reversed(found.items()) if question not in trained], _QUESTIONS)


def spread(rows: Sequence[Row], most: int) -> list[Row]:
    """At most so many, taken evenly from all of them."""
    return [rows[position * len(rows) // most] for position in range(most)] if len(rows) > most else list(rows)


def learn(
    asked: Sequence[Row],
    train: Sequence[Row],
    held_out: Sequence[Row],
    answer: Answering,
    record: Path,
    progress: Callable[[int, int, float], None] = lambda *_: None,
) -> Baseline:
    """Ask the base model, once per run: ``record`` keeps what it said, and a file beside it each answer as it comes, so
    that a run that is killed meanwhile asks only for what is missing.

    ``progress`` gets how many questions are answered, how many there are, and the share of the tokens written, 0 to 1.
    """
    if record.exists():
        return Baseline(**json.loads(record.read_text(encoding="utf-8")))
    parts = [(asked, _FACT), (spread(train, _STYLED), _ANSWER), (spread(held_out, _JUDGED), _ANSWER)]
    of, tokens = sum(len(some) for some, _ in parts), sum(len(some) * most for some, most in parts)

    kept = _Kept(record.with_suffix(".answers.jsonl"))

    def part(number: int) -> list[str]:
        some, most = parts[number]
        before = sum(len(rows) for rows, _ in parts[:number])
        written = sum(len(rows) * limit for rows, limit in parts[:number])

        def show(answered: float) -> None:
            progress(before + int(answered), of, (written + answered * most) / tokens)

        return kept.answers(some, most, answer, show)

    said = [part(number) for number in range(len(parts))]
    known = [
        position
        for position, (row, answer) in enumerate(zip(asked, said[0], strict=True))
        if correct(answer, row.answer, row.question)
    ]
    found = Baseline(len(asked), known, said[1], said[2])
    write_text(record, json.dumps(asdict(found), ensure_ascii=False))
    kept.path.unlink(missing_ok=True)
    return found


class _Kept:
    """Answers of the base model, one a line, as they come."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._said: dict[str, str] = {}
        lines = path.read_text(encoding="utf-8", errors="replace").split("\n") if path.exists() else []
        if lines and lines[-1]:  # torn by a kill
            write_text(path, "".join(line + "\n" for line in lines[:-1]))
        for line in lines[:-1]:
            try:
                asked, said = json.loads(line)
            except ValueError:
                continue
            self._said[asked] = said

    def answers(self, rows: Sequence[Row], most: int, answer: Answering, progress: Answered) -> list[str]:
        keys = [json.dumps([most, *row.messages[:-1]], ensure_ascii=False) for row in rows]
        missing = [position for position, key in enumerate(keys) if key not in self._said]
        there = len(rows) - len(missing)
        with self.path.open("a", encoding="utf-8", newline="") as file:

            def keep(position: int, said: str) -> None:
                key = keys[missing[position]]
                self._said[key] = said
                file.write(json.dumps([key, said]) + "\n")
                file.flush()

            if missing:
                some = [rows[position] for position in missing]
                answer(some, most, lambda answered: progress(there + answered), keep)
        return [self._said[key] for key in keys]


def still_known(rows: Sequence[Row], answer: Answering) -> int:
    return (
        sum(correct(answer, row.answer, row.question) for row, answer in zip(rows, answer(rows, _FACT), strict=True))
        if rows
        else 0
    )


def forgotten(lost: int, of: int, allowed: float) -> bool:
    """Whether more than the share ``allowed`` of all that the base model knew is lost, beyond the chance of which
    questions were asked: the lower end of the 95 % interval (Wilson 1927). With 35 questions and 0.1: from 7 lost on.
    """
    return of > 0 and wilson(lost, of)[0] > allowed


def style(baseline: Baseline, train: Sequence[Row], held_out: Sequence[Row], answer: Answering) -> dict[str, float]:
    """``style_before`` and ``style_after``: how likely the answers to held-out questions are in the style of the
    trained ones, 0 to 1, on average; empty when there are too few rows to tell."""
    wanted = [row.answer for row in spread(train, _STYLED)]
    try:
        judge = Style.fit(wanted, baseline.other)
    except TrainingError:
        return {}
    after = answer(spread(held_out, _JUDGED), _ANSWER)
    return {"style_before": _mean(judge, baseline.before), "style_after": _mean(judge, after)}


def _mean(judge: Style, answers: Sequence[str]) -> float:
    return sum(map(judge.score, answers)) / len(answers) if answers else 0.0
