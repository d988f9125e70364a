"""What the kiosk tells systemd (sd_notify): that it is ready, what it does, and that it still hears."""

from __future__ import annotations

import contextlib
import os
import socket
import time
from collections.abc import Callable, MutableMapping


class Systemd:
    """Every method does nothing unless systemd started this process (``NOTIFY_SOCKET``), and none raises.

    ``environment`` loses NOTIFY_SOCKET: what this process starts must not speak for it.
    """

    def __init__(
        self, environment: MutableMapping[str, str] | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        environment = os.environ if environment is None else environment
        address = environment.pop("NOTIFY_SOCKET", "")
        self._address = "\0" + address[1:] if address.startswith("@") else address
        self._clock = clock
        self._every = _watchdog_seconds(environment) / 4
        self._told_at = float("-inf")

    def ready(self, status: str) -> None:
        """Loaded, and listening for the first time; or done with `reloading`."""
        self._send(f"READY=1\nSTATUS={_line(status)}")

    def status(self, text: str) -> None:
        """One line for `systemctl status`."""
        self._send(f"STATUS={_line(text)}")

    def reloading(self) -> None:
        """The settings are read again; `ready` ends it."""
        self._send(f"RELOADING=1\nMONOTONIC_USEC={time.monotonic_ns() // 1000}")

    def stopping(self) -> None:
        self._send("STOPPING=1")

    def fed(self) -> None:
        """A frame was captured. Nothing but frames keeps the watchdog quiet: a deaf process is started anew."""
        if self._every and self._clock() - self._told_at >= self._every:
            self._told_at = self._clock()
            self._send("WATCHDOG=1")

    def _send(self, message: str) -> None:
        if self._address:
            with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out:
                out.setblocking(False)
                out.sendto(message.encode(), self._address)


def _line(text: str) -> str:
    return " ".join(text.split())


def _watchdog_seconds(environment: MutableMapping[str, str]) -> float:
    """What systemd allows between two signs of life, 0 without a watchdog; see sd_watchdog_enabled(3)."""
    period, process = environment.get("WATCHDOG_USEC", ""), environment.get("WATCHDOG_PID", "")
    meant = process in ("", str(os.getpid()), str(os.getppid()))  # the parent is assistant/cli/supervised.py
    return int(period) / 1e6 if period.isdecimal() and meant else 0.0
