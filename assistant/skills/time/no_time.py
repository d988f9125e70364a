"""Dates and times that there are none of, in words that are no command: no language model is asked about them."""

from __future__ import annotations

import re
from datetime import datetime

from assistant.skills import Impossible
from assistant.skills.values.spoken_time import moment
from assistant.skills.values.time_words import MONTHS, UNITS, plain
from assistant.skills.words import wording

_VERBS = ("may", "march")
_MONTH = "|".join(sorted(MONTHS, key=len, reverse=True))
_SURE = "|".join(sorted(MONTHS.keys() - {*_VERBS}, key=len, reverse=True))
_NTH = r"\d{1,2}(?:st|nd|rd|th)"
_SAID = re.compile(
    rf"\b(?:\d{{1,2}}(?:st|nd|rd|th)?(?: day)? of (?:{_MONTH})|{_NTH} (?:{_MONTH})|(?:{_MONTH})(?: the)? {_NTH}"
    rf"|(?:{_SURE}) \d{{1,2}}(?=$)|\d{{1,2}} (?:{_SURE})(?=$))\b(?: \d{{4}}\b)?"
    r"|\b\d{1,4} o'clock"
    rf"|\bin (?:minus|negative) [\w ]{{1,20}}? (?:{'|'.join(UNITS)})\b"
)
_WHY = re.compile(r"\b(?:why|how come|means?|called|(?:the|a|this) (?:song|film|movie|book))\b", re.IGNORECASE)


def said_of(words: str, now: datetime) -> str:
    """What is said of the first date or time in ``words`` that does not exist; empty = there is none. English."""
    if _WHY.search(words):
        return ""
    for found in _SAID.finditer(plain(wording.said(wording.words(words)))):
        try:
            moment(found[0], now)
        except Impossible as impossible:
            return str(impossible)
    return ""
