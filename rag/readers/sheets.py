"""The cells of a sheet -> rows that say what each cell is, as those of a CSV file do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import Enum
from itertools import pairwise
from typing import Any, NamedTuple

from rag.document import MAX_TEXT, Builder, too_long

_LONG_NAME = 80
"""Characters of a column's name beyond which it is shortened before the cells, and stored by itself too."""
_WIDEST = 1000  # columns over which one name is spread


class Sort(Enum):
    WORDS = 1
    PERIOD = 2
    """A year or a date: it may be the name of a column, too."""
    VALUE = 3


class Cell(NamedTuple):
    text: str
    sort: Sort = Sort.WORDS
    span: int = 1
    """How many columns it is merged over."""


class Row(NamedTuple):
    number: int
    """From 1; rows without text are left out."""
    cells: dict[int, Cell]
    """By column, from 0, in their order; none is empty."""


class Headed(Builder):
    """Adds to another one, below a heading that stands there once something is added."""

    def __init__(self, builder: Builder, heading: str) -> None:
        super().__init__()
        self._builder, self._heading = builder, heading
        self.blocks = builder.blocks

    def add(self, kind: Any, text: str, page: int = 0, level: int = 0, header: str = "") -> None:
        if text.strip() and self._heading:
            self._builder.add("heading", self._heading, level=1)
            self._heading = ""
        self._builder.add(kind, text, page, level, header)


def add_sheet(rows: Iterable[Row], builder: Builder) -> None:
    """Add the tables of a sheet, which blank rows may part, with the titles and remarks around them."""
    names: dict[int, str] = {}
    unsaid: dict[int, str] = {}  # names that stand before no cell yet
    above: dict[int, str] | None = None  # the first of two rows of names
    last, begins = 0, True
    for row, following in pairwise(_ended(rows)):
        begins = begins or row.number > last + 1
        last = row.number
        if above is None and begins and _names_columns(row, following, names):
            _add(builder, unsaid.values())
            above = _spread(row)
            if not _goes_on(row, following):
                names, above = above, None
                unsaid = _named(names, builder)
            begins = False
        elif above is not None:
            below = {at: cell.text for at, cell in row.cells.items()}
            names = {at: _joined(above.get(at, ""), below.get(at, "")) for at in sorted({*above, *below})}
            above, unsaid = None, _named(names, builder)
        elif len(row.cells) == 1 and (begins or not names):
            builder.add("text", next(iter(row.cells.values())).text)
        else:
            begins = False
            _add(builder, (_said(names.get(at, ""), cell.text) for at, cell in row.cells.items()))
            for at in row.cells:
                unsaid.pop(at, None)
    _add(builder, unsaid.values())


def _ended(rows: Iterable[Row]) -> Iterator[Row]:
    yield from rows
    yield Row(0, {})


def _names_columns(row: Row, following: Row, names: dict[int, str]) -> bool:
    """Whether a row that begins a table, perhaps below one whose columns have ``names``, names its columns."""
    cells, below = row.cells, following.cells
    width = sum(min(cell.span, _WIDEST) for cell in cells.values())
    if following.number != row.number + 1 or width < 2 or 2 * width <= len(below):
        return False
    for at, cell in cells.items():
        if cell.sort is Sort.VALUE or cell.sort is Sort.PERIOD and at in below and below[at].sort is Sort.PERIOD:
            return False
    return not names or not cells.keys() <= names.keys() or any(cell.sort is Sort.VALUE for cell in below.values())


def _goes_on(row: Row, following: Row) -> bool:
    """Whether the row below has names, too: for the columns that one of this row's is merged over."""
    return (
        len(following.cells) > 1
        and any(cell.span > 1 for cell in row.cells.values())
        and all(cell.sort is not Sort.VALUE for cell in following.cells.values())
    )


def _spread(row: Row) -> dict[int, str]:
    return {column: cell.text for at, cell in row.cells.items() for column in range(at, at + min(cell.span, _WIDEST))}


def _named(names: dict[int, str], builder: Builder) -> dict[int, str]:
    """The names that are to be said; long ones are said here and shortened."""
    if any(len(name) > _LONG_NAME for name in names.values()):
        _add(builder, names.values())
    for at, name in names.items():
        names[at] = " ".join(name[:_LONG_NAME].split()).rstrip(":")
    return dict(names)


def _joined(above: str, below: str) -> str:
    return above if above == below else f"{above} {below}".strip()


def _said(name: str, text: str) -> str:
    return f"{name}: {text}" if name else text


def _add(builder: Builder, parts: Iterable[str]) -> None:
    kept, length = [], 0
    for part in parts:
        length += len(part)
        if length > MAX_TEXT:  # before they are put together
            raise too_long()
        kept.append(part)
    builder.add("row", "; ".join(kept).replace(":; ", ": "))
