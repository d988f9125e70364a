"""Words that carry meaning: what a stop word is, and which forms are one word. English."""

from __future__ import annotations

import functools
import re
from typing import Any

_WORD = re.compile(r"\w+")
STOP_WORDS = frozenset(
    "a an and are as at be been but by can could did do does for from had has have he her his how i if in into is it "
    "its just may me might my no not of on or our shall she should so than that the their them then there these they "
    "this those to up us was we were what when where which while who whom why will with would you your".split()
)


def stem(word: str) -> str:
    """The part that the forms of a lower-case word share, by Snowball's English stemmer: "valve" and "valves" are
    "valv". It is to be compared, not read."""
    return _stemmer().stemWord(word)


def words(text: str) -> list[str]:
    """In lower case; numbers and the parts of part numbers ("5-0210") count."""
    return _WORD.findall(text.lower())


def content_words(text: str) -> list[str]:
    """The stems of the `words`, without stop words."""
    return [stem(word) for word in words(text) if word not in STOP_WORDS]


@functools.cache
def _stemmer() -> Any:
    import Stemmer

    return Stemmer.Stemmer("english")
