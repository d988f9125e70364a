"""What the styles and lists of a DOCX say of a paragraph: a heading of which level, which number stands before it."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import Any

_ROMAN = ((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x"),
          (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))  # fmt: skip
_LETTERED = 780
"""The highest number that is written in letters, of which it has thirty then; a text may state any number."""


class Styles:
    def __init__(self, styles: Any, numbering: Any) -> None:
        found = styles.iter("{*}style") if styles is not None else ()
        self._styles = {_attribute(style, "styleId"): style for style in found}
        lists = list(numbering) if numbering is not None else []
        kinds = {_attribute(one, "abstractNumId"): one for one in lists if _tag(one) == "abstractNum"}
        self._lists = {
            _attribute(one, "numId"): (value, kinds[value], one)
            for one in lists
            if _tag(one) == "num" and (value := _value(one, "abstractNumId")) in kinds
        }
        self._counts: dict[tuple[str, int], int] = {}

    def of(self, paragraph: Any) -> tuple[int, str]:
        """(Level of a heading, 0 for other text; the number or dash that stands before its words).

        Numbers count on: to be called once for each paragraph, in the order of the text.
        """
        properties = [*paragraph.findall("{*}pPr"), *(one.find("{*}pPr") for one in self._chain(paragraph))]
        level = self.level(paragraph)
        of_list = [one.find("{*}numPr") for one in properties if one is not None]
        numbers = [one for one in of_list if one is not None]
        number = next((value for one in numbers if (value := _value(one, "numId"))), "")
        depth = next((int(value) for one in numbers if (value := _value(one, "ilvl")).isdigit()), 0)
        if number in self._lists:
            return level, self._number(number, depth)
        names = [(_value(style, "name") or "").lower() for style in self._chain(paragraph)]
        return level, "- " if not level and names and names[0].startswith("list") else ""

    def level(self, paragraph: Any) -> int:
        """Of a heading, from 1; 0 for other text."""
        levels = [_value(one, "outlineLvl") for one in paragraph.findall("{*}pPr")]
        for style in self._chain(paragraph):
            name = (_value(style, "name") or "").lower()
            if name == "title":
                return 1
            if re.fullmatch(r"heading \d", name):
                return min(int(name[8:]), 6) or 1
            levels += [_value(one, "outlineLvl") for one in style.findall("{*}pPr")]
        stated = next((int(one) for one in levels if one and one.isdigit()), 9)
        return min(stated + 1, 6) if stated < 9 else 0

    def _chain(self, paragraph: Any) -> list[Any]:
        """Its style and those that this is based on."""
        name = next((value for one in paragraph.findall("{*}pPr") if (value := _value(one, "pStyle"))), "")
        chain: list[Any] = []
        while name in self._styles and len(chain) < 12:
            chain.append(self._styles[name])
            name = _value(chain[-1], "basedOn")
        return chain

    def _number(self, number: str, depth: int) -> str:
        kind, abstract, own = self._lists[number]
        levels = {_attribute(one, "ilvl"): one for one in abstract.iterfind("{*}lvl")}
        starts: dict[int, int] = defaultdict(lambda: 1)
        starts.update({int(at): int(value) for at, one in levels.items() if (value := _value(one, "start")).isdigit()})
        override = next((one for one in own.iterfind("{*}lvlOverride") if _attribute(one, "ilvl") == str(depth)), None)
        fresh = override is not None and _value(override, "startOverride").isdigit()
        kind = f"{kind}/{number}" if fresh else kind  # such a list counts for itself
        start = int(_value(override, "startOverride")) if fresh else starts[depth]
        self._counts[kind, depth] = self._counts.get((kind, depth), start - 1) + 1
        for counter in [key for key in self._counts if key[0] == kind and key[1] > depth]:
            del self._counts[counter]
        level = levels.get(str(depth))
        if level is None or _value(level, "numFmt") in ("bullet", "none", ""):
            return "- "

        def one(match: re.Match) -> str:
            at = int(match[1]) - 1
            form = levels.get(str(at))
            return written(self._counts.get((kind, at), starts[at]), _value(form, "numFmt") if form is not None else "")

        text = re.sub(r"%(\d)", one, _value(level, "lvlText")).strip()
        return f"{text} " if text else ""


def written(number: int, form: str) -> str:
    """A number of a list, in a form such as "decimal", "lowerLetter" or "upperRoman"."""
    if form.endswith("Letter") and 0 < number <= _LETTERED:
        text = chr(97 + (number - 1) % 26) * ((number - 1) // 26 + 1)
    elif form.endswith("Roman") and 0 < number < 4000:
        text = ""
        for value, letters in _ROMAN:
            text += letters * (number // value)
            number %= value
    else:
        return str(number)
    return text.upper() if form.startswith("upper") else text


def _tag(element: Any) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _attribute(element: Any, name: str) -> str:
    return element.get(f"{element.tag.rpartition('}')[0]}}}{name}") or ""


def _value(parent: Any, name: str) -> str:
    child = parent.find(f"{{*}}{name}")
    return _attribute(child, "val") if child is not None else ""
