"""Which scripts a voice reads, by its language: of other letters it says nothing, or their names."""

from __future__ import annotations

import unicodedata
from collections import Counter

_NOT_LATIN = frozenset("ru uk be bg mk sr kk el ar fa ur he hi bn ta te ml mr ne th ka hy am ko ja zh cmn yue".split())


def is_latin(language: str) -> bool:
    """Whether ``language`` is written in Latin letters."""
    return language.partition("-")[0] not in _NOT_LATIN


def foreign_script(text: str, language: str) -> str:
    """The name of the script of most of its letters, e.g. Cyrillic, where a voice of ``language`` does not read that;
    else empty."""
    if not is_latin(language):
        return ""
    names = Counter(unicodedata.name(letter, "LATIN").split()[0] for letter in text if letter.isalpha())
    script = max(names, key=lambda name: names[name], default="LATIN")
    return "" if script == "LATIN" else "Chinese" if script == "CJK" else script.capitalize()
