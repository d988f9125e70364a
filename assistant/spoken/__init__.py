"""Written forms -> the words people say for them: numbers, money, units, dates, signs. One file per language."""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module

from assistant.spoken.reader import Edit, Reader

LANGUAGES = ("en", "de", "fr", "es", "it")
"""Each has a file of its name in this folder, whose LANGUAGE is all that the shared rules need to know of it."""


def edits(text: str, language: str) -> list[Edit]:
    """What a reader of ``language`` ("en", "en-GB") says in place of what is written: in order, without overlap.

    A language without a file of its own has none: its voice reads the digits as it can.
    """
    reader = _reader(language)
    return reader.edits(text) if reader else []


def spoken(text: str, language: str) -> str:
    """``text`` with its `edits`."""
    return apply(text, edits(text, language))


def apply(text: str, changes: list[Edit]) -> str:
    parts, position = [], 0
    for edit in changes:
        parts += [text[position : edit.start], edit.words]
        position = edit.end
    return "".join([*parts, text[position:]])


@lru_cache(maxsize=16)
def _reader(language: str) -> Reader | None:
    base, _, region = language.replace("_", "-").lower().partition("-")
    if base not in LANGUAGES:
        return None
    return Reader(import_module(f"assistant.spoken.{base}").LANGUAGE.of(region))
