"""PPTX -> document: of each slide its title, shapes, tables, charts, notes and comments."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rag.document import Builder, Document
from rag.errors import BadFile
from rag.readers.archive import spared, unzip
from rag.readers.drawing import add_drawing, lines
from rag.readers.formats import add_rows, in_cell
from rag.readers.package import Package, name_of, reference, versions

_TITLES = ("title", "ctrTitle")
_LISTED = ("body", "obj", "", "subTitle")  # placeholders, of which a layout may make lists
_EDGES = ("ftr", "hdr", "dt")
_LAYOUTS = ("slideLayout", "slideMaster")


def pptx(data: bytes) -> Document:
    """Slides are its pages; one that is damaged costs that slide."""
    package = Package(unzip(data, "PowerPoint file"), "ppt/presentation.xml", "a PowerPoint file")
    reader = _Reader(package)
    for number, (path, root) in enumerate(_slides(package, reader.notes), 1):
        with spared(f"slide {number}", reader.notes):
            reader.slide(number, path, root)
    for layout in reader.layouts:
        reader.layout(layout)
    notes = [*reader.notes, *reader.passed_over(), *package.faults()]
    if not reader.builder.blocks:
        raise BadFile(f"gives no text: {notes[0]}" if notes else "holds no text")
    return reader.builder.document(package.title(), notes)


def _slides(package: Package, notes: list[str]) -> Iterator[tuple[str, Any]]:
    relations = package.relations(package.path)
    for number, entry in enumerate(package.main.iterfind("{*}sldIdLst/{*}sldId"), 1):
        path = relations.get(reference(entry, "id"), ("", ""))[1]
        root = None
        with spared(f"slide {number}", notes):
            root = package.part(path)
            if root is None:
                notes.append(f"slide {number} is missing")
        yield path, root


class _Reader:
    def __init__(self, package: Package) -> None:
        self.builder = Builder()
        self.notes: list[str] = []
        self.layouts: dict[str, None] = {}  # layouts and masters of the slides, in their order
        self._package = package
        self._edges: set[str] = set()
        self._page = 0
        self._pictures = self._foreign = self._charts = 0

    def passed_over(self) -> list[str]:
        told = {
            "pictures in it are not read": self._pictures,
            "charts that keep no text are not read": self._charts,
            "files embedded in it are not read": self._foreign,
        }
        return [f"{what} ({number})" for what, number in told.items() if number]

    def slide(self, number: int, path: str, root: Any) -> None:
        if root is None:
            return
        self._page = number
        before, pictures = len(self.builder.blocks), self._pictures
        shapes = [shape for tree in root.iterfind("{*}cSld/{*}spTree") for shape in versions(tree)]
        titles = [shape for shape in shapes if _placeholder(shape) in _TITLES]
        for title in titles:
            text = " ".join(" ".join(text for _, text in lines(body)) for body in title.iterfind("{*}txBody"))
            hidden = " (hidden slide)" if root.get("show") in ("0", "false") and text.strip() else ""
            self.builder.add("heading", " ".join(text.split()) + hidden, number, level=1)
        for shape in shapes:
            if shape not in titles:
                self._shape(shape, path)
        for layout in self._package.targets("slideLayout", path):
            self.layouts |= dict.fromkeys([layout, *self._package.targets("slideMaster", layout)])
        for notes_path, notes in self._package.related("notesSlide", part=path):
            self._notes(notes, notes_path)
        for _, comments in self._package.related("comments", part=path):
            for comment in comments:
                bodies = (text for body in comment.iter("{*}txBody") for _, text in lines(body))
                text = " ".join([*(one.text or "" for one in comment.iter("{*}text")), *bodies]).strip()
                self.builder.add("text", f"Comment: {text}" if text else "", number)
        if len(self.builder.blocks) == before and self._pictures > pictures:
            self.notes.append(f"slide {number} is a picture, whose text is not read")
            self._pictures = pictures

    def layout(self, path: str) -> None:
        """What stands on every slide with it, once; the placeholders in it are only forms."""
        root = self._package.part(path)
        if root is None:
            return
        self._page = 0
        kept = self._pictures, self._foreign, self._charts
        for shape in (shape for tree in root.iterfind("{*}cSld/{*}spTree") for shape in versions(tree)):
            if _placeholder(shape) is None:
                self._shape(shape, path)
        self._pictures, self._foreign, self._charts = kept  # decoration

    def _notes(self, root: Any, path: str) -> None:
        for shape in (shape for tree in root.iterfind("{*}cSld/{*}spTree") for shape in versions(tree)):
            if _placeholder(shape) == "body":
                text = "\n".join(mark + text for body in shape.iterfind("{*}txBody") for mark, text in lines(body))
                self.builder.add("text", f"Notes: {text.strip()}" if text.strip() else "", self._page)
            elif _placeholder(shape) not in ("sldImg", "sldNum"):
                self._shape(shape, path)

    def _shape(self, shape: Any, path: str) -> None:
        match name_of(shape):
            case "sp" | "cxnSp":
                self._text(shape)
            case "grpSp":
                for inner in versions(shape):
                    self._shape(inner, path)
            case "graphicFrame":
                self._frame(shape, path)
            case "pic":
                self._pictures += 1
                self._described(shape)

    def _described(self, shape: Any) -> None:
        for properties in shape.iterfind("*/{*}cNvPr"):
            self.builder.add("text", properties.get("descr") or "", self._page)

    def _text(self, shape: Any) -> None:
        kind = _placeholder(shape)
        if kind == "sldNum":
            return
        found = [line for body in shape.iterfind("{*}txBody") for line in lines(body)]
        found = [line for line in found if line[1]]
        listed = kind in _LISTED and len(found) > 1
        text = "\n".join((mark or ("- " if listed else "")) + text for mark, text in found)
        if kind in _EDGES or not self._page:
            if text in self._edges or kind in _EDGES and not any(letter.isalpha() for letter in text):
                return
            self._edges.add(text)
        self.builder.add("text", text, self._page)
        if shape.find(".//{*}blipFill") is not None:
            self._pictures += 1

    def _frame(self, frame: Any, path: str) -> None:
        self._described(frame)
        for table in frame.iterfind(".//{*}tbl"):
            self._table(table)
        for place in (*frame.iter("{*}chart"), *frame.iter("{*}relIds")):
            number = reference(place, "id", "dm")
            root = self._package.target(path, number)
            if root is None or not add_drawing(root, self.builder, self._page):
                self._charts += 1
        if frame.find(".//{*}oleObj") is not None:
            self._foreign += 1

    def _table(self, table: Any) -> None:
        """Cells merged over several rows stand in each of them, those over several columns once."""
        rows, above = [], dict[int, str]()
        for row in table.iterfind("{*}tr"):
            texts = []
            for column, cell in enumerate(row.iterfind("{*}tc")):
                if cell.get("hMerge") in ("1", "true"):
                    continue
                text = in_cell(text for body in cell.iterfind("{*}txBody") for _, text in lines(body))
                if cell.get("vMerge") in ("1", "true"):
                    text = text or above.get(column, "")
                above[column] = text
                texts.append(text)
            rows.append(" | ".join(texts))
        add_rows(rows, self.builder, self._page)


def _placeholder(shape: Any) -> str | None:
    """The type of a placeholder, empty where it is a plain one; None for other shapes."""
    found = shape.find("*/{*}nvPr/{*}ph") if name_of(shape) else None
    return None if found is None else found.get("type") or ""
