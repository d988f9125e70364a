"""ODT and ODP -> document: text, lists, tables, notes, text boxes, formulas, headers; slides and their notes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from rag.document import Builder, Document
from rag.errors import BadFile
from rag.readers.archive import spared
from rag.readers.formats import add_rows, in_cell
from rag.readers.markup import formula
from rag.readers.odf_package import OdfPackage, attribute, child, whole
from rag.readers.odf_styles import Lists
from rag.readers.package import name_of

_DROPPED = {  # what was deleted, what programs need, what stands there twice
    *("tracked-changes", "sequence-decls", "variable-decls", "user-field-decls", "dde-connection-decls", "forms"),
    *("note-citation", "event-listeners", "thumbnail", "glue-point", "animations", "par", "settings", "script"),
    *(
        "header-decl",
        "footer-decl",
        "date-time-decl",
        "alphabetical-index-source",
        "table-of-content-source",
        "bibliography-source",
    ),
    *("illustration-index-source", "object-index-source", "user-index-source", "table-index-source"),
    *("meta", "scripts", "font-face-decls"),
}
_BLOCKS = {"p", "h", "list", "table", "section", "numbered-paragraph"}
_SHAPES = {
    *("frame", "custom-shape", "rect", "ellipse", "circle", "line", "polyline", "polygon", "path", "connector", "g"),
    *("caption", "measure", "regular-polygon", "control", "scene", "page-thumbnail"),
}
_MOST_SPACES = 100
_MOST_REPEATED = 100  # times that a cell or row may stand for itself


def odf(data: bytes) -> Document:
    """A text, or slides, which are its pages; one that is damaged costs that slide."""
    package = OdfPackage(data)
    content, styles = package.part("content.xml"), package.part("styles.xml")
    body = content.find(".//{*}body") if content is not None else None
    if body is None:
        raise BadFile("is damaged or not a file of OpenDocument: it has no body")
    reader = OdfReader(package, Builder(), Lists(styles, content))
    reader.forms(body)
    if styles is not None:
        for edge in styles.iterfind(".//{*}master-page/*"):
            if (
                name_of(edge).startswith(("header", "footer"))
                or name_of(edge) in _SHAPES
                and not attribute(edge, "class")
            ):
                reader.edge(edge)
    for edge in body.iter("{*}header-decl", "{*}footer-decl"):
        reader.builder.add("text", edge.text or "")
    for document in body:
        pages = [one for one in document if name_of(one) == "page"]
        for number, page in enumerate(pages, 1):
            with spared(f"slide {number}", reader.notes):
                reader.slide(number, page)
        if not pages:
            reader.blocks(document)
    notes = [*reader.notes, *reader.passed_over(), *package.faults()]
    if not reader.builder.blocks:
        raise BadFile(f"gives no text: {notes[0]}" if notes else "holds no text")
    return reader.builder.document(package.title(), notes)


class OdfReader:
    """Walks one document into `builder`."""

    def __init__(self, package: OdfPackage, builder: Builder, lists: Lists) -> None:
        self.builder = builder
        self.notes: list[str] = []
        self._package, self._lists = package, lists
        self._values: dict[str, str] = {}  # of forms, by the name of their field
        self._later: list[Callable[[], None]] = []  # notes, text boxes and charts of what is being read
        self._outline: dict[int, int] = {}
        self._seen: set[str] = set()
        self._shown: list[Any] = []  # objects
        self._page = self._marks = self._pictures = self._foreign = 0

    def passed_over(self) -> list[str]:
        told = {"pictures in it are not read": self._pictures, "files embedded in it are not read": self._foreign}
        return [f"{what} ({number})" for what, number in told.items() if number]

    def forms(self, body: Any) -> None:
        for form in body.iter("{*}forms"):
            for control in form.iterdescendants():
                name = attribute(control, "id") if name_of(control) else ""
                value = [
                    attribute(control, "label"),
                    attribute(control, "current-value") or attribute(control, "value"),
                ]
                if name and name_of(control) not in ("hidden", "password", "property", "list-property"):
                    items = (attribute(item, "label") for item in control.iter("{*}item", "{*}option"))
                    self._values[name] = " ".join(filter(None, [*value, *items]))

    def edge(self, part: Any) -> None:
        """A header or footer: most documents have the same one several times; a page number alone says nothing."""
        inner = self._apart(part)
        for block in inner.blocks:
            text = inner.text[block.start : block.end]
            if text not in self._seen and sum(letter.isalpha() for letter in text) > 2:
                self._seen.add(text)
                self.builder.add("text", text)

    def slide(self, number: int, page: Any) -> None:
        self._page = number
        before, pictures = len(self.builder.blocks), self._pictures
        shapes = [shape for shape in page if name_of(shape) not in ("notes", "animations")]
        for shape in shapes:
            if attribute(shape, "class") == "title":
                inner = self._apart(shape)
                self.builder.add("heading", " ".join(inner.text.split()), number, level=1)
        for shape in shapes:
            if attribute(shape, "class") != "title":
                self._block(shape)
        for notes in (one for one in page if name_of(one) == "notes"):
            text = "\n".join(self._apart(one).text for one in notes if attribute(one, "class") == "notes").strip()
            self.builder.add("text", f"Notes: {text}" if text else "", number)
            for shape in notes:
                if not attribute(shape, "class"):
                    self._block(shape)
        if len(self.builder.blocks) == before and self._pictures > pictures:
            self.notes.append(f"slide {number} is a picture, whose text is not read")
            self._pictures = pictures

    def blocks(self, parent: Any) -> None:
        for one in parent:
            self._block(one)

    def _block(self, element: Any) -> None:
        match name_of(element):
            case "p":
                self._paragraph(element)
            case "h":
                level = whole(attribute(element, "outline-level"), 1)
                words = " ".join("".join(self._words(element)).split())
                mark = self._lists.mark("outline", level, self._outline) if words else ""
                self.builder.add("heading", mark + words, self._page, level=min(max(level, 1), 6))
                self.flush()
            case "list":
                self._list(element, 1, "", {})
            case "table":
                self._table(element)
            case "frame":
                self._frame(element)
            case "control":
                self.builder.add("text", self._values.get(attribute(element, "control"), ""), self._page)
            case "annotation":
                self._comment(element)
                self.flush()
            case name if name and name not in _DROPPED:
                self.blocks(element)

    def _apart(self, part: Any) -> Builder:
        """What stands in ``part``, as a text of its own."""
        outer, later, self.builder, self._later = self.builder, self._later, Builder(), []
        try:
            self._block(part)
            self.flush()
            return self.builder
        finally:
            self.builder, self._later = outer, later

    def _paragraph(self, element: Any, mark: str = "") -> None:
        words = "".join(self._words(element)).strip()
        self.builder.add("text", mark + words if words else "", self._page)
        self.flush()

    def flush(self) -> None:
        later, self._later = self._later, []
        for add in later:
            add()

    def _list(self, element: Any, depth: int, style: str, counts: dict[int, int]) -> None:
        style = attribute(element, "style-name") or style
        if depth == 1:
            counts = self._lists.counts(style, attribute(element, "continue-numbering") == "true")
        for item in element:
            kind, first = name_of(item), True
            start = attribute(item, "start-value")
            for part in item if kind in ("list-item", "list-header") else ():
                name = name_of(part)
                if name == "list":
                    self._list(part, depth + 1, style, counts)
                elif name == "p" and first and kind == "list-item":
                    self._paragraph(part, self._lists.mark(style, depth, counts, whole(start, 1) if start else None))
                    first = False
                else:
                    self._block(part)

    def _words(self, element: Any) -> Iterator[str]:
        """The text of a line. What stands beside it (notes, text boxes) waits in `_later`."""
        yield element.text or ""
        for one in element:
            name = name_of(one)
            if name == "s":
                yield " " * min(whole(attribute(one, "c"), 1), _MOST_SPACES)
            elif name == "tab":
                yield "\t"
            elif name == "line-break":
                yield "\n"
            elif name == "note":
                self._marks += 1
                yield f"[{self._marks}]"
                self._later.append(partial(self._aside, f"[{self._marks}]", child(one, "note-body")))
            elif name == "annotation":
                self._comment(one)
            elif name == "ruby":
                yield self._ruby(one)
            elif name in _SHAPES:
                inner = self._formula(one)
                yield f" {inner} " if inner else ""
                if not inner:
                    self._later.append(partial(self._block, one))
            elif name in _BLOCKS:
                self._later.append(partial(self._block, one))
            elif name and name not in _DROPPED:
                yield from self._words(one)
            yield one.tail or ""

    def _ruby(self, element: Any) -> str:
        parts = {name_of(one): "".join(self._words(one)) for one in element}
        return f"{parts.get('ruby-base', '')}({parts.get('ruby-text', '')})"

    def _comment(self, element: Any) -> None:
        author = " ".join(one.text or "" for one in element if name_of(one) == "creator")
        self._later.append(partial(self._aside, f"Comment ({author}):" if author else "Comment:", element))

    def _aside(self, mark: str, part: Any) -> None:
        if part is None:
            return
        text = "\n".join(self._apart(one).text for one in part if name_of(one) in _BLOCKS)
        self.builder.add("text", f"{mark} {text.strip()}" if text.strip() else "", self._page)

    def _formula(self, frame: Any) -> str:
        """Of a frame that shows one."""
        for one in frame:
            root = self._object(one) if name_of(one) == "object" else None
            if root is not None and name_of(root) == "math":
                return formula(root)
        return ""

    def _object(self, element: Any) -> Any:
        """What an object shows: it stands in the element or in a part of its own."""
        place = attribute(element, "href")
        return self._package.object(place) if place else next((one for one in element if name_of(one)), None)

    def _frame(self, frame: Any) -> None:
        """Of what a frame holds, one is shown: the first that can be."""
        shown = [one for one in frame if name_of(one) not in ("title", "desc", "", "contour-polygon", "glue-point")]
        for one in shown[:1]:
            match name_of(one):
                case "object":
                    root = self._object(one)
                    if root is not None and name_of(root) == "math":
                        self.builder.add("text", formula(root), self._page)
                    elif root is not None and root not in self._shown:  # it may refer to itself
                        self._shown.append(root)
                        self.blocks(root)
                    else:
                        self._foreign += 1
                case "image":
                    self._pictures += 1
                    self.blocks(one)
                case "object-ole" | "plugin" | "applet" | "floating-frame":
                    self._foreign += 1
                case _:
                    self._block(one)
        for one in frame:
            if name_of(one) in ("title", "desc"):
                self.builder.add("text", one.text or "", self._page)
        self.flush()

    def _table(self, table: Any) -> None:
        rows = [row for row in _within(table, "table-row")]
        if not any(len(list(_within(row, "table-cell"))) > 1 for row in rows):
            for row in rows:
                for cell in _within(row, "table-cell"):
                    self.blocks(cell)
            return
        add_rows(list(self._row_texts(rows)), self.builder, self._page)
        self.flush()

    def _row_texts(self, rows: list[Any]) -> Iterator[str]:
        """Cells merged over several rows stand in each of them, those over several columns once."""
        going_on: dict[int, tuple[int, str]] = {}  # column -> rows left, text
        for row in rows:
            column, cells = 0, list[str]()
            for cell in _within(row, "table-cell", "covered-table-cell"):
                times = min(max(whole(attribute(cell, "number-columns-repeated"), 1), 1), _MOST_REPEATED)
                text = in_cell(self.lines(cell))
                if name_of(cell) == "covered-table-cell":
                    left, above = going_on.get(column, (0, ""))
                    if left and above:
                        cells.append(above)
                        going_on[column] = (left - 1, above)
                    column += times
                    continue
                spanned = whole(attribute(cell, "number-rows-spanned"), 1)
                going_on[column] = (spanned - 1, text)
                cells += [text] * (times if text else 1)
                column += times
            yield " | ".join(cells)

    def lines(self, parent: Any) -> Iterator[str]:
        """The lines of a cell; those of a table in it have commas between their cells."""
        for one in parent:
            name = name_of(one)
            if name in ("p", "h"):
                yield "".join(self._words(one))
            elif name == "table":
                for row in _within(one, "table-row"):
                    yield ", ".join(filter(None, (in_cell(self.lines(cell)) for cell in _within(row, "table-cell"))))
            elif name in _SHAPES:
                self._later.append(partial(self._block, one))
            elif name == "annotation":
                self._comment(one)
            elif name and name not in _DROPPED:
                yield from self.lines(one)


def _within(parent: Any, *names: str) -> Iterator[Any]:
    """The rows or cells of a table, without those of tables in its cells."""
    for one in parent:
        if name_of(one) in names:
            yield one
        elif name_of(one) in ("table-header-rows", "table-rows", "table-row-group", "table-columns"):
            yield from _within(one, *names)
