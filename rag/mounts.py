"""Disks that are not mounted: what is on them is missing, and was not deleted."""

from __future__ import annotations

import os
import re
from pathlib import Path

_FSTAB = Path("/etc/fstab")
_REMOVABLE = re.compile(r"/(?:mnt|Volumes|net|media/[^/]+|run/media/[^/]+)/[^/]+")
"""Where systems show disks that come and go."""
_OCTAL = re.compile(r"\\([0-7]{3})")


def absent(path: str) -> bool:
    """Whether ``path`` is on a disk that is not mounted now; a link on the way to it counts as what it leads to."""
    for place in dict.fromkeys((path, os.path.realpath(path))):
        found = _REMOVABLE.match(place)
        for point in {*_stated(), *([found[0]] if found else [])}:
            if place.startswith(point + os.sep) and not os.path.ismount(point) and not _filled(point):
                return True
    return False


def _stated() -> list[str]:
    """The folders that the system mounts disks in."""
    try:
        lines = _FSTAB.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return []
    fields = [line.split() for line in lines if not line.lstrip().startswith("#")]
    points = [_OCTAL.sub(lambda code: chr(int(code[1], 8)), field[1]) for field in fields if len(field) > 1]
    return [point.rstrip("/") for point in points if point.startswith("/") and point != "/"]


def _filled(folder: str) -> bool:
    try:
        return bool(os.listdir(folder))
    except OSError:
        return False
