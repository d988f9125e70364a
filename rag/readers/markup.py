"""The elements of HTML -> document: all that a reader would show, in its order. What parses them is pages.py."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from rag.document import Builder
from rag.errors import BadFile
from rag.readers.formats import add_rows, in_cell

_DROPPED = set(
    "annotation annotation-xml datalist defs iframe metadata nav noscript rp script style template title".split()
)
BLOCKS = set(
    "address article aside blockquote body button caption center dd details dialog dir div dl dt fieldset figcaption "
    "figure footer form frameset header hgroup hr html legend li main marquee menu noframes ol optgroup option p "
    "search section summary tbody td text tfoot th thead tr ul".split()
)
HEADINGS = {f"h{level}": level for level in range(1, 7)}
_PREFORMATTED = {"pre", "listing", "plaintext", "xmp", "textarea"}
_BREAKING = BLOCKS | HEADINGS.keys() | _PREFORMATTED | {"table"}
CELLS = {"td", "th", "table"}
"""What may stand in a row: a table, too, where its cell was forgotten."""
_LISTS = {"dir", "menu", "ol", "ul"}
_JOINTS = {"mfrac": "/", "msup": "^", "mover": "^", "msub": "_", "munder": "_"}
_SHOWN_INPUTS = {"", "date", "email", "number", "search", "submit", "tel", "text", "time", "url"}
_LONG_CELL = 400
"""Characters of a cell with a table in it beyond which the outer table is taken for the layout of a page."""
_MOST_MERGED = 60
"""Columns of a row whose cells go on from above; more make a hostile table grow without bound."""


def refuse_cut(parser: Any) -> None:
    """Raises BadFile when an lxml parser came to a bound of its own: it gives what stands before that, and no more."""
    for error in parser.error_log:
        if reason := bound(error.message):
            raise BadFile(reason)


def bound(message: str) -> str:
    """Which bound of libxml2 its ``message`` tells of, as a reason; empty when it is of something else."""
    message = message.lower()
    if "depth" in message:
        return "is nested too deeply"
    if "amplification" in message or "entity loop" in message:
        return "has entities that grow without bound"
    return ""


class Walk:
    """Adds the text of elements; what is no prose (scripts, navigation) is left out."""

    def __init__(self, builder: Builder, in_cell: bool = False) -> None:
        self._builder = builder
        self._in_cell = in_cell  # of a table: each line is a block of its own, and a table in it has no first row
        self._line: list[str] = []
        self._inside: list[str] = []  # headings and <pre> being open
        self._numbers: list[int | None] = []  # the last item's in lists being open; None where they have none
        self._term = False  # whether the line is a <dt>, which its <dd> goes on

    def part(self, root: Any) -> None:
        """Walk an element and all that is in it."""
        from lxml.etree import iterwalk

        skipped = None
        walk = iterwalk(root, events=("start", "end", "comment", "pi"))
        for event, element in walk:
            if event == "start" and not self.open(element, tag_of(element)):
                skipped = element
                walk.skip_subtree()
            elif event == "start":
                self.say(element.text)
            if event == "start":
                continue
            if event == "end" and element is not skipped:
                self.close(tag_of(element))
            if element is not root:
                self.say(element.tail)

    def say(self, text: str | None) -> None:
        if text:
            self._line.append(text)

    def open(self, element: Any, tag: str) -> bool:
        """Whether what is inside is walked."""
        if tag in _DROPPED:
            return False
        if tag in _BREAKING and not (tag == "dd" and self._term):
            self.flush()
        match tag:
            case "table" if not lays_out(element):
                _add_table(element, self._builder, self._in_cell)
                return False
            case "ruby":
                self._line.append(_ruby(element))
                return False
            case "math":
                self._line.append(f" {formula(element)} ")
                return False
            case "br" if self._inside and self._inside[-1] in _PREFORMATTED:
                self._line.append("\n")
            case "br":
                self._line.append(" ") if not self._in_cell or self._inside else self.flush()
            case "ol":
                self._numbers.append(_whole(element.get("start"), 1) - 1)
            case "dir" | "menu" | "ul":
                self._numbers.append(None)
            case "li":
                self._line.append(self._mark(element))
            case "dd":
                self._line.append(": " if self._term else "")
                self._term = False
            case "area" | "img" | "input" | "optgroup" | "sup":
                self._line.append(self._shown(element, tag))
            case _ if "-" in tag:  # an element of the page's own making, most often a box
                self._line.append(" ")
        if tag in HEADINGS or tag in _PREFORMATTED:
            self._inside.append(tag)
        return True

    def _mark(self, item: Any) -> str:
        number = self._numbers[-1] if self._numbers else None
        if number is None:
            return "" if self._in_cell else "- "
        self._numbers[-1] = _whole(item.get("value"), number + 1)
        return f"{self._numbers[-1]}. "

    def _shown(self, element: Any, tag: str) -> str:
        """A picture's description, what stands in a field of a form, the sign before a raised number."""
        if tag in ("area", "img"):
            return f" {element.get('alt') or ''} "
        if tag == "optgroup":
            return f"{element.get('label') or ''}: "
        if tag == "input":
            kind = (element.get("type") or "").lower()
            if kind in ("checkbox", "radio"):
                return "☒ " if element.get("checked") is not None else ""
            return f" {element.get('value') or ''} " if kind in _SHOWN_INPUTS else ""
        before = "".join(self._line[-8:])[-1:]
        return "^" if before.isalnum() and "".join(element.itertext()).strip()[:1].isdigit() else ""

    def close(self, tag: str) -> None:
        if tag == "dt":
            self._term = any(part.strip() for part in self._line)
        elif tag in _BREAKING:
            self.flush()
        elif "-" in tag:
            self._line.append(" ")
        if self._inside and tag == self._inside[-1]:
            self._inside.pop()
        if self._numbers and tag in _LISTS:
            self._numbers.pop()

    def flush(self) -> None:
        words, self._term = "".join(self._line), False
        self._line.clear()
        if self._inside and self._inside[-1] in _PREFORMATTED:
            self._builder.add("code", words.strip("\n"))
        elif self._inside:
            self._builder.add("heading", " ".join(words.split()), level=HEADINGS[self._inside[-1]])
        elif words.strip(" -\n\t\r"):
            self._builder.add("text", " ".join(words.split()))


