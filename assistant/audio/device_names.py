"""What devices are called, in whatever form their drivers and people write it. Run as a program it lists them as JSON,
from a process of its own; so it imports nothing of this package."""

from __future__ import annotations

import json
import re
import sys
import unicodedata
from typing import Any


def decoded(name: bytes) -> str:
    """A driver's name: UTF-8, also when it was cut off in the middle of a character, else Latin-1."""
    try:
        return name.decode()
    except UnicodeDecodeError as error:
        whole = error.reason == "unexpected end of data"
        return name[: error.start].decode() if whole else name.decode("latin-1")


def plain(name: str) -> str:
    """``name`` in the form in which two that look alike are equal: composed, in normal width and small letters, without
    invisible characters and with single blanks."""
    if any("\udc80" <= letter <= "\udcff" for letter in name):  # bytes of the command line that are no UTF-8
        name = decoded(name.encode(errors="surrogateescape"))
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    return re.sub(r"\s+", " ", "".join(c for c in folded if unicodedata.category(c) != "Cf")).strip()


def read_any_name(sounddevice: Any) -> None:
    """Let the module list devices whose names are no UTF-8, which it refuses to do."""
    if sys.platform != "win32":  # there it knows how its drivers write
        sounddevice._ffi_string = lambda text: decoded(sounddevice._ffi.string(text)).encode()


if __name__ == "__main__":
    import sounddevice

    read_any_name(sounddevice)
    print(json.dumps([list(sounddevice.query_devices()), list(sounddevice.default.device)]))
