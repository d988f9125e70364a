"""HTML and the elements of EPUB -> document: all that a reader would show, in its order."""

from __future__ import annotations

import html as entities
import re
from collections.abc import Iterator
from typing import Any

from rag.document import Builder, Document
from rag.formats import CHARSET, add_rows, decode, in_cell

_DROPPED = {"script", "style", "nav", "template", "noscript", "svg", "iframe", "head", "rp", "datalist"}
_DROPPED |= {"annotation", "annotation-xml"}  # the same formula once more, in a language for programs
BLOCKS = {
    *("address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details", "dialog", "dir", "div"),
    *("dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "frameset", "header", "hgroup", "hr", "html"),
    *("legend", "li", "main", "menu", "noframes", "ol", "option", "p", "search", "section", "summary", "tbody", "td"),
    *("tfoot", "th", "thead", "tr", "ul"),
}
HEADINGS = {f"h{level}": level for level in range(1, 7)}
_PREFORMATTED = {"pre", "listing", "plaintext", "xmp", "textarea"}
_ENTITY = re.compile(r"&([A-Za-z][A-Za-z0-9]*);")
_XML_SPACE = re.compile(r"^\s*<\?xml[^>]*\?>")
_OWN = {"amp", "lt", "gt", "quot", "apos"}


def html(data: bytes) -> Document:
    stated = CHARSET.search(data[:4096])
    text = decode(data, stated.group(1).decode("ascii") if stated else None)
    from lxml import html as parser

    lenient = parser.HTMLParser(encoding="utf-8", no_network=True)
    root = parser.document_fromstring(_XML_SPACE.sub("", text).encode("utf-8"), parser=lenient)
    builder = Builder()
    add_html(root, builder)
    heading = next((block.title for block in builder.blocks if block.kind == "heading" and block.level == 1), "")
    return builder.document(root.findtext(".//title") or heading)


def with_characters(data: bytes) -> bytes:
    """XHTML with HTML's names of characters (&nbsp;) written out: an XML parser knows them from a DTD alone."""
    stated = CHARSET.search(data[:4096])
    text = _XML_SPACE.sub("", decode(data, stated.group(1).decode("ascii") if stated else None))
    declared = set(re.findall(r"<!ENTITY\s+(\w+)", text[:100_000]))
    return _ENTITY.sub(lambda entity: entity[0] if entity[1] in declared else _character(entity), text).encode()


def _character(entity: re.Match) -> str:
    known = entities.unescape(entity[0])
    return entity[0] if entity[1] in _OWN or known == entity[0] else entities.escape(known)


def add_html(root: Any, builder: Builder) -> None:
    """Add the text of an lxml element tree; elements that are no prose (scripts, navigation) are left out."""
    _Walk(builder).add(root)


class _Walk:
    def __init__(self, builder: Builder) -> None:
        self._builder = builder
        self._line: list[str] = []
        self._inside: list[str] = []  # headings and <pre> being open
        self._numbers: list[int] = []  # of the items of ordered lists being open; -1 in others
        self._readings: list[list[str]] = []

    def add(self, root: Any) -> None:
        from lxml.etree import iterwalk

        walk = iterwalk(root, events=("start", "end", "comment", "pi"))
        for event, element in walk:
            tag = _tag(element)
            if event == "start" and not self._open(element, tag):
                walk.skip_subtree()
            elif event == "start":
                self._write(element.text)
            if event == "start":
                continue
            if event == "end":
                self._close(tag)
            if element is not root:
                self._write(element.tail)
        self._flush()

    def _open(self, element: Any, tag: str) -> bool:
        """Whether what is inside is walked."""
        if tag in _DROPPED or _unseen(element):
            return False
        if tag == "table":
            self._flush()
            if not _lays_out(element):
                _add_table(element, self._builder)
                return False
        if tag in BLOCKS or tag in HEADINGS or tag in _PREFORMATTED:
            self._flush()
        if tag in HEADINGS or tag in _PREFORMATTED:
            self._inside.append(tag)
        match tag:
            case "ol":
                self._numbers.append(_whole(element.get("start"), 1) - 1)
            case "ul" | "menu" | "dir":
                self._numbers.append(-1)
            case "li":
                self._line.append(self._item(element))
            case "dd":
                self._line.append(": " if self._builder.blocks else "")
            case "br":
                self._line.append("\n")
            case "rt":
                self._readings.append([])
            case _:
                self._line.append(_shown(element, tag))
        return True

    def _item(self, element: Any) -> str:
        if not self._numbers or self._numbers[-1] < 0:
            return "- "
        self._numbers[-1] = _whole(element.get("value"), self._numbers[-1] + 1)
        return f"{self._numbers[-1]}. "

    def _close(self, tag: str) -> None:
        if tag in _DROPPED or tag == "table" and not self._line:
            return
        if tag in BLOCKS or tag in HEADINGS or tag in _PREFORMATTED or tag == "table":
            self._flush()
        if self._inside and tag == self._inside[-1]:
            self._inside.pop()
        if self._numbers and tag in ("ol", "ul", "menu", "dir"):
            self._numbers.pop()

    def _write(self, text: str | None) -> None:
        self._line.append(text or "")

    def _flush(self) -> None:
        words = "".join(self._line)
        self._line.clear()
        if self._inside and self._inside[-1] in _PREFORMATTED:
            self._builder.add("code", words.strip("\n"))
        elif self._inside:
            self._builder.add("heading", " ".join(words.split()), level=HEADINGS[self._inside[-1]])
        else:
            self._builder.add("text", " ".join(words.split()))
