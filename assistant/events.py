"""What the conversation tells those who watch it: the screen, the journal, the benchmark. Watching changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from assistant.turn import Turn

State = Literal["loading", "listening", "hearing", "thinking", "speaking"]


@dataclass(frozen=True)
class StateChanged:
    state: State


@dataclass(frozen=True)
class Transcribed:
    text: str
    final: bool
    """False while the user may still be speaking."""


@dataclass(frozen=True)
class Speaking:
    """Sent several times a second while a reply plays."""

    heard: str
    written: str
    """All of the reply that the language model has written so far; begins with `heard`."""


@dataclass(frozen=True)
class Notice:
    """One sentence the user should read: a fallback taken, an engine that failed."""

    text: str


@dataclass(frozen=True)
class TurnEnded:
    turn: Turn


Event = StateChanged | Transcribed | Speaking | Notice | TurnEnded
Observer = Callable[[Event], None]
