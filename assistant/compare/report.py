"""A comparison on the terminal, as CSV and as JSON; the page is in assistant.compare.page."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.compare import metrics, page
from assistant.compare.results import Results
from assistant.compare.statistics import Interval
from assistant.compare.table import Cell, Line, Table, as_json, shown
from assistant.compare.verdict import Conclusion, sentences

if TYPE_CHECKING:
    from rich.console import Console

_Cells = dict[tuple[int, str], tuple[str, str, str]]
"""A line's number and an arm -> see `_parts`."""
_NAME = 20  # characters of a line's name that are readable in a column


def show(results: Results, table: Table, console: Console) -> None:
    """On a rich console."""
    from rich.text import Text

    console.print(Text(f"\n{results.heading}", "bold"))
    cells = {(line.number, arm): _parts(line, arm) for line in table.lines for arm in table.arms}
    widest = max(map(len, (*table.arms, *map(_whole, cells.values()))))
    room = console.width - len("99  999 ") - len(table.arms) * (widest + len(" ▲ "))
    (_wide if room >= _NAME else _narrow)(table, cells, console)
    intervals = "In brackets" if room >= _NAME else "Below the values their"
    console.print(table.legend(intervals), style="dim", highlight=False, markup=False)
    for name, reason in results.left_out.items():
        console.print(Text.assemble((name, "bold"), f" is left out: {reason}"))
    for note in results.notes:
        console.print(f"Note: {note}.", highlight=False, markup=False)
    console.print(Text("\nVerdict", "bold"))
    for sentence in sentences(table, results):
        console.print(str(sentence), highlight=False, markup=False)


def _parts(line: Line, arm: str) -> tuple[str, str, str]:
    """A cell's value or words, its interval, and its mark; each of the last two may be empty."""
    cell = line.cells[arm]
    if isinstance(cell, str):
        return cell, "", ""
    value, _, interval = shown(cell, line.unit).partition(" (")
    return value, interval.rstrip(")").replace(" to ", "…"), line.mark(arm)


def _whole(parts: tuple[str, str, str]) -> str:
    value, interval, _ = parts
    return f"{value} ({interval})" if interval else value


def _wide(table: Table, cells: _Cells, console: Console) -> None:
    from rich.table import Table as Grid
    from rich.text import Text

    grid = Grid(box=None, padding=(0, 1, 0, 0), pad_edge=False, header_style="bold")
    grid.add_column("", justify="right", style="dim")
    grid.add_column("")
    grid.add_column("n", justify="right", style="dim")
    for arm in table.arms:
        grid.add_column(Text(arm), justify="right", no_wrap=True)
        grid.add_column("", min_width=1)
    for line in table.lines:
        row = [cells[line.number, arm] for arm in table.arms]
        grid.add_row(
            str(line.number),
            Text(line.name),
            str(line.n or ""),
            *(Text(text) for parts in row for text in (_whole(parts), parts[-1])),
        )
    console.print(grid)


def _narrow(table: Table, cells: _Cells, console: Console) -> None:
    """Each name on a line of its own, the values below it, and their intervals below them."""
    width = max(len(text) for texts in (table.arms, *cells.values()) for text in texts) + len(" ▲ ")

    def row(texts: Iterable[str], style: str = "") -> None:
        console.print("".join(text.rjust(width) for text in texts).rstrip(), style=style, highlight=False, markup=False)

    row((f"{arm}  " for arm in table.arms), "bold")
    for line in table.lines:
        name = f"{line.number:2} {line.name.strip()}" + f" (n = {line.n})" * (line.n > 0)
        console.print(name, highlight=False, markup=False)
        row(f"{value} {mark or ' '}" for value, _, mark in (cells[line.number, arm] for arm in table.arms))
        intervals = [cells[line.number, arm][1] for arm in table.arms]
        if any(intervals):
            row((f"{interval}  " for interval in intervals), "dim")


def as_csv(table: Table) -> str:
    """One row per line and arm; values in the line's unit, shares in per cent."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(
        [
            "line",
            "key",
            "name",
            "unit",
            "better",
            "n",
            "arm",
            "value",
            "low",
            "high",
            f"minus {table.arms[0]}",
            "low",
            "high",
        ]
    )
    for line in table.lines:
        for arm in table.arms:
            writer.writerow(
                [
                    line.number,
                    line.key,
                    line.name.strip(),
                    line.unit,
                    line.better,
                    line.n,
                    arm,
                    *_ends(line.cells[arm], line.unit),
                    *_ends(line.differences.get(arm), line.unit),
                ]
            )
    return file.getvalue()


def _ends(cell: Cell, unit: str) -> list[str]:
    factor = 100 if unit == "%" else 1
    if isinstance(cell, Interval):
        return [f"{factor * value:.4f}" for value in (cell.mean, cell.low, cell.high)]
    if isinstance(cell, str):
        return [cell, "", ""]
    return ["" if cell is None else f"{factor * cell:.4f}", "", ""]


def document(results: Results, table: Table) -> dict[str, Any]:
    """All of it for machines: the table, the verdict with its lines, the curves, and every answer with its score."""
    verdict: list[Conclusion] = sentences(table, results)
    return {
        "name": results.name,
        "made": results.header.made,
        "machine": results.header.machine,
        "settings": results.header.settings,
        "arms": results.header.arms,
        "left_out": results.left_out,
        "notes": results.notes,
        "judge": results.judge,
        "lines": as_json(table),
        "verdict": [{"text": sentence.text, "lines": list(sentence.lines)} for sentence in verdict],
        "curves": {arm: [asdict(point) for point in metrics.curve(results.counted(arm))] for arm in table.arms},
        "questions": [
            {
                "id": question.id,
                "question": question.text,
                "answers": list(question.answers),
                "kind": question.kind,
                "label": results.labels.get(question.id),
                "heard": results.heard.get(question.id, {}).get("text"),
                "arms": {
                    arm: {
                        "text": results.answers[arm][question.id]["text"],
                        "outcome": results.answers[arm][question.id]["outcome"],
                        **asdict(results.scores[arm][question.id]),
                    }
                    for arm in table.arms
                },
            }
            for question in results.questions
        ],
    }


def write(results: Results, table: Table, folder: Path) -> list[Path]:
    """report.html, report.csv and report.json in ``folder``. Raises OSError."""
    from rag.output import write_text

    texts = {
        "report.html": page.html(results, table),
        "report.csv": as_csv(table),
        "report.json": json.dumps(document(results, table), ensure_ascii=False, indent=1) + "\n",
    }
    for name, text in texts.items():
        write_text(folder / name, text)
    return [folder / name for name in texts]
