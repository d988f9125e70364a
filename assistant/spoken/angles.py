"""Angles and places on the globe: 40°26'46" N."""

from __future__ import annotations

import re

from assistant.spoken.language import Language, Noun, Rule, pairs


def rules(parts: str, sides: str) -> list[Rule]:
    """``parts``: "degree degrees; minute minutes; second seconds"; ``sides``: "N north; S south"."""
    nouns = dict(zip("dms", (Noun(one, many) for one, many in pairs(parts).items())))
    names = pairs(sides)
    side = rf"(?: ?(?P<side>[{''.join(names)}])(?!\w))"

    def angle(language: Language, match: re.Match) -> str:
        said = [language.count(match[part], noun) for part, noun in nouns.items() if match.groupdict().get(part)]
        return " ".join([*said, names[match["side"]]] if match["side"] else said)

    return [
        Rule(
            "°",
            r"(?<!\w)(?P<d>\d{1,3})[°º] ?(?P<m>\d{1,2})['′’](?: ?(?P<s>\d{1,2}(?:[.,]\d{1,4})?)(?:[\"″”]|''|′′))?"
            rf"{side}?",
            angle,
        ),
        Rule("°", rf"(?<![\w.,])(?P<d>\d{{1,3}}(?:[.,]\d{{1,6}})?) ?°{side}", angle),
    ]
