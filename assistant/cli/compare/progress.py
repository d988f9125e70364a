"""How far `compare run` and `compare replay` are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def progress_bar() -> Iterator:
    """Yields a callback for `assistant.compare.run.CompareProgress`; prints each phase once when the output is no terminal."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    from assistant.cli.compare.choice import say

    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left:"),
        TimeRemainingColumn(),
    )
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal, speed_estimate_period=120
    ) as bar:
        task = None
        told = ""
        total = 0

        def show(state) -> None:
            nonlocal task, told, total
            if state.phase != told and not console.is_terminal:
                say(f"{state.phase} ({state.done:.0f} of {state.total} done)")
            told = state.phase
            if state.total != total:  # the judge counts other things; what was there before is no speed
                if task is not None:
                    bar.remove_task(task)
                total, task = state.total, bar.add_task("", total=max(state.total, 1), completed=round(state.done))
            bar.update(task, description=state.phase, completed=round(state.done))

        yield show
