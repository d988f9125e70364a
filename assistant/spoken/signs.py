"""Signs between words and numbers, abbreviations, Roman numerals."""

from __future__ import annotations

import re

from assistant.spoken.language import Language, Rule
from assistant.spoken.numbers import VARIABLES, alternatives, stop

ROMAN = r"(?=[IVXLCDM])M{0,3}(?:CM|CD|D?C{0,3})(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3})(?!\w)"
_LETTERS = frozenset("LCDM")  # alone they are letters: vitamin C, class D
_VALUES = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100, "D": 500, "M": 1000}


def rules(language: Language) -> list[Rule]:
    operand_before, operand_after = r"(?<=[\w)\]\ue000°²³%½π∞])", r"(?=[\w(\[\ue000√π∞−-])"
    tight = alternatives(sign for sign in language.operators if sign not in "<>*/")
    found = [Rule("!", r"(?<=[\d\ue000])!(?= ?[=+×*/÷])", lambda own, match: own.symbols.get("!"))]
    if tight:
        found.append(Rule("=+!-<>", rf"{operand_before} ?(?P<sign>{tight}) ?{operand_after}", _operator))
    if language.numbered:
        found.append(Rule("IVXLCDM", rf"\b(?:{language.numbered})[ \u00a0](?P<claim>{ROMAN})", _numbered))
    return [
        Rule(
            "-−–",
            rf"(?<=(?<!\w)[{VARIABLES}]) [-−–] (?=[\d(\ue000]|[a-zA-Z](?!\w))"
            rf"|(?<=[\d)\ue000]) [-−–] (?=[{VARIABLES}](?!\w))",
            _minus,
        ),
        Rule("-−–", r"(?<=(?<!\w)[a-zA-Z]) [-−–] (?=[\d(\ue000]|[a-zA-Z](?!\w))", _difference),
        Rule("-−–", r"(?<=[\d)\ue000]) [-−–] (?=[a-zA-Z](?!\w))", _difference),
        *found,
        Rule("<>", r"(?<=[\w)\ue000]) (?P<sign>[<>]) (?=[\w(\ue000-])", _operator),
        Rule("<>", r"(?<=[\d\ue000])(?P<sign>[<>])(?=[\d\ue000])", _operator),
        Rule(
            "*",
            r"(?:(?<=[\d)\ue000])|(?<=(?<!\w)[a-zA-Z])) ?(?P<sign>\*) ?(?=[\d(\ue000]|[a-zA-Z](?![\w*]))",
            _operator,
        ),
        Rule("-−", r"(?<=[\d)\ue000]) ?− ?(?=[\w(\ue000])|(?<=[)\ue000]) - (?=[\ue000(])", _minus),
        Rule("-–", r"(?<=\ue000)[-–](?=\ue000)", _between),
        Rule(
            "/",
            r"(?:(?<=[\d)\ue000])|(?<=(?<!\w)[a-zA-Z])) / (?=[\d(\ue000]|[a-zA-Z](?!\w))",
            lambda own, match: own.signs.get("÷"),
        ),
        Rule("-", r"(?:(?<=[=+*(] )|(?<=[=(\ue000])|(?<=^))-(?=[a-zA-Z](?!\w))", _minus),
        Rule("·⋅∙", r"(?<=[\d\ue000]) ?[·⋅∙] ?(?=[\d\ue000])", lambda own, match: own.signs.get("×")),
        Rule("−", r"(?<!\w)−(?=[\w\ue000])", _minus),
        Rule("IVXLCDM", rf"\b(?P<name>[^\W\d_]{{2,20}})[ \u00a0](?P<claim>{ROMAN})", _regnal),
        Rule(
            "".join(language.signs),
            alternatives(language.signs) or "(?!)",
            lambda own, match: f" {own.signs[match[0]]} ",
        ),
        Rule(".", rf"(?<![\w.])(?:{alternatives(language.abbreviations) or '(?!)'})(?!\w)", _abbreviation),
    ]


def roman(numeral: str) -> int:
    values = [_VALUES[letter] for letter in numeral]
    return sum(-value if value < following else value for value, following in zip(values, [*values[1:], 0]))


def _operator(language: Language, match: re.Match) -> str | None:
    said = language.operators.get(match["sign"])
    return f" {said} " if said else None


def _minus(language: Language, match: re.Match) -> str:
    return f" {language.terms.minus} "


def _difference(language: Language, match: re.Match) -> str | None:
    """Of letters that may also be names: "a - b = c", but "Plan A - 3 people"."""
    beside = match.string[max(0, match.start() - 8) : match.start()] + match.string[match.end() : match.end() + 8]
    return _minus(language, match) if re.search(r"[=+*×÷·^<>]", beside.replace("->", "")) else None


def _between(language: Language, match: re.Match) -> str:
    """From 9 am to 5 pm; in an equation it is a difference."""
    return f" {language.terms.minus if '=' in match.string else language.terms.to} "


def _numbered(language: Language, match: re.Match) -> str | None:
    if match["claim"] in _LETTERS:
        return None
    return language.cardinal(roman(match["claim"]), "")


def _regnal(language: Language, match: re.Match) -> str | None:
    if match["claim"] in _LETTERS:
        return None
    return language.regnal(roman(match["claim"]), match["name"]) or None


def _abbreviation(language: Language, match: re.Match) -> str:
    return language.abbreviations[match[0]] + stop(match)
