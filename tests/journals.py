"""Turns as the tests of the journal write them."""

from __future__ import annotations

from assistant.config import JournalSettings
from assistant.journal import Journal
from assistant.turn import Turn


def turn(number: int = 1, user: str = "what is the capital of france", **fields) -> Turn:
    return Turn(
        **{
            "id": number,
            "user": user,
            "reply": "Paris is the capital.",
            "heard": "Paris is",
            "outcome": "interrupted",
            "engines": {"stt": "moonshine tiny-en"},
            **fields,
        }
    )


def open_journal(path, notices: list[str] | None = None, **settings) -> Journal:
    return Journal(JournalSettings(path=str(path), **settings), (notices if notices is not None else []).append)
