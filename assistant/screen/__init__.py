"""What the user sees while talking. Both screens are observers of the conversation; `open_screen` picks one."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager
from typing import Protocol

from assistant.concurrency.failures import Contained
from assistant.events import Event
from assistant.terminal import is_plain


class Screen(Protocol):
    def __call__(self, event: Event) -> None: ...

    def note(self, text: str) -> None:
        """Show one line that is not part of the conversation, e.g. which engine was chosen."""


class Steady:
    """A screen whose failures nobody feels."""

    def __init__(self, screen: Screen) -> None:
        self._screen, self._shown = screen, Contained("The screen", lambda text: None)

    def __call__(self, event: Event) -> None:
        self._shown(self._screen, event)

    def note(self, text: str) -> None:
        self._shown(self._screen.note, text)


def open_screen(plain: bool) -> AbstractContextManager[Screen]:
    """Lines for logs, pipes and terminals without colours, else a live picture of the conversation. Use as a context
    manager."""
    if plain or is_plain() or not sys.stdout.isatty():
        from assistant.screen.plain import PlainScreen

        return PlainScreen()
    from assistant.screen.live import LiveScreen

    return LiveScreen()
