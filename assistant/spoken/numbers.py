"""Numbers and what is counted: money, units, percent, ranges, results, fractions, powers."""

from __future__ import annotations

import re

from assistant.spoken.language import Language, Noun, Rule

_DIGITS = "0123456789"
START = r"(?<![\w^])(?<!\d[.,:/])"
_SIGN = r"(?P<sign>(?<![\w)\]%.,-])[-−+±])?"
_BELOW = r"(?P<sign>(?<![\w)\]%.,-])[-−–+±])?"
"""Before what has a unit an en dash is a minus, too."""
VARIABLES = "xyznmkt"
"""Letters that stand for numbers more often than for anything else."""
FRACTIONS = {
    "½": (1, 2),
    "⅓": (1, 3),
    "⅔": (2, 3),
    "¼": (1, 4),
    "¾": (3, 4),
    "⅕": (1, 5),
    "⅖": (2, 5),
    "⅗": (3, 5),
    "⅘": (4, 5),
    "⅙": (1, 6),
    "⅚": (5, 6),
    "⅛": (1, 8),
    "⅜": (3, 8),
    "⅝": (5, 8),
    "⅞": (7, 8),
}
_DAYS = frozenset(
    """monday tuesday wednesday thursday friday saturday sunday mon tue tues wed thu thur thurs fri sat sun
    montag dienstag mittwoch donnerstag freitag samstag sonnabend sonntag
    lundi mardi mercredi jeudi vendredi samedi dimanche lunes martes miércoles jueves viernes sábado domingo
    lunedì martedì mercoledì giovedì venerdì sabato domenica""".split()
)
_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
_LOWERED = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")


def alternatives(words: object) -> str:
    """A pattern of the given words, the longest first."""
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))  # type: ignore[call-overload]


def stop(match: re.Match) -> str:
    """The full stop of an abbreviation that also ends the text."""
    return "." if match[0].endswith(".") and not match.string[match.end() :].strip(" \"'”’»)") else ""


