"""RTF -> document: paragraphs, lists, tables, headings; notes, comments, headers, text boxes beside them."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

from rag.document import Builder, Document
from rag.errors import BadFile
from rag.readers.formats import add_rows, in_cell
from rag.readers.rtf_words import Reader, sign

_KEPT = ("outlinelevel", "s", "intbl")


def rtf(data: bytes) -> Document:
    start = data.lstrip(b"\xef\xbb\xbf \r\n\t")
    if not start.startswith(b"{\\rt"):
        raise BadFile("is damaged or not RTF: it does not begin with {\\rtf")
    reader = Reader(start)
    flow = _Flow()
    stack = [flow]
    for piece in reader.pieces():
        match piece.kind:
            case "begin":
                stack.append(_Flow(kind=piece.value, styles=flow.styles, edges=flow.edges))
            case "close":
                inner = stack.pop() if len(stack) > 1 else _Flow()
                stack[-1].take(inner)
            case "text":
                stack[-1].text.append(piece.value)
            case "end":
                stack[-1].end(piece.value)
            case "layout":
                stack[-1].layout(piece.value, piece.number)
    while len(stack) > 1:
        inner = stack.pop()
        stack[-1].take(inner)
    flow.finish()
    counts = {"pictures in it are not read": reader.pictures, "files embedded in it are not read": reader.objects}
    notes = [f"{what} ({number})" for what, number in counts.items() if number]
    if reader.torn:
        notes.append("it ends in the middle: the rest is missing")
    if not flow.builder.blocks:
        raise BadFile("holds no text, only pictures" if reader.pictures else "holds no text")
    return flow.builder.document(flow.title, notes)


@dataclass
class _Flow:
    """The text itself, or something beside it: a note, a header, a text box, the list of styles."""

    kind: str = ""
    styles: dict[int, str] = field(default_factory=dict)
    edges: Counter[str] = field(default_factory=Counter)
    builder: Builder = field(default_factory=Builder)
    text: list[str] = field(default_factory=list)
    title: str = ""

    def __post_init__(self) -> None:
        self._paragraph: dict[str, int] = {}
        self._lines: list[str] = []  # of the cell being read
        self._inner: list[list[str]] = [[]]  # rows of a table in it
        self._row: list[str] = []
        self._above: list[str] = []
        self._merges: list[bool] = []  # whether a cell of the row is merged with the one above
        self._merge = False
        self._rows: list[str] = []
        self._columns = 0
        self._marks = 0
        self._later: list[str] = []
        self._author = ""

    def layout(self, word: str, number: int) -> None:
        if word == "pard":
            self._paragraph.clear()
        elif word == "s" and self.kind == "styles":
            self.text.append(f"{number}\0")
        elif word in _KEPT:
            self._paragraph[word] = number
        elif word == "trowd":
            self._merges, self._merge = [], False
        elif word == "clvmrg":
            self._merge = True
        elif word == "cellx":
            self._merges.append(self._merge)
            self._merge = False

    def end(self, how: str) -> None:
        if self.kind in ("styles", "field"):
            return
        words = "".join(self.text)
        self.text.clear()
        if how in ("cell", "row", "nestcell", "nestrow") or self._paragraph.get("intbl"):
            self._in_table(how, words)
            return
        self._close_table()
        words = words.strip()
        level = self._level()
        if level and words:
            self.builder.add("heading", " ".join(words.split()), level=level)
        else:
            self.builder.add("text", re.sub(r"^([•·▪➢])\s*", "- ", words))
        self._flush()

    def take(self, inner: _Flow) -> None:
        """What stood beside the text, where it stood."""
        if inner.kind == "styles":
            for name in "".join(inner.text).split(";"):
                number, _, words = name.rpartition("\0")
                if number.isdigit():
                    self.styles[int(number)] = words.strip().lower()
            return
        if inner.kind in ("title", "author"):
            words = " ".join("".join(inner.text).split())
            self.title = words if inner.kind == "title" else self.title
            self._author = words if inner.kind == "author" else self._author
            return
        if inner.kind == "field":
            self.text.append(sign("".join(inner.text)))
            return
        inner.finish()
        words = inner.builder.text.strip()
        if not words:
            return
        if inner.kind == "edge":
            self.edges[words] += 1
            if self.edges[words] == 1 and sum(letter.isalpha() for letter in words) > 2:
                self._later.append(words)
        elif inner.kind == "note":
            self._marks += 1
            self.text.append(f"[{self._marks}]")
            self._later.append(f"[{self._marks}] {words}")
        elif inner.kind == "comment":
            self._later.append(f"Comment ({self._author}): {words}" if self._author else f"Comment: {words}")
            self._author = ""
        else:
            self._later.append(words)

    def finish(self) -> None:
        if any(part.strip() for part in self.text):
            self.end("cell" if self._paragraph.get("intbl") else "par")
        if self._lines or self._row:
            self._in_table("row", "")
        self._close_table()
        self._flush()

    def _level(self) -> int:
        """Of a heading, from 1; 0 for other text."""
        outline = self._paragraph.get("outlinelevel", 9)
        name = self.styles.get(self._paragraph.get("s", -1), "")
        found = re.fullmatch(r"(?:heading|überschrift|titre|título|titolo|kop) ?([1-9])", name)
        if found or name == "title":
            return min(int(found[1]), 6) if found else 1
        return min(outline + 1, 6) if 0 <= outline < 9 else 0

    def _in_table(self, how: str, words: str) -> None:
        if how == "nestcell":
            self._inner[-1].append(in_cell([*self._lines, *words.split("\n")]))
            self._lines = []
        elif how == "nestrow":
            self._lines.append(", ".join(filter(None, self._inner[-1])))
            self._inner = [[]]
        elif how == "row":
            if words.strip() or self._lines:
                self._in_table("cell", words)
            for at, cell in enumerate(self._row[: len(self._above)]):
                if not cell and at < len(self._merges) and self._merges[at]:
                    self._row[at] = self._above[at]
            if any(self._row):
                self._rows.append(" | ".join(self._row))
                self._columns = max(self._columns, len(self._row))
            self._above, self._row = self._row, []
        else:
            self._lines += words.split("\n")
            if how == "cell":
                self._row.append(in_cell(self._lines))
                self._lines = []

    def _close_table(self) -> None:
        if self._lines or self._row:
            self._in_table("row", "")
        rows, self._rows, self._above = self._rows, [], []
        if self._columns > 1:
            add_rows(rows, self.builder)
        else:
            for text in rows:
                self.builder.add("text", text)
        self._columns = 0

    def _flush(self) -> None:
        later, self._later = self._later, []
        for words in later:
            self.builder.add("text", words)
