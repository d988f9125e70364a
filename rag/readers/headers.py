"""Which row of a table names its columns: one rule for sheets and for tables of text."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from enum import Enum
from typing import NamedTuple

LOOKED_AT = 50
"""Rows that decide, the first one included."""
_NUMBER = re.compile(r"[-+(€$£¥\s]*\d[\d.,'’:/\s-]*(?:[eET][-+\d:.]+Z?)?[%€$£¥)\s]*")
"""A number, an amount, a date or a time."""
_LONG_NUMBER = 100
_PERIOD = re.compile(r"(?:19|20)\d\d(?:-[01]\d(?:-[0-3]\d)?)?|[0-3]?\d([./])[01]?\d\1(?:19|20)?\d\d")
_ADDRESS = re.compile(r"\w@\w+\.|://")


class Sort(Enum):
    WORDS = 1
    PERIOD = 2
    """A year or a date: it may be the name of a column, too."""
    VALUE = 3
    NUMBER = 4
    """Of which only the text is known: it may be the name of a column of words."""


class Cell(NamedTuple):
    text: str
    sort: Sort = Sort.WORDS
    span: int = 1
    """How many columns it is merged over."""


def sorted_cell(text: str) -> Cell:
    """A cell of which only the text is known."""
    if len(text) > _LONG_NUMBER or not _NUMBER.fullmatch(text):
        return Cell(text)
    return Cell(text, Sort.PERIOD if _PERIOD.fullmatch(text) else Sort.NUMBER)


def names_columns(first: Mapping[int, Cell], below: Sequence[Mapping[int, Cell]], fits: bool) -> bool:
    """Whether the ``first`` row of a table, by column, names the columns of the rows ``below``. No cell is empty.

    ``fits``: whether the names of the table before fit these columns: then only what is surely a header is one.
    """
    last = max(first)
    columns = {at: list[Cell]() for at in first}
    for row in below:
        for at, cell in row.items():
            if at <= last:
                columns.setdefault(at, []).append(cell)
    values = {at for at, cells in columns.items() if 2 * sum(_is_figure(cell) for cell in cells) > len(cells)}
    if figures := [at for at, cell in first.items() if _is_figure(cell)]:
        if min(columns) in figures:
            return False
        periods = all(first[at].sort is Sort.PERIOD and not _holds_period(columns[at]) for at in figures)
        known = any(first[at].sort is Sort.VALUE for at in figures)
        other = not known and len(first) > 2 and not values.intersection(figures)
        if (periods or other) and any(columns[at] for at in figures):
            return True
        return _counts_up([first[at].text for at in figures])
    if values:
        return True
    recurs = any(cell.text == other.text for at, cell in first.items() for other in columns[at])
    return not fits and not recurs and not any(_is_content(cell.text) for cell in first.values())


def _is_figure(cell: Cell) -> bool:
    return cell.sort is not Sort.WORDS


def _holds_period(cells: Sequence[Cell]) -> bool:
    return any(cell.sort is Sort.PERIOD for cell in cells)


def _counts_up(numbers: list[str]) -> bool:
    """Whether they are years, or numbers of columns."""
    if len(numbers) < 2 or not all(re.fullmatch(r"\d{1,4}", number) for number in numbers):
        return False
    values = [int(number) for number in numbers]
    steps = {after - before for before, after in zip(values, values[1:])}
    years = all(1500 <= value <= 2200 for value in values)
    return len(steps) == 1 and (years and 0 not in steps or steps == {1} and values[0] <= 1 and len(values) > 2)


def _is_content(cell: str) -> bool:
    """A sentence or an address, as no column is called where nothing else tells."""
    return cell[-1:] in tuple(".?!") and cell.count(" ") >= 2 or _ADDRESS.search(cell[:200]) is not None