def _add_table(table: Any, builder: Builder, inside: bool) -> None:
    for element in table.iterchildren("caption", "{*}caption"):
        builder.add("text", in_one(element))
    builder.add("text", " ".join("".join(outside_cells(table)).split()))
    walked = Rows()
    rows = [" | ".join(walked.cells(row)) for row in _within(table, {"tr"})]
    if inside:
        for row in rows:
            builder.add("row", row)
    else:
        add_rows(rows, builder)


def in_one(element: Any) -> str:
    """All of a cell or caption on one line."""
    if len(element) == 0 and tag_of(element) != "table":  # most cells
        words = element.text or ""
        return " ".join(words.split()).replace(" | ", ", ") if words.strip(" -\n\t\r") else ""
    inner = Builder()
    walk = Walk(inner, in_cell=True)
    walk.part(element)
    walk.flush()
    return in_cell(inner.text.replace(" | ", ", ").split("\n"))


def outside_cells(element: Any) -> Iterator[str]:
    """The words that stand in a table, but in none of its cells: browsers show them above it."""
    yield f" {element.text or ''} "
    for child in element:
        if tag_of(child) and tag_of(child) not in CELLS | _DROPPED | {"caption"}:
            yield from outside_cells(child)
        yield f" {child.tail or ''} "


class Rows:
    """The rows of one table, from above: a cell over several columns stands once, one over several rows in each."""

    def __init__(self) -> None:
        self._going_on: dict[int, tuple[int, str]] = {}  # column -> rows left, text

    def cells(self, row: Any) -> list[str]:
        going_on = self._going_on
        cells: list[str] = []
        column = 0
        for cell in [*_within(row, CELLS), None]:
            while column in going_on:
                left, text = going_on.pop(column)
                cells.append(text)
                if left > 1:
                    going_on[~column] = (left - 1, text)
                column += 1
            if cell is not None:
                cells.append(in_one(cell))
                rows = min(_whole(cell.get("rowspan"), 1), 1000)
                if rows > 1 and len(going_on) < _MOST_MERGED:
                    going_on[~column] = (rows - 1, cells[-1])
                column += min(max(_whole(cell.get("colspan"), 1), 1), 1000)
        self._going_on = {
            ~at if at < 0 else at: kept for at, kept in going_on.items()
        }  # those marked begin with the next row
        return cells


def _within(parent: Any, tags: set[str]) -> Iterator[Any]:
    """The rows of a table or the cells of a row, without those of tables in them."""
    for child in parent:
        if tag_of(child) in tags:
            yield child
        elif tag_of(child) not in CELLS | {"caption"}:
            yield from _within(child, tags)


def lays_out(table: Any) -> bool:
    """Whether a table only arranges a page: it is read as what stands in it."""
    found = list(_within(table, {"tr", *CELLS}))
    rows = [list(_within(row, CELLS)) for row in found if tag_of(row) == "tr"]
    if len(rows) < len(found):  # cells outside of rows
        return True
    if not any(len(row) > 1 for row in rows) or table.get("role") in ("none", "presentation"):
        return True
    for element in table.iterdescendants():
        if tag_of(element) in HEADINGS:
            return True
    return any(
        any(tag_of(element) == "table" for element in cell.iterdescendants())
        and sum(map(len, cell.itertext())) > _LONG_CELL
        for row in rows
        for cell in row
    )


def _ruby(element: Any) -> str:
    """The words, then how they are read, in brackets."""
    words: dict[bool, list[str]] = {False: [], True: []}

    def walk(part: Any, reading: bool) -> None:
        reading = reading or tag_of(part) in ("rt", "rtc")
        if tag_of(part) not in ("", "rp"):
            words[reading].append(part.text or "")
        for child in part:
            walk(child, reading)
            words[reading].append(child.tail or "")

    walk(element, False)
    base, readings = ("".join("".join(words[reading]).split()) for reading in (False, True))
    return f"{base}({readings})" if readings else base


def formula(element: Any) -> str:
    """MathML on one line."""
    tag = tag_of(element)
    if not tag or tag in _DROPPED:
        return ""
    parts = [element.text or "", *(text for child in element for text in (formula(child), child.tail or ""))]
    inner = [part.strip() for part in parts if part.strip()]
    if tag in _JOINTS:
        return _JOINTS[tag].join(part if part.isalnum() or len(part) == 1 else f"({part})" for part in inner)
    if tag in ("msubsup", "munderover") and len(inner) == 3:
        return f"{inner[0]}_{inner[1]}^{inner[2]} "
    if tag == "mo":
        return f" {' '.join(inner)} " if "".join(inner) in "=+-−<>≤≥→" else "".join(inner)
    return f"√({''.join(inner)})" if tag == "msqrt" else "".join(parts).strip() if tag == "mtext" else " ".join(inner)


def tag_of(element: Any) -> str:
    return element.tag.rpartition("}")[2].lower() if isinstance(element.tag, str) else ""


def _whole(number: str | None, otherwise: int) -> int:
    return int(number) if number and re.fullmatch(r"-?\d{1,6}", number.strip()) else otherwise
