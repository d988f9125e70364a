"""What the kiosk's page shows now. A visitor's words are gone from it when the visit is over."""

from __future__ import annotations

import asyncio
import json

from assistant import events
from assistant.settings.modes import KioskSettings

_BEGIN = {"open": "Just speak.", "button": "Press the button."}


class View:
    """An observer of events. `version` grows with each change."""

    def __init__(self, settings: KioskSettings) -> None:
        self.version = 0
        self._changed = asyncio.Event()
        first_word = settings.wake_words.split(",")[0].strip()
        spoken = first_word.rsplit("/")[-1].removesuffix(".tflite").replace("_", " ")
        self._fixed = {
            "begin": _BEGIN.get(settings.begin, f"Say “{spoken}”."),
            "text": settings.page_text,
            "qr": bool(settings.page_qr),
        }
        self._state = "loading"
        self._visit = False
        self._failed: dict[str, str] = {}
        self._forget()

    def _forget(self) -> None:
        self._user, self._reply = "", ""
        self._sources: list[str] = []
        self._answered = False  # the next words begin another turn

    def __call__(self, event: events.Event) -> None:
        before = self.snapshot()
        match event:
            case events.StateChanged(state):
                self._state = state
            case events.Woken():
                self._visit = True
            case events.Left():
                self._visit = False
                self._forget()
            case events.Transcribed(text) if self._visit:
                if self._answered:
                    self._forget()
                self._user = text
            case events.Speaking(heard) if self._visit:
                self._reply = heard
            case events.TurnEnded(turn) if self._visit:
                self._user, self._reply = turn.user, turn.heard
                self._sources = [f"{passage.written()}{' (?)' * turn.doubtful}" for passage in turn.passages]
                self._answered = True
            case events.Health(part, works, text):
                if works:
                    self._failed.pop(part, None)
                else:
                    self._failed[part] = text or f"The {part} does not work."
        if self.snapshot() != before:
            self.version += 1
            self._changed.set()
            self._changed = asyncio.Event()

    def snapshot(self) -> str:
        """JSON without line breaks: all that the page needs."""
        waits = not self._visit and self._state != "loading"
        shown = {
            "state": "waiting" if waits else self._state,
            "user": self._user,
            "reply": self._reply,
            "sources": self._sources,
            "error": next(iter(self._failed.values()), ""),
        }
        return json.dumps({**shown, **self._fixed})

    async def later_than(self, version: int, seconds: float) -> None:
        """Wait until there is a later version, at most ``seconds``."""
        if version == self.version:
            try:
                await asyncio.wait_for(self._changed.wait(), seconds)
            except TimeoutError:
                pass
