"""CSV and its like -> document: each row is a block that names its columns."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from rag.decode import decode
from rag.document import Builder, Document
from rag.readers.formats import in_cell
from rag.readers.headers import LOOKED_AT, names_columns, sorted_cell

_STATED = re.compile(r'"?sep=(\\t|[^\n"])"?[ \t,;]*(?:\n|\Z)', re.IGNORECASE)
"""The line with which a file tells Excel its delimiter."""
_DELIMITERS = (
    "\t;|,"  # of two that part a file as well the first is meant: a comma stands in numbers and sentences, too
)
_NO_DELIMITER = "\x1f"
_SAMPLE = 50_000  # characters that decide
_LONG_ROW = 1000
"""Characters of a row that is likely cut: then its first cell stands above, and cells of half as many are sentences."""
_LONG_LINE = 120  # characters of a line above a table that is no title any more
_SWOLLEN, _TIMES = 200_000, 6
"""Characters in any case, and times the cells, that the names of columns may add; else they stand above the rows."""


def csv_table(data: bytes) -> Document:
    text = decode(data)
    stated = _STATED.match(text)
    delimiter = stated[1].replace("\\t", "\t") if stated else _delimiter(text[:_SAMPLE].rpartition("\n")[0] or text)
    builder = Builder()
    add_table(list(_rows(text[stated.end() :] if stated else text, delimiter)), builder)
    return builder.document("")


def _delimiter(text: str) -> str:
    """The one that parts most rows, from the first that it parts, into as many cells, the more the better."""
    best, found = 0.0, _NO_DELIMITER
    for delimiter in _DELIMITERS:
        if delimiter not in text:
            continue
        decimal = delimiter == "," and any(other in text for other in ";\t")
        sample = re.sub(r"(?<=\d),(?=\d)", ".", text) if decimal else text
        widths = [len(row) for row in _rows(sample, delimiter) if any(cell.strip() for cell in row)]
        width = _usual(widths)
        if width < 2:
            continue
        widths = widths[widths.index(width) :]
        share = widths.count(width) / len(widths)
        parted = sum(other > 1 for other in widths) / len(widths)
        score = share * (1 - 1 / width)
        if score > best and (share >= 0.5 or parted >= 0.9):
            best, found = score, delimiter
    return found


def _usual(widths: Sequence[int]) -> int:
    """The commonest number of cells beyond one, the larger of two; 1 where no row has more."""
    counts = Counter(width for width in widths if width > 1)
    return max(counts, key=lambda width: (counts[width], width), default=1)


def _rows(text: str, delimiter: str) -> Iterator[list[str]]:
    """A quote that no other one before a delimiter or the line's end belongs to is a sign like any other."""
    read = _Quoted(text, delimiter)
    start, width = 0, 0
    while start < len(text):
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        if text.find('"', start, end) < 0:
            cells, start = text[start:end].split(delimiter), end + 1
        else:
            cells, start = read.row(start, end, width)
        width = width or (len(cells) if len(cells) > 1 else 0)
        yield cells


class _Quoted:
    """Reads rows with quotes in them; takes time in proportion to the text, however they stand."""

    def __init__(self, text: str, delimiter: str) -> None:
        self._text, self._delimiter = text, delimiter
        end = rf'"[^\S\n{re.escape(delimiter)}]*(?={re.escape(delimiter)}|\n|\Z)'
        self._begin = re.compile(r'[^\S\n\t]*"')
        self._whole = re.compile(r'([^"]*+(?:""[^"]*+)*+)' + end)
        self._close = re.compile(end)

    def row(self, at: int, end: int, width: int) -> tuple[list[str], int]:
        """The cells of the row at ``at``, whose first line ends at ``end``, and where the next one begins."""
        text, delimiter = self._text, self._delimiter
        cells: list[str] = []
        closed = True  # whether a quote that ends a cell may follow in this line
        while True:
            found = None
            if begin := self._begin.match(text, at, end):
                found = self._whole.match(text, begin.end())
                if found and self._runs_over_rows(found[1], width):
                    found = None
                if found:
                    cells.append(found[1].replace('""', '"'))
                    stop = found.end()
                elif closed:
                    following = text.find(delimiter + '"', begin.end(), end)
                    found = self._close.search(text, begin.end(), end if following < 0 else following)
                    closed = found is not None or following >= 0
                    if found:
                        cells.append(text[begin.end() : found.start()])
                        stop = found.end()
            if not found:
                stop = text.find(delimiter, at, end)
                stop = end if stop < 0 else stop
                cells.append(text[at:stop])
            if stop >= end:  # it may have ended lines further on
                end = text.find("\n", stop)
                end = len(text) if end < 0 else end
            if stop >= end:
                return cells, end + 1
            at = stop + 1

    def _runs_over_rows(self, cell: str, width: int) -> bool:
        """Whether each whole line in the cell looks like a row: then a quote before them has lost the one behind it."""
        lines = cell.split("\n")[1:-1] if width > 1 else []
        return bool(lines) and all(line.count(self._delimiter) == width - 1 for line in lines)


