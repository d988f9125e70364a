"""The clocks of this machine: its time zone with the daylight saving time, the time there, and one that nobody sets."""

from __future__ import annotations

import os
import time
from datetime import datetime, tzinfo
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

_LOCALTIME = Path("/etc/localtime")


def here() -> datetime:
    return datetime.now(zone())


@cache
def zone() -> tzinfo:
    """As TZ or /etc/localtime name it; without either, the present difference to UTC, whose clocks never change."""
    if (named := os.environ.get("TZ", "").lstrip(":")) and (found := _named(named)):
        return found
    _, found_there, name = os.path.realpath(_LOCALTIME).partition("zoneinfo/")
    if found_there and (found := _named(name)):
        return found
    try:
        with _LOCALTIME.open("rb") as file:
            return ZoneInfo.from_file(file)
    except (OSError, ValueError):
        return datetime.now().astimezone().tzinfo or ZoneInfo("UTC")


def _named(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, LookupError):
        return None


def boot_clock() -> tuple[str, float]:
    """Since when it counts, and seconds that nobody sets and that go on while the machine sleeps.

    The wall clock where the system has none.
    """
    if not hasattr(time, "CLOCK_BOOTTIME"):
        return "", time.time()
    return _boot(), time.clock_gettime(time.CLOCK_BOOTTIME)


@cache
def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:  # never the same: after a restart of the program the wall clock decides
        return f"{time.time()}"
