"""Shapes of text that a rule may be slow on: one thing again and again, without an end."""

from __future__ import annotations

from collections.abc import Callable

_REPEATED = {
    "letters": "a",
    "capitals": "Ab",
    "hyphens": "a-b-",
    "dots": "1.1.1.",
    "brackets": "((((",
    "square": "[a](",
    "quotes": "\"'",
    "digits": "7",
    "groups": "123,456.",
    "times": "1:2:",
    "ranges": "5-",
    "at": "a@.",
    "mail": "a.b@c.de ",
    "url": "http://a.b/c?",
    "iban": "DE00 1234 ",
    "slashes": "a/b/",
    "backslashes": "a\\",
    "newlines": "\n",
    "lines": "- a\n",
    "spaces": " ",
    "marks": "e\u0301",
    "emoji": "\U0001f468\u200d\U0001f469\u200d",
    "cjk": "\u4f60\u597d",
    "zero_width": "\u200b",
    "pipes": "| a ",
    "rules": "|-",
    "backticks": "`",
    "code": "` a ``",
    "tags": "<a ",
    "closed_tags": "<b>",
    "entities": "&a",
    "stars": "**_",
    "dollars": "$1^{",
    "latex": "\\frac{",
    "commas": ",, ",
    "stops": ". ",
    "ellipses": "...",
    "words": "one two ",
    "number_words": "one ",
    "spelled": "a dot b at ",
    "names": "Ann ",
    "keys": "sk-",
    "passwords": "://a:",
    "sentences": "It is 5 metres long, not 6. ",
    "negated": "n't ",
    "asking": "what do you know ",
    "thoughts": "<think>a",
    "roman": "Part IV ",
    "signs": "=+*",
    "control": "\x1b[\x00",
    "halves": "\ud800",
    "json": '{"a": [',
    "escapes": '\\"',
}
REPEATED = tuple(_REPEATED.values())
SHAPES: dict[str, Callable[[int], str]] = {
    name: lambda length, unit=unit: (unit * (length // len(unit) + 1))[:length]  # type: ignore[misc]
    for name, unit in _REPEATED.items()
}
# What holds for long and then does not: every rule that goes on to the end goes back all the way.
for _name, _begin, _unit, _end in (
    ("dashes_that_end", "", "-", "x"),
    ("spaces_that_end", "a", " ", "x"),
    ("returns", "", "\r", "x"),
    ("lines_that_end", "a", " \n", "x"),
    ("bullets", "", "- ", "x"),
    ("hyphens_that_end", "1a", "-a", "-!"),
    ("punctuation", "www.", ".,", " x"),
    ("apart", "", "a dot ", "b"),
    ("spread_stars", "", "a**b ", "x"),
    ("dates", "", "3/4/2025 ", "x"),
    ("german_dates", "", "am 5. Mai ", "x"),
    ("times_of_day", "", "10:30 ", "x"),
    ("money", "", "$5.50 ", "x"),
    ("measures", "", "5 km/h ", "x"),
    ("fractions", "", "1/2 ", "x"),
    ("powers", "", "2^3 ", "x"),
    ("years", "", "in 1984 ", "x"),
    ("phones", "", "+49 30 1234567 ", "x"),
    ("versions", "", "v1.2.3 ", "x"),
    ("numbered", "", "1. ", "x"),
    ("bold", "", "**a** ", "x"),
    ("lowered", "", "a_1 ", "x"),
):
    SHAPES[_name] = lambda length, begin=_begin, unit=_unit, end=_end: (  # type: ignore[misc]
        begin + unit * ((length - len(begin) - len(end)) // len(unit)) + end
    )
SHAPES["different_words"] = lambda length: " ".join(f"w{n}x" for n in range(length // 7))[:length]
SHAPES["different_names"] = lambda length: " ".join(f"Na{chr(97 + n % 26) * (n % 9)}me" for n in range(length // 9))
SHAPES["different_numbers"] = lambda length: " ".join(f"{n * 7919 % 999983}" for n in range(length // 7))
SHAPES["different_sentences"] = lambda length: " ".join(f"Valve {n} holds {n % 97} bar." for n in range(length // 24))
