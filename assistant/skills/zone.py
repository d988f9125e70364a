"""The time zone of this machine, with its daylight saving time, and the time there."""

from __future__ import annotations

import os
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
