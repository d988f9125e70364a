"""Units and quantities as they are spoken: "half a litre", "5 foot 10", "square metres"."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from assistant.skills.values.spoken_numbers import begins_number, digits, leading

_TABLE = """
metre|metre|metres|m
kilometre|kilometre|kilometres|km|kms|kilometers|k m|click|clicks
centimetre|centimetre|centimetres|cm|centi metres
millimetre|millimetre|millimetres|mm
micrometre|micrometre|micrometres|micron|microns
nanometre|nanometre|nanometres|nm
mile|mile|miles
yard|yard|yards|yd|yds
foot|foot|feet|ft
inch|inch|inches|in.
nautical_mile|nautical mile|nautical miles|sea mile|sea miles
light_year|light year|light years
fathom|fathom|fathoms
furlong|furlong|furlongs
gram|gram|grams|g|gramme|grammes
kilogram|kilogram|kilograms|kg|kgs|kilo|kilos|kilogramme|kilogrammes
milligram|milligram|milligrams|mg
microgram|microgram|micrograms
metric_ton|tonne|tonnes|metric ton|metric tons|metric tonne|metric tonnes
ton|short ton|short tons|ton|tons
long_ton|long ton|long tons|imperial ton|imperial tons
pound|pound|pounds|lb|lbs
ounce|ounce|ounces|oz
stone|stone|stone|stones
carat|carat|carats
litre|litre|litres|l
millilitre|millilitre|millilitres|ml|mls|mil|mils
centilitre|centilitre|centilitres|cl
decilitre|decilitre|decilitres|dl
cup|cup|cups|cupful|cupfuls
tablespoon|tablespoon|tablespoons|tbsp|table spoons|tablespoonful|tablespoonfuls
teaspoon|teaspoon|teaspoons|tsp|tea spoons|teaspoonful|teaspoonfuls
fluid_ounce|US fluid ounce|US fluid ounces|fluid ounce|fluid ounces|fl oz
pint|US pint|US pints|pint|pints|us pint|us pints|american pint|american pints
quart|US quart|US quarts|quart|quarts
gallon|US gallon|US gallons|gallon|gallons|us gallon|us gallons|american gallon|american gallons
imperial_pint|imperial pint|imperial pints|uk pint|uk pints|british pint|british pints
imperial_gallon|imperial gallon|imperial gallons|uk gallon|uk gallons|british gallon|british gallons
imperial_fluid_ounce|imperial fluid ounce|imperial fluid ounces
oil_barrel|barrel of oil|barrels of oil|oil barrel|oil barrels
metre**3|cubic metre|cubic metres
centimetre**3|cubic centimetre|cubic centimetres|cc|ccs
foot**3|cubic foot|cubic feet
inch**3|cubic inch|cubic inches
metre**2|square metre|square metres|sqm|metre squared|metres squared
kilometre**2|square kilometre|square kilometres
centimetre**2|square centimetre|square centimetres
mile**2|square mile|square miles
yard**2|square yard|square yards
foot**2|square foot|square feet|sq ft
inch**2|square inch|square inches
acre|acre|acres
hectare|hectare|hectares
degree_Celsius|degree Celsius|degrees Celsius|celsius|centigrade|degree centigrade|degrees centigrade|degrees c|°c
degree_Fahrenheit|degree Fahrenheit|degrees Fahrenheit|fahrenheit|degrees f|°f
kelvin|kelvin|kelvin|kelvins|degrees kelvin
degree|degree|degrees|°
radian|radian|radians
kilometre/hour|kilometre per hour|kilometres per hour|kilometres an hour|km per hour|kph|kmh|km/h|kilometres hourly
mile/hour|mile per hour|miles per hour|miles an hour|mph
metre/second|metre per second|metres per second|metres a second|m/s
foot/second|foot per second|feet per second|feet a second
knot|knot|knots
second|second|seconds|sec|secs
millisecond|millisecond|milliseconds
minute|minute|minutes|min|mins
hour|hour|hours|hr|hrs
day|day|days
week|week|weeks
fortnight|fortnight|fortnights
month|month|months
year|year|years
decade|decade|decades
century|century|centuries
bit|bit|bits
byte|byte|bytes
kilobyte|kilobyte|kilobytes|kb
megabyte|megabyte|megabytes|mb|meg|megs
gigabyte|gigabyte|gigabytes|gb|gig|gigs
terabyte|terabyte|terabytes|tb
petabyte|petabyte|petabytes
kibibyte|kibibyte|kibibytes
mebibyte|mebibyte|mebibytes
gibibyte|gibibyte|gibibytes
kilobit|kilobit|kilobits
megabit|megabit|megabits
gigabit|gigabit|gigabits
joule|joule|joules
kilojoule|kilojoule|kilojoules|kj
kilocalorie|calorie|calories|kcal|kilocalorie|kilocalories
kilowatt_hour|kilowatt hour|kilowatt hours|kwh
watt|watt|watts
kilowatt|kilowatt|kilowatts|kw
horsepower|horsepower|horsepower
bar|bar|bar|bars
pascal|pascal|pascals
hectopascal|hectopascal|hectopascals|millibar|millibars
psi|pound per square inch|pounds per square inch|psi
newton|newton|newtons
"""
_EVERYDAY = frozenset("second minute hour day week month year degree bar bit pound foot stone".split())
_SMALLER = {"foot": ("inch", 12), "stone": ("pound", 14), "pound": ("ounce", 16), "hour": ("minute", 60)}


@dataclass(frozen=True)
class Unit:
    pint: str
    """As the library pint names it."""
    one: str
    many: str

    def named(self, amount: str) -> str:
        """``1 mile``, ``about 2 miles``."""
        return f"{amount} {self.one if amount == '1' else self.many}"


@dataclass(frozen=True)
class Quantity:
    amount: Decimal
    unit: Unit
    said: str
    """``5 feet 10 inches``."""


_UNITS: dict[str, Unit] = {}
for _row in _TABLE.strip().splitlines():
    _pint, _one, _many, *_others = _row.split("|")
    for _name in (_one, _many, *_others):
        _UNITS[_name.lower()] = Unit(_pint, _one, _many)
_MOST_WORDS = max(len(name.split()) for name in _UNITS)
_SPELLING = re.compile(r"(met|lit)er(s?)\b")
_WRITTEN = re.compile(r"(?<=\d)(?=[a-z°]+)")
heard: list[Callable[[], None]] = []
"""Called when a unit is heard that is seldom said but to be converted."""


def units() -> Iterable[Unit]:
    return _UNITS.values()


def unit(words: str, now: datetime | None = None) -> Unit | None:
    """``words``, in lower case, as a unit."""
    found = _UNITS.get(words) or (_UNITS.get(_SPELLING.sub(r"\1re\2", words)) if "ter" in words else None)
    if found and found.pint not in _EVERYDAY:
        for call in heard:
            call()
    return found


def quantity(words: str, now: datetime | None = None) -> Quantity | None:
    """``words``, in lower case, as a number with its unit."""
    first = words.split(" ", 1)[0]
    if first not in ("minus", "negative", "a", "an") and not begins_number(first) and first[:1] != "-":
        return None
    tokens = _WRITTEN.sub(" ", words.replace("-", " - ") if words[:1] == "-" else words.replace("-", " ")).split()
    sign = -1 if tokens[0] in ("minus", "negative", "-") else 1
    found = _leading(tokens[sign < 0 :])
    if found is None:
        return None
    amount, of, rest = found
    said = _said(amount, of)
    if rest[:2] == ["and", "a"] and (part := leading(rest[1:])) and part[0] < 1 and part[1] == len(rest) - 1:
        amount, rest = amount + part[0], []  # "an hour and a half"
        said = of.named(digits(amount))
    smaller, many = _SMALLER.get(of.pint, ("", 1))
    if rest and smaller:
        inner = _leading(rest[rest[0] == "and" :])
        more = leading(rest)
        if inner and not inner[2] and inner[1].pint == smaller:
            amount, said = amount + inner[0] / many, f"{said} {inner[1].named(digits(inner[0]))}"
        elif more and more[1] == len(rest) and more[0] < many and of.pint in ("foot", "stone"):
            amount, said = amount + more[0] / many, f"{said} {_UNITS[smaller].named(digits(more[0]))}"
        else:
            return None
    elif rest:
        return None
    return Quantity(sign * amount, of, said if sign > 0 else f"minus {said}")


def _said(amount: Decimal, of: Unit) -> str:
    for thirds, words in ((1, "a third"), (2, "two thirds")):
        if amount == Decimal(thirds) / 3:
            return f"{words} of {'an' if of.one[0] in 'aeio' else 'a'} {of.one}"
    return of.named(digits(round(amount, 4)) if amount > 1 else digits(amount))


def _leading(tokens: list[str]) -> tuple[Decimal, Unit, list[str]] | None:
    """The first amount and unit, and the words after them."""
    found = leading(tokens)
    amount, at = found if found else (Decimal(1), 0)
    if tokens[at : at + 1] and tokens[at] in ("a", "an", "of") and (at or not found):  # "half a litre", "a litre"
        at += 1 + (tokens[at : at + 2] == ["of", "a"])
    elif not found:
        return None
    for size in range(min(_MOST_WORDS, len(tokens) - at), 0, -1):
        if (of := unit(" ".join(tokens[at : at + size]))) is not None:
            return amount, of, tokens[at + size :]
    return None
