"""What the shared rules need to know of a language: its number words, nouns, signs and the order of its dates."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property


@dataclass(frozen=True)
class Noun:
    one: str
    many: str
    gender: str = ""
    """As `Language.cardinal` knows it; empty = the numeral that stands alone."""


def pairs(table: str) -> dict[str, str]:
    """ "× times; ÷ divided by": what is written (underscores stand for spaces) and what is said."""
    rows = [row.split(maxsplit=1) for row in table.split(";")]
    return {row[0].replace("_", " "): " ".join(row[1].split()) if len(row) > 1 else "" for row in rows if row}


def nouns(table: str, gender: str = "") -> dict[str, Noun]:
    """ "km kilometer; ft foot feet; _s second": symbol, one, many (else one and an s); underscores for spaces."""
    rows = [[cell.replace("_", " ") for cell in row.split()] for row in table.split(";")]
    return {row[0]: Noun(row[1], row[2] if len(row) > 2 else f"{row[1]}s", gender) for row in rows}


@dataclass(frozen=True)
class Currency:
    unit: Noun
    cent: Noun | None = None
    """None = it has none in use; its decimals are said as decimals."""


@dataclass(frozen=True)
class Rule:
    """Claims what its pattern matches."""

    chars: str
    """It is tried only on a text that holds one of these; empty = always."""
    pattern: str
    """Of bounded length, so that a hostile text takes no longer than its length. Contexts go into look-arounds."""
    say: Callable[[Language, re.Match], str | None]
    """(language, match) -> words for the match, or for its group "claim"; None = the piece stays as it is."""


@dataclass(frozen=True, kw_only=True)
class Terms:
    """Words that go with numbers, addresses and formulas."""

    point: str
    """Between a number and its decimals."""
    minus: str
    plus: str
    to: str
    """Between the ends of a range."""
    about: str
    """For ~ before a number."""
    number: str
    """For # before a number."""
    percent: str
    permille: str
    per: str
    """In "kilometers per second"."""
    power: str
    """A template: "to the power of {}"."""
    over: str
    """Between two sides of a division that is no plain fraction."""
    root: str
    cube_root: str
    by: str
    """Between the sides of a rectangle: 3 × 4 m."""
    ratio: str
    """Between the numbers of 16:9."""
    score: str
    """Between the goals of 3:1; empty = nothing."""
    dot: str
    slash: str
    backslash: str
    dash: str
    underscore: str
    at: str
    """For the @ of an address and of a handle."""
    hashtag: str
    colon: str
    formula: str
    """For one too long to be read."""
    link: str
    """For an address that nobody would say."""
    index: str
    """Before a subscript: "x sub one"; empty = nothing."""
    version: str
    """For v before a number."""


