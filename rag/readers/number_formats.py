"""How a cell of a spreadsheet shows its number: a date, a share, an amount (ECMA-376, 18.8.31)."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from rag.readers.headers import Cell, Sort

BUILT_IN = {
    **{1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%", 37: "#,##0", 38: "#,##0"},
    **{39: "#,##0.00", 40: "#,##0.00", 43: "#,##0.00", 44: "#,##0.00"},
    **dict.fromkeys((14, 15, 16, 17, *range(27, 32), 36, *range(50, 59)), "yyyy-mm-dd"),
    **dict.fromkeys((18, 19, 20, 21, 32, 33, 34, 35, 45, 47), "h:mm:ss"),
    **{22: "yyyy-mm-dd h:mm", 46: "[h]:mm:ss"},
}
"""Codes of the numbers that files need not explain; which language's they are changes nothing here."""
_PART = re.compile(r'"([^"]*)"|\\(.)|[_*].|\[\$([^\]-]*)[^\]]*\]|\[([^\]]*)\]|(General|AM/PM|A/P)|(.)', re.I | re.S)
_SECTION = re.compile(r'(?:"[^"]*"|\\.|\[[^\]]*\]|[^;"\\\[]|["\\\[])*', re.S)
_NUMBER = re.compile(r"[#0?,]*(?:\.([#0?]*))?(,*)")
_LAST_DAY = 2_958_466  # the first of the year 10000
_LONGEST = 255  # characters of a code
_DIGITS = 15  # what a double holds surely


def writer(code: str, since_1904: bool = False) -> Callable[[str], Cell]:
    """What makes the text of a number of the format ``code``, from the digits that the file has.

    Dates are written as 2026-11-30, times as 14:05; thousands are not parted. Dates count from 1900, or 1904.
    """
    if len(code) > _LONGEST:
        return plain
    sections = [part for part in _SECTION.findall(code) if part] or [""]
    above = _section(sections[0], since_1904)
    below = _section(sections[1], since_1904) if len(sections) > 1 and re.search("[#0?]", sections[1]) else above
    return lambda digits: (below if digits.startswith("-") else above)(digits)


def _section(code: str, since_1904: bool) -> Callable[[str], Cell]:
    """The same of one part of a format: that for numbers above zero, that for those below."""
    shown, before, after, elapsed = "", "", "", False
    for found in _PART.finditer(code):
        quoted, escaped, currency, bracket, general, other = found.groups()
        literal = quoted or escaped or currency or (other if other and other in "$€£¥%() +-/:" else "")
        if bracket:
            elapsed = elapsed or bracket.lower().strip("hms") == ""
        if general:
            shown += "" if general.lower() == "general" else "h"
        elif other and (other in "#0?.," or other.lower() in "dmyhsegb@"):
            shown += other.lower()
        elif literal and not re.search("[#0?]", shown):
            before += literal
        elif literal:
            after += literal
            shown += " "
    parts = set(shown) & set("dmyhs")
    if elapsed:
        return _duration
    if parts:
        day = bool(parts & set("dy")) or not parts & set("hs")
        return lambda digits: _moment(digits, day, bool(parts & set("hs")), since_1904)
    if not re.search("[#0?]", shown) or shown.strip().count(" ") or "e" in shown:
        return plain
    return lambda digits: _amount(digits, shown.strip(), before, after)


def plain(digits: str) -> Cell:
    """A number as it is, without the digits that only its binary form has."""
    number = float(digits)
    text = digits if re.fullmatch(r"-?\d{1,15}", digits) else f"{number:.{_DIGITS}g}"
    return Cell(text, Sort.PERIOD if re.fullmatch(r"(?:19|20)\d\d", text) else Sort.VALUE)


def _amount(digits: str, shown: str, before: str, after: str) -> Cell:
    found = _NUMBER.search(shown[re.search("[#0?]", shown).start() :])  # type: ignore[union-attr]
    decimals, scale = (found[1] or "", len(found[2] or "")) if found else ("", 0)
    share = "%" in before + after
    try:
        number = Decimal(digits).scaleb((2 if share else 0) - 3 * scale)
        text = f"{number.quantize(Decimal(1).scaleb(-len(decimals)), ROUND_HALF_UP):f}"
    except (InvalidOperation, ValueError):
        return plain(digits)
    if decimals.strip("0"):  # digits that are shown where there are some
        least = len(decimals.rstrip("#?"))
        whole, _, rest = text.partition(".")
        rest = rest[:least] + rest[least:].rstrip("0")
        text = f"{whole}.{rest}" if rest else whole
    padded = re.match(r"0{2,}", shown)
    if padded:
        text = text.zfill(len(padded[0]) + (len(decimals) + 1 if decimals else 0))
    sign, text = ("-", text[1:]) if text.startswith("-") else ("", text)
    before, after = before.replace("(", "").strip("+- "), after.replace(")", "").rstrip("- ")
    if not before and not after:
        sort = plain(digits).sort if text == digits else Sort.VALUE
        return Cell(sign + text, sort)
    gap = " " if len(before) > 1 and before[-1].isalpha() else ""
    return Cell(f"{sign}{before}{gap}{text}{after}", Sort.VALUE)


def _moment(digits: str, day: bool, time: bool, since_1904: bool) -> Cell:
    number = float(digits)
    if not 0 <= number < _LAST_DAY:
        return plain(digits)
    # 1900 is taken for a leap year there, see https://learn.microsoft.com/office/troubleshoot/excel
    start = datetime(1904, 1, 1) if since_1904 else datetime(1899, 12, 31 if number < 60 else 30)
    try:
        moment = start + timedelta(seconds=round(number * 86_400))
    except OverflowError:
        return plain(digits)
    seconds = f":{moment:%S}" if moment.second else ""
    parts = [moment.date().isoformat()] if day else []
    parts += [f"{moment:%H:%M}{seconds}"] if time else []
    return Cell(" ".join(parts), Sort.PERIOD if day else Sort.VALUE)


def _duration(digits: str) -> Cell:
    try:
        seconds = round(float(digits) * 86_400)
    except (OverflowError, ValueError):
        return plain(digits)
    sign, seconds = ("-", -seconds) if seconds < 0 else ("", seconds)
    minutes, seconds = divmod(seconds, 60)
    text = f"{sign}{minutes // 60}:{minutes % 60:02}"
    return Cell(f"{text}:{seconds:02}" if seconds else text, Sort.VALUE)
