"""A comparison on the terminal, as CSV and as JSON; the page is in assistant.compare.page."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from assistant.compare import metrics
from assistant.compare.results import Results
from assistant.compare.statistics import Interval
from assistant.compare.table import Line, Table, as_json, shown
from assistant.compare.verdict import Sentence, sentences

_MARKS = {True: "▲", False: "▼", None: ""}


def mark(line: Line, arm: str) -> str:
    """▲ surely better than the first arm, ▼ surely worse, empty: not decided, or neither is better."""
    difference = line.differences.get(arm)
    if difference is None or not difference.decided or not line.better:
        return ""
    return _MARKS[(difference.mean > 0) is (line.better == "higher")]


def show(results: Results, table: Table, console: Any) -> None:
    """On a rich console."""
    from rich.markup import escape
    from rich.table import Table as Grid

    console.print(f"\n[bold]{escape(heading(results))}[/bold]", highlight=False)
    grid = Grid(box=None, pad_edge=False, header_style="bold")
    grid.add_column("", justify="right", style="dim")
    grid.add_column("")
    grid.add_column("n", justify="right", style="dim")
    for arm in table.arms:
        grid.add_column(escape(arm), justify="right")
    for line in table.lines:
        cells = [f"{shown(line.cells[arm], line.unit)} {mark(line, arm) or ' '}".replace(" to ", "…") for arm in table.arms]
        grid.add_row(str(line.number), escape(line.name), str(line.n or ""), *cells)
    console.print(grid)
    console.print(legend(table), style="dim", highlight=False, markup=False)
    for name, reason in results.left_out.items():
        console.print(f"[bold]{escape(name)}[/bold] is left out: {escape(reason)}", highlight=False)
    for note in results.notes:
        console.print(f"Note: {note}.", highlight=False, markup=False)
    console.print("\n[bold]Verdict[/bold]")
    for sentence in sentences(table, results):
        console.print(str(sentence), highlight=False, markup=False)


def heading(results: Results) -> str:
    kinds: dict[str, int] = {}
    for question in results.questions:
        kinds[question.kind] = kinds.get(question.kind, 0) + 1
    counts = ", ".join(f"{count} {kind}" for kind, count in kinds.items())
    way = "spoken" if results.header.spoken else "typed"
    return f"{results.name}: {', '.join(results.arms)} on {len(results.questions)} questions ({counts}), {way}"


def legend(table: Table) -> str:
    start = "In brackets 95 % intervals; - not measured"
    if len(table.arms) < 2:
        return f"{start}."
    return f"{start}; ▲ ▼ surely better, worse than {table.arms[0]} on the same questions (paired)."


def as_csv(table: Table) -> str:
    """One row per line and arm; values in the line's unit, shares in per cent."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["line", "key", "name", "unit", "better", "n", "arm", "value", "low", "high",
                     f"minus {table.arms[0]}", "low", "high"])
    for line in table.lines:
        for arm in table.arms:
            writer.writerow([line.number, line.key, line.name.strip(), line.unit, line.better, line.n, arm,
                             *_ends(line.cells[arm], line.unit), *_ends(line.differences.get(arm), line.unit)])
    return file.getvalue()


def _ends(cell: Interval | float | str | None, unit: str) -> list[str]:
    factor = 100 if unit == "%" else 1
    if isinstance(cell, Interval):
        return [f"{factor * value:.4f}" for value in (cell.mean, cell.low, cell.high)]
    if isinstance(cell, str):
        return [cell, "", ""]
    return ["" if cell is None else f"{factor * cell:.4f}", "", ""]


def document(results: Results, table: Table) -> dict[str, Any]:
    """All of it for machines: the table, the verdict with its lines, the curves, and every answer with its score."""
    verdict: list[Sentence] = sentences(table, results)
    return {
        "name": results.name, "made": results.header.made, "machine": results.header.machine,
        "settings": results.header.settings, "arms": results.header.arms, "left_out": results.left_out,
        "notes": results.notes, "judge": results.judge, "lines": as_json(table),
        "verdict": [{"text": sentence.text, "lines": list(sentence.lines)} for sentence in verdict],
        "curves": {arm: [asdict(point) for point in metrics.curve(counted(results, arm))] for arm in table.arms},
        "questions": [{
            "id": question.id, "question": question.text, "answers": list(question.answers), "kind": question.kind,
            "label": results.labels.get(question.id), "heard": results.heard.get(question.id, {}).get("text"),
            "arms": {arm: {"text": results.answers[arm][question.id]["text"],
                           "outcome": results.answers[arm][question.id]["outcome"],
                           **asdict(results.scores[arm][question.id])} for arm in table.arms}}
            for question in results.questions]}


def counted(results: Results, arm: str) -> list[metrics.Score]:
    """The scores that the curve is made of."""
    return [results.scores[arm][question.id] for question in results.checkable]


def write(results: Results, table: Table, folder: Path) -> list[Path]:
    """report.html, report.csv and report.json in ``folder``. Raises OSError."""
    from assistant.compare import page
    from training.rows import write_text

    texts = {"report.html": page.html(results, table), "report.csv": as_csv(table),
             "report.json": json.dumps(document(results, table), ensure_ascii=False, indent=1) + "\n"}
    for name, text in texts.items():
        write_text(folder / name, text)
    return [folder / name for name in texts]
