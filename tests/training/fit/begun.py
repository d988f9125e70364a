"""Rows, and a run that has begun."""

from __future__ import annotations

from pathlib import Path

from training.fit import run as fit
from training.fit.base import Base
from training.recipe import Recipe
from training.rows import Row
from training.runs import Run, new_run


def row(question: str, answer: str = "Yes.", kind: str = "", line: int = 0) -> Row:
    return Row(({"role": "user", "content": question}, {"role": "assistant", "content": answer}), line, kind)


def nothing(*_: object) -> None:
    pass


BASE = Base(Path("base"), "base", "abc", "mit", None)


def begun(folder: Path, name: str = "one") -> Run:
    run = new_run(folder, name)
    fit.begin(run, BASE, "base", Path("d.jsonl"), [row("a")], [row("b")], "S", Recipe())
    return run
