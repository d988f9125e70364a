"""Facts that the user asked to be remembered, in one readable file."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path


@dataclass(frozen=True)
class Fact:
    text: str
    """As the user said it, in the user's own person: "my sister is called Anna"."""
    day: date
    conversation: str = ""
    """The id in the journal of the conversation in which it was said."""
    turn: int = 0


class Memory:
    """The facts of one person."""

    def __init__(self, path: Path) -> None:
        self.path = path