def rules(language: Language) -> list[Rule]:
    number, signs = language.number, alternatives(language.currencies)
    scale = rf"(?:[\s\u00a0]?(?P<scale>{alternatives(language.scales)})(?!\w))?"
    dash, space = r"\s?[-–—]\s?", r"[ \u00a0\u202f]?"
    to = re.escape(language.terms.to)
    symbols = "|".join(
        rf"(?<=[\s\u00a0]){re.escape(symbol[1:])}" if symbol[0] == " " else re.escape(symbol)
        for symbol in sorted(language.units, key=len, reverse=True)
    )
    bottoms = alternatives({symbol.strip() for symbol in language.units})
    unit = rf"(?P<unit>(?:{symbols})(?:/(?:{bottoms}))?)(?![\w²³^])"
    side = rf"{number}{space}(?:{symbols})"
    exponent = rf"[-−]?\d{{1,9}}(?:[.{re.escape(language.decimal_mark)}]\d{{1,9}})?"
    inside = rf"(?:{exponent}|[-−]?\w{{1,9}})"
    return [
        Rule(
            "~≈",
            rf"(?<!\w)(?<!\b[b-df-hj-np-xzA-Z] )(?<![\d)] )[~≈]{space}(?=\d)",
            lambda language, match: f"{language.terms.about} ",
        ),
        Rule(
            _DIGITS,
            rf"(?<!\w)(?P<minus>[-−])?(?P<currency>{signs}){space}(?P<amount>{number})"
            rf"(?:{dash}(?:(?P=currency){space})?(?P<end>{number}))?{scale}(?!\w)",
            _money,
        ),
        Rule(
            _DIGITS,
            rf"{START}(?P<minus>(?<!\w)[-−])?(?P<amount>{number})(?:(?:{dash}| {to} )(?P<end>{number}))?{scale}"
            rf"{space}(?P<currency>{signs})(?!\w)",
            _money,
        ),
        Rule("%‰", rf"{START}{_BELOW}(?P<first>{number})(?:{dash}(?P<end>{number}))?{space}(?P<mark>[%‰])", _percent),
        Rule(
            _DIGITS,
            rf"{START}{_SIGN}(?P<first>{number})(?:{dash}|{space}\.\.\.?{space})(?P<end>{number}){space}{unit}",
            _measure,
        ),
        Rule("×x", rf"{START}{side}(?:{space}[×x]{space}{side}){{1,2}}(?![\w²³^])", _sides),
        Rule(
            _DIGITS,
            rf"{START}{_BELOW}(?P<first>{number})(?P<joint>-|{space})(?:(?P<by>[×x])|{unit})"
            rf"(?(by){space}(?P<second>{number})(?:{space}[×x]{space}(?P<third>{number}))?"
            rf"(?:{space}{unit.replace('?P<unit>', '?P<area>')})?(?![\w^*²³]))",
            _measure,
        ),
        Rule("/", rf"(?<=\ue000)/(?P<unit>{bottoms})(?!\w)", _per),
        Rule(
            "".join(FRACTIONS),
            rf"(?:(?<!\d)(?P<whole>\d{{1,9}}) ?)?(?P<vulgar>[{''.join(FRACTIONS)}])(?:{space}{unit})?",
            _vulgar,
        ),
        Rule(
            "/⁄",
            rf"{START}{_SIGN}(?:(?P<whole>\d{{1,9}}) )?(?P<top>\d{{1,9}})[/⁄](?P<bottom>\d{{1,9}})(?![\w/])"
            rf"(?:{space}{unit})?",
            _fraction,
        ),
        Rule("eE", rf"{START}(?P<base>{number})[eE](?P<exponent>[+-]?\d{{1,3}})(?!\w)", _scientific),
        Rule(
            "^*",
            r"(?:(?<![\w*^.])|(?<=[\d)]\*))(?P<base>\d{1,15}|[^\W\d_])\s?(?:\^|\*\*)\s?"
            rf"(?P<exponent>{exponent}|[^\W\d_]|\{{{inside}\}}|\({inside}\))(?![\w*^])"
            rf"(?:{space}(?=\w{{2}}|\w/){unit})?",
            _power,
        ),
        Rule(":", rf"{START}(?P<first>\d{{1,3}}):(?P<end>{number})(?<=[^:]{{5}})(?![\w:]|[.,]\d)", _scale),
        Rule(":", rf"{START}(?P<first>\d{{1,4}})(?P<mark>:)(?P<second>\d{{1,4}})(?![\w:]|[.,]\d)", _pair),
        Rule("-–", rf"{START}(?P<first>\d{{1,4}})(?P<mark>[–-])(?P<second>\d{{1,4}})(?![\w:]|[.,]\d|[-–]\d)", _pair),
        Rule("-–—", rf"{START}{_SIGN}(?P<first>{number}){dash}(?P<end>{number})(?![-–—]?\w)", _range),
        Rule("*", rf"(?<=[\d)\]\ue000])(?:\*\*| \*\* )(?P<exponent>{exponent})(?![\w*])", _exponent),
        Rule("^", r"(?<=[\w)\ue000])\^(?=\()", lambda language, match: language.terms.power.format("").rstrip() + " "),
        Rule("^", rf"(?<=[\w)\ue000])\^(?P<exponent>{exponent}|[^\W\d_])(?!\w)", _exponent),
        Rule(
            "⁰¹²³⁴⁵⁶⁷⁸⁹",
            rf"(?<=[\w)\ue000])(?P<exponent>⁻?[⁰¹²³⁴⁵⁶⁷⁸⁹]{{1,9}})(?:{space}(?=\w{{2}}|\w/){unit})?",
            _exponent,
        ),
        Rule("₀₁₂₃₄₅₆₇₈₉", r"[₀₁₂₃₄₅₆₇₈₉]{1,9}", lambda language, match: language.whole(match[0].translate(_LOWERED))),
        Rule("/", r"(?<=[\d\ue000×])/(?=[^\W\d_]{3})", lambda language, match: f" {language.terms.per} "),
        Rule("/", r"(?<=[\d\ue000])/(?=[^\W\d_](?!\w))", lambda language, match: f" {language.terms.over} "),
        Rule("/", r"(?<=[^\W\d_])/(?=\d)", lambda language, match: " "),
        Rule("-–", r"(?<=[^\W\d_])(?:[-–]| – )(?=[^\W\d_])", _from_to),
        Rule("-−–", rf"(?<=(?<!\w)[{VARIABLES}]) ?[-−–] ?(?=\d)", lambda own, match: f" {own.terms.minus} "),
        Rule(
            "-",
            r"(?<=[^\W\d_])-(?=\d)|(?<=\d)-(?=[^\W\d_])|(?<=\ue000)-(?=[^\W\d_]{2}|\d{1,4}[A-Z](?!\w))",
            lambda language, match: " ",
        ),
        Rule(_DIGITS, r"(?<=[^\W\d_])\d{1,40}(?!\d)", _name),
        Rule("#", r"(?<!\w)#(?=\d)", lambda language, match: f"{language.terms.number} "),
        Rule(_DIGITS, rf"{START}{_SIGN}(?P<first>{number})(?P<following>(?=[ \u00a0-]?\w))?", _number),
        Rule(_DIGITS, r"(?<!\d)\d{1,40}(?!\d)", lambda language, match: language.whole(match[0])),
    ]


