"""How good models are said to be: figures of public leaderboards, each with its source and date; scales never mix."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from assistant.errors import AssistantError
from assistant.folders import data_folder

_ORDER = ("Arena", "AA index", "Open LLM")  # what people prefer, before what tests say


@dataclass(frozen=True)
class Figure:
    model: str
    """As in catalogue.toml and known.toml."""
    scale: str
    value: float
    date: str
    """Of the table it stands in, as YYYY-MM-DD."""
    source: str
    licence: str
    more: str = ""
    """What else the table says, e.g. on how many votes it rests."""

    def __str__(self) -> str:
        return f"{self.scale} {self.value:g} ({', '.join(part for part in (self.more, self.date) if part)})"


def figures() -> dict[str, list[Figure]]:
    """Of each model, the best scale first. A newer table that `models refresh` fetched stands for the shipped one of
    its name. Raises AssistantError when a table names no source or date."""
    found: dict[str, list[Figure]] = {}
    for path in _tables():
        for figure in _read(path):
            found.setdefault(figure.model, []).append(figure)
    for of_model in found.values():
        of_model.sort(key=lambda one: (rank(one.scale), one.date))
    return found


def of(model: str) -> list[Figure]:
    return figures().get(model, [])


def said(model: str) -> str:
    """The first figure in words; ``not rated`` where none was found."""
    found = of(model)
    return str(found[0]) if found else "not rated"


def compared(one: str, other: str) -> tuple[Figure, Figure] | None:
    """Both models' figures on the first scale and of the same date that has both."""
    there = {(figure.scale, figure.date): figure for figure in of(other)}
    return next(
        ((figure, there[figure.scale, figure.date]) for figure in of(one) if (figure.scale, figure.date) in there), None
    )


def kept() -> Path:
    """Where newer tables lie."""
    return data_folder() / "quality"


def shipped() -> list[Path]:
    return sorted(Path(__file__).parent.glob("*.toml"))


def _tables() -> Iterator[Path]:
    for path in shipped():
        newer = kept() / path.name
        yield newer if newer.is_file() else path


def _read(path: Path) -> list[Figure]:
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        date.fromisoformat(table["date"])
        if not all(str(table[key]).strip() for key in ("source", "licence", "scale")):
            raise ValueError("an empty source")
        return [_figure(model, row, table) for model, row in table["figures"].items()]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise AssistantError(
            f"{path}: the table of figures cannot be used ({type(error).__name__}: {error}); remove it, or fetch it "
            "again: assistant models refresh"
        ) from None


def _figure(model: str, row: dict[str, Any], table: dict[str, Any]) -> Figure:
    more = f"{row['votes']:,} votes" if "votes" in row else f"IFEval {row['ifeval']:g}" if "ifeval" in row else ""
    return Figure(model, table["scale"], float(row["value"]), table["date"], table["source"], table["licence"], more)


def rank(scale: str) -> int:
    """0 for the kind of scale that says most."""
    return next((rank for rank, begin in enumerate(_ORDER) if scale.startswith(begin)), len(_ORDER))
