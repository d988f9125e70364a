"""What `assistant rag add` and `rebuild` share: the progress shown, and what is told at the end."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assistant.settings import RagSettings
    from rag.ingest import IngestProgress, Summary


def ingesting(settings: RagSettings, work: Callable) -> Summary:
    """Do ``work(store, model, embedder, progress)`` and tell what was done."""
    from assistant import knowledge
    from rag import embed, lexical

    store = knowledge.store(settings)
    model = embed.find(settings.embedder)
    try:
        with _progress_bar() as progress:
            summary = work(store, model, lambda: embed.for_ingest(model, store.path / "models"), progress)
    except KeyboardInterrupt:
        print("Interrupted; finished files are kept, the same command goes on from there.", file=sys.stderr)
        raise
    lexical.of(store)
    rate = _rate(summary.passages, summary.seconds)
    told = f", {rate}" if rate else ""
    print(
        f"{len(summary.added)} added, {len(summary.changed)} changed, {summary.unchanged} unchanged, "
        f"{len(summary.removed)} removed; {summary.passages} passages in {summary.seconds:.1f} s{told}"
    )
    for part in summary.partly:
        print(f"partly read: {part.path}: {part.reason}", file=sys.stderr)
    for second, first in summary.passed.twins.items():
        print(f"stored once: {second}: is the same as {first}", file=sys.stderr)
    if passed := str(summary.passed):
        print(passed, file=sys.stderr)
    for bad in summary.bad:
        print(f"not read: {bad.path}: {bad.reason}", file=sys.stderr)
    return summary


def _rate(passages: int, seconds: float) -> str:
    """Empty below one a second: of a few passages the time is that of starting the embedder, and no rate."""
    return f"{passages / seconds:.0f} passages/s" if passages >= seconds > 0 else ""


@contextmanager
def _progress_bar() -> Iterator[Callable[[IngestProgress], None]]:
    """Shows nothing when the output is no terminal."""
    from rich import progress as rich_progress

    from assistant.terminal import column
    from assistant.terminal import console as open_console

    console = open_console(stderr=True)
    columns = (
        column("{task.fields[files]}"),
        rich_progress.BarColumn(),
        rich_progress.TaskProgressColumn(),
        column("{task.fields[rate]}"),
        rich_progress.TimeRemainingColumn(),
        column("{task.fields[name]}"),
    )
    with rich_progress.Progress(*columns, console=console, transient=True, disable=not console.is_interactive) as bar:
        task = bar.add_task("", total=None, files="", rate="", name="")
        began = time.monotonic()

        def progress(state: IngestProgress) -> None:
            rate = _rate(state.passages, max(time.monotonic() - began, 0.1))
            bar.update(
                task,
                total=max(state.total_bytes, 1),
                completed=state.bytes,
                rate=rate,
                files=f"{state.files}/{state.total_files} files",
                name=Path(state.file).name[:40],
            )

        yield progress