def _money(language: Language, match: re.Match) -> str | None:
    currency = language.currencies[match["currency"]]
    amount, end = match["amount"], match["end"]
    if match["scale"]:
        scale = language.scales[match["scale"]]
        name = scale.one if language.is_one(language.value(end or amount)) else scale.many
        words = language.say(amount, scale.gender)
        if end:
            words += f" {language.terms.to} {language.say(end, scale.gender)}"
        words = language.scaled(words, name, currency.unit)
    elif end:
        words = f"{language.say(amount, currency.unit.gender)} {language.terms.to} {language.count(end, currency.unit)}"
    else:
        whole, _, cents = language.plain(amount).partition(language.decimal_mark)
        words = language.count(whole, currency.unit)
        if len(cents) == 2 and currency.cent:
            if language.value(whole) == 0 and int(cents):
                words = language.count(str(int(cents)), currency.cent)
            elif int(cents):
                words = language.cents(words, int(cents), currency.cent)
        elif cents:
            words = language.count(amount, currency.unit)
    return language.signed(match["minus"] or "", words)


def _ends(language: Language, match: re.Match, gender: str = "") -> str:
    words = language.signed(match["sign"] or "", language.say(match["first"], gender))
    return f"{words} {language.terms.to} {language.say(match['end'], gender)}" if match["end"] else words


def _percent(language: Language, match: re.Match) -> str:
    mark = language.terms.percent if match["mark"] == "%" else language.terms.permille
    return f"{_ends(language, match, language.gender_of(mark))} {mark}"


def noun(language: Language, symbol: str) -> Noun:
    """The unit of this symbol, also of a quotient."""
    units = language.units
    known = units.get(symbol) or units.get(f" {symbol}")
    if known:
        return known
    top, _, bottom = symbol.partition("/")
    over, under = noun(language, top), noun(language, bottom)
    per = f" {language.terms.per} {under.one}"
    return Noun(over.one + per, over.many + per, over.gender)


def _sides(language: Language, match: re.Match) -> str:
    """3 cm × 4 cm"""
    sides = [re.fullmatch(rf"({language.number})\s?(.+)", side.strip()) for side in re.split("[×x]", match[0])]
    return f" {language.terms.by} ".join(language.count(side[1], noun(language, side[2])) for side in sides if side)


