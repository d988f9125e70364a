"""What Linux has of keyboards, pedals, buttons and presenters (/sys/class/input), readable for this user or not."""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass
from pathlib import Path

SYS = Path("/sys/class/input")
DEV = Path("/dev/input")
_DIGITS = 2 * struct.calcsize("l")  # hexadecimal digits of one word of a bit mask


@dataclass(frozen=True)
class InputDevice:
    name: str
    path: Path
    """Its node, for example /dev/input/event3."""
    codes: int
    """Bit n = it has the key or button with number n of input-event-codes.h."""
    readable: bool
    """Whether this user may read it."""

    def has(self, codes: set[int]) -> bool:
        """Whether it has one of these keys."""
        return any(self.codes >> code & 1 for code in codes)


def input_devices() -> list[InputDevice]:
    """Those with keys or buttons, in the order of their numbers; none where this is not Linux."""
    found = []
    for folder in sorted(SYS.glob("event*"), key=lambda folder: int(folder.name[5:])):
        try:
            name = (folder / "device/name").read_text().strip()
            codes = _mask((folder / "device/capabilities/key").read_text())
        except (OSError, ValueError):  # unplugged meanwhile
            continue
        path = DEV / folder.name
        if codes and path.exists():
            found.append(InputDevice(name, path, codes, os.access(path, os.R_OK)))
    return found


def _mask(words: str) -> int:
    """Hexadecimal words, the highest first and without leading zeros, as Linux writes a bit mask."""
    return int("".join(word.zfill(_DIGITS) for word in words.split()), 16)
