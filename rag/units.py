"""Units and numbers as people write them. English; factors are exact by SI and NIST SP 811, US where countries
differ."""

from __future__ import annotations

import re

_KINDS: dict[str, dict[str, float]] = {
    "m": {
        "mm millimetre millimeter": 0.001,
        "cm centimetre centimeter": 0.01,
        "m metre meter": 1,
        "km kilometre kilometer": 1000,
        "inch inches": 0.0254,
        "foot feet ft": 0.3048,
        "yard": 0.9144,
        "mile": 1609.344,
    },
    "g": {
        "mg milligram": 0.001,
        "g gram": 1,
        "kg kilogram kilo": 1000,
        "t tonne ton": 1e6,
        "ounce oz": 28.349523125,
        "pound lb": 453.59237,
    },
    "l": {"ml millilitre milliliter": 0.001, "cl": 0.01, "dl": 0.1, "l litre liter": 1, "gallon": 3.785411784},
    "s": {
        "ms millisecond": 0.001,
        "s sec second": 1,
        "min minute": 60,
        "h hr hour": 3600,
        "day": 86400,
        "week": 604800,
    },
    "month": {"month": 1, "year": 12, "decade": 120, "century": 1200},  # of no fixed number of days
    "km/h": {"kmh": 1, "mph": 1.609344},
    "c": {"c °c celsius centigrade": 1},
    "f": {"f °f fahrenheit": 1},
    "kelvin": {"kelvin": 1},
    "w": {"w watt": 1, "kw kilowatt": 1000, "mw": 1e6},
    "wh": {"wh": 1, "kwh": 1000},
    "v": {"mv": 0.001, "v volt": 1, "kv": 1000},
    "ampere": {"ma": 0.001, "a ampere amp": 1},
    "ah": {"mah": 0.001, "ah": 1},
    "ohm": {"ohm": 1},
    "hz": {"hz hertz": 1, "khz": 1e3, "mhz": 1e6, "ghz gigahertz": 1e9},
    "rpm": {"rpm revolution": 1},
    "db": {"db db(a) decibel": 1},
    "bar": {"bar": 1, "mbar": 0.001, "pa": 1e-5, "kpa": 0.01},
    "nm": {"nm": 1},  # newton metres
    "dh": {"dh": 1},  # German degrees of water hardness
    "byte": {"byte": 1, "kb": 1e3, "mb megabyte": 1e6, "gb gigabyte": 1e9, "tb terabyte": 1e12},
    "%": {"% percent": 1},
    "$": {"$ dollar": 1, "cent": 0.01},
    "€": {"€ euro eur": 1},
    "£": {"£ gbp": 1},
}
UNITS = {
    name: (kind, factor) for kind, units in _KINDS.items() for names, factor in units.items() for name in names.split()
}
"""Lower-case singular -> (kind, factor). Units of one kind are converted by their factors; the kind is named for the
unit whose factor is 1."""

NUMBER_WORDS = {
    word: number
    for number, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
        "seventeen "
        "eighteen nineteen".split()
    )
} | {word: 10 * tens for tens, word in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split(), 2)}


def unit_of(token: str) -> str | None:
    """The key of `UNITS` that a lower-case token names, in singular or plural."""
    single = token.removesuffix("s") if len(token) > 2 else token  # "as" is no amperes
    return next((form for form in (token, single) if form in UNITS), None)


def in_base(value: float, unit: str) -> tuple[float, str]:
    """(value in the kind's base unit, kind); a value without a unit stays as it is, of kind ``""``."""
    kind, factor = UNITS.get(unit, ("", 1.0))
    return value * factor, kind


def number(token: str) -> float | None:
    """What a number in digits says: "1,850", "4.5", "4,5", "-5"; None of what is none: "1.2.3", "20:15", "4k"."""
    if not token.lstrip("-")[:1].isdigit():
        return None
    if re.fullmatch(r"-?\d{1,3}(,\d{3})+(\.\d+)?", token):
        token = token.replace(",", "")
    try:
        return float(token.replace(",", "."))
    except ValueError:
        return None
