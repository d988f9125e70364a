"""JSON that is not valid: what can be read of it, and in which lines the rest stands."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

BETWEEN = " \t\r\n\f\0,\ufeff\x1e"
"""What may stand between the values of a file: byte order marks of files that were joined, the sign of RFC 7464."""
_GAP = re.compile(f"[{BETWEEN}]*+")
_STRING = r'"(?:[^"\\\n]|\\.)*+"?'  # or what begins one and does not end in its line
_TOKEN = re.compile(_STRING + r"|[{}\[\]]")
_COMMA_BEFORE_END = re.compile(_STRING + r"|,(?=\s*+[}\]])")
_ITEM = re.compile(r",\s*+(?=[{\[\"\d])|\]")
_MOST = 100  # repairs of one file
_WORK = 100_000_000  # characters that they may look at together


def sequence(text: str, decoder: json.JSONDecoder) -> list[Any]:
    """The values that stand one after another. Raises ValueError where anything else does."""
    values: list[Any] = []
    at = 0
    while True:
        gap = _GAP.match(text, at)
        at = gap.end() if gap else at
        if at == len(text):
            return values
        value, at = decoder.raw_decode(text, at)
        values.append(value)


def by_lines(text: str, decode: Callable[[str], Any]) -> tuple[list[Any], list[int]] | None:
    """The values of the lines, and the numbers of those, from 1, that are neither one nor empty; None where these are
    more than the records."""
    values, bad = [], []
    for number, line in enumerate(text.split("\n"), 1):  # other signs that end lines stand in strings
        if line := line.strip(BETWEEN):
            try:
                values.append(decode(line))
            except ValueError:
                bad.append(number)
    records = sum(isinstance(value, (dict, list)) for value in values)
    return (values, bad) if values and (not bad or records >= len(bad)) else None


def repaired(text: str, decode: Callable[[str], Any]) -> tuple[list[Any], list[int]] | None:
    """The one value without those records of its lists that are damaged, and the lines where they are; None where the
    damage is in no list."""
    bad: list[int] = []
    text = _COMMA_BEFORE_END.sub(lambda found: found[0] if found[0] != "," else " ", text.rstrip())
    for _ in range(max(1, min(_MOST, _WORK // (len(text) + 1)))):
        try:
            return [decode(text)], bad
        except json.JSONDecodeError as error:
            at, comma = error.pos, error.msg.startswith("Expecting ','")
        opened = _opened(text, at)
        if not any(text[start] == "[" for start in opened):
            return None
        start, end, instead = _damage(text, at, opened, comma)
        if end == len(text) or text[start:end].strip(BETWEEN):
            bad.append(text.count("\n", 0, at) + 1)
        if end < len(text):
            rest = "\n" * text.count("\n", start, end) + text[end:]  # lines keep their numbers
        else:  # it was cut off
            rest = "".join("}" if text[one] == "{" else "]" for one in reversed(opened) if one < start)
        text = text[:start] + instead + rest
    return None


def _opened(text: str, at: int) -> list[int]:
    """Where the brackets begin that are open at ``at``."""
    opened: list[int] = []
    for token in _TOKEN.finditer(text, 0, at):
        if token[0] in "{[":
            opened.append(token.start())
        elif token[0] in "}]" and opened:
            opened.pop()
    return opened


def _damage(text: str, at: int, opened: list[int], comma: bool) -> tuple[int, int, str]:
    """Where what is damaged begins and ends, and what can stand instead; ``comma``: whether one is missing."""
    if text[opened[-1]] == "{":
        items = [item for outer, item in zip(opened, opened[1:]) if text[outer] == "["]
        return (items[-1], _record_end(text, items[-1], at), "null") if items else (at, len(text), "")
    if comma and text[at : at + 1] in ("{", "[", '"'):
        return at, at, ","
    if text[at : at + 1] == ",":
        return at, at + 1, " "
    found = _ITEM.search(text, at)
    return at, found.start() if found else len(text), ""


def _record_end(text: str, start: int, at: int) -> int:
    """Behind its own bracket, or where the next line begins as its first one did."""
    opened: list[str] = []
    for token in _TOKEN.finditer(text, start):
        if token[0] in "{[":
            opened.append(token[0])
        elif token[0] in "}]":
            if opened.pop() + token[0] not in ("{}", "[]"):
                break
        if not opened:
            if token.end() <= at:
                break
            return token.end()
    line = text.rfind("\n", start, at)
    at = line if line >= 0 and not text[line:at].strip() else at  # a record's bracket may be missing in the line before
    indent = text[text.rfind("\n", 0, start) + 1 : start]
    following = re.compile(rf"\n(?={re.escape(indent) if not indent.strip() else ''}[{{\]])").search(text, at)
    return following.start() if following else len(text)
