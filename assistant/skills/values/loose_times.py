"""Other ways to say a time or a length of time, put in the words that the rest reads: "when it's eight", "this arvo",
"seven of the evening", "first thing tomorrow", "a good ten minutes"."""

from __future__ import annotations

import re

WORDS = frozenset(
    "arvo morn first thing when once as soon it's it is clock strikes stroke come following coming over lunch "
    "breakfast dinner supper tea work school bed bedtime teatime dinnertime i go my shift straight end ish fortnight "
    "fortnight's".split()
)
"""Those that may stand in a moment only here."""

_HOURS = {
    "at breakfast|at breakfast time": "8 am",
    "at lunch|at lunch time|at dinner hour": "12:30 pm",
    "after lunch": "2 pm",
    "after school": "4 pm",
    "at teatime|at tea time|around teatime|round teatime": "5 pm",
    "after work|straight after work": "6 pm",
    "at dinner|at dinner time|at dinnertime|at supper|at supper time": "7 pm",
    "after dinner|after supper|after tea": "8 pm",
    "at bedtime|before bed|before bedtime|before i go to bed": "10 pm",
}
"""Part of a day that people name by what they do then -> when that is for most of them."""
_HOUR_OF = {said: hour for names, hour in _HOURS.items() for said in names.split("|")}
_MEALS = re.compile(rf"\b(?:{'|'.join(sorted(_HOUR_OF, key=len, reverse=True))})\b(?! (?:at|by|around) )")
_PART = r"(?P<part>morning|afternoon|evening|night)"
_MOMENTS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), instead)
    for pattern, instead in (
        (r"\barvo\b", "afternoon"),
        (r"\bthe morn\b(?! at night)", "tomorrow"),
        (r"\b(?:when|once|as soon as) (?:it's|it is|the clock strikes) (?:gone )?(?=\d)", "at "),
        (r"\b(?:on |at )?the stroke of (?=\d|noon|midnight|midday)", "at "),
        (r"^come (?=\d)", "at "),
        (r"\b(?:after|straight after) (?:my |the )?(?:lunch|work|school|dinner|breakfast|tea|supper|shift) at ", "at "),
        (rf"(?<=\d)(?: hours?)? of the {_PART}\b", r" in the \g<part>"),
        (r"\b(?:at )?the (\d{1,2})(?: hours?)?(?= in the )", r"at \1"),
        (rf"\b(?:on )?the {_PART} of (?=(?:the )?\d|[a-z]+day)", r"in the \g<part> on "),
        (r"\bo'clock (?=[1-5]\d\b)", ""),
        (r"\bat (\d{1,2}) and (?:a )?(quarter|half)\b", r"at \2 past \1"),
        (r"\b(?:oh|0) (\d) ([0-5]\d)\b(?! ?[ap]m)", r"at \1:\2 am"),
        (r"\b(?P<hour>\d{1,2}) ?-?ish\b", r"about \g<hour>"),
        (
            r"\b(?:first|1th) thing(?: in the morning)?(?= tomorrow\b)|(?<=tomorrow )(?:first|1th) thing\b",
            "in the morning",
        ),
        (r"\b(?:first|1th) thing(?: in the morning)?\b(?! (?:i|you|we|he|she|they|that)\b)", "in the morning"),
        (r"\bearly (?=tomorrow|on |next |[a-z]+day\b)", "in the morning "),
        (r"\bfollowing (?=[a-z]+day\b)", "coming "),
        (r"\b([a-z]+day) coming\b", r"coming \1"),
        (r"\b([a-z]+day) next\b(?! week| month)", r"coming \1"),
        (r"\bover the weekend\b", "on the weekend"),
        (r"\bof next week\b", "next week"),
        (r"\b(?:a )?week (?:today|from today)\b|\btoday week\b", "in 7 days"),
        (r"\b(?:a )?week (?:tomorrow|from tomorrow)\b|\btomorrow week\b", "in 8 days"),
        (r"^week (?=on |from )", "a week "),
    )
)
_UNIT = re.compile(r"sec|min|hour|hr|day|week|fortnight")
_LOOSE = re.compile(
    r"^(?:(?:about|around|roughly|approximately|exactly|precisely|maybe|say|just|some) )*"
    r"(?:a good |a solid |(?:an )?extra (?=\w+ (?:min|sec|hour)))?"
)
_LOOSE_END = re.compile(r"(?: (?:exactly|precisely|flat|tops|max|or so|on the dot|sharp))+$")
_FULL = re.compile(r"\b(an?|one) (?:full|whole|solid|extra) (?=hour|minute|half)")
_OF_HOUR = re.compile(r"\b(half|quarter|quarters) of (?=hour|minute)")
_NO_ARTICLE = re.compile(r"^(?=(?:hour|minute|second) and (?:a )?(?:half|quarter|three quarters)$)")
_ARTICLE = re.compile(r"^an? (?=(?:two|three|four|five|six|seven|eight|nine|ten|\w+teen|twelve|eleven|\w+ty|\d+)[ -])")


def moment(text: str) -> str:
    """``text``: as `time_words.plain` writes it."""
    text = _MEALS.sub(lambda found: _HOUR_OF[found[0]], text)
    for pattern, instead in _MOMENTS:
        text = pattern.sub(instead, text)
    return text


def duration(text: str) -> str:
    """``text``: words in lower case."""
    if not _UNIT.search(text):
        return text
    text = _LOOSE_END.sub("", _LOOSE.sub("", text, count=1))
    text = _OF_HOUR.sub(r"\1 of an ", _FULL.sub(r"\1 ", text))
    return _ARTICLE.sub("", _NO_ARTICLE.sub("a ", text))
