"""What comes from outside as text, without what no text holds or what steers a chat template; and file names, which
need not be text."""

from __future__ import annotations

import os
import re
import unicodedata
from functools import cache
from pathlib import Path
from typing import Any

# C0 but for tab, line feed, form feed and carriage return; C1 but for next line; halves of characters.
_NONE = re.compile("[\0-\x08\x0b\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff]")

# C0 but for tab and the ends of lines (a carriage return alone would write over what stands there), C1, halves of
# characters, what turns the direction of writing around, what is invisible and what is of private use. Joiners and
# direction marks stay: languages need them.
_STEERING = re.compile(
    "\r(?!\n)|[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\uf8ff\u202a-\u202e\u2066-\u2069"
    "\u200b\u2028\u2029\u2060-\u2064\ufeff\ufff9-\ufffb\U000e0000-\U0010ffff]"
)

# Chat templates and rag/cite.py mark turns and passages with <...>, <|...|> and [...]; broken up they are mere text.
_OPENING = re.compile(r"<(?=\s*[|\uff5c/!?<]|\s*[^\W\d])")
_CLOSING = re.compile(r"(?<=[|\uff5c])(\s*)>")
_BRACKET = re.compile(r"\[(?=/?\s*[A-Z_]{3,}\s*\])")
_INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\U000e0000-\U000e007f]")

_UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u0640\u064b-\u0652\u0670\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufe00-\ufe0f\ufeff\U000e0000-\U000e007f]"
)


def clean(text: str) -> str:
    """``text``, as long as before, with a space for each control character and U+FFFD for each half of a character."""
    return _NONE.sub(_instead, text)


def displayed(text: str) -> str:
    """``text`` with one sign in the place of each character that would steer a terminal."""
    return _STEERING.sub("\N{REPLACEMENT CHARACTER}", text)


def canonical(text: str) -> str:
    """``text`` as it is compared and searched, not shown: one form for what looks alike (NFKC: ligatures, wide letters,
    parts of accented ones), without soft hyphens, invisible characters and the vowel signs that
    Arabic may leave out."""
    if text.isascii():
        return text
    return unicodedata.normalize("NFKC", _UNSEEN.sub("", text))


def readable(name: str) -> str:
    """A file's name, an argument or a value of the environment as text, see `clean`.

    A byte of it that is no UTF-8 is read as Windows-1252, in which most of them were written: `caf\\xe9` is café.
    """
    try:
        return clean(name.encode("utf-8", "surrogateescape").decode())
    except UnicodeError:
        return clean(name)


def cleaned(value: Any) -> Any:
    """The same for every text in a value that was JSON, the names of keys excepted."""
    match value:
        case str():
            return clean(value)
        case list():
            return [cleaned(item) for item in value]
        case dict():
            return {name: cleaned(item) for name, item in value.items()}
        case _:
            return value


def harmless(text: str) -> str:
    """The text with every mark defused that a chat template or rag/cite.py could mistake; readable as before."""
    text = _INVISIBLE.sub("", text)
    return _BRACKET.sub("(", _CLOSING.sub("\\1›", _OPENING.sub("‹", text)))


def _instead(match: re.Match) -> str:
    code = ord(match[0])
    if 0xDC80 <= code <= 0xDCFF:  # as os.fsdecode keeps a byte (PEP 383)
        return bytes([code - 0xDC00]).decode("cp1252", "replace")
    return "\N{REPLACEMENT CHARACTER}" if code >= 0xD800 else " "


def openable(path: str | Path) -> str:
    """A name of ``path`` for libraries that take UTF-8 only: another one, through the open folder, where its own is
    none. It is good in this process, and may be written to where a folder above has the odd name. Raises OSError."""
    text = str(path)
    if clean(text) == text or not os.path.isdir("/proc/self/fd"):
        return text
    parts = Path(os.path.abspath(text)).parts
    last = max(number for number, part in enumerate(parts) if clean(part) != part)
    place = os.path.join(*parts[: last + 1])
    opened = _folder(place) if os.path.isdir(place) else os.open(place, os.O_RDONLY | os.O_CLOEXEC)
    return os.path.join(f"/proc/self/fd/{opened}", *parts[last + 1 :])


@cache
def _folder(path: str) -> int:
    """Open for as long as the process lives."""
    return os.open(path, os.O_RDONLY | os.O_CLOEXEC)
