"""DOCX -> document: every story of the file (body, notes, comments, headers, text boxes, charts) is walked."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from copy import copy
from functools import partial
from itertools import chain
from typing import Any

from rag.document import Builder, Document
from rag.errors import BadFile
from rag.readers.archive import unzip
from rag.readers.drawing import add_drawing
from rag.readers.formats import add_rows, in_cell
from rag.readers.formula import formula
from rag.readers.package import Package, name_of, reference, versions
from rag.readers.symbols import meant
from rag.readers.word_styles import Styles

_DROPPED = {  # what was deleted or moved away, what programs need, what stands there twice
    *("del", "moveFrom", "delText", "instrText", "delInstrText", "rPr", "pPr", "sdtPr", "sdtEndPr", "tblPr", "tcPr"),
    *("trPr", "sectPr", "oMathParaPr", "ctrlPr", "fPr", "radPr", "naryPr", "dPr", "sSupPr", "sSubPr", "rubyPr"),
    *("mPr", "eqArrPr", "sSubSupPr", "funcPr"),
}
_SIGNS = {"tab": "\t", "ptab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-", "softHyphen": "\xad"}
_NOTES = {"footnoteReference": "footnotes", "endnoteReference": "endnotes"}
_PAGE = re.compile(r"\W*(?:\d{1,3}\W*){0,2}")
"""A header or footer that has nothing but the number of its page, or of that and of all pages."""
_LARGE = 7_560_000 * 10_692_000 // 2
"""Half of a page of A4, in EMU to the second power."""
_PRIVATE = re.compile("[\uf020-\uf0ff]")


def docx(data: bytes) -> Document:
    package = Package(unzip(data, "Word document"))
    reader = _Reader(package)
    for part in package.related("header", "footer"):
        reader.edge(part)
    body = next((child for child in package.main if name_of(child) == "body"), package.main)
    reader.blocks(body, package.path)
    if not reader.builder.blocks:
        raise BadFile("holds no text, only pictures" if package.has("image") else "holds no text")
    return reader.builder.document(package.title(), [*reader.passed_over(), *package.faults()])


class _Reader:
    """Walks one document into `builder`."""

    def __init__(self, package: Package) -> None:
        self.builder = Builder()
        self._package = package
        self._styles = Styles(package.named("styles"), package.named("numbering"))
        self._notes = {kind: package.entries(kind) for kind in ("footnotes", "endnotes", "comments")}
        self._paths = {kind: package.path_of(kind) for kind in self._notes}
        self._marks: set[tuple[str, str]] = set()
        self._later: list[Callable[[], None]] = []  # notes, text boxes and charts of what is being read
        self._foreign = 0
        self._scans = 0
        self._seen: set[str] = set()

    def passed_over(self) -> list[str]:
        notes = [f"files embedded in it are not read ({self._foreign})"] if self._foreign else []
        if self._scans:
            notes.append(f"pictures as large as half a page are not read; run OCR over them ({self._scans})")
        return notes

    def edge(self, part: tuple[str, Any]) -> None:
        """A header or footer: most documents have the same one several times; a page number alone says nothing."""
        inner = self._apart()
        inner.blocks(part[1], part[0])
        for block in inner.builder.blocks:
            text = inner.builder.text[block.start : block.end]
            if text not in self._seen and not _PAGE.fullmatch(text):
                self._seen.add(text)
                self.builder.add("text", text)

    def _apart(self) -> _Reader:
        """A reader of the same document into a text of its own."""
        inner = copy(self)
        inner.builder, inner._later = Builder(), []
        return inner

    def blocks(self, parent: Any, part: str) -> None:
        for child in _children(parent):
            name = name_of(child)
            if name == "p":
                self._paragraph(child, part)
            elif name == "tbl":
                self._table(child, part)
            elif name == "altChunk":
                self._foreign += 1
            else:
                self.blocks(child, part)

    def _paragraph(self, paragraph: Any, part: str) -> None:
        level, prefix = self._styles.of(paragraph)
        text = "".join(self._words(paragraph, part)).strip()
        if level:
            self.builder.add("heading", prefix + text, level=level)
        elif text:
            self.builder.add("text", prefix + text)
        self._flush()

    def _flush(self) -> None:
        later, self._later = self._later, []
        for add in later:
            add()

    def _words(self, element: Any, part: str) -> Iterator[str]:
        """The text of a line. What stands beside it (notes, text boxes) waits in `_later`."""
        for child in _children(element):
            name = name_of(child)
            if name == "t":
                yield _text(child)
            elif name == "sym":
                yield _sign(child)
            elif name in _SIGNS:
                yield _SIGNS[name]
            elif name in _NOTES:
                yield self._note(_NOTES[name], child.get(_w(child, "id")))
            elif name == "commentReference":
                self._comment(child.get(_w(child, "id")))
            elif name == "txbxContent":
                self._later.append(partial(self.blocks, child, part))
            elif name == "ruby":
                base, above = (["".join(self._words(one, part)) for one in child.iterfind(f"{{*}}{tag}")]
                               for tag in ("rubyBase", "rt"))  # fmt: skip
                yield f"{''.join(base)}({''.join(above)})"
            elif name == "oMath":
                yield f" {''.join(formula(child)).strip()} "
            elif name in ("docPr", "textpath"):
                yield f" {child.get('descr') or child.get('string') or ''} "
            elif name == "ffData":
                yield _form_value(child)
            elif name in ("chart", "relIds"):
                self._later.append(partial(self._drawing, child, part))
            elif name == "OLEObject":
                self._foreign += 1
            elif name == "shape" and child.get("alt"):
                yield f" {child.get('alt')} "
                yield from self._words(child, part)
            elif name in ("inline", "anchor"):
                self._scans += _is_scan(child)
                yield from self._words(child, part)
            elif name in ("p", "tbl"):  # of a shape that is no text box
                self._later.append(partial(self.blocks, [child], part))
            else:
                yield from self._words(child, part)

    def _note(self, kind: str, number: str) -> str:
        note = self._notes[kind].get(number)
        if note is None or (kind, number) in self._marks:
            return ""
        self._marks.add((kind, number))
        mark = f"[{len(self._marks)}]"
        self._later.append(lambda: self._aside(mark, note, kind))
        return mark

    def _comment(self, number: str) -> None:
        comment = self._notes["comments"].get(number)
        if comment is not None:
            author = comment.get(_w(comment, "author")) or ""
            self._later.append(
                lambda: self._aside(f"Comment ({author}):" if author else "Comment:", comment, "comments")
            )

    def _aside(self, mark: str, note: Any, kind: str) -> None:
        inner = self._apart()
        inner.blocks(note, self._paths[kind])
        self._foreign, self._scans = inner._foreign, inner._scans
        self.builder.add("text", f"{mark} {inner.builder.text}")

    def _drawing(self, drawing: Any, part: str) -> None:
        """A chart's series, or the words of SmartArt, which stand in parts of their own."""
        root = self._package.target(part, reference(drawing, "id", "dm"))
        if root is not None:
            add_drawing(root, self.builder)

    def _table(self, table: Any, part: str) -> None:
        rows = [list(_within(row, "tc")) for row in _within(table, "tr")]
        if not any(len(row) > 1 for row in rows) or any(self._lays_out(cell) for row in rows for cell in row):
            for cell in chain.from_iterable(rows):
                self.blocks(cell, part)
            return
        add_rows(list(self._row_texts(rows, part)), self.builder)
        self._flush()

    def _lays_out(self, cell: Any) -> bool:
        """Whether a table with this cell only arranges a page: it is read as what stands in it."""
        if any(self._styles.level(paragraph) for paragraph in cell.iter("{*}p")):
            return True
        return next(cell.iter("{*}tbl"), None) is not None and sum(len(t.text or "") for t in cell.iter("{*}t")) > 400

    def _row_texts(self, rows: list[list[Any]], part: str) -> Iterator[str]:
        above: dict[int, str] = {}
        for row in rows:
            column, cells = 0, []
            for cell in row:
                span, merged = _merging(cell)
                text = in_cell(self._lines(cell, part))
                if merged == "continue":
                    text = text or above.get(column, "")
                above[column] = text
                cells.append(text)
                column += span
            yield " | ".join(cells)

    def _lines(self, parent: Any, part: str) -> Iterator[str]:
        """The lines of a cell; those of a table in it have commas between their cells."""
        for child in _children(parent):
            name = name_of(child)
            if name == "p":
                yield self._styles.of(child)[1] + "".join(self._words(child, part))
            elif name == "tbl":
                for row in _within(child, "tr"):
                    yield ", ".join(filter(None, (in_cell(self._lines(cell, part)) for cell in _within(row, "tc"))))
            else:
                yield from self._lines(child, part)


