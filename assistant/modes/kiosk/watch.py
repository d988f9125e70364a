"""All that watches the kiosk from beside it, in one: metrics, health, page, systemd, other programs' sound."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from assistant import events
from assistant.audio.ducking import Ducking
from assistant.modes.kiosk.metrics import Metrics
from assistant.modes.kiosk.notify import Systemd
from assistant.settings.modes import KioskSettings


class Watch:
    """An observer of events. `fed` must be called for each captured frame, the rest as its name says."""

    def __init__(self, settings: KioskSettings, clock: Callable[[], float] = time.monotonic) -> None:
        self.metrics = Metrics()
        self.systemd = Systemd()
        self._ducking = Ducking(settings.ducking)

    def __call__(self, event: events.Event) -> None:
        self.metrics(event)
        match event:
            case events.Woken():
                self._ducking.lower()
            case events.Left():
                self._ducking.restore()

    def fed(self) -> None:
        """The microphone gave a frame."""
        self.metrics.frames.inc()
        self.systemd.fed()

    def ready(self) -> None:
        """Engines are loaded and the microphone is open, or a reload is done."""
        self.systemd.ready("listening")

    def reloading(self) -> None:
        self.systemd.reloading()

    def close(self) -> None:
        self.systemd.stopping()
        self._ducking.close()


@asynccontextmanager
async def watching(settings: KioskSettings, note: Callable[[str], None]) -> AsyncIterator[Watch]:
    """Serve the page and the endpoints (see web.py) while the block runs; what goes wrong with them is only noted."""
    watch = Watch(settings)
    try:
        yield watch
    finally:
        await asyncio.to_thread(watch.close)
