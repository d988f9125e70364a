"""The words that times are said with."""

from __future__ import annotations

import re

from assistant.skills.values import loose_times
from assistant.skills.values.holidays import HOLIDAYS

UNITS = {
    form: seconds
    for forms, seconds in {
        "second seconds sec secs s": 1,
        "minute minutes min mins": 60,
        "hour hours hr hrs h": 3600,
        "day days": 86400,
        "week weeks": 604800,
        "fortnight fortnights": 1209600,
    }.items()
    for form in forms.split()
}
PARTS = {"morning": 9, "afternoon": 15, "evening": 19, "night": 20}
"""Part of the day -> the hour that is meant where no other is said."""
DAY_NAMES = "monday tuesday wednesday thursday friday saturday sunday".split()
WEEKDAYS = {name: number for number, name in enumerate(DAY_NAMES)}
MONTH_NAMES = "january february march april may june july august september october november december".split()
MONTHS = {name: number for number, name in enumerate(MONTH_NAMES, 1)}
MONTHS |= {name[:3]: number for name, number in MONTHS.items() if len(name) > 4} | {"sept": 9}

_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen"
).split()
_TENS = {"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90}
SMALL = {word: number for number, word in enumerate(_ONES)} | _TENS
SMALL |= {f"{ten} {_ONES[one]}": _TENS[ten] + one for ten in _TENS for one in range(1, 10)}
"""0 to 99 in words."""
_ORDINALS = (
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth "
    "fifteenth sixteenth seventeenth eighteenth nineteenth twentieth"
).split()
_NTH = {word: number for number, word in enumerate(_ORDINALS, 1)} | {"thirtieth": 30}

_WORDS = frozenset(
    "a about after ago an and around at before by coming day days exactly for from half hours hundred in last "
    "midday midnight month months next noon now o o'clock oclock clock of oh on past quarter sharp the this till time "
    "to today tomorrow tonight until week weekend weeks year years yesterday am pm a.m a.m. "
    "today's tomorrow's yesterday's p.m p.m. m p couple days' hour's minutes' hours' lunchtime dot during early "
    "minus negative full new moon".split()
) | {word for phrase in HOLIDAYS for word in phrase.split()}
_WORDS |= loose_times.WORDS
_KNOWN = _WORDS | PARTS.keys() | UNITS.keys() | WEEKDAYS.keys() | MONTHS.keys() | SMALL.keys() | _NTH.keys()


def known(words: str) -> bool:
    """Whether each of these words may stand where a moment is said. This decides quickly for all others."""
    tokens = words.split()
    return bool(tokens) and all(token.lower().strip(",") in _KNOWN or _is_written(token) for token in tokens)


def _is_written(token: str) -> bool:
    return "0" <= token[0] <= "9" or "-" in token


def plain(words: str) -> str:
    """Numbers as digits, ordinals as "3rd", am and pm in one piece."""
    text = words.lower().replace(",", " ")
    text = re.sub(r"(?<=[a-z])-|(?<=\d)-(?=[a-z])", " ", text)
    text = re.sub(r"\b([ap])[. ]?m\b\.?", r"\1m", text)
    text = re.sub(r"(?<=\d)([ap]m)\b", r" \1", text).replace("o clock", "o'clock").replace("oclock", "o'clock")
    text = re.sub(r"\b(today|tomorrow|yesterday)'s\b", r"\1", text)
    found: list[str] = []
    tens = 0
    for token in text.split():
        one = SMALL.get(token, 0)
        nth = _NTH.get(token, 0)
        if token == "second" and found and not tens and (found[-1] in ("a", "an") or found[-1].isdigit()):
            nth = 0
        if tens and 0 < (one or nth) < 10:
            found[-1] = str(tens + (one or nth)) + ("th" if nth else "")
        elif token in SMALL:
            found.append(str(one))
        else:
            found.append(f"{nth}th" if nth else token)
        tens = _TENS.get(token, 0)
    return " ".join(found)
