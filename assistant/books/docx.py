"""DOCX -> blocks: python-docx opens it and knows its styles; the body is walked here, so that nothing is missed."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

from assistant.books.manuscript import Block, Kind, Manuscript
from rag.readers.archive import unzip

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_SKIPPED = {
    *(f"{_W}{name}" for name in ("del", "moveFrom", "instrText", "delText", "rPr", "pPr", "footnoteRef", "endnoteRef")),
    "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback",  # the same again for older programs
}
_SIGNS = {
    **{f"{_W}tab": " ", f"{_W}br": "\n", f"{_W}cr": "\n", f"{_W}noBreakHyphen": "-", f"{_W}softHyphen": ""},
    **{f"{_W}ptab": " "},
}
_GALLERY = f"{_W}sdtPr/{_W}docPartObj/{_W}docPartGallery"
_NOTE_MARKS = {f"{_W}footnoteReference": "footnotes", f"{_W}endnoteReference": "endnotes"}


def manuscript(data: bytes) -> Manuscript:
    from docx import Document as open_docx

    unzip(data, "Word document")
    document = open_docx(io.BytesIO(data))
    properties = document.core_properties
    reader = _Reader(document)
    blocks = [block for block in reader.blocks(document.element.body) if block.text]
    title = next((block.text for block in blocks if block.kind == "heading" and block.level == 0), "")
    for block in blocks:  # a book's title stands above its chapters, which have level 1
        block.level += block.kind == "heading"
    languages = document.styles.element.xpath("w:docDefaults//w:lang/@w:val")
    return Manuscript(
        blocks,
        title=properties.title or title,
        author="" if properties.author == "python-docx" else properties.author or "",
        language=properties.language or (languages[0] if languages else ""),
    )


class _Reader:
    def __init__(self, document: Any) -> None:
        from docx.oxml import parse_xml

        self._styles = {style.style_id: style for style in document.styles}
        self._notes: dict[tuple[str, str], Any] = {}
        for relation in document.part.rels.values():
            kind = relation.reltype.rpartition("/")[2]
            if kind in ("footnotes", "endnotes") and not relation.is_external:
                for note in parse_xml(relation.target_part.blob):
                    self._notes[kind, note.get(f"{_W}id")] = note

    def blocks(self, parent: Any, kind: Kind | None = None) -> Iterator[Block]:
        """Paragraphs and tables in ``parent``, however deep in content controls; ``kind``: what all of them are."""
        for element in parent:
            if element.tag == f"{_W}p":
                yield from self._paragraph(element, kind)
            elif element.tag == f"{_W}tbl":
                yield from self._table(element, kind)
            elif element.tag not in _SKIPPED and isinstance(element.tag, str):
                gallery = element.find(_GALLERY) if element.tag == f"{_W}sdt" else None
                contents = gallery is not None and gallery.get(f"{_W}val") == "Table of Contents"
                for block in self.blocks(element, kind):
                    block.front |= contents
                    yield block

    def _paragraph(self, paragraph: Any, kind: Kind | None) -> Iterator[Block]:
        name, level, is_list = self._style(paragraph)
        inside: list[Block] = []
        text = " ".join("".join(self._words(paragraph, inside)).split())
        front = name.startswith(("toc", "table of figures", "index"))
        if level is not None and not kind:
            yield Block("heading", text, level, front)
        else:
            own: Kind = "caption" if name == "caption" else "item" if is_list else "text"
            yield Block(kind or own, text, 0, front)
        yield from inside

    def _style(self, paragraph: Any) -> tuple[str, int | None, bool]:
        """The style's name in lower case, the level of a heading (0: the book's title), whether it is a list item."""
        found = paragraph.xpath("w:pPr/w:pStyle/@w:val")
        style = self._styles.get(found[0]) if found else None
        name = (style.name or "").lower() if style is not None else ""
        levels = paragraph.xpath("w:pPr/w:outlineLvl/@w:val")
        above, depth = style, 0
        while above is not None and depth < 20:
            kin = (above.name or "").lower()
            if kin == "title":
                return name, 0, False
            if kin.startswith("heading ") and kin[8:].isdigit():
                return name, int(kin[8:]), False
            levels = levels or above.element.xpath("w:pPr/w:outlineLvl/@w:val")
            above, depth = getattr(above, "base_style", None), depth + 1
        if levels and int(levels[0]) < 9:
            return name, int(levels[0]) + 1, False
        return name, None, name.startswith("list") or bool(paragraph.xpath("w:pPr/w:numPr"))

    def _words(self, element: Any, inside: list[Block]) -> Iterator[str]:
        """The text of a paragraph; the notes it refers to and the text boxes in it go to ``inside``."""
        for child in element:
            if child.tag in _SKIPPED or not isinstance(child.tag, str):
                continue
            if child.tag in (f"{_W}t", f"{_M}t"):
                yield child.text or ""
            elif child.tag in _SIGNS:
                yield _SIGNS[child.tag]
            elif child.tag in _NOTE_MARKS:
                note = self._notes.get((_NOTE_MARKS[child.tag], child.get(f"{_W}id")))
                inside += self.blocks(note, "note") if note is not None else ()
            elif child.tag == f"{_W}txbxContent":
                inside += self.blocks(child)
            else:
                yield from self._words(child, inside)

    def _table(self, table: Any, kind: Kind | None) -> Iterator[Block]:
        for row in table.iter(f"{_W}tr"):
            if next(row.iterancestors(f"{_W}tbl")) is not table:
                continue  # of a table inside a cell, which is read with its cell
            cells = [[block for block in self.blocks(cell, kind) if block.text] for cell in row.iter(f"{_W}tc")
                     if next(cell.iterancestors(f"{_W}tr")) is row]  # fmt: skip
            if all(len(cell) <= 1 and all(block.kind in ("text", "item") for block in cell) for cell in cells):
                yield Block(kind or "item", ", ".join(block.text for cell in cells for block in cell))
            else:
                for cell in cells:
                    yield from cell
