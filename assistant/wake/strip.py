"""Takes the wake word from the beginning of a transcript, whatever the recogniser made of it.

Recognisers do not know the made-up names: "Okay Nabu" was understood as "Ok, knobble" and "Okay, now, boo", "Hey
Mycroft" as "Hammercraft". So beginnings of the transcript are compared with the wake word by letters, and by
consonants, those that sound alike taken for one.
"""

from __future__ import annotations

import re
from difflib import SequenceMatcher

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_MORE = 2  # words that recognisers make of one
_ALIKE, _ALIKE_ALONE = 0.7, 0.8  # of phrases and of single words, which more often are like something else
_AFTER = " \t\n,.!?;:-–—…"
_SOUNDS = str.maketrans("pvfcqgdmzw", "bbbkkktnsu")
"""b p v f, k c q g, d t, n m and s z: recognisers take one for the other."""
_NO_CONSONANT = str.maketrans("", "", "aeiouyh")


def without(text: str, word: str) -> str:
    """``text`` without the wake word at its beginning: "OK, Nabu, what time is it?" -> "What time is it?".

    ``word``: its name, e.g. okay_nabu. A ``text`` that does not begin with anything like it is returned as it is.
    """
    parts = word.lower().split("_")
    phrase = "".join(parts)
    beginnings = list(_WORD.finditer(text))[: len(parts) + _MORE]
    alike, end = 0.0, 0
    for count, last in enumerate(beginnings, 1):
        spoken = "".join(_spelled(found.group()) for found in beginnings[:count])
        score = (_ratio(phrase, spoken) + _ratio(_consonants(phrase), _consonants(spoken))) / 2
        if score > alike:
            alike, end = score, last.end()
    if alike < (_ALIKE if len(parts) > 1 else _ALIKE_ALONE):
        return text
    rest = text[end:].lstrip(_AFTER)
    return rest[:1].upper() + rest[1:]


def _spelled(word: str) -> str:
    word = word.lower()
    return "okay" if word == "ok" else re.sub("^kn", "n", word)


def _consonants(word: str) -> str:
    sounds = word.replace("x", "ks").replace("ph", "f").translate(_SOUNDS).translate(_NO_CONSONANT)
    return re.sub(r"(.)\1+", r"\1", sounds)


def _ratio(one: str, other: str) -> float:
    return SequenceMatcher(None, one, other, autojunk=False).ratio()
