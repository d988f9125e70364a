"""`assistant train export`: files that the assistant, Ollama and LM Studio run; each is compared with what was
trained."""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

HELP = "write the tuned model as GGUF, adapter or merged weights, and check that it still says the same"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="the training run")
    parser.add_argument(
        "--kind",
        action="append",
        default=[],
        metavar="KIND",
        help="adapter (over the base's GGUF), q8_0, f16, q4_k_m, q4_0, or merged (16-bit, for "
        "transformers); may be repeated (default: adapter and q8_0)",
    )
    parser.add_argument(
        "--prompts",
        type=int,
        default=20,
        metavar="N",
        help="held-out and general questions that each export must answer as the trained model does (default 20)",
    )


def run(args: argparse.Namespace) -> int:
    from assistant.cli import load_settings
    from assistant.errors import UsageError
    from assistant.llm.sampling import Sampler
    from assistant.tuned import cache, live, need_torch, open_run
    from training.export import run as export
    from training.fit import base
    from training.judge import probe

    need_torch()
    settings = load_settings(args).settings
    if args.prompts < 1:
        raise UsageError(f"--prompts {args.prompts}: must be at least 1")
    chosen = open_run(args.name)
    with _screen() as (notice, progress):
        began_with = base.prepare(chosen.base, cache(), notice)
        kinds = export.choose(chosen, began_with, [kind.lower() for kind in args.kind])

        def open_live(model: Path | None, adapter: Path | None):
            return live(settings, notice, model=str(model or began_with.gguf), adapter=str(adapter or ""))

        report = export.export(
            chosen,
            began_with,
            kinds,
            probe.general(),
            args.prompts,
            cache(),
            open_live,
            lambda: Sampler(0.0, 0),
            notice,
            progress,
        )
    _print(chosen, report)
    return 1 if report.refused else 0


def _print(run, report) -> None:
    prompts = next((outcome.parity.prompts for outcome in report.outcomes if outcome.parity), 0)
    if prompts:
        print(
            f"Asked {prompts} held-out and general questions, and {report.trained} trained ones again, "
            f"in the live chat:"
        )
    rows = [
        ("", "size", "time", "prompts", "stops", "answers", "drift", "style", "right"),
        ("base model", "", "", "", "", "", "", *map(_share, report.base)),
        ("merged, 16-bit", "", "", "", "", "", "", *map(_share, report.merged)),
    ]
    for outcome in report.outcomes:
        size, took, parity = f"{outcome.bytes / 1e6:.0f} MB", f"{outcome.seconds:.0f} s", outcome.parity
        if parity:
            rows.append(
                (
                    outcome.kind,
                    size,
                    took,
                    _share(parity.ids),
                    _share(parity.stops),
                    _share(parity.text),
                    f"{parity.drift:.4f}",
                    _share(parity.style),
                    _share(parity.right),
                )
            )
        else:
            rows.append((outcome.kind, size, took, *[""] * 6))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        print(
            "  "
            + "  ".join(
                cell.rjust(width) if column else cell.ljust(width)
                for column, (cell, width) in enumerate(zip(row, widths))
            ).rstrip()
        )
    print(
        "prompts, stops, answers: as the merged model's; drift: of log-probabilities, nats per token; "
        "style and right: of "
        "the answers to trained questions"
    )
    for outcome in report.outcomes:
        if outcome in report.refused:
            print(
                f"{outcome.kind} is refused and was not kept:\n  " + "\n  ".join(outcome.parity.differences),
                file=sys.stderr,
            )
        else:
            print(f"{outcome.kind}: {outcome.file}")
    kept = [outcome for outcome in report.outcomes if outcome not in report.refused and outcome.parity]
    if kept:
        best = next((outcome for outcome in kept if outcome.kind != "adapter"), kept[0])
        print(
            f"Talk to it: assistant train use {run.name}\n"
            f"Ollama:     ollama create {run.name} -f {best.file.with_name(f'Modelfile-{best.kind}')}"
        )
        if best.kind != "adapter":
            print(f"LM Studio:  lms import {best.file}")


def _share(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.0%}"


@contextmanager
def _screen() -> Iterator[tuple[Callable[[str], None], Callable[[str, float, float], None]]]:
    """Yields (notice, progress): sentences, and how far the present work is, as a bar with rate and time left; when
    piped, only what is being done."""
    from assistant.terminal import column
    from assistant.terminal import console as open_console

    console = open_console(stderr=True)
    doing = ""
    if not console.is_interactive:

        def begin(what: str, done: float, total: float) -> None:
            nonlocal doing
            if what != doing:
                doing = what
                print(f"{what[0].upper()}{what[1:]} ...", file=sys.stderr, flush=True)

        yield lambda text: print(text, file=sys.stderr, flush=True), begin
        return
    from rich.progress import BarColumn, Progress, TimeRemainingColumn

    columns = (column("{task.description}"), BarColumn(), column("{task.fields[rate]}"), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=None, rate="")
        began = time.monotonic()

        def progress(what: str, done: float, total: float) -> None:
            nonlocal doing, began, task
            if what != doing:
                doing, began = what, time.monotonic()
                bar.remove_task(task)  # for `reset` and `update`, no total means the one before
                task = bar.add_task(what, total=total or None, rate="")
            if done:
                speed = done / max(time.monotonic() - began, 0.1)
                rate = f"{speed / 1e6:.0f} MB/s" if what.startswith("writing") else f"{speed:.1f} questions/s"
                bar.update(task, completed=done, total=total, rate=rate)

        yield lambda text: console.print(text, highlight=False, soft_wrap=True), progress