def _w(element: Any, name: str) -> str:
    """The attribute ``name`` in the element's own namespace."""
    return f"{element.tag.rpartition('}')[0]}}}{name}"


def _children(parent: Any) -> Iterator[Any]:
    """The children to be read: of two versions of a thing, one for each generation of programs, that which has text."""
    for child in versions(parent):
        name = name_of(child)
        if name and name not in _DROPPED and not (name == "tr" and _deleted(child)):
            yield child


def _deleted(row: Any) -> bool:
    return row.find("{*}trPr/{*}del") is not None


def _within(parent: Any, name: str) -> Iterator[Any]:
    """The rows or cells of a table, in content controls too, without those of tables in its cells."""
    for child in _children(parent):
        if name_of(child) == name:
            yield child
        elif name_of(child) not in ("tc", "tbl", "p"):
            yield from _within(child, name)


def _text(element: Any) -> str:
    """The words of one ``w:t``; old programs write the signs of drawn fonts as private characters."""
    text = element.text or ""
    if not _PRIVATE.search(text):
        return text
    fonts = next(element.getparent().iterfind("{*}rPr/{*}rFonts"), None)
    font = (fonts.get(_w(fonts, "ascii")) or "") if fonts is not None else ""
    return _PRIVATE.sub(lambda sign: meant(font, ord(sign[0])), text)


