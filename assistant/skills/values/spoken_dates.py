"""What is said of a day and of a time of day, piece by piece, before it is known which moment that is."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

from assistant.skills import Impossible
from assistant.skills.values import loose_times, said_days
from assistant.skills.values.holidays import HOLIDAYS
from assistant.skills.values.said_time import Said
from assistant.skills.values.time_words import MONTHS, WEEKDAYS, known, plain

_SPAN_WORDS = 9
_Spans = Callable[[str], timedelta | None]


def read(words: str, spans: _Spans) -> Said | None:
    """None = these words name no moment. ``spans``: words -> duration. Raises Impossible."""
    if not known(words):
        return None
    text, said, place = loose_times.moment(plain(words)), Said(), 0
    while place < len(text):
        end = _span(said, text, place, spans) or _piece(said, text, place)
        if not end:
            return None
        place = end + 1
    if said.bare and not (said.has_date or said.part):
        return None
    return said if said.has_date or said.has_clock or said.part else None


def _piece(said: Said, text: str, place: int) -> int:
    """Where the piece that begins here ends; 0 = there is none."""
    for pattern, understand in _PIECES:
        if (found := pattern.match(text, place)) and understand(said, found):
            return found.end()
    return 0


# ---- pieces: each takes what matched into what was said, or refuses it ---------------------------------------------


def _clock(said: Said, found: re.Match) -> bool:
    parts = found.groupdict()
    hour, minute = int(parts["hour"]), int(parts.get("minute") or parts.get("after") or 0)
    half, second = parts.get("half") or "", int(parts.get("second") or 0)
    if said.has_clock or hour > 24 or minute > 59 or second > 59 or (half == "am" and hour > 12):
        return False
    if hour == 24 and (minute or second):
        return False
    said.hour, said.minute, said.second, said.half = hour, minute, second, half
    named = ("at", "minute", "after", "half", "sharp")
    said.bare = not any(parts.get(name) for name in named)
    if said.bare and hour > 12:
        return False
    if hour == 0:
        said.half = "am"
    return True


def _hundred(said: Said, found: re.Match) -> bool:
    """ "oh six hundred": of the whole day."""
    hour = int(found["hour"])
    if said.has_clock or hour > 24:
        return False
    said.hour, said.half = hour, "am" if hour < 12 else "pm" if hour == 12 else ""
    return True


def _this_time(said: Said, found: re.Match) -> bool:
    said.at_now = True
    return True


def _no_clock(said: Said, found: re.Match) -> bool:
    """What is written or said like a time of day, and is none."""
    if said.has_clock:
        return False
    raise Impossible(f"There is no {found['time']}.")


def _past(said: Said, found: re.Match) -> bool:
    """ "quarter to nine"."""
    minute = {"half": 30, "quarter": 15}.get(found["minutes"]) or int(found["minutes"])
    if said.has_clock or not 0 < minute < 60:
        return False
    before = found["way"] not in ("past", "after")
    hour = {"noon": 12, "midday": 12, "midnight": 24}.get(found["hour"]) or int(found["hour"])
    if hour > 24 and found["minutes"] in ("half", "quarter"):
        raise Impossible(f"There is no {hour} o'clock.")
    if hour > 24 or (before and found["minutes"] == "half"):
        return False
    said.hour, said.minute = divmod((hour * 60 + (-minute if before else minute)) or 24 * 60, 60)
    said.half = found["half"] or ""
    if not found["hour"].isdigit():
        said.hour %= 24
        said.half = "am" if said.hour < 12 else "pm"
    elif said.hour == 0 and hour == 1:
        said.hour = 12
    return True


def _half_hour(said: Said, found: re.Match) -> bool:
    """ "half six", as the British say."""
    hour = int(found["hour"])
    if said.has_clock or not 0 < hour <= 12:
        return False
    said.hour, said.minute, said.half = hour, 30, found["half"] or ""
    return True


def _named_hour(said: Said, found: re.Match) -> bool:
    if said.has_clock:
        return False
    name = found["name"]
    said.hour, said.minute = (24, 0) if "midnight" in name else (12, 30) if name == "lunchtime" else (12, 0)
    said.half = "" if "midnight" in name else "pm"
    return True


def _part(said: Said, found: re.Match) -> bool:
    if said.part:
        return said.part == found["part"]
    said.part = found["part"]
    if found["this"] and said.which_days is None:
        said.which_days = said_days.ahead(0)
    return True


def _span(said: Said, text: str, place: int, spans: _Spans) -> int:
    """ "in two hours", "a week from now": where it ends; 0 = there is none."""
    words = text[place:].split(" ")
    led = words[0] == "in"
    for end in range(min(len(words), _SPAN_WORDS), 1, -1):
        tail = " ".join(words[end : end + 2])
        taken = 0 if led else 2 if tail in ("from now", "from today") else None
        amount = re.sub(r"'?s?'? time$", "", " ".join(words[led:end]))
        if taken is not None and said.span is None and said.months is None and _amount(said, amount, spans):
            return place + len(" ".join(words[: end + taken]))
    return 0


def _amount(said: Said, text: str, spans: _Spans) -> bool:
    if months := re.fullmatch(r"(a|an|\d{1,4}) (month|year)s?", text):
        said.months = (1 if months[1] in ("a", "an") else int(months[1])) * (12 if months[2] == "year" else 1)
    else:
        said.span = spans(text)
    return said.span is not None or said.months is not None


_AT = r"(?:(?P<at>at|by|around|about) (?:about |around |exactly )?)?"
_HALF = r"(?: ?(?P<half>am|pm)\b)?"
_SHARP = r"(?: (?P<sharp>o'clock|hours|sharp|exactly|on the dot))*"
_ON = r"(?:(?:on|by|for|at) )?(?:the )?"
_YEAR = r"(?: (?:in )?(?P<year>\d{4}|(?:19|20) \d\d))?"
_ANY_DAY = "|".join(WEEKDAYS)
_ANY_MONTH = "|".join(sorted(MONTHS, key=len, reverse=True))
_ANY_HOLIDAY = "|".join(sorted(map(re.escape, HOLIDAYS), key=len, reverse=True))
_PIECES = [
    (re.compile(pattern + r"(?=\s|$)", re.ASCII), understand)
    for pattern, understand in (
        (rf"{_ON}(?P<holiday>{_ANY_HOLIDAY}){_YEAR}", said_days.on_holiday),
        (rf"{_ON}(?P<year>\d{{4}})-(?P<month>\d\d)-(?P<day>\d\d)", said_days.dated),
        (rf"{_ON}(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? (?P<month>{_ANY_MONTH}){_YEAR}", said_days.dated),
        (
            rf"{_ON}(?P<month>{_ANY_MONTH})(?: the)? (?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?![:.]\d| ?[ap]m){_YEAR}",
            said_days.dated,
        ),
        (
            rf"{_ON}(?P<place>[1-5]|last)(?:st|nd|rd|th)? (?P<day>{_ANY_DAY}) (?:of|in) "
            rf"(?:the |this )?(?P<month>month|next month|{_ANY_MONTH})",
            said_days.nth_weekday,
        ),
        (
            rf"{_ON}(?P<place>last) (?P<day>day) (?:of|in) (?:the |this )?(?P<month>month|next month|{_ANY_MONTH})",
            said_days.nth_weekday,
        ),
        (
            rf"{_ON}(?P<place>end)(?P<day>) of (?:the |this )?(?P<month>month|next month|{_ANY_MONTH})",
            said_days.nth_weekday,
        ),
        (
            r"(?:(?:(?P<on>on)|by|for) )?the (?P<day>\d{1,2})(?:st|nd|rd|th)(?: of (?P<which>this|next|the) month)?",
            said_days.day_of_month,
        ),
        (rf"(?:(?:a )?fortnight|(?P<weeks>[2-9]) weeks) (?:on|from) (?P<day>{_ANY_DAY})", said_days.weeks_from),
        (rf"(?:on )?(?P<day>{_ANY_DAY}) fortnight(?P<weeks>)", said_days.weeks_from),
        (
            rf"{_AT}(?:a )?(?P<minutes>half|quarter|\d{{1,2}})(?: minutes?)? "
            rf"(?P<way>past|after|to|till|until|before|of) (?P<hour>\d{{1,2}}|noon|midday|midnight){_HALF}{_SHARP}",
            _past,
        ),
        (rf"{_AT}half (?P<hour>\d{{1,2}}){_HALF}", _half_hour),
        (rf"{_AT}(?:12 )?(?P<name>noon|midday|midnight|lunchtime){_SHARP}", _named_hour),
        (
            rf"{_AT}(?P<hour>\d{{1,2}})(?:[:.](?P<minute>\d\d)(?::(?P<second>\d\d))?| oh? (?P<after>\d))"
            rf"{_HALF}{_SHARP}",
            _clock,
        ),
        (rf"{_AT}(?P<hour>\d{{1,2}}) (?P<minute>[1-5]\d){_HALF}{_SHARP}", _clock),
        (rf"(?P<at>at|by|around|about) (?P<hour>\d{{1,2}})(?P<minute>\d\d){_HALF}{_SHARP}", _clock),
        (r"(?P<hour>\d{1,2})(?P<minute>\d\d) (?P<half>am|pm)", _clock),
        (rf"{_AT}(?:oh )?(?P<hour>\d{{1,2}}) hundred hours", _hundred),
        (r"(?:at )?oh (?P<hour>\d{1,2}) hundred", _hundred),
        (r"at (?P<hour>\d{1,2}) hundred", _hundred),
        (rf"{_AT}(?P<hour>\d{{1,2}}){_HALF}{_SHARP}", _clock),
        (rf"{_AT}(?P<time>\d{{1,4}}(?: \d\d|:\d\d)? o'clock)", _no_clock),
        (rf"{_AT}(?P<time>\d{{1,2}}:\d\d(?::\d\d)?(?: [ap]m)?)", _no_clock),
        (rf"{_AT}(?P<time>\d{{1,2}} [ap]m)", _no_clock),
        (
            r"(?:(?:in the|during the|at|by|(?P<this>this)) )?(?:early )?(?P<part>morning|afternoon|evening|night)",
            _part,
        ),
        (r"tonight", said_days.tonight),
        (r"(?:at )?(?:about |around )?this time", _this_time),
        (r"(?:the )?(?:day (?P<way>after|before) )?(?P<day>today|tomorrow|yesterday)", said_days.near_day),
        (
            rf"(?:(?:on|by|for) )?(?P<later>a week (?:on|from) )?(?:(?:the|this) )?"
            rf"(?:(?P<which>this|next|coming|last) )?(?P<day>{_ANY_DAY})(?P<week> week)?(?P<next> after next)?",
            said_days.on_weekday,
        ),
        (rf"{_ON}(?:next )?(?P<phase>(?:full|new) moon)", said_days.phase),
        (r"(?:in )?(?:next week|(?P<after>the week after next))", said_days.next_week),
        (r"(?:(?:on|at|in) )?(?P<which>the|this|next) (?P<unit>weekend|month|year)", said_days.calendar),
        (rf"(?:in )?(?P<month>{_ANY_MONTH})", said_days.named_month),
    )
]
