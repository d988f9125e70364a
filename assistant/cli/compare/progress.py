"""How far `compare run` and `compare replay` are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assistant.compare.run import CompareProgress


@contextmanager
def progress_bar() -> Iterator[Callable[[CompareProgress], None]]:
    """Yields what takes the progress; prints each phase once when the output is no terminal."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeElapsedColumn, TimeRemainingColumn

    from assistant.cli import notice
    from assistant.terminal import column
    from assistant.terminal import console as open_console

    console = open_console(stderr=True)
    columns = (
        column("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        column("left:"),
        TimeRemainingColumn(),
    )
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_interactive, speed_estimate_period=120
    ) as bar:
        task = None
        phase = ""
        total = 0

        def progress(state: CompareProgress) -> None:
            nonlocal task, phase, total
            if state.phase != phase and not console.is_interactive:
                notice(f"{state.phase} ({state.done:.0f} of {state.total} done)")
            phase = state.phase
            if task is None or state.total != total:  # the judge counts other things; what was there before is no speed
                if task is not None:
                    bar.remove_task(task)
                total, task = state.total, bar.add_task("", total=max(state.total, 1), completed=round(state.done))
            bar.update(task, description=state.phase, completed=round(state.done))

        yield progress
