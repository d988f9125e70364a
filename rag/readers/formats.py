"""Loaders of formats that are text themselves: plain, Markdown, source code."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from rag.decode import decode
from rag.document import LONG_HEADING, Block, Builder, Document

_BLANK_LINES = re.compile(r"\n[ \t]*\n\s*")
_FRONT_MATTER = re.compile(
    r"(?P<mark>---|\+\+\+)[ \t]*\n"
    r"(?P<lines>(?:[\w\"'][\w \"'.-]*[:=](?:[ \t].*)?\n|[ \t]+.*\n|- .*\n|[\]}\[#].*\n|\n)+)"
    r"(?:(?P=mark)|\.\.\.)[ \t]*(?:\n|$)"
)
_GOES_ON = ".,;:!?-…。，、；：！？।؟،؛۔"  # ends sentences and clauses, and no headings
_PART, _LONGEST_PART = 500_000, 1_000_000  # characters
_LONG = 200
"""Characters of a table's first row beyond which it is shortened above the others, and stored by itself too."""


def plain(data: bytes) -> Document:
    """A short line of its own, without a full stop, between blank lines, is taken for a heading."""
    text = decode(data)
    blocks = list(_paragraphs(text, 0, len(text)))
    for index, block in enumerate(blocks[:-1]):
        words = text[block.start : block.end].strip()
        if len(words) <= 80 and "\n" not in words and words[-1] not in _GOES_ON and words[0].isalnum():
            blocks[index] = Block("heading", block.start, block.end, level=1 if index == 0 else 2, title=words)
    return Document(blocks[0].title if blocks else "", text, blocks)


def _paragraphs(text: str, start: int, end: int) -> Iterator[Block]:
    position = start
    for gap in [*_BLANK_LINES.finditer(text, start, end), None]:
        stop = gap.start() if gap else end
        if text[position:stop].strip():
            while text[position] == "\n":
                position += 1
            yield Block("text", position, stop)
        position = gap.end() if gap else end


def markdown(data: bytes) -> Document:
    text = decode(data)
    blocks: list[Block] = []
    names: dict[str, Any] = {}
    body, title = _front_matter(text)
    if body:
        blocks.append(Block("text", 0, len(text[:body].rstrip())))
    done = body
    for token, words, start, end in _markdown_blocks(text, body, names):
        blocks += _paragraphs(text, done, start)  # what the parser takes for the address of a link, as a short footnote
        done = max(done, end)
        end = start + len(text[start:end].rstrip())
        if end <= start or token.type == "hr":
            continue
        if token.type == "heading_open" and end - start <= LONG_HEADING:
            blocks.append(Block("heading", start, end, level=int(token.tag[1]), title=words))
        elif token.type == "table_open":
            blocks += _markdown_rows(text, start, end)
        else:
            blocks.append(Block("code" if token.type in ("fence", "code_block") else "text", start, end))
    blocks += _paragraphs(text, done, len(text))
    for index, block in enumerate(blocks):
        if block.kind == "heading":
            blocks[index] = replace(block, title=_without_markup(block.title, names))
            title = title or (blocks[index].title if block.level == 1 else "")
    return Document(title, text, blocks)


def _markdown_blocks(text: str, start: int, names: dict[str, Any]) -> Iterator[tuple[Any, str, int, int]]:
    """The token that opens each outermost block, the block's words (of a heading), where it begins and ends.

    ``names`` takes up what the links' names stand for. The parser takes up to a hundred times the memory of the text,
    so it is given parts of it. The last block of a part may go on behind it: the next part begins with it. A block that
    is longer than the longest part is cut where something begins in it, such as a list's item.
    """
    size = _PART
    while start < len(text):
        stop = (text.find("\n", start + size) + 1) or len(text)
        lines = [start]
        for line in text[start:stop].split("\n"):
            lines.append(lines[-1] + len(line) + 1)
        with _markdown_it().reset_rules():
            _markdown_it().disable("inline")
            tokens = _markdown_it().parse(text[start:stop], names)
        outer = [at for at, token in enumerate(tokens) if token.level == 0 and token.map and token.nesting != -1]
        for at in outer if stop == len(text) else outer[:-1]:
            first, behind = tokens[at].map
            yield tokens[at], tokens[min(at + 1, len(tokens) - 1)].content, lines[first], min(lines[behind], stop)
        last = lines[tokens[outer[-1]].map[0]] if outer and stop < len(text) else stop
        size = _PART if last > start else 2 * size
        if size > _LONGEST_PART and outer:
            size, token = _PART, tokens[outer[0]]
            last = _end_of_long(text, start, stop, token, lines, tokens)
            yield token, "", start, last
        start = last


