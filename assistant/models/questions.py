"""Questions with answers that can be checked without anybody's opinion."""

from __future__ import annotations

import json
import re
import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.errors import UsageError


@dataclass(frozen=True)
class Question:
    ask: str
    right: tuple[str, ...]
    """An answer that holds one of these, as whole words, is right."""
    wrong: tuple[str, ...] = ()
    """Unless it holds one of these, too."""
    only: int = 0
    """Or has more words than this; 0 = any number."""

    def answered(self, answer: str) -> bool:
        said = _plain(answer)
        if self.only and len(said.split()) > self.only:
            return False
        return _holds(said, self.right) and not _holds(said, self.wrong)


def built_in() -> list[Question]:
    text = Path(__file__).with_name("questions.toml").read_text(encoding="utf-8")
    return [_question(row) for row in tomllib.loads(text)["question"]]


def read(path: Path) -> list[Question]:
    """The user's own: JSON lines with "question" and "answer" (a text, or a list of them of which each is right), and
    if wanted "wrong" and "only". Raises UsageError, which names the line."""
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"--questions {path}: cannot be read ({error}); give a UTF-8 text file") from None
    found = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            found.append(_question({"ask": row["question"], "right": row["answer"], **row}))
        except (ValueError, KeyError, TypeError, AttributeError):
            raise UsageError(
                f'--questions {path}: line {number} cannot be used; write {{"question": "...", "answer": "..."}}'
            ) from None
    if not found:
        raise UsageError(f"--questions {path}: holds no question; write one per line")
    return found


def _question(row: Mapping[str, Any]) -> Question:
    question = Question(str(row["ask"]), _texts(row["right"]), _texts(row.get("wrong", ())), int(row.get("only", 0)))
    if not question.ask.strip() or not any(_plain(text) for text in question.right):
        raise ValueError("an empty question or answer")
    return question


def _texts(value: object) -> tuple[str, ...]:
    if isinstance(value, (str, int, float)):
        return (str(value),)
    if isinstance(value, Sequence):
        return tuple(str(one) for one in value)
    raise TypeError("neither a text nor a list of texts")


def _plain(text: str) -> str:
    """Words only: no case, no marks, no accents, thousands without their comma."""
    text = re.sub(r"(?<=\d)[,.](?=\d{3}\b)", "", text)
    letters = unicodedata.normalize("NFKD", text.casefold())
    kept = "".join(letter if letter.isalnum() else " " for letter in letters if not unicodedata.combining(letter))
    return " ".join(kept.split())


def _holds(said: str, texts: Sequence[str]) -> bool:
    return any(f" {_plain(text)} " in f" {said} " for text in texts if _plain(text))
