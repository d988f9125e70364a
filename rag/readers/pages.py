"""Pages of HTML and XHTML -> document, however long: a page is parsed in pieces, and what was read of it is dropped."""

from __future__ import annotations

import html as entities
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from rag.decode import CHARSET, decode
from rag.document import Builder, Document
from rag.errors import BadFile
from rag.readers.formats import RowsBelow
from rag.readers.markup import CELLS, Rows, Walk, bound, in_one, lays_out, outside_cells, refuse_cut, tag_of

_EVENTS = ("start", "end", "comment", "pi")
_PIECE = 1 << 18  # characters
_WHOLE = {"math", "ruby", "sup", "table"}
"""What can be told from all of it only."""
_MOST_HELD = 20_000
"""Events of such an element beyond which it is read as it comes: a table row by row."""
_CHARACTER = re.compile(r"&(?:([A-Za-z][A-Za-z0-9]*)|#1[2-5]\d);")
_DEEPEST = 256  # elements in one another, where libxml2 stops without a word
_LONGEST_NAME = 40  # characters of a name of a character
_LONG_TAG, _MOST_ATTRIBUTES = re.compile(r"<[A-Za-z][^<>]{50000,}"), 500
_ATTRIBUTE = re.compile(r"""\s[^\s"'=]+""")
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
_EMPTY_TAG = re.compile(
    r"<(?!(?:area|base|br|col|embed|hr|img|input|link|meta|source|track|wbr)\b)([A-Za-z][\w:-]*)([^<>]*)/>"
)


@dataclass
class Page:
    title: str = ""
    pictured: bool = False
    """Whether a picture is on it."""
    navigation: bool = False
    """Whether menus on it were passed over."""


def html(data: bytes) -> Document:
    builder = Builder()
    page = add_page(data, builder)
    heading = next((block.title for block in builder.blocks if block.kind == "heading" and block.level == 1), "")
    notes = ["its menus are not read"] if page.navigation else []
    return builder.document(page.title or heading, notes)


def add_page(data: bytes, builder: Builder) -> Page:
    """Add the text of an HTML or XHTML document, however well formed it is; elements that are no prose (scripts,
    navigation) are left out. Raises BadFile, and then adds nothing."""
    from lxml import etree

    stated = CHARSET.search(data[:4096])
    text = decode(data, stated.group(1).decode("ascii") if stated else None)
    text = _LONG_TAG.sub(_with_few_attributes, text)
    xhtml = text.lstrip().startswith("<?xml") or "http://www.w3.org/1999/xhtml" in text[:2000]
    begun = builder.mark()
    try:
        if xhtml:
            # Without huge_tree libxml2 bounds what entities grow to; external ones are not fetched.
            parser = etree.XMLPullParser(_EVENTS, resolve_entities="internal", no_network=True, load_dtd=False)
            try:
                return _read(parser, _pieces(text), builder)
            except etree.XMLSyntaxError as error:
                if reason := bound(str(error)):
                    raise BadFile(reason) from None
                builder.back(begun)
        pieces = _pieces(text)
        if xhtml:
            pieces = (_EMPTY_TAG.sub(r"<\1\2></\1>", piece) for piece in pieces)
        parser = etree.HTMLPullParser(_EVENTS, encoding="utf-8", no_network=True)
        try:
            page = _read(parser, pieces, builder)
        except (etree.ParserError, etree.XMLSyntaxError) as error:
            if reason := bound(str(error)):
                raise BadFile(reason) from None
            if builder.mark() != begun:
                raise
            page = Page()  # nothing but white space and comments
        refuse_cut(parser)
        return page
    except BadFile:
        builder.back(begun)
        raise


def _pieces(text: str) -> Iterator[str]:
    """The page with characters in the place of their names; no piece ends in a tag or in such a name."""
    declared = set(re.findall(r"<!ENTITY\s+(\w+)", text[:100_000]))
    declaration = _DECLARATION.match(text)
    begin = declaration.end() if declaration else 0
    while begin < len(text):
        end = begin + _PIECE
        if end < len(text):
            tag = text.rfind("<", begin + 1, end)
            name = text.rfind("&", max(begin + 1, end - _LONGEST_NAME), end)
            end = tag if tag > 0 else name if name > 0 else end
        piece = text[begin:end]
        yield _CHARACTER.sub(lambda found: found[0] if found[1] in declared else _character(found), piece)
        begin = end


def _with_few_attributes(tag: re.Match) -> str:
    """libxml2 compares each attribute of a tag with all others."""
    for number, attribute in enumerate(_ATTRIBUTE.finditer(tag[0])):
        if number == _MOST_ATTRIBUTES:
            return tag[0][: attribute.start()]
    return tag[0]