def _measure(language: Language, match: re.Match) -> str | None:
    groups = match.groupdict()
    if groups.get("by"):
        large = match["first"].isdecimal() and len(match["first"]) > 2
        product = "×" in match[0] and not large or match.string[match.end() :].lstrip().startswith("=")
        if product and not match["area"] and not match["third"]:
            times = language.signs.get("×", "x")
            if "×" in match[0]:
                return None
            first = language.signed(match["sign"] or "", language.say(match["first"]))
            return f"{first} {times} {language.say(match['second'])}"
        sides = [language.say(side) for side in (match["first"], match["second"], match["third"]) if side]
        words = f" {language.terms.by} ".join(sides)
        return f"{words} {noun(language, match['area']).many}" if match["area"] else words
    unit = noun(language, match["unit"])
    if groups.get("end"):
        return f"{_ends(language, match, unit.gender)} {unit.many}"
    first = match["first"]
    if groups.get("joint") == "-":  # a 5-km run
        return f"{language.say(first, unit.gender)} {unit.one}"
    return language.signed(match["sign"] or "", language.count(first, unit))


def _per(language: Language, match: re.Match) -> str:
    return f" {language.terms.per} {noun(language, match['unit']).one}"


def _vulgar(language: Language, match: re.Match) -> str | None:
    top, bottom = FRACTIONS[match["vulgar"]]
    whole = int(match["whole"] or 0)
    words = language.mixed(whole, top, bottom) if whole else language.fraction(top, bottom)
    return _of_unit(language, match, words, whole > 0)


def _of_unit(language: Language, match: re.Match, words: str | None, many: bool) -> str | None:
    """With the unit behind the fraction."""
    if not words or not match["unit"]:
        return words
    unit = noun(language, match["unit"])
    return language.joined(words, unit.many if many else unit.one)


def _fraction(language: Language, match: re.Match) -> str | None:
    words = _divided(language, match)
    return language.signed(match["sign"] or "", words) if words else None


def _divided(language: Language, match: re.Match) -> str | None:
    top, bottom = int(match["top"]), int(match["bottom"])
    if match["whole"] and bottom >= 2:
        mixed = language.mixed(int(match["whole"]), top, bottom) if top < bottom else None
        return _of_unit(language, match, mixed, True)
    words = language.fraction(top, bottom) if bottom >= 2 else None
    if 1500 <= top < 2100 and (bottom == top + 1 or top % 100 < bottom < 100):  # the season 2023/24, the war of 1914/18
        return " ".join(language.integer(year, "", "") or language.whole(str(year)) for year in (top, bottom))
    between = language.terms.over if max(top, bottom) < 1000 else language.terms.slash
    words = words or f"{language.whole(match['top'])} {between} {language.whole(match['bottom'])}"
    return _of_unit(language, match, words, top >= bottom)


def _scale(language: Language, match: re.Match) -> str:
    """1:100,000"""
    return f"{language.whole(match['first'])} {language.terms.ratio} {language.say(match['end'])}"


def _pair(language: Language, match: re.Match) -> str | None:
    """16:9, a result 3:1 or 3-1; all else is a range."""
    first, second, mark = match["first"], match["second"], match["mark"]
    around = match.string[max(0, match.start() - 60) : match.end() + 60]
    result = language.score_words and re.search(rf"(?i)\b(?:{language.score_words})\b", around)
    if result and len(first) <= 3 and len(second) <= 3:
        return " ".join(filter(None, (language.whole(first), language.terms.score, language.whole(second))))
    if mark == ":" and match.string[match.end() :].lstrip(" ").startswith("="):
        return f"{language.whole(first)} {language.signs.get('÷', '')} {language.whole(second)}"
    if mark == ":":
        return f"{language.whole(first)} {language.terms.ratio} {language.whole(second)}"
    return None


