"""What the conversation tells those who watch it: the screen, the journal, the benchmark. Watching changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from assistant.concurrency.failures import Contained
from assistant.turn import Turn

State = Literal["loading", "listening", "hearing", "thinking", "speaking"]
Reason = Literal["goodbye", "silence", "longest", "quiet hours", "failed"]
"""Why a visitor's conversation is over."""


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


@dataclass(frozen=True)
class Health:
    """A device or an engine failed, or works again."""

    part: Literal["microphone", "speaker", "stt", "llm", "tts"]
    works: bool
    text: str
    """One sentence the user should read; empty = nothing new to read."""


@dataclass(frozen=True)
class Woken:
    """A wake word, speech, or a button began a visitor's conversation, or interrupted a reply."""

    word: str
    """The wake word's name, "speech" or "button"."""


@dataclass(frozen=True)
class Left:
    """A visitor's conversation is over, and forgotten."""

    reason: Reason
    turns: int


@dataclass(frozen=True)
class OpenedBy:
    """Push-to-talk: what opens the microphone. Sent once."""

    key: str
    """As [push_to_talk] key names it, or the command."""


Event = StateChanged | Transcribed | Speaking | Notice | TurnEnded | Health | Woken | Left | OpenedBy
Observer = Callable[[Event], None]


def together(*observers: Observer) -> Observer:
    """All of them in one, which never raises: what goes wrong in one of them the others are told, and nobody else feels
    it. Only what ends the program passes through.
    """

    def observe(event: Event) -> None:
        for contained, observer in each:
            contained(observer, event)

    each = [(Contained("What watches the conversation", lambda text: observe(Notice(text))), one) for one in observers]
    return observe
