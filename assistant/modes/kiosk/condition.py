"""Whether the kiosk hears, and what of it fails: the answers of /healthz and /readyz."""

from __future__ import annotations

import time
from collections.abc import Callable

from assistant import events

_DEAF = 5.0  # seconds without a frame


class Condition:
    """An observer of events. `fed` must be called for each captured frame."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.ready = False
        """Whether engines are loaded and the microphone was open once."""
        self._clock = clock
        self._frame_at = clock()
        self._failed: dict[str, str] = {}

    def __call__(self, event: events.Event) -> None:
        match event:
            case events.Health(part, works, text):
                if works:
                    self._failed.pop(part, None)
                else:
                    self._failed[part] = text or f"the {part} does not work"

    def fed(self) -> None:
        self._frame_at = self._clock()

    def problems(self) -> list[str]:
        """One sentence each; empty = it hears and answers, or still loads."""
        if not self.ready:
            return []
        silent = self._clock() - self._frame_at
        deaf = [f"the microphone has given no sound for {silent:.0f} s"] if silent > _DEAF else []
        return [*deaf, *self._failed.values()]