@dataclass(frozen=True, kw_only=True)
class Language:
    terms: Terms
    cardinal: Callable[[int, str], str]
    """(whole number >= 0, gender of what is counted, "" = none) -> words."""
    ordinal: Callable[[int, str], str]
    fraction: Callable[[int, int], str | None]
    """(numerator, denominator >= 2) -> words; None = not said as a fraction."""
    mixed: Callable[[int, int, int], str | None]
    """(whole number >= 1, numerator, denominator) -> words; None = not said so."""
    date: Callable[[int, int, int | None, str], str]
    """(day, month, year, the text before) -> words."""
    time: Callable[[int, int, int | None, str], str]
    """(hour, minute, second, what follows: "pm", "Uhr") -> words."""
    cents: Callable[[str, int, Noun], str]
    """(words of the whole units, cents >= 1, their noun) -> words: "twelve euros fifty"."""
    decimals: Callable[[str], str]
    """The digits after the decimal mark -> words."""
    decimal_mark: str
    group_marks: str
    """Each may stand before groups of three digits."""
    other_mark: str = ""
    """A decimal mark of other languages, before one or two digits only: the point in a Spanish "2.5"."""
    day_first: bool = True
    """Whether 3/4/2025 is in April."""
    months: Mapping[str, int] = field(default_factory=dict)
    """Names and abbreviations (without full stop), in lower case."""
    day_mark: str = " "
    """A pattern of what stands between the number of a day and its month."""
    year_mark: str = " "
    """A pattern of what stands between a month and its year."""
    clock: str = ""
    """A pattern of what follows a time: "am|pm", "Uhr"."""
    units: Mapping[str, Noun] = field(default_factory=dict)
    """By symbol: "km", "°C", "m²", "km/h"; with a space first where one is needed: " K".

    "a/b" without an entry of its own is said with `Terms.per`.
    """
    currencies: Mapping[str, Currency] = field(default_factory=dict)
    """By sign and by ISO code."""
    scales: Mapping[str, Noun] = field(default_factory=dict)
    """Million and the like, by what is written after an amount: "million", "Mio."."""
    scaled: Callable[[str, str, Noun], str] = lambda amount, scale, noun: f"{amount} {scale} {noun.many}"
    """(number, scale word, unit) -> words."""
    joined: Callable[[str, str], str] = lambda number, noun: f"{number} {noun}"
    """(words of a number, what is counted) -> both: "un million d'euros"."""
    powers: Mapping[int, str] = field(default_factory=dict)
    """Words after the base: {2: "squared"}; else `Terms.power`."""
    signs: Mapping[str, str] = field(default_factory=dict)
    """Signs that are said wherever they stand; spaces come by themselves."""
    operators: Mapping[str, str] = field(default_factory=dict)
    """Signs that are said between two operands: "=", "+", "<", "->"."""
    abbreviations: Mapping[str, str] = field(default_factory=dict)
    """As written, with its full stops."""
    symbols: Mapping[str, str] = field(default_factory=dict)
    """Names of LaTeX commands that are no Unicode sign in `signs`: {"alpha": "alpha", "sum": "the sum"}."""
    numbered: str = ""
    """A pattern of words before a Roman numeral that counts: "Chapter|Part"."""
    regnal: Callable[[int, str], str] = lambda number, name: ""
    """(number, name of a ruler, pope or event) -> words for the numeral behind it; empty = no such name."""
    is_one: Callable[[float], bool] = lambda value: value == 1
    """Whether a noun stands in the singular after this number."""
    gender_of: Callable[[str], str] = lambda noun: ""
    """The gender for a bare number before this word."""
    integer: Callable[[int, str, str], str | None] = lambda value, before, after: None
    """(number written without groups, the text before, after) -> words, such as those of a year; None = a number."""
    score_words: str = ""
    """A pattern of words that tell that "3-1" or "3:1" is a result."""
    sum_words: str = "(?!)"
    """A pattern of words that tell that "10-4" is a difference."""
    rules: tuple[Rule, ...] = ()
    """The language's own; they come before the shared ones, but after those for addresses and formulas."""
    regions: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    """Fields that differ in a country: {"gb": {"day_first": True}}."""

    def of(self, region: str) -> Language:
        return replace(self, **self.regions.get(region, {}))  # type: ignore[arg-type]

    @cached_property
    def number(self) -> str:
        """The pattern of a number as it is written here, without its sign, bounded in length."""
        groups = "|".join(rf"(?:{re.escape(mark)}\d{{3}}){{1,6}}(?!\d)" for mark in self.group_marks)
        decimals = rf"{re.escape(self.decimal_mark)}\d{{1,40}}(?!\d)"
        if self.other_mark:
            decimals += rf"|{re.escape(self.other_mark)}\d{{1,2}}(?!\d)"
        number = rf"(?:\d{{1,3}}(?:{groups})|\d{{1,40}}(?!\d))(?:{decimals})?"
        return rf"(?:{self._foreign}|{number})" if self.other_mark else number

    @cached_property
    def _foreign(self) -> str:
        """The pattern of a number whose marks have changed places: 1,234.56 in a Spanish text."""
        group, mark = re.escape(self.decimal_mark), re.escape(self.other_mark)
        return rf"\d{{1,3}}(?:{group}\d{{3}}){{1,6}}{mark}\d{{1,2}}(?!\d)"

    def plain(self, written: str) -> str:
        """What `number` matched, without groups and with the decimal mark."""
        if self.other_mark and re.fullmatch(self._foreign, written):
            written = written.replace(self.decimal_mark, "")
        if self.other_mark and self.decimal_mark not in written:
            whole, mark, decimals = written.rpartition(self.other_mark)
            if mark and len(decimals) < 3:
                written = f"{whole}{self.decimal_mark}{decimals}"
        for mark in self.group_marks:
            written = written.replace(mark, "")
        return written

    def value(self, written: str) -> float:
        return float(self.plain(written).replace(self.decimal_mark, "."))

    def say(self, written: str, gender: str = "") -> str:
        """The words of what `number` matched."""
        whole, _, decimals = self.plain(written).partition(self.decimal_mark)
        if not decimals:
            return self.whole(whole, gender)
        return f"{self.whole(whole)} {self.terms.point} {self.decimals(decimals)}"

    def whole(self, digits: str, gender: str = "") -> str:
        if len(digits) > 15 or (len(digits) > 1 and digits[0] == "0"):
            return self.digits(digits)
        return self.cardinal(int(digits), gender)

    def digits(self, text: str) -> str:
        """One by one."""
        return " ".join(self.cardinal(int(digit), "") for digit in text if digit.isdecimal())

    def count(self, written: str, noun: Noun) -> str:
        """ "2.5", kilometer -> "two point five kilometers"."""
        return self.joined(self.say(written, noun.gender), noun.one if self.is_one(self.value(written)) else noun.many)

    def signed(self, sign: str, words: str) -> str:
        """``sign`` is "", "-", "−", "+" or "±"."""
        if sign in ("-", "−", "–"):
            return f"{self.terms.minus} {words}"
        if sign == "±":
            return f"{self.signs.get('±') or f'{self.terms.plus} {self.terms.minus}'} {words}"
        return f"{self.terms.plus} {words}" if sign == "+" else words

    def raised(self, exponent: int) -> str:
        """Words after the base."""
        if exponent in self.powers:
            return self.powers[exponent]
        return self.terms.power.format(self.signed("-" if exponent < 0 else "", self.cardinal(abs(exponent), "")))
