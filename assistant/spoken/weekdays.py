"""Days of the week as they are abbreviated: Mon-Fri, lun. 14 mai, am Do., den 1.2."""

from __future__ import annotations

import re

from assistant.spoken.language import Language, Rule, pairs
from assistant.spoken.numbers import alternatives, stop


def rules(days: str, before: str) -> list[Rule]:
    """``days``: "Mon Monday; Tue Tuesday"; ``before``: a pattern of words that stand before a day."""
    names = pairs(days)
    names |= {short.capitalize(): name for short, name in names.items()}
    day = f"(?P<day>{alternatives(names)})"

    def one(language: Language, match: re.Match) -> str:
        return names[match["day"]] + stop(match)

    def dated(language: Language, match: re.Match) -> str | None:
        """Without a full stop it may be another word: "the Sun, 93 million miles away"."""
        return names[match["day"]] if match["month"].lower() in language.months else None

    def several(language: Language, match: re.Match) -> str:
        return f"{names[match['day']]} {language.terms.to} {names[match['last']]}{stop(match)}"

    return [
        Rule("-–", rf"(?<!\w){day}\.? ?[-–] ?{day.replace('day', 'last', 1)}(?:\.|(?!\w))", several),
        Rule(".", rf"(?<!\w){day}\.(?=,? (?:[^\W\d_]{{2,9}}\.? )?\d)", one),
        Rule(",", rf"(?<!\w)(?P<claim>{day}), (?:\d{{1,2}}\.? ?)?(?P<month>[^\W\d_]{{3,10}})", dated),
        Rule(".", rf"\b(?:{before}) (?P<claim>{day}\.)(?!\w)", one),
    ]
