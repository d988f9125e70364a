"""What a comparison found: a line per quantity, a cell per arm, with 95 % intervals; differences are paired, question
by question. Which lines there are stands in assistant.compare.lines."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from assistant.compare.statistics import Bounds, Interval, paired

TOO_FEW = "too few"

Cell = Interval | float | str | None
"""A value in units of 1 (not per cent); words = why it has none; None = not measured."""


@dataclass(frozen=True)
class Line:
    number: int
    """From 1, by which the verdict names it."""
    key: str
    name: str
    unit: str
    """``%``, ``s``, ``MB``, ``tokens``, ``$`` or empty."""
    better: str
    """``higher``, ``lower``, or empty where neither is."""
    n: int
    """Questions it is the mean of; 0 = it was measured once."""
    cells: Mapping[str, Cell]
    """By arm. Of a group of one question, of which no interval can tell anything, the words are `TOO_FEW`."""
    differences: Mapping[str, Interval] = field(default_factory=dict)
    """Arm -> it minus the first arm, on the same questions."""
    values: Mapping[str, Sequence[float]] = field(default_factory=dict, repr=False)
    """Arm -> one value per question, where the line is their mean."""
    bounds: Bounds = None
    """Of one of these values."""

    @property
    def intervals(self) -> dict[str, Interval]:
        """Those of the cells that are one."""
        return {arm: cell for arm, cell in self.cells.items() if isinstance(cell, Interval)}

    def mark(self, arm: str) -> str:
        """▲ surely better than the first arm, ▼ surely worse, empty: not decided, or neither is better."""
        difference = self.differences.get(arm)
        if difference is None or not difference.decided or not self.better:
            return ""
        return "▲" if (difference.mean > 0) is (self.better == "higher") else "▼"


@dataclass(frozen=True)
class Table:
    name: str
    arms: list[str]
    lines: list[Line]
    seed: int

    def line(self, key: str) -> Line | None:
        """None also where there was only one question."""
        return next((line for line in self.lines if line.key == key and line.n != 1), None)

    def difference(self, line: Line, one: str, other: str) -> Interval:
        """One arm minus another, paired."""
        return paired(line.values[one], line.values[other], self.seed, line.bounds)

    def legend(self, intervals: str = "In brackets") -> str:
        start = f"{intervals} 95 % intervals; - not measured"
        if len(self.arms) < 2:
            return f"{start}."
        return f"{start}; ▲ ▼ surely better, worse than {self.arms[0]} on the same questions (paired)."


def shown(value: Cell, unit: str, signed: bool = False) -> str:
    """A cell for people: ``34 %``; an interval follows in brackets: ``34 % (24 to 45)``."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "-"
    if isinstance(value, str):
        return value
    if isinstance(value, Interval):
        return f"{_number(value.mean, unit, signed)} ({_bare(value.low, unit)} to {_bare(value.high, unit)})"
    return _number(value, unit, signed)


def _number(value: float, unit: str, signed: bool) -> str:
    text = _bare(value, unit)
    sign = "+" if signed and float(text) > 0 else ""
    gap = {"%": " %", "": ""}.get(unit, f" {unit}")
    return f"{sign}{text}{gap}"


def _bare(value: float, unit: str) -> str:
    match unit:
        case "%":
            text = f"{100 * value:.0f}"
        case "s":
            text = f"{value:.2f}" if abs(value) < 10 else f"{value:.0f}"
        case "tokens" | "MB":
            text = f"{value:.0f}"
        case _:
            text = f"{value:.2f}"
    return text[1:] if text.startswith("-") and not float(text) else text


def as_json(table: Table) -> list[dict[str, Any]]:
    def plain(cell: Cell) -> Any:
        return {"mean": cell.mean, "low": cell.low, "high": cell.high} if isinstance(cell, Interval) else cell

    return [
        {
            "number": line.number,
            "key": line.key,
            "name": line.name.strip(),
            "unit": line.unit,
            "better": line.better,
            "n": line.n,
            "arms": {arm: plain(cell) for arm, cell in line.cells.items()},
            "differences": {arm: plain(cell) for arm, cell in line.differences.items()},
        }
        for line in table.lines
    ]
