"""All that watches the kiosk from beside it, in one: metrics, health, page, systemd, other programs' sound."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from assistant import events
from assistant.audio.ducking import Ducking
from assistant.modes.kiosk import web
from assistant.modes.kiosk.condition import Condition
from assistant.modes.kiosk.metrics import Metrics
from assistant.modes.kiosk.notify import Systemd
from assistant.modes.kiosk.view import View
from assistant.settings.modes import KioskSettings


class Watch:
    """An observer of events. `fed` must be called for each captured frame, the others when what they name happens."""

    def __init__(self, settings: KioskSettings) -> None:
        self.metrics = Metrics()
        self.condition = Condition()
        self.view = View(settings)
        self._systemd = Systemd()
        self._ducking = Ducking(settings.ducking)
        self._tell = events.together(self.metrics, self.condition, self.view, self._act)

    def __call__(self, event: events.Event) -> None:
        self._tell(event)

    def _act(self, event: events.Event) -> None:
        match event:
            case events.Woken():
                self._ducking.lower()
            case events.Left():
                self._ducking.restore()
            case events.Health():
                self._tell_systemd()

    def _tell_systemd(self) -> None:
        self._systemd.status(self._status())

    def _status(self) -> str:
        well = "listening" if self.condition.ready else "loading"
        return "; ".join(self.condition.problems()) or well

    def fed(self) -> None:
        """The microphone gave a frame."""
        self.metrics.frames.inc()
        self.condition.fed()
        self._systemd.fed()

    def ready(self) -> None:
        """Engines are loaded, whether or not there is a microphone by now, or a reload is done."""
        if not self.condition.ready:
            self.condition.fed()
            self.condition.ready = True
            self.view(events.StateChanged("listening"))
        self._systemd.ready(self._status())

    def reloading(self) -> None:
        """The settings are read again; `ready` ends it."""
        self._systemd.reloading()

    def close(self) -> None:
        """Takes up to a second: other programs' sound comes back."""
        self._systemd.stopping()
        self._ducking.close()


@asynccontextmanager
async def watching(settings: KioskSettings, note: Callable[[str], None]) -> AsyncIterator[Watch]:
    """Also serve the page and its neighbours (web.py) while the block runs; what goes wrong with that is only noted."""
    watch = Watch(settings)
    try:
        async with web.serving(settings, watch.condition, watch.metrics, watch.view, note):
            yield watch
    finally:
        await asyncio.to_thread(watch.close)
