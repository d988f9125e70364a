"""What a benchmark found: a table for people, JSON for machines, a plot, each with machine, engines and date."""

from __future__ import annotations

import json
import os
import platform
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from assistant.errors import UsageError
from rag import output

if TYPE_CHECKING:
    from matplotlib.figure import Figure as MatplotlibFigure


@dataclass(frozen=True)
class Figure:
    """One measured quantity; ``p50``, ``p95`` and ``largest`` are equal when it was measured once."""

    name: str
    unit: str
    n: int
    p50: float
    p95: float
    largest: float
    bound: str = ""
    """What was promised, in words, e.g. ``p50 ≤ 0.45``; empty when nothing was."""
    met: bool | None = None

    @classmethod
    def of(
        cls,
        name: str,
        unit: str,
        values: ArrayLike,
        *,
        p50: float | None = None,
        p95: float | None = None,
        most: float | None = None,
    ) -> Figure:
        """Sum ``values`` up; ``p50``, ``p95``, ``most`` bound the median, the 95th percentile and the largest."""
        measured = np.asarray(values, float)
        found = [float(np.percentile(measured, share)) if measured.size else float("nan") for share in (50, 95, 100)]
        bounds = [
            (text, value, limit)
            for text, value, limit in zip(("p50", "p95", "max"), found, (p50, p95, most))
            if limit is not None
        ]
        median, high, largest = found
        return cls(
            name,
            unit,
            measured.size,
            median,
            high,
            largest,
            ", ".join(f"{text} ≤ {limit:g}" for text, _, limit in bounds),
            all(value <= limit for _, value, limit in bounds) if bounds else None,
        )

    @classmethod
    def single(
        cls, name: str, unit: str, n: int, value: float, most: float | None = None, least: float | None = None
    ) -> Figure:
        """One number that sums up ``n`` cases by itself, e.g. a rate; ``most`` or ``least`` is its bound."""
        bound, met = "", None
        if most is not None:
            bound, met = f"≤ {most:g}", value <= most
        elif least is not None:
            bound, met = f"≥ {least:g}", value >= least
        return cls(name, unit, n, value, value, value, bound, met)


@dataclass
class Result:
    bench: str
    rows: list[Figure]
    engines: dict[str, str] = field(default_factory=dict)
    details: list[dict] = field(default_factory=list)
    """One dict per case, e.g. per question."""
    machine: dict[str, object] = field(default_factory=lambda: machine())
    date: str = field(default_factory=lambda: datetime.now().astimezone().isoformat(timespec="seconds"))


def machine() -> dict[str, object]:
    """CPU, cores, memory, system, and how busy it was: numbers from a busy machine are worth little."""
    import psutil

    from assistant.concurrency.threads import cores, processor

    return {
        "cpu": processor(),
        "cores": cores(),
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "load_before": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
    }


def write(result: Result, folder: Path) -> Path:
    """Write ``<bench>.json`` into ``folder`` and return its path."""
    output.make_folder(folder)
    path = folder / f"{result.bench}.json"
    output.write_text(path, json.dumps(asdict(result), indent=1, ensure_ascii=False, default=float) + "\n")
    return path


def show(result: Result) -> str:
    """The table, as Markdown, so that it can be pasted into docs/BENCHMARKS.md as it is."""
    machine = result.machine
    engines = ", ".join(result.engines.values())
    lines = [
        f"### {result.bench}",
        "",
        f"{result.date}; {machine['cpu']}, {machine['cores']} cores, {machine['memory_gb']} GB; load before: "
        f"{machine['load_before']}" + (f"; {engines}" if engines else ""),
        "",
        "| what | unit | n | p50 | p95 | max | bound | met |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for entry in result.rows:
        met = "" if entry.met is None else "yes" if entry.met else "**no**"
        numbers = " | ".join(f"{value:.3g}" for value in (entry.p50, entry.p95, entry.largest))
        lines.append(f"| {entry.name} | {entry.unit} | {entry.n} | {numbers} | {entry.bound} | {met} |")
    return "\n".join(lines)


def plot(result: Result, path: Path) -> None:
    """A bar for each row's median, a line to its 95th percentile, a panel for each unit; needs matplotlib.

    Raises UsageError when it is missing.
    """
    units = list(dict.fromkeys(row.unit for row in result.rows))
    picture = new_picture((10, 1.5 + 0.4 * len(result.rows)))
    heights = [sum(row.unit == unit for row in result.rows) for unit in units]
    for axes, unit in zip(np.atleast_1d(picture.subplots(len(units), 1, height_ratios=heights)), units):
        rows = [row for row in result.rows if row.unit == unit][::-1]
        axes.barh([row.name for row in rows], [row.p50 for row in rows], color="tab:blue", alpha=0.7)
        axes.hlines(range(len(rows)), [row.p50 for row in rows], [row.p95 for row in rows], color="black")
        axes.set_xlabel(unit)
    picture.savefig(path, dpi=120)


def new_picture(size: tuple[float, float]) -> MatplotlibFigure:
    """An empty one of so many inches. Raises UsageError when matplotlib is missing."""
    try:
        import matplotlib
        from matplotlib.figure import Figure as MatplotlibFigure
    except ImportError:
        raise UsageError("the plot needs matplotlib: pip install matplotlib") from None
    matplotlib.rcdefaults()  # a matplotlibrc in the folder that one stands in is read while it is imported
    return MatplotlibFigure(figsize=size, layout="constrained")
