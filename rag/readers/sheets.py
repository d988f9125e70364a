"""The cells of a sheet -> rows that say what each cell is, as those of a CSV file do."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, NamedTuple

from rag.document import MAX_TEXT, Builder, too_long
from rag.readers.headers import LOOKED_AT, Cell, Sort, names_columns

_LONG_NAME = 80
"""Characters of a column's name beyond which it is shortened before the cells, and stored by itself too."""
_WIDEST = 1000  # columns over which one name is spread


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
    for row, coming in _with_coming(rows):
        begins = begins or row.number > last + 1
        last = row.number
        if above is None and begins and _names_columns(row, coming, names):
            _add(builder, unsaid.values())
            above = _spread(row)
            if not _goes_on(row, coming[0]):
                names, above = above, None
                unsaid = _named(names, builder)
            begins = False
        elif above is not None:
            own = {at: cell.text for at, cell in row.cells.items()}
            names = {at: _joined(above.get(at, ""), own.get(at, "")) for at in sorted({*above, *own})}
            above, unsaid = None, _named(names, builder)
        elif len(row.cells) == 1 and (begins or not names):
            builder.add("text", next(iter(row.cells.values())).text)
        else:
            begins = False
            _add(builder, (_said(names.get(at, ""), cell.text) for at, cell in row.cells.items()))
            for at in row.cells:
                unsaid.pop(at, None)
    _add(builder, unsaid.values())


def _with_coming(rows: Iterable[Row]) -> Iterator[tuple[Row, deque[Row]]]:
    """Each row, and some of those that follow it."""
    following = iter(rows)
    coming = deque(islice(following, LOOKED_AT))
    while coming:
        row = coming.popleft()
        yield row, coming
        coming.extend(islice(following, 1))


def _names_columns(row: Row, coming: Iterable[Row], names: dict[int, str]) -> bool:
    """Whether a row that begins a table, perhaps below one whose columns have ``names``, names its columns."""
    cells = row.cells
    width = sum(min(cell.span, _WIDEST) for cell in cells.values())
    if width < 2:
        return False
    below = [one.cells for number, one in enumerate(coming, row.number + 1) if one.number == number]
    if not below or 2 * width <= len(below[0]):
        return False
    return names_columns(cells, below, bool(names) and cells.keys() <= names.keys())


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
