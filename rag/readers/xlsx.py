"""XLSX -> document: the rows of each sheet with what names their columns; remarks, shapes, charts beside them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from rag.document import Builder, Document
from rag.errors import BadFile
from rag.readers.archive import elements, spared, unzip
from rag.readers.drawing import add_drawing, lines
from rag.readers.headers import Cell, Sort
from rag.readers.number_formats import BUILT_IN, plain, writer
from rag.readers.package import Package, name_of, reference
from rag.readers.sheets import Headed, Row, add_sheet

_MERGED = re.compile(rb"""<(?:\w+:)?mergeCell\s[^>]{0,200}?ref=["']([A-Z]{1,3}\d{1,7}):([A-Z]{1,3}\d{1,7})["']""")
_PLACE = re.compile(r"\$?([A-Za-z]{1,3})\$?(\d{1,7})$")
_EDGE_CODE = re.compile(r'&(?:"[^"]*"|K[0-9A-Fa-f]{6}|\d+|[A-Za-z])')
_CHUNK = 1 << 20
_MOST_MERGED = 100_000  # cells that are merged over others, beyond which they are read as they stand


def xlsx(data: bytes) -> Document:
    """One sheet, or part of it, that is damaged costs that part; hidden ones are read, and called so."""
    package = Package(unzip(data, "spreadsheet"), "xl/workbook.xml", "a spreadsheet")
    reader = _Reader(package)
    relations = package.relations(package.path)
    for entry in package.main.iterfind("{*}sheets/{*}sheet"):
        name = entry.get("name") or ""
        path = relations.get(reference(entry, "id"), ("", ""))[1]
        with spared(f'its sheet "{name}"', reader.notes):
            hidden = " (hidden sheet)" if entry.get("state") in ("hidden", "veryHidden") else ""
            reader.sheet(name, path, f"{name}{hidden}")
    notes = [*reader.notes, *reader.passed_over(), *package.faults()]
    if not reader.builder.blocks:
        raise BadFile(f"gives no text: {notes[0]}" if notes else "holds no text")
    return reader.builder.document(package.title(), notes)


class _Reader:
    def __init__(self, package: Package) -> None:
        self.builder = Builder()
        self.notes: list[str] = []
        self._package = package
        self._since_1904 = any(one.get("date1904") in ("1", "true") for one in package.main.iter("{*}workbookPr"))
        self._read: set[str] = set()
        self._writers: dict[str, Callable[[str], Cell]] = {}
        self._strings: list[str] = []
        self._empty = self._pictures = self._charts = 0
        with spared("the part with its texts", self.notes):
            self._strings = self._shared()
        with spared("the part with its formats", self.notes):
            self._writers = self._formats()

    def passed_over(self) -> list[str]:
        told = {
            "values of formulas are not kept in it, only the formulas": self._empty,
            "pictures in it are not read": self._pictures,
            "charts that keep no text are not read": self._charts,
        }
        return [f"{what} ({number})" for what, number in told.items() if number]

    def sheet(self, name: str, path: str, heading: str) -> None:
        if path in self._read:  # more than once only in files that are made to swell
            return
        self._read.add(path)
        inner = Headed(self.builder, heading)
        stream = self._package.open(path)
        if stream is None:
            self.notes.append(f'its sheet "{name}" is missing')
            return
        edges: list[str] = []
        with stream:
            add_sheet(self._rows(name, path, stream, edges), inner)
        for text in dict.fromkeys(edges):
            inner.add("text", text)
        with spared(f'what stands beside the cells of its sheet "{name}"', self.notes):
            self._beside(path, inner)

    def _shared(self) -> list[str]:
        path = next(iter(self._package.targets("sharedStrings", self._package.path)), "xl/sharedStrings.xml")
        stream, faults = self._package.open(path), list[str]()
        if stream is None:
            return []
        with stream:
            texts = [_string(item) for item in elements(stream, ["{*}si"], faults)]
        self.notes += ["the part with its texts is damaged: not all of it is read"] if faults else []
        return texts

    def _formats(self) -> dict[str, Callable[[str], Cell]]:
        """By the number of a style what writes a number in it."""
        styles = self._package.named("styles")
        if styles is None:
            return {}
        codes = {number: code for number, code in BUILT_IN.items()}
        for one in styles.iterfind("{*}numFmts/{*}numFmt"):
            codes[int(one.get("numFmtId") or 0)] = one.get("formatCode") or ""
        made = cache(lambda number: writer(codes[number], self._since_1904) if codes.get(number) else plain)
        found = (int(style.get("numFmtId") or 0) for style in styles.iterfind("{*}cellXfs/{*}xf"))
        return {str(number): made(one) for number, one in enumerate(found)}

    def _rows(self, name: str, path: str, stream: Any, edges: list[str]) -> Iterator[Row]:
        merged = self._merged(path)
        going_on: dict[int, tuple[int, Cell]] = {}  # column -> the last row that a merged cell reaches, what it says
        faults: list[str] = []
        last = 0
        for element in elements(stream, ["{*}row", "{*}headerFooter"], faults):
            if name_of(element) == "headerFooter":
                edges += [text for one in element for text in _edges(one.text or "")]
                continue
            number = element.get("r") or ""
            last = int(number) if number.isdigit() and len(number) < 8 else last + 1
            cells = self._cells(element)
            for column, (end, cell) in list(going_on.items()):
                if end < last:
                    del going_on[column]
                elif cells:
                    cells.setdefault(column, cell)
            for column, cell in list(cells.items()):
                span, end = merged.get((last, column), (1, last))
                if span > 1:
                    cells[column] = cell._replace(span=span)
                if end > last:
                    going_on[column] = (end, cells[column])
            if cells:
                yield Row(last, dict(sorted(cells.items())))
        if faults:
            self.notes.append(f'its sheet "{name}" is damaged: what stands behind row {last} may be missing')

    def _cells(self, row: Any) -> dict[int, Cell]:
        cells: dict[int, Cell] = {}
        column = -1
        for element in row.iterchildren("{*}c"):
            place = element.get("r")
            column = _column(place.rstrip("0123456789")) if place else column + 1
            cell = self._cell(element)
            if cell.text:
                cells[column] = cell
        return cells

    def _cell(self, element: Any) -> Cell:
        value, formula = "", None
        for child in element:
            match name_of(child):
                case "v":
                    value = child.text or ""
                case "f":
                    formula = child.text or ""
                case "is":
                    return Cell(_string(child))
        kind = element.get("t") or "n"
        if not value.strip():
            if formula is None or kind == "str":
                return Cell("")
            self._empty += 1
            return Cell(f"={formula}" if formula else "", Sort.VALUE)  # without its own one it shares another cell's
        match kind:
            case "s":
                number = int(value)
                return Cell(self._strings[number] if 0 <= number < len(self._strings) else "")
            case "b":
                return Cell("TRUE" if value.strip() in ("1", "true") else "FALSE", Sort.VALUE)
            case "n":
                try:
                    return self._writers.get(element.get("s") or "0", plain)(value.strip())
                except (ValueError, OverflowError):
                    return Cell(value.strip())
            case "d":
                return Cell(re.sub(r"T(?:00:00(?::00(?:\.0*)?)?Z?$)?", " ", value).strip(), Sort.PERIOD)
            case "e":
                return Cell(value.strip(), Sort.VALUE)
        return Cell(_unescaped(value).strip())

    def _merged(self, path: str) -> dict[tuple[int, int], tuple[int, int]]:
        """(Row, column) of each merged cell -> how many columns, and up to which row. They stand behind the rows."""
        found: dict[tuple[int, int], tuple[int, int]] = {}
        stream, kept = self._package.open(path), b""
        if stream is None:
            return found
        with stream:
            while chunk := stream.read(_CHUNK):
                for match in _MERGED.finditer(kept + chunk):
                    (column, row), (right, end) = _place(match[1].decode()), _place(match[2].decode())
                    found[row, column] = (max(1, right - column + 1), end)
                if len(found) > _MOST_MERGED:
                    return {}
                kept = chunk[-200:]
        return found

    def _beside(self, path: str, builder: Builder) -> None:
        threads = {place for place, _ in self._remarks(path, "threadedComment")}
        for place, text in self._remarks(path, "threadedComment"):
            builder.add("text", f"Comment at {place}: {text}")
        for place, text in self._remarks(path, "comments"):
            if place not in threads:
                builder.add("text", f"Comment at {place}: {text}")
        for drawing, root in self._package.related("drawing", part=path):
            for body in root.iter("{*}txBody"):
                builder.add("text", "\n".join(mark + text for mark, text in lines(body)))
            for picture in root.iter("{*}pic"):
                self._pictures += 1
                for properties in picture.iterfind("*/{*}cNvPr"):
                    builder.add("text", properties.get("descr") or "")
            for place in (*root.iter("{*}chart"), *root.iter("{*}relIds")):
                number = reference(place, "id", "dm")
                target = self._package.target(drawing, number)
                if target is None or not add_drawing(target, builder):
                    self._charts += 1

    def _remarks(self, path: str, kind: str) -> Iterator[tuple[str, str]]:
        for _, root in self._package.related(kind, part=path):
            for one in (*root.iter("{*}comment"), *root.iter("{*}threadedComment")):
                text = " ".join(_string(part) for part in one.iterchildren("{*}text"))
                if text.strip():
                    yield one.get("ref") or "", " ".join(text.split())


def _string(item: Any) -> str:
    """The words of a text, without how they are pronounced."""
    if len(item) == 0:
        return _unescaped(item.text or "").strip()
    parts: list[str] = []
    for child in item:
        if name_of(child) == "t":
            parts.append(child.text or "")
        elif name_of(child) == "r":
            parts += [text.text or "" for text in child.iterchildren("{*}t")]
    return _unescaped("".join(parts)).strip()


def _unescaped(text: str) -> str:
    """Signs that XML cannot hold are written as _x000D_ (ECMA-376, 22.4.2.4)."""
    if "_x" not in text:
        return text
    return re.sub(r"_x([0-9A-Fa-f]{4})_", lambda found: chr(int(found[1], 16)), text)


def _edges(text: str) -> Iterator[str]:
    """The parts of a header or footer that say something; those with a number of a page say nothing else."""
    for part in re.split("&[LCR]", text.replace("&&", "\0")):
        words = _EDGE_CODE.sub(" ", part).replace("\0", "&").split()
        if len(words) > (2 if "&P" in part else 0) and any(letter.isalpha() for letter in " ".join(words)):
            yield " ".join(words)


def _place(name: str) -> tuple[int, int]:
    """(Column from 0, row from 1) of "B3"."""
    found = _PLACE.match(name)
    return (_column(found[1]), int(found[2])) if found else (0, 0)


@cache
def _letters(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1


def _column(letters: str) -> int:
    return _letters(letters) if letters.isascii() and letters.isalpha() and len(letters) < 4 else 0
