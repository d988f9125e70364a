"""Rules that French, Spanish and Italian share, made with the words of each."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from assistant.spoken.addresses import telephone
from assistant.spoken.calendar import possible
from assistant.spoken.language import Language, Noun, Rule, pairs
from assistant.spoken.numbers import FRACTIONS, START, alternatives, noun
from assistant.spoken.signs import ROMAN, roman

DIGITS = "0123456789"
SPACE = "[ \u00a0\u202f]"
_NAMED = (
    r"(?:[Vv]ersi[oó]ne?|[Aa]rt[ií]?c[uo]?l[eo]|[Ss]ection|[Ss]ección|[Ss]ezione|[Cc]hapitre|[Cc]ap[ií]t[uo]lo|[Ff]igur[ea]|"
    r"\b[A-ZÀ-Ý][\w+-]{2,20}|\b[a-z]+[A-Z]\w{0,20}|\b[A-Z]{2,6}) $"
)
"""The end of a text after which a number with a point is a version: "Python 3.12", "iOS 17.4"."""


def months(names: list[str], short: str) -> dict[str, int]:
    """Their numbers; ``short``: abbreviations with theirs, "janv 1; févr 2"."""
    return {**dict(zip(names, range(1, 13))), **{name: int(number) for name, number in pairs(short).items()}}


def decimals(cardinal: Callable[[int], str]) -> Callable[[str], str]:
    """They are said as a number, behind the zeros that lead; more than three digits one by one."""

    def say(digits: str) -> str:
        if len(digits) > 3:
            return " ".join(cardinal(int(digit)) for digit in digits)
        rest = digits.lstrip("0")
        zeros = [cardinal(0)] * (len(digits) - len(rest))
        return " ".join([*zeros, cardinal(int(rest))] if rest else zeros)

    return say


def mixed(
    cardinal: Callable[[int], str], fraction: Callable[[int, int], str | None], joint: str, half: str
) -> Callable[[int, int, int], str | None]:
    """See `Language.mixed`: "deux et demi"; ``joint``: the word between, ``half``: what a half is called there."""

    def say(whole: int, top: int, bottom: int) -> str | None:
        part = half if (top, bottom) == (1, 2) else fraction(top, bottom)
        return f"{cardinal(whole)} {joint} {part}" if part else None

    return say


def versions() -> Rule:
    """A number with a point behind a name."""
    return Rule(".", rf"{START}(?P<whole>\d{{1,6}})\.(?P<decimals>\d{{1,2}})(?![\w%]|[.,:/]\d)", _version)


def _version(language: Language, match: re.Match) -> str | None:
    whole, decimals = match["whole"], match["decimals"]
    following = re.match(rf"{SPACE}?([^\s.,;:!?]+)", match.string[match.end() : match.end() + 12])
    counted = following and (following[1] in language.units or f" {following[1]}" in language.units)
    if not counted and re.search(_NAMED, match.string[max(0, match.start() - 30) : match.start()]):
        return f"{language.whole(whole)} {language.terms.dot} {language.whole(decimals)}"
    return None


def halves(half: Callable[[str], str]) -> Rule:
    """1/2 before a noun: "media taza"."""
    return Rule(
        "½/",
        rf"(?<![\w/.,])(?<!\d )(?P<claim>½|1/2){SPACE}(?P<noun>[^\W\d_]{{3,20}})",
        lambda language, match: half(language.gender_of(match["noun"])) or None,
    )


def parts(units: Mapping[str, Noun], half: Callable[[str], str], of: Callable[[str], str]) -> Rule:
    """A fraction of a unit: "3/4 l", "tres cuartos de litro"."""
    unit = alternatives(symbol.strip() for symbol in units if "/" not in symbol)

    def say(language: Language, match: re.Match) -> str | None:
        counted = noun(language, match["unit"])
        vulgar = match["vulgar"]
        top, bottom = FRACTIONS[vulgar] if vulgar else (int(match["top"]), int(match["bottom"]))
        if match["whole"]:
            words = language.mixed(int(match["whole"]), top, bottom) if top < bottom else None
            return f"{words} {counted.many}" if words else None
        if (top, bottom) == (1, 2):
            return f"{half(counted.gender)} {counted.one}"
        words = language.fraction(top, bottom) if bottom >= 2 else None
        return f"{words} {of(counted.one)}" if words else None

    return Rule(
        "/" + "".join(FRACTIONS),
        rf"{START}(?:(?P<whole>\d{{1,2}}){SPACE}?(?=\D|\d/))?(?:(?P<top>\d{{1,2}})/(?P<bottom>\d{{1,2}})"
        rf"|(?P<vulgar>[{''.join(FRACTIONS)}])){SPACE}?(?P<unit>{unit})(?![\w²³/'’])",
        say,
    )


def marks(word: str, about: str, following: str) -> Rule:
    """8,5/10, a mark at school. Whole numbers are one only behind a word of ``about`` (a pattern); not before
    ``following``, such as "de", which tells a fraction."""

    def say(language: Language, match: re.Match) -> str | None:
        top, before = match["top"], match.string[max(0, match.start() - 40) : match.start()]
        if top.isdecimal() and match["bottom"] != "20" and not re.search(rf"(?i)\b(?:{about})", before):
            return None
        return f"{language.say(top)} {word} {language.say(match['bottom'])}"

    return Rule(
        "/",
        rf"{START}(?P<top>\d{{1,3}}(?:[.,]\d{{1,2}})?)/(?P<bottom>5|10|20|100)(?![\w/%]|[.,]\d|{SPACE}?(?:{following})\b)",
        say,
    )


def day_months(before: str) -> list[Rule]:
    """A date in digits without its year: behind ``before`` (a pattern), such as an article, or with a zero, 28/02."""
    after = r"(?![\w/]|[.,]\d)"
    return [
        Rule("/", rf"(?i)(?<!\w)(?:{before})(?P<claim>(?P<day>\d{{1,2}})/(?P<month>\d{{1,2}})){after}", _day_month),
        Rule("/", rf"(?<![\w/.,:-])(?P<day>\d\d)/(?P<month>0\d){after}", _day_month),
    ]


def _day_month(language: Language, match: re.Match) -> str | None:
    day, month = int(match["day"]), int(match["month"])
    return language.date(day, month, None, "") if possible(day, month) else None


def days(months: Mapping[str, int], mark: str = " ") -> Rule:
    """ "24-25 décembre": the month follows the second day only."""
    names = alternatives({form for name in months for form in (name.capitalize(), name)})
    return Rule(
        DIGITS,
        rf"{START}(?P<claim>(?P<day>\d{{1,2}}) ?[-–/] ?)(?=(?:\d{{1,2}} ?[-–/] ?)?\d{{1,2}}{mark}(?:{names})(?!\w))",
        lambda language, match: f"{language.whole(match['day'])} {language.terms.to} ",
    )


def ordinals(endings: Mapping[str, str], said: Callable[[int, str], str | None]) -> Rule:
    """Digits with a raised ending; ``endings`` -> what ``said`` needs to know of it, such as the gender."""
    return Rule(
        DIGITS,
        rf"{START}(?P<number>\d{{1,3}}(?:[.\u00a0\u202f ]\d{{3}}){{1,3}}|\d{{1,6}})"
        rf"(?P<ending>{alternatives(endings)})(?!\w)",
        lambda language, match: said(int(re.sub(r"\D", "", match["number"])), endings[match["ending"]]),
    )


def roman_after(words: str, said: Callable[[int, str], str | None]) -> Rule:
    """ "capítulo IV": a pattern of words, with what is said of the number behind them."""
    return Rule(
        "IVXLC",
        rf"(?<!\w)(?P<word>{words}){SPACE}(?P<claim>{ROMAN})",
        lambda language, match: said(roman(match["claim"]), match["word"]) if match["claim"] not in "LCDM" else None,
    )


def roman_before(words: str, said: Callable[[int, str], str | None]) -> Rule:
    """ "II Guerra": as `roman_after`, the word behind the number."""
    return Rule(
        "IVXLC",
        rf"(?<!\w)(?P<claim>{ROMAN}){SPACE}(?P<word>{words})(?!\w)",
        lambda language, match: said(roman(match["claim"]), match["word"]) if match["claim"] not in "LCDM" else None,
    )


def telephones(pattern: str, groups: Callable[[Language, str], str] = telephone) -> Rule:
    return Rule(
        DIGITS, rf"(?<![\w.,+/-])(?<!\d )(?:{pattern})(?![\w/-]|[.,]\d| \d)", lambda own, match: groups(own, match[0])
    )


def roman_follows(joint: str, said: Callable[[int, str], str | None]) -> Rule:
    """The second of "siglos XVI y XVII", once the first is claimed."""
    return Rule(
        "IVX",
        rf"(?<=\ue000 )(?:{joint}) (?P<claim>(?=[VX]|II){ROMAN})",
        lambda language, match: said(roman(match["claim"]), ""),
    )


def inches(one: str, many: str, gender: str = "") -> Rule:
    """6,7\" is the size of a screen, unless it closes a quotation."""
    unit = Noun(one, many, gender)

    def say(language: Language, match: re.Match) -> str | None:
        quoted = match.string.count('"', 0, match.start()) % 2
        return None if quoted else language.count(match["number"], unit)

    return Rule('"″', rf"{START}(?P<number>\d{{1,3}}(?:[.,]\d{{1,2}})?)[\"″](?=[\s.,;:!?)-]|$)", say)


def ampersand(word: str) -> Rule:
    return Rule("&", rf"(?<=\w){SPACE}?&{SPACE}?(?=\w)", lambda language, match: f" {word} ")


def words(table: Mapping[str, str], after: str) -> Rule:
    """Abbreviations that are ones only before ``after`` (a pattern), such as a number."""
    return Rule(
        "".join({written[0] for written in table}),
        rf"(?<!\w)(?:{alternatives(table)})(?={after})",
        lambda language, match: table[match[0]],
    )


def millions(joint: Callable[[str], str]) -> Rule:
    """ "2 000 000 habitants": whole millions need a "de" that is not written."""
    return Rule(
        "0",
        rf"{START}(?P<claim>(?P<number>\d{{1,3}}(?:[.\u00a0\u202f ]000){{2,4}}){SPACE})(?=(?P<noun>[^\W\d_]{{4,20}}))",
        lambda language, match: language.say(match["number"]) + joint(match["noun"]),
    )
