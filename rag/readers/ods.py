"""ODS -> document: the rows of each sheet with what names their columns; remarks, shapes and charts beside them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby
from typing import Any

from rag.document import Builder, Document
from rag.errors import BadFile
from rag.readers.archive import elements
from rag.readers.formats import in_cell
from rag.readers.headers import Cell, Sort
from rag.readers.odf import OdfReader
from rag.readers.odf_package import OdfPackage, attribute, child, whole
from rag.readers.odf_styles import Lists
from rag.readers.package import name_of
from rag.readers.sheets import Headed, Row, add_sheet

_TAGS = ["{*}table-row", "{*}shapes", "{*}table", "{*}style"]
_MOST_REPEATED = 100
"""Times that a cell or row with words stands for itself: a sheet may repeat one a million times."""
_DURATION = re.compile(r"(-?)P(?:(\d+)D)?T?(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)[\d.,]*S)?$")


def ods(data: bytes) -> Document:
    """A sheet that is damaged costs what stands behind the damage; hidden ones are read, and called so."""
    package = OdfPackage(data)
    reader = _Reader(package)
    with package.content() as stream:
        reader.read(elements(stream, _TAGS, reader.faults))
    notes = [*reader.notes(), *package.faults()]
    if not reader.builder.blocks:
        raise BadFile(f"gives no text: {notes[0]}" if notes else "holds no text")
    return reader.builder.document(package.title(), notes)


class _Reader:
    def __init__(self, package: OdfPackage) -> None:
        self.builder = Builder()
        self.faults: list[str] = []
        self._beside = OdfReader(package, Builder(), Lists())
        self._hidden: set[str] = set()  # styles
        self._empty = 0
        self._repeated: dict[str, None] = {}  # sheets
        self._last = ""

    def notes(self) -> list[str]:
        told = [f'its sheet "{name}" repeats cells so often that not all of them are read' for name in self._repeated]
        if self._empty:
            told.append(f"values of formulas are not kept in it, only the formulas ({self._empty})")
        if self.faults:
            told.append(f'its part content.xml is damaged: what stands behind sheet "{self._last}" may be missing')
        return [*told, *self._beside.notes, *self._beside.passed_over()]

    def read(self, found: Iterator[Any]) -> None:
        for table, parts in groupby(found, _sheet):
            if table is None:
                for style in parts:
                    properties = child(style, "table-properties") if name_of(style) == "style" else None
                    if properties is not None and attribute(properties, "display") == "false":
                        self._hidden.add(attribute(style, "name"))
                continue
            self._last = attribute(table, "name")
            hidden = " (hidden sheet)" if attribute(table, "style-name") in self._hidden else ""
            headed = Headed(self.builder, f"{self._last}{hidden}")
            self._beside.builder = Builder()
            add_sheet(self._rows(parts), headed)
            aside = self._beside.builder
            for block in aside.blocks:
                kind = "text" if block.kind == "heading" else block.kind
                headed.add(kind, aside.text[block.start : block.end], header=block.header)

    def _rows(self, parts: Iterator[Any]) -> Iterator[Row]:
        going_on: dict[int, tuple[int, Cell]] = {}  # column -> the last row that a merged cell reaches, what it says
        last = 0
        for part in parts:
            if name_of(part) == "shapes":
                self._beside.blocks(part)
                self._beside.flush()
            if name_of(part) != "table-row":
                continue
            number, times = last + 1, max(whole(attribute(part, "number-rows-repeated"), 1), 1)
            last += times
            cells = self._cells(part, number, going_on)
            if not cells:
                continue
            if times > _MOST_REPEATED:
                self._repeated[self._last] = None
            for row in range(number, number + min(times, _MOST_REPEATED)):
                yield Row(row, cells)

    def _cells(self, row: Any, number: int, going_on: dict[int, tuple[int, Cell]]) -> dict[int, Cell]:
        cells: dict[int, Cell] = {}
        column = 0
        for element in row:
            if name_of(element) not in ("table-cell", "covered-table-cell"):
                continue
            times = max(whole(attribute(element, "number-columns-repeated"), 1), 1)
            cell = self._cell(element)
            if cell.text:
                if times > _MOST_REPEATED:
                    self._repeated[self._last] = None
                for at in range(column, column + min(times, _MOST_REPEATED)):
                    cells[at] = cell
                rows = whole(attribute(element, "number-rows-spanned"), 1)
                if rows > 1:
                    going_on[column] = (number + rows - 1, cell)
            column += times
        self._beside.flush()
        for column, (end, cell) in list(going_on.items()):
            if end < number:
                del going_on[column]
            elif cells:
                cells.setdefault(column, cell)
        return dict(sorted(cells.items()))

    def _cell(self, element: Any) -> Cell:
        if len(element) == 0 and not element.attrib:
            return Cell("")
        text = in_cell(self._beside.lines(element))
        kind = attribute(element, "value-type")
        value = attribute(element, "value")
        formula = attribute(element, "formula")
        if formula and not text and not kind:
            self._empty += 1
            return Cell(f"={formula.partition('=')[2] or formula}", Sort.VALUE)
        match kind:
            case "date":
                text = re.sub(r"T(?:00:00(?::00(?:\.0*)?)?Z?$)?", " ", attribute(element, "date-value")).strip() or text
                return Cell(text, Sort.PERIOD)
            case "time" if not text.strip("#"):
                return Cell(_duration(attribute(element, "time-value")), Sort.VALUE)
            case "float" | "currency" | "percentage" | "time" | "boolean":
                text = text if text.strip("#") else value or attribute(element, "boolean-value")
                sort = Sort.PERIOD if re.fullmatch(r"(?:19|20)\d\d", text) else Sort.VALUE
                return Cell(text, sort, self._span(element))
        return Cell(text or attribute(element, "string-value"), Sort.WORDS, self._span(element))

    def _span(self, element: Any) -> int:
        return max(whole(attribute(element, "number-columns-spanned"), 1), 1)


def _sheet(element: Any) -> Any:
    """The sheet that an element stands in; None for those outside of all."""
    found = element if name_of(element) == "table" else None
    for above in element.iterancestors("{*}table"):
        found = above
    return found


def _duration(value: str) -> str:
    """ "PT36H05M00S" as 36:05."""
    found = _DURATION.match(value)
    if not found:
        return value
    sign, days, hours, minutes, seconds = found.groups()
    text = f"{sign}{int(days or 0) * 24 + int(hours or 0)}:{int(minutes or 0):02}"
    return f"{text}:{int(seconds):02}" if int(seconds or 0) else text