def _range(language: Language, match: re.Match) -> str | None:
    """ "5-10" goes from 5 to 10; "10-5", "5 - 3" and what stands in an equation is a difference."""
    first, end, text = match["first"], match["end"], match.string
    middle = text[match.end("first") : match.start("end")]
    beside = text[max(0, match.start() - 2) : match.start()] + text[match.end() : match.end() + 2]
    falls = language.value(first) > language.value(end) and not (len(first) == 4 and len(end) == 2)
    sums = language.sum_words
    result = falls and re.match(rf"(?i) (?:{sums}) [-−]?\d", text[match.end() : match.end() + 20])
    equation = bool(result or re.search(r"[=+*/×÷·^]", beside))
    alone = not (text[: match.start()] + text[match.end() :]).strip(" .?!=")
    asked = alone or re.search(rf"(?i)\b(?:{sums}) $", text[max(0, match.start() - 20) : match.start()])
    if falls and "-" not in middle and " " in middle and not equation and not asked:
        return None  # a dash between two clauses
    around = text[max(0, match.start() - 30) : match.end() + 12]
    counted = alone or re.search(rf"(?i)\b(?:{sums})\b", around) is not None
    if " " not in middle and not equation and not counted and (falls and len(first) > 2 or re.match(r"0\d", end)):
        return f"{language.say(first)}, {language.say(end)}"  # the number of a law, 2021-1109
    if middle == " -" and not equation:
        return None  # a negative number behind another
    falls = falls and (asked and " " in middle or "-" in middle and (counted or middle == " - "))
    between = language.terms.minus if equation or falls else language.terms.to
    before, after = text[: match.start()], text[match.end() :]
    left = language.integer(int(first), before, "") if first.isdecimal() and len(first) == 4 else None
    right = language.integer(int(end), before, after) if end.isdecimal() and len(end) == 4 else None
    words = language.signed(match["sign"] or "", left or language.say(first))
    return f"{words} {between} {right or language.say(end)}"


def _from_to(language: Language, match: re.Match) -> str | None:
    """Between two days or two months: "Monday–Friday"."""
    ends = re.search(r"[^\W\d_]{3,12}$", match.string[max(0, match.start() - 12) : match.start()]), re.match(
        r"[^\W\d_]{3,12}", match.string[match.end() : match.end() + 12]
    )
    names = [end[0].lower() for end in ends if end]
    if len(names) == 2 and any(all(name in known for name in names) for known in (_DAYS, language.months)):
        return f" {language.terms.to} "
    return None


def _power(language: Language, match: re.Match) -> str:
    base = match["base"]
    return f"{language.whole(base) if base.isdecimal() else base}{_exponent(language, match)}"


def _name(language: Language, match: re.Match) -> str:
    """The number of a name: A4, B12, 1Z99910123456."""
    return language.whole(match[0]) if len(match[0]) < 5 else language.digits(match[0])


def _scientific(language: Language, match: re.Match) -> str:
    ten = f"{language.cardinal(10, '')} {language.raised(int(match['exponent']))}"
    return f"{language.say(match['base'])} {language.signs.get('×', '')} {ten}"


def _exponent(language: Language, match: re.Match) -> str:
    symbol = match.groupdict().get("unit")
    unit = f" {noun(language, symbol).many}" if symbol else ""
    return f" {_raised(language, match['exponent'])}{unit}"


def _raised(language: Language, exponent: str) -> str:
    exponent = exponent.translate(_RAISED).strip("{}()").replace("−", "-")
    if decimal := re.fullmatch(r"(-?)(\d{1,9})[.,](\d{1,9})", exponent):
        sign, whole, decimals = decimal.groups()
        words = f"{language.whole(whole)} {language.terms.point} {language.decimals(decimals)}"
        return language.terms.power.format(language.signed(sign, words))
    try:
        return language.raised(int(exponent))
    except ValueError:
        return language.terms.power.format(exponent)


def _number(language: Language, match: re.Match) -> str | None:
    first, sign = match["first"], match["sign"] or ""
    before, after = (
        match.string[max(0, match.start() - 40) : match.start()],
        match.string[match.end() : match.end() + 40],
    )
    words = None
    if first.isdecimal() and len(first) <= 15 and not (first[0] == "0" and len(first) > 1):
        words = language.integer(int(first), before, after)
    if words is None:
        following = re.match(r"[ \u00a0]([^\W\d_]+)", after)
        words = language.say(first, language.gender_of(following[1]) if following else "")
    return language.signed(sign, words)
