"""Whether a stream still does its work."""

from __future__ import annotations

_SILENT = 0.5  # seconds without a callback after which the device is held to be gone
_STARTING = 3.0  # the same until the first one; a Bluetooth headset that changes its profile takes its time


class Watch:
    """Counts pauses between looks, not the clock: after the process was stopped for a while the device is not gone."""

    def __init__(self) -> None:
        self._calls, self._quiet = 0, 0.0

    def is_lost(self, active: bool, calls: int, pause: float) -> bool:
        """Whether the device is gone; ``calls``: callbacks since the stream began, ``pause``: seconds since the last
        look."""
        self._calls, self._quiet = calls, 0.0 if calls != self._calls else self._quiet + pause
        return not active or self._quiet > (_SILENT if calls else _STARTING)

    def rest(self) -> None:
        """There is nothing to watch at present."""
        self._quiet = 0.0