def _sign(element: Any) -> str:
    code = element.get(_w(element, "char")) or ""
    return (
        meant(element.get(_w(element, "font")) or "", int(code, 16)) if re.fullmatch("[0-9A-Fa-f]{1,6}", code) else ""
    )


def _is_scan(drawing: Any) -> bool:
    """Whether it is a picture of half a page or more, as which pages are scanned."""
    extent = drawing.find("{*}extent")
    sides = [extent.get("cx") or "", extent.get("cy") or ""] if extent is not None else [""]
    large = all(re.fullmatch(r"\d{1,12}", side) for side in sides) and int(sides[0]) * int(sides[-1]) > _LARGE
    return large and next(drawing.iter("{*}blip"), None) is not None


def _merging(cell: Any) -> tuple[int, str]:
    """How many columns a cell spans, and whether it goes on from the row above."""
    span, merge = cell.find("{*}tcPr/{*}gridSpan"), cell.find("{*}tcPr/{*}vMerge")
    width = span.get(_w(span, "val")) if span is not None else "1"
    state = "" if merge is None else merge.get(_w(merge, "val")) or "continue"
    return int(width) if width and width.isdigit() else 1, state


def _form_value(form: Any) -> str:
    """What a form field of the old kind shows where it is no text: a box, the entry chosen."""
    box, choice = form.find("{*}checkBox"), form.find("{*}ddList")
    if box is not None:
        states = [one for one in (box.find("{*}checked"), box.find("{*}default")) if one is not None]
        on = bool(states) and (states[0].get(_w(states[0], "val")) or "1") not in ("0", "false")
        return "☒ " if on else "☐ "
    if choice is None:
        return ""
    entries = [entry.get(_w(entry, "val")) or "" for entry in choice.iterfind("{*}listEntry")]
    chosen = choice.find("{*}result")
    number = chosen.get(_w(chosen, "val")) if chosen is not None else "0"
    return entries[int(number)] if number and number.isdigit() and int(number) < len(entries) else ""
