"""What a loader gives: the text of one file and the blocks it is built of."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from operator import attrgetter
from typing import Any, Literal

from rag.errors import BadFile

MAX_TEXT = 50_000_000
"""Characters of text one file may give."""

LONG_HEADING = 200
"""Characters of a heading beyond which it is read as text: above a passage it would be shortened."""


@dataclass(frozen=True, slots=True)
class Block:
    """A stretch of `Document.text` that should stay together: a heading, a paragraph or list, a table row, code."""

    kind: Literal["heading", "text", "row", "code"]
    start: int
    end: int
    """Character offsets into `Document.text`, end exclusive."""
    page: int = 0
    """From 1; 0 where the format has no pages."""
    level: int = 0
    """Headings: 1 is the outermost."""
    title: str = ""
    """Headings: the text without markup."""
    header: str = ""
    """Rows: the table's first row, which explains the cells."""


@dataclass
class Document:
    title: str
    """How a person calls it: its own title, else the file's name."""
    text: str
    """Plain text, Markdown and code: the decoded file. Other formats: the text that was extracted from it."""
    blocks: list[Block] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    """What was passed over, each as a clause for people: "page 2 is a picture, without text"."""


class Builder:
    """Collects extracted pieces into one text with blocks."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self._parts: list[str] = []
        self._length = 0

    def add(
        self,
        kind: Literal["heading", "text", "row", "code"],
        text: str,
        page: int = 0,
        level: int = 0,
        header: str = "",
    ) -> None:
        text = text.rstrip() if kind == "code" else text.strip()
        if not text.strip():
            return
        if self._length + len(text) > MAX_TEXT:
            raise too_long()
        if kind == "heading" and len(text) > LONG_HEADING:
            kind = "text"
        if self._parts:
            gap = "\n" if kind == "row" and self.blocks[-1].kind == "row" else "\n\n"
            self._parts.append(gap)
            self._length += len(gap)
        title = " ".join(text.split()) if kind == "heading" else ""
        self.blocks.append(Block(kind, self._length, self._length + len(text), page, level, title, header))
        self._parts.append(text)
        self._length += len(text)

    def mark(self) -> tuple[int, int, int]:
        """How far it is, for `back`."""
        return len(self.blocks), len(self._parts), self._length

    def back(self, mark: tuple[int, int, int]) -> None:
        """Forget what was added since."""
        blocks, parts, self._length = mark
        del self.blocks[blocks:], self._parts[parts:]

    def take(self, document: Document) -> None:
        """Add the blocks of another document."""
        for block in document.blocks:
            text = block.title if block.kind == "heading" else document.text[block.start : block.end]
            self.add(block.kind, text, block.page, block.level, block.header)

    @property
    def text(self) -> str:
        return "".join(self._parts)

    def document(self, title: str, notes: Iterable[str] = ()) -> Document:
        return Document(" ".join(title.split()), self.text, self.blocks, list(notes))


def too_long() -> BadFile:
    return BadFile(f"gives more than {MAX_TEXT / 1e6:.0f} million characters of text; split it")


def as_json(document: Document) -> dict[str, Any]:
    """``document`` in JSON's types; what is written above many rows is in it once."""
    headers = {header: number for number, header in enumerate(dict.fromkeys(block.header for block in document.blocks))}
    columns = [list(map(attrgetter(name), document.blocks)) for name in _NAMES]  # small beside a list for each block
    columns[_HEADER] = [headers[header] for header in columns[_HEADER]]
    return {**vars(document), "blocks": columns, "headers": list(headers)}


def from_json(value: dict[str, Any]) -> Document:
    headers, columns = value.pop("headers"), value.pop("blocks")
    columns[_HEADER] = [headers[number] for number in columns[_HEADER]]
    return Document(**value, blocks=[Block(*values) for values in zip(*columns, strict=True)])


_NAMES = [one.name for one in fields(Block)]
_HEADER = _NAMES.index("header")
