"""Takes the wake word from the beginning of a transcript."""

from __future__ import annotations

import re
from difflib import SequenceMatcher

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_ALIKE = 0.6  # of the letters
_MORE = 1  # words that recognisers make of one


def without(text: str, word: str) -> str:
    """``text`` without the wake word ``word`` (its name, e.g. okay_nabu), or what recognisers make of it, at its
    beginning: "OK, Nabu, what time is it?" -> "What time is it?". ``text`` itself when it does not begin so."""
    phrase = "".join(word.lower().split("_"))
    length = len(word.split("_"))
    words = list(_WORD.finditer(text))[: length + _MORE]
    ends = [found.end() for found in words]
    spoken = ["".join(found.group().lower() for found in words[: count + 1]) for count in range(len(words))]
    alike = [SequenceMatcher(None, phrase, one, autojunk=False).ratio() for one in spoken]
    if not alike or max(alike) < _ALIKE:
        return text
    rest = text[ends[alike.index(max(alike))] :].lstrip(" ,.!?;:-–—…")
    return rest[:1].upper() + rest[1:]