def add_table(rows: list[list[str]], builder: Builder) -> None:
    """Add the rows of one file or list: tables with what stands above and between them, parted by empty rows.

    The first row of each names the columns, unless it looks like the others.
    """
    rows = [[cell.strip() for cell in row] for row in rows]
    width = _usual([len(row) for row in rows if any(row)])
    names: list[str] = []
    for part in _parts(rows, width) if width > 1 else [[row for row in rows if any(row)]]:
        own = _usual([len(row) for row in part])
        if own < width and own <= 2 and not names:  # a name and its value in each line
            _add_notes(part, builder)
            continue
        first = 0
        while first < len(part) and width > 1 and _is_note(part[first], own):
            first += 1
        if first == len(part):  # no row of it is full
            first = 0
        _add_notes(part[:first], builder)
        part = part[first:]
        going_on = bool(names) and len(names) == own
        if _has_header(part, names, going_on):
            names = part.pop(0)
        elif not going_on:
            names = []
        if len(part) == 1 and not names:
            _add_notes(part, builder)
            continue
        _add_rows(part, _distinct(names), builder)


def _parts(rows: list[list[str]], width: int) -> Iterator[list[list[str]]]:
    """What empty rows part; names that stand alone belong to what is below them."""
    part: list[list[str]] = []
    for row in rows:
        if any(row):
            part.append(row)
        elif part and not (len(part) == 1 and len(part[0]) == width and not _is_note(part[0], width)):
            yield part
            part = []
    if part:
        yield part


def _is_note(row: list[str], width: int) -> bool:
    """Whether a row above a table is none of it: a header leaves few of its cells empty."""
    filled = sum(map(bool, row))
    index = not row[0] and filled == width - 1  # of rows whose first cell is their number
    return filled <= width / 2 and not index or row[0].startswith("#") and len(row) != width


def _add_notes(rows: list[list[str]], builder: Builder) -> None:
    for row in rows:
        cells = [in_cell(cell.split("\n")) for cell in row if cell]
        first = not builder.blocks and len(cells) == 1 and len(cells[0]) <= _LONG_LINE
        if first and cells[0][-1] not in ".:;,":
            builder.add("heading", cells[0].lstrip("# "), level=1)
        elif len(cells) == 2:
            builder.add("row", f"{cells[0].rstrip(':')}: {cells[1]}")
        else:
            builder.add("row", "; ".join(cells))


def _has_header(rows: list[list[str]], before: list[str], going_on: bool) -> bool:
    """``going_on``: whether the names of the table ``before`` fit: then only what is surely a header is one."""
    if len(rows) < 2:
        return bool(rows) and rows[0] == before
    if rows[0] == before:
        return True
    first, *below = ({at: sorted_cell(cell) for at, cell in enumerate(row) if cell} for row in rows[:LOOKED_AT])
    return names_columns(first, below, going_on)


def _distinct(names: Sequence[str]) -> list[str]:
    """With a number behind each that was there before."""
    seen: Counter[str] = Counter()
    named = []
    for name in (in_cell(name.split("\n")) for name in names):
        seen[name] += 1
        named.append(f"{name} ({seen[name]})" if name and seen[name] > 1 else name)
    return named


def _add_rows(rows: list[list[str]], names: list[str], builder: Builder) -> None:
    size = sum(len(cell) for row in rows for cell in row)
    swollen = sum(map(len, names)) * len(rows) > _SWOLLEN + _TIMES * size
    header = " | ".join(filter(None, names)) if swollen or not rows else ""
    if header:
        builder.add("row", header)
    else:
        filled = {at for row in rows for at, cell in enumerate(row) if cell}
        builder.add("row", "; ".join(f"{name}:" for at, name in enumerate(names) if name and at not in filled))
    for row in rows:
        cells = [in_cell(cell.split("\n")) if "\n" in cell else cell for cell in row]
        if header:
            builder.add("row", " | ".join(cells), header=header)
            continue
        named = names + [""] * (len(cells) - len(names))
        pairs = [f"{name}: {cell}" if name else cell for name, cell in zip(named, cells) if cell]
        add_record(pairs, builder, pairs[0] if len(pairs[0]) <= _LONG_LINE else "")


def add_record(pairs: Sequence[str], builder: Builder, called: str = "") -> None:
    """One block of cells, each with its name. What is ``called`` stands above each part of a long one."""
    line = "; ".join(pairs)
    long = len(line) > _LONG_ROW
    sentences = any(len(pair) > _LONG_ROW // 2 for pair in pairs)
    builder.add("text" if sentences else "row", line, header=called if long else "")