def _end_of_long(text: str, start: int, stop: int, token: Any, lines: list[int], tokens: list[Any]) -> int:
    """Where a block that fills the part from ``start`` to ``stop`` ends, or may be cut."""
    if token.type == "fence":
        end = re.compile(rf"^ {{0,3}}{re.escape(token.markup)}{re.escape(token.markup[0])}*[ \t]*$", re.MULTILINE)
        closing = end.search(text, (text.find("\n", start) + 1) or len(text))
        return (text.find("\n", closing.end()) + 1 or len(text)) if closing else len(text)
    if token.type == "table_open":
        blank = re.compile(r"^[ \t]*$", re.MULTILINE).search(text, stop)
        return blank.start() if blank else len(text)
    inner = [lines[each.map[0]] for each in tokens if each.level == 1 and each.map and each.nesting != -1]
    return max((place for place in inner if start < place < stop), default=stop)


@functools.cache
def _markdown_it() -> Any:
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark").enable("table")


def _front_matter(text: str) -> tuple[int, str]:
    """Where the text begins behind lines of `key: value` (YAML) or `key = value` (TOML), and the title in them.

    A rule of dashes may begin a text as well: then other lines stand below it.
    """
    found = _FRONT_MATTER.match(text)
    if not found:
        return 0, ""
    title = re.search(r"^title\s*[:=][ \t]*(.*)$", found["lines"], re.IGNORECASE | re.MULTILINE)
    words = title[1].strip() if title else ""
    if len(words) > 1 and words[0] == words[-1] and words[0] in "\"'":
        words = words[1:-1]
    return found.end(), "" if words in (">", "|", ">-", "|-") else words


def _without_markup(words: str, names: dict[str, Any]) -> str:
    tokens = _markdown_it().parseInline(words, names)[0].children or []
    parts = [token.content for token in tokens if token.type in ("text", "code_inline")]
    return " ".join("".join(parts).split())


def _markdown_rows(text: str, start: int, end: int) -> Iterator[Block]:
    rows: list[tuple[int, int]] = []
    for line in text[start:end].splitlines(keepends=True):
        rows.append((start, start + len(line.rstrip())))
        start += len(line)
    header = text[slice(*rows[0])]
    if len(rows) <= 2 or len(header) > _LONG:
        yield Block("row", rows[0][0], rows[1][1] if len(rows) > 1 else rows[0][1])
    for row in rows[2:]:
        yield Block("row", *row, header=header)


def add_rows(rows: Iterable[str], builder: Builder, page: int = 0) -> None:
    """Add a table whose first row explains the others."""
    below = RowsBelow(builder, page)
    for row in rows:
        below.add(row)
    below.end()


class RowsBelow:
    """Adds the rows of a table as they come, below the first one, which explains them."""

    def __init__(self, builder: Builder, page: int = 0) -> None:
        self._builder, self._page = builder, page
        self._first = ""
        self._alone = True  # whether nothing was added that shows the first row

    def add(self, row: str) -> None:
        if not row.strip(" |"):
            return
        if self._first:
            self._builder.add("row", row, self._page, header=self._first)
            self._alone = False
            return
        self._first = row
        if len(row) > _LONG:
            self._builder.add("row", row, self._page)
            self._alone = False

    def end(self) -> None:
        if self._first and self._alone:
            self._builder.add("row", self._first, self._page)


def in_cell(lines: Iterable[str]) -> str:
    """The lines of a table's cell as one: a stroke stands between them, where no sentence ends."""
    text = ""
    for line in lines:
        line = " ".join(line.split())
        if text and line:
            text += " " if text[-1] in ".,;:!?…/" else " / "
        text += line
    return text


def code(data: bytes) -> Document:
    """Blocks end where a blank line is followed by a line that is not indented: between functions and classes."""
    text = decode(data)
    blocks: list[Block] = []
    position = 0
    for gap in [*re.finditer(r"\n[ \t]*\n+(?=\S)", text), None]:
        stop = gap.start() if gap else len(text)
        if text[position:stop].strip():
            blocks.append(Block("code", position, position + len(text[position:stop].rstrip())))
        position = gap.end() if gap else len(text)
    return Document("", text, blocks)
