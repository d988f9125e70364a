"""German numbers, dates and times: endings follow the word before them, "ein" and "eine" the noun behind them."""

from __future__ import annotations

import re

SMALL = """null eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn
    siebzehn achtzehn neunzehn""".split()
TENS = "zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig".split()
_LARGE = ((10**12, "Billion"), (10**9, "Milliarde"), (10**6, "Million"))
MONTHS = "Januar Februar März April Mai Juni Juli August September Oktober November Dezember".split()
_ONE = {"": "eins", "m": "ein", "n": "ein", "f": "eine"}


def cardinal(number: int, gender: str = "") -> str:
    for value, name in _LARGE:
        if number >= value:
            count, rest = divmod(number, value)
            plural = name if count == 1 else f"{name}n" if name.endswith("e") else f"{name}en"
            words = f"{cardinal(count, 'f')} {plural}"
            return f"{words} {cardinal(rest)}" if rest else words
    if number >= 1000:
        count, rest = divmod(number, 1000)
        start = re.sub("eins$", "ein", cardinal(count)) if count > 1 else ""
        return f"{start}tausend{'ein' if 100 <= rest < 200 else ''}{cardinal(rest) if rest else ''}"
    if number >= 100:
        count, rest = divmod(number, 100)
        return f"{SMALL[count] if count > 1 else ''}hundert{cardinal(rest) if rest else ''}"
    return _small(number, gender)


def _small(number: int, gender: str) -> str:
    if number == 1:
        return _ONE.get(gender, "ein")
    if number < 20:
        return SMALL[number]
    tens, ones = divmod(number, 10)
    return f"{'ein' if ones == 1 else SMALL[ones]}und{TENS[tens - 2]}" if ones else TENS[tens - 2]


def ordinal(number: int, gender: str = "") -> str:
    """``gender`` is the ending: "" = -e, "er", "en", "es"."""
    last = number % 100
    stems = {1: "erst", 3: "dritt", 7: "siebt", 8: "acht"}
    if last in stems:
        start = cardinal(number - last) if number > last else ""
        return f"{start}{stems[last]}{gender or 'e'}".replace(" ", "").lower()
    return f"{cardinal(number)}{'t' if 0 < last < 20 or number == 0 else 'st'}{gender or 'e'}".replace(" ", "").lower()


def year(number: int) -> str:
    if not 1100 <= number < 2000:
        return cardinal(number)
    return f"{SMALL[number // 100]}hundert{_small(number % 100, '') if number % 100 else ''}"


_DATIVE = (
    "am|im|vom|zum|zur|beim|dem|den|des|seit|ab|bis|vor|nach|zwischen|allen|diesem|diesen|jedem|jeden|"
    r"(?:k?ein|mein|dein|sein|ihr|unser)e[mnrs]"
)
_PREPOSITIONS = (
    "in|aus|mit|nach|von|bei|zu|seit|während|auf|an|vor|unter|über|neben|zwischen|hinter|trotz|wegen|ab|außer"
)
_WEAK = re.compile(
    rf"(?i)\ue000(?: (?:und|oder|bis) )?$|\b(?:am|vom|zum|dem|den|bis) [A-Z]\w{{1,9}}\.?, $|\b(?:{_DATIVE}) $|"
    rf"\b(?:{_PREPOSITIONS}) (?:der|dieser|jeder) $"
)  # before an ordinal in -en; \ue000 is what another rule has claimed, such as the first day of two
_NOMINATIVE = re.compile(
    r"(?i)\b(?:der|die|das|ins|aufs|fürs|durchs|diese|jede|dieser|jeder|welche|(?:k?ein|mein|dein|sein|ihr|unser)e) $"
)
OPEN = "ein|mein|dein|sein|ihr|unser|euer|kein"
_NEUTER = r"\.? ?(?:Kind|Mal|Jahr|Buch|Kapitel|Haus|Tor|Spiel|Bild|Beispiel|Lied|Leben|Quartal|Semester|Album|Auto)\b"


def ending(before: str, after: str = "") -> str:
    """Of an ordinal behind ``before``."""
    if _WEAK.search(before):
        return "en"
    if _NOMINATIVE.search(before):
        return "e"
    return "es" if re.search(rf"(?i)\b(?:{OPEN}) $", before) and re.match(_NEUTER, after) else "er"


_NOT_YEAR = r"[\s\u00a0](?!Uhr)[A-ZÄÖÜ][a-zäöüß]+"
_DATING = rf"(?:\b(?:Jahre?s?|Sommer|Winter|Herbst|Frühjahr|Frühling|anno|Anno|{'|'.join(MONTHS)})\s)$"


def integer(number: int, before: str, after: str) -> str | None:
    """The words of a year."""
    if number == 1 and re.search(r"[^.!?\s] [A-ZÄÖÜ]\w*\.? $|[§\ue000] $", before):
        return "eins"  # Satz 1
    if not 1100 <= number < 2000:
        return None
    if re.match(_NOT_YEAR, after) and not re.search(_DATING, before):
        return None
    return year(number)


_FEMININE = re.compile(
    r"[A-ZÄÖÜ]\w*(?:e|ung|heit|keit|schaft|ion|tät|ik|ur|in|ei|Nacht|Stadt|Hand|Frau)|"
    r"(?:neu|gut|groß|klein|weiter|alt|ganz|verpasst|offen|ungelesen|frei|nächst|letzt)e"
)
_MASCULINE = re.compile(
    r"[A-ZÄÖÜ]\w+|(?:neu|gut|groß|klein|weiter|alt|ganz|verpasst|offen|ungelesen|frei|nächst|letzt)e[rsn]"
)


def gender_of(noun: str) -> str:
    if noun in (
        "Name",
        "Käse",
        "Junge",
        "Affe",
        "Termin",
        "Verein",
        "Abitur",
        "Bein",
        "Ei",
        "Löwe",
        "Kollege",
        "Kunde",
    ):
        return "m"
    if _FEMININE.fullmatch(noun):
        return "f"
    return "m" if _MASCULINE.fullmatch(noun) else ""


def date(day: int, month: int, number: int | None, before: str) -> str:
    end = f" {year(number)}" if number is not None else ""
    return f"{ordinal(day, ending(before))} {MONTHS[month - 1]}{end}"


def time(hour: int, minute: int, second: int | None, clock: str) -> str:
    if second is not None and not clock.startswith("Uhr") or clock.startswith("S"):
        parts = [(hour, "Stunde"), (minute, "Minute"), (second or 0, "Sekunde")]
        said = [f"{cardinal(n, 'f')} {name}{'n' if n != 1 else ''}" for n, name in parts if n]
        return " und ".join([" ".join(said[:-1]), said[-1]]) if len(said) > 1 else " ".join(said)
    words = f"{cardinal(hour, 'm')} Uhr"
    if minute or second:
        words += f" {cardinal(minute)}"
    return f"{words} und {cardinal(second, 'f')} Sekunde{'n' if second > 1 else ''}" if second else words


def fraction(top: int, bottom: int) -> str | None:
    if bottom > 20 and bottom not in (32, 50, 64, 100, 1000):
        return None
    if bottom == 2:
        return "ein halb" if top == 1 else f"{cardinal(top)} Halbe"
    part = f"{ordinal(bottom)}l" if bottom != 7 else "Siebtel"
    return f"{cardinal(top, 'm')} {part[0].upper()}{part[1:]}"


def mixed(whole: int, top: int, bottom: int) -> str | None:
    if (top, bottom) == (1, 2):
        return f"{cardinal(whole, 'm')}einhalb"
    part = fraction(top, bottom)
    return part and f"{cardinal(whole)} und {part}"