def _character(found: re.Match) -> str:
    """HTML's names of characters are unknown to an XML parser, and those of HTML 5 to libxml2."""
    known = entities.unescape(found[0])
    return found[0] if found[1] in ("amp", "lt", "gt", "quot", "apos") else entities.escape(known, quote=False)


def _read(parser: Any, pieces: Iterable[str], builder: Builder) -> Page:
    reading = _Reading(builder)
    for piece in pieces:
        parser.feed(piece.encode("utf-8", "replace"))
        reading.take(parser.read_events())
    parser.close()
    reading.take(parser.read_events())
    reading.finish()
    return reading.page


class _Reading:
    """Walks a page while it is parsed. Each event waits for the next one: only then all that stands behind it is there,
    and what ended before it may leave the tree."""

    def __init__(self, builder: Builder) -> None:
        self.page = Page()
        self._builder, self._walk = builder, Walk(builder)
        self._waiting: tuple[str, Any] | None = None
        self._depth = 0
        self._dropped: Any = None  # an element that is left out, while it is open
        self._held: Any = None  # one that is told from all of it, while it is open
        self._events: list[tuple[str, Any]] = []  # in it
        self._table: _LongTable | None = None

    def take(self, events: Iterable[tuple[str, Any]]) -> None:
        for event in events:
            self._depth += (event[0] == "start") - (event[0] == "end")
            if self._depth >= _DEEPEST:
                raise BadFile("is nested too deeply")
            if self._waiting:
                self._step(*self._waiting)
            self._waiting = event

    def finish(self) -> None:
        self.take([("", None)])
        self._walk.flush()

    def _step(self, event: str, element: Any) -> None:
        tag = tag_of(element)
        if event == "start" and tag in ("img", "image"):
            self.page.pictured = True
        if self._table is not None:
            if self._table.step(event, element, tag):
                self._table = None
                self._ended(element)
        elif self._held is not None:
            self._events.append((event, element))
            if event == "end" and element is self._held:
                self._held = None
                self._walk.part(element)
                self._ended(element)
            elif len(self._events) > _MOST_HELD:
                self._let_go()
        elif self._dropped is not None:
            if tag_of(self._dropped) == "nav":
                self.page.navigation |= any((text or "").strip() for text in (element.text, element.tail))
            if event == "end" and element is self._dropped:
                self._dropped = None
                self.page.title = self.page.title or (tag == "title" and element.text) or ""
                self._ended(element)
            elif event != "start":
                _leave(element)
        elif event == "start" and tag in _WHOLE:
            self._held, self._events = element, []
        elif event == "start":
            self._begin(element, tag)
        else:
            if event == "end":
                self._walk.close(tag)
            self._ended(element)

    def _begin(self, element: Any, tag: str) -> None:
        if self._walk.open(element, tag):
            self._walk.say(element.text)
        else:
            self._dropped = element

    def _ended(self, element: Any) -> None:
        self._walk.say(element.tail)
        _leave(element)

    def _let_go(self) -> None:
        """Of what is too long to be held, a table of data goes on row by row, all else as if it stood alone."""
        element, events = self._held, self._events
        self._held, self._events = None, []
        tag = tag_of(element)
        if tag == "table" and not lays_out(element):
            self._walk.flush()
            self._table = _LongTable(element, self._builder)
        elif tag == "table":
            self._walk.flush()
            self._walk.say(element.text)
        elif tag == "sup":
            self._begin(element, tag)
        else:
            self._walk.say(element.text)
        for event in events:
            self._step(*event)


class _LongTable:
    """Adds the rows of a table while they are parsed, then what stands outside its cells."""

    def __init__(self, table: Any, builder: Builder) -> None:
        self._element, self._builder = table, builder
        self._rows, self._below = Rows(), RowsBelow(builder)
        self._inside = 0  # cells and tables that are open
        self._in_row = False
        self._outside: list[str] = []

    def step(self, event: str, element: Any, tag: str) -> bool:
        """Whether the table has ended."""
        if event == "end" and element is self._element:
            self._outside += outside_cells(element)
            self._below.end()
            self._builder.add("text", " ".join(" ".join(self._outside).split()))
            return True
        if tag in CELLS or tag == "caption":
            self._inside += (event == "start") - (event == "end")
        if tag == "tr" and not self._inside:
            self._in_row = event == "start"
        if event != "end" or self._inside or self._in_row:
            return False
        if tag in CELLS or tag == "caption":
            self._builder.add("text", in_one(element))
            _leave(element)
        elif tag == "tr":
            self._below.add(" | ".join(self._rows.cells(element)))
            self._outside += (*outside_cells(element), element.tail or "")
            _leave(element)
        return False


def _leave(element: Any) -> None:
    parent = element.getparent()
    if parent is not None:
        parent.remove(element)
