"""Documents -> passages that follow the document's structure and fit wholly into what the embedder sees."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from rag.breaks import SENTENCE, last
from rag.document import Block, Document
from rag.text import canonical

VERSION = 3
"""Part of what a collection records: raise it when the same document would be cut differently."""
Spans = Callable[[str], list[tuple[int, int]]]
"""The embedder's tokenizer: the character range of every token, without special tokens."""
_SPECIAL = 2  # tokens the model adds around a text
_CONTEXT = 64  # tokens the headings and the table's first row may take each
_AT_ONCE = 50_000  # characters for the tokenizer, what it makes of them takes two hundred times as many bytes
_CUTS = {"code": re.compile(r"\n"), "row": re.compile(r"(?<=[;|])\s|\n"), "text": re.compile(SENTENCE)}


@dataclass(frozen=True)
class Passage:
    text: str
    """Exactly ``document.text[start:end]``."""
    context: str
    """Where it stands: the headings, for tables also the first row. Embedded and searched together with the text."""
    title: str
    """Of the document."""
    headings: tuple[str, ...]
    page: int
    """From 1; 0 where there are no pages."""
    start: int
    end: int

    @property
    def embedded(self) -> str:
        return canonical(f"{self.context}\n{self.text}" if self.context else self.text)


@dataclass(frozen=True)
class _Unit:
    """The smallest stretch that is packed: a block or, of a long block, some of its sentences, lines or words."""

    start: int
    end: int
    page: int
    header: str


def chunk(document: Document, spans: Spans, limit: int, size: int) -> list[Passage]:
    """Cut ``document`` into passages of about ``size`` tokens, never over ``limit``, all that is embedded counted.

    Neighbouring blocks of one section are joined while they fit; a block is cut only if it alone does not fit: between
    sentences or lines, else between words. All text of the document's blocks is in exactly one passage.
    """
    tokens = _starts(document.text, spans)
    passages: list[Passage] = []
    for headings, blocks in _sections(document):
        path = tuple(
            title
            for position, title in enumerate((document.title, *headings))
            if title and (position == 0 or title != document.title)
        )
        context = _last_tokens(path, spans)
        taken = len(spans(context)) + _SPECIAL
        units: list[_Unit] = []
        for block in blocks:
            header = _first_tokens(block.header, spans)
            room = min(limit, size) - taken - len(spans(header)) - 2
            units += _units(document.text, block, header, tokens, max(room, 16))
        for start, end, page, header in _packed(units, tokens, size - taken, spans):
            full = f"{context}\n{header}" if header else context
            for part_start, part_end in _fitting(document.text, start, end, full, spans, limit):
                passages.append(
                    Passage(
                        document.text[part_start:part_end], full, document.title, path[1:], page, part_start, part_end
                    )
                )
    return passages


def _starts(text: str, spans: Spans) -> Sequence[int]:
    """Where each token begins."""
    starts = array("L")
    begin = 0
    while begin < len(text):
        end = begin + _AT_ONCE
        if end < len(text):  # between words, where there are any
            end = max(text.rfind(sign, begin + _AT_ONCE // 2, end) for sign in "\n ") + 1 or end
        starts.extend(begin + start for start, _ in spans(text[begin:end]))
        begin = end
    return starts


def _sections(document: Document) -> Iterator[tuple[tuple[str, ...], list[Block]]]:
    """(headings from the outside in, the blocks below them). A heading with nothing below it is a block itself."""
    path: list[Block] = []
    body: list[Block] = []
    for block in [*document.blocks, None]:
        if block is not None and block.kind != "heading":
            body.append(block)
            continue
        level = block.level if block else 0
        if body:
            yield tuple(heading.title for heading in path), body
        elif path and level <= path[-1].level:
            yield tuple(heading.title for heading in path[:-1]), [path[-1]]
        body = []
        if block is not None:
            path = [heading for heading in path if heading.level < level] + [block]


def _units(text: str, block: Block, header: str, tokens: Sequence[int], room: int) -> Iterator[_Unit]:
    if _count(tokens, block.start, block.end) <= room:
        yield _Unit(block.start, block.end, block.page, header)
        return
    cuts = [match.end() for match in _CUTS.get(block.kind, _CUTS["text"]).finditer(text, block.start, block.end)]
    start = block.start
    for end in [*cuts, block.end]:
        if end <= start or not text[start:end].strip():
            continue
        while _count(tokens, start, end) > room:  # one sentence or line that is too long by itself
            stop = _after_tokens(text, tokens, start, room)
            yield _Unit(start, stop, block.page, header)
            start = stop
        if start < end:
            yield _Unit(start, end, block.page, header)
        start = end


def _packed(units: list[_Unit], tokens: Sequence[int], room: int, spans: Spans) -> Iterator[tuple[int, int, int, str]]:
    first: _Unit | None = None
    end = 0
    for unit in units:
        if (
            first is not None
            and unit.header == first.header
            and _count(tokens, first.start, unit.end) <= room - len(spans(first.header))
        ):
            end = unit.end
            continue
        if first is not None:
            yield first.start, end, first.page, first.header
        first, end = unit, unit.end
    if first is not None:
        yield first.start, end, first.page, first.header


def _fitting(text: str, start: int, end: int, context: str, spans: Spans, limit: int) -> Iterator[tuple[int, int]]:
    """The range, or its halves: some tokenizers count a piece differently when it stands alone."""
    while start < end and text[start].isspace():
        start += 1
    while start < end and text[end - 1].isspace():
        end -= 1
    if start == end:
        return
    if end - start > 1 and len(spans(canonical(f"{context}\n{text[start:end]}"))) + _SPECIAL > limit:
        middle = last(text, start, (start + end) // 2)
        yield from _fitting(text, start, middle, context, spans, limit)
        yield from _fitting(text, middle, end, context, spans, limit)
    else:
        yield start, end


def _count(tokens: Sequence[int], start: int, end: int) -> int:
    return bisect_left(tokens, end) - bisect_left(tokens, start)


def _after_tokens(text: str, tokens: Sequence[int], start: int, room: int) -> int:
    """The end of the last sentence or whole word among the next ``room`` tokens, else of the last token."""
    stop = tokens[bisect_left(tokens, start) + room]
    return last(text, start, max(stop, start + 1))


def _last_tokens(path: tuple[str, ...], spans: Spans) -> str:
    """The headings joined; the outermost go first when they are too long together."""
    for first in range(len(path)):
        joined = " › ".join(path[first:])
        if len(spans(joined)) <= _CONTEXT:
            return joined
    return _first_tokens(path[-1], spans) if path else ""


def _first_tokens(text: str, spans: Spans) -> str:
    ranges = spans(text)
    return text if len(ranges) <= _CONTEXT else text[: ranges[_CONTEXT - 1][1]].rstrip()
