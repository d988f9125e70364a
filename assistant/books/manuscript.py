"""What every format gives before it is divided into chapters: blocks of text in reading order."""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from collections.abc import Collection
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Kind = Literal["heading", "text", "item", "caption", "note"]

MAX_NOTE = 1500
"""Words; what is longer is no note, whatever points to it."""

_THREE_LETTERS = {
    **{"ara": "ar", "ces": "cs", "chi": "zh", "cze": "cs", "dan": "da", "deu": "de", "dut": "nl", "ell": "el"},
    **{"eng": "en", "fin": "fi", "fra": "fr", "fre": "fr", "ger": "de", "gre": "el", "heb": "he", "hin": "hi"},
    **{"hun": "hu", "ita": "it", "jpn": "ja", "kor": "ko", "lat": "la", "nld": "nl", "nor": "no", "pol": "pl"},
    **{"por": "pt", "ron": "ro", "rum": "ro", "rus": "ru", "spa": "es", "swe": "sv", "tur": "tr", "ukr": "uk"},
    **{"zho": "zh"},
}
_NAMES = {
    **{"chinese": "zh", "czech": "cs", "danish": "da", "dutch": "nl", "english": "en", "finnish": "fi"},
    **{"french": "fr", "german": "de", "greek": "el", "hungarian": "hu", "italian": "it", "japanese": "ja"},
    **{"latin": "la", "norwegian": "no", "polish": "pl", "portuguese": "pt", "russian": "ru", "spanish": "es"},
    **{"swedish": "sv"},
}


@dataclass
class Block:
    """A heading, a paragraph, a list item or row of a table, a caption or a note."""

    kind: Kind
    text: str
    level: int = 0
    """Headings: 1 is the outermost."""
    front: bool = False
    """Whether it belongs to what is looked at rather than read: cover, title page, imprint, contents, index."""
    ids: Collection[str] = ()
    """The anchors that it, or what it stands in, can be reached by."""
    label: str = ""
    """The mark that a note begins with; part of the text of what turns out to be none."""

    said: str = ""
    """What the voice says of it; see `assistant.books.ear`."""

    @property
    def words(self) -> int:
        """How many, about: scripts without spaces count by their characters."""
        return max(len(self.text.split()), len(self.text) // 6)


@dataclass(frozen=True)
class Entry:
    """One line of the table of contents."""

    title: str
    level: int
    """From 1."""
    start: int
    """The block it leads to, by index; may be one past the last."""
    place: str = ""
    """The address it names, where the format has any."""


@dataclass
class Manuscript:
    blocks: list[Block]
    entries: list[Entry] = field(default_factory=list)
    """None: the headings are the table of contents."""
    title: str = ""
    author: str = ""
    language: str = ""
    """As the file writes it."""
    cover: bytes = b""
    missing: list[str] = field(default_factory=list)
    """What the file names or shows but does not hold as text."""


def as_json(book: Manuscript) -> dict[str, Any]:
    """``book`` in JSON's types."""
    blocks = [{**vars(block), "ids": list(block.ids)} for block in book.blocks]
    entries = [asdict(entry) for entry in book.entries]
    return {**vars(book), "blocks": blocks, "entries": entries, "cover": b64encode(book.cover).decode()}


def from_json(value: dict[str, Any]) -> Manuscript:
    blocks = [Block(**block) for block in value.pop("blocks")]
    entries = [Entry(**entry) for entry in value.pop("entries")]
    return Manuscript(blocks, entries, cover=b64decode(value.pop("cover")), **value)


def mark_notes(blocks: list[Block], referred: Collection[str]) -> None:
    """Make notes of the blocks that the marks in the text lead to, and give the others their labels back."""
    words: dict[str, int] = {}
    begins: dict[str, Block] = {}
    for block in blocks:
        for anchor in block.ids:
            if anchor in referred:
                words[anchor] = words.get(anchor, 0) + block.words
                begins.setdefault(anchor, block)
    notes = {
        anchor
        for anchor, block in begins.items()
        if words[anchor] <= MAX_NOTE
        and (block.label or block.kind == "item" or block.text[:1].strip("[(*†‡§").isdigit())
    }
    for block in blocks:
        if block.kind in ("text", "item") and notes.intersection(block.ids):
            block.kind = "note"
        if block.label and block.kind != "note":
            block.text = f"{block.label} {block.text}"
        block.label = ""


def two_letters(language: str) -> str:
    """``en-US``, ``eng``, ``English`` -> ``en``; empty when it is none of these."""
    language = re.split(r"[-_,; ]", language.strip().lower())[0]
    code = _THREE_LETTERS.get(language) or _NAMES.get(language) or language
    return code if re.fullmatch("[a-z]{2}", code) else ""
