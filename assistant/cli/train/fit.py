"""`assistant train fit`: train, with live progress; interrupted at any time, it goes on with --resume."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

HELP = "fine-tune the model on a dataset; goes on after any interruption with --resume"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from assistant.cli.train import recipe_flags

    parser.add_argument(
        "data", type=Path, nargs="?", metavar="DATA", help="the rows; a share is held out, once, beside them"
    )
    parser.add_argument("--name", metavar="NAME", help="of the training run (default: DATA's file name)")
    parser.add_argument("--resume", action="store_true", help="go on with the run NAME where it was interrupted")
    parser.add_argument(
        "--on", metavar="HOST", help="train there: a rental's name, or a machine as `ssh HOST` reaches it"
    )
    parser.add_argument("--hours", type=float, default=24.0, help="with --on: it ends there by itself after that (24)")
    recipe_flags.add_base(parser)
    recipe_flags.add(parser)


def run(args: argparse.Namespace) -> int:
    from assistant.cli import load_settings
    from assistant.cli.train import recipe_flags
    from assistant.concurrency.parent import end_with
    from assistant.errors import UsageError
    from assistant.secrets import contains_key, redact
    from assistant.tuned import cache, home, need_torch, open_run
    from training import runs
    from training.data import formats, split
    from training.errors import TrainingError
    from training.fit import base, parallel
    from training.fit import run as fit
    from training.judge import probe

    need_torch()
    if parallel.processes() > 1:
        end_with(os.getppid())  # accelerate was killed: nobody ends this one in time
    settings = load_settings(args).settings
    if args.data is None and not (args.resume and args.name):
        raise UsageError("DATA is missing: assistant train fit DATA, or assistant train fit --resume --name NAME")
    name = runs.checked(args.name or recipe_flags.name_of(args.data))
    with _screen() as (notice, progress):
        if args.resume:
            if recipe_flags.given(args) or args.base:
                raise UsageError(
                    "--resume goes on with the recipe and base that the run began with; leave those options out"
                )
            made = open_run(name)
            if made.state == "trained":
                raise UsageError(f'{name} is trained already; ask it with: assistant train ask --name {name} "..."')
            recipe = fit.recipe_of(made)
            several = _several(recipe, args, notice)
            began_with = base.prepare(made.base, cache(), notice)
            data = made.folder / "data"
            train, held_out = (formats.read(data / file).rows for file in ("train.jsonl", "held-out.jsonl"))
        else:
            recipe = recipe_flags.recipe(args)
            train, held_out = split.load(args.data)
            read = formats.read(args.data)
            if read.problems:
                first = read.problems[0]
                notice(
                    f"{args.data}: left out, because nothing can be learned from them: {len(read.problems)} of "
                    f"{len(read.rows) + len(read.problems)} rows, first {read.place} {first.line}: {first.text} "
                    f"(`assistant train check {args.data}` names them all)"
                )
            for unused, lines in read.unused.items():
                notice(f"{args.data}: {unused} is ignored, in {len(lines)} rows, first {read.place} {lines[0]}")
            if read.beside:
                notice(f"{args.data}: {read.beside}")
            keys = [row for row in train if any(contains_key(message["content"]) for message in row.messages)]
            if keys:
                raise UsageError(
                    f"{args.data}: {len(keys)} rows hold what looks like an API key or password, which the model "
                    f"would learn by heart, first: {redact(keys[0].question)[:60]!r}; `assistant train check "
                    f"{args.data}` names them all"
                )
            if (home() / name / "run.json").exists():
                runs.new_run(home(), name)  # says that the name is taken, before a minute of loading
            several = _several(recipe, args, notice)
            chosen = recipe_flags.base(args, settings, notice)
            began_with = base.prepare(chosen, cache(), notice)
            made = runs.new_run(home(), name)
            system = settings.llm.system_prompt
            fit.begin(made, began_with, chosen, args.data.resolve(), train, held_out, system, recipe)
        try:
            if args.on:
                made = _elsewhere(made, args, notice)
            elif several == 1:
                fit.fit(made, began_with, train, held_out, probe.general(), notice, progress)
        except KeyboardInterrupt:
            if args.on:
                raise
            where = f"Stopped at step {made.steps}" if made.steps else "Stopped"
            notice(f"{where}; go on with: assistant train fit --resume --name {made.name}")
            raise
        except TrainingError:
            if made.state == "new" and not args.resume:  # refused before its first step: the name is free again
                shutil.rmtree(made.folder, ignore_errors=True)
            raise
    if several > 1:
        return _in_several(made, several, args)
    if parallel.first():
        _report(made)
    return 0


def _elsewhere(run, args: argparse.Namespace, notice: Callable[[str], None]):
    """The run, trained on another machine."""
    from assistant.errors import UsageError
    from assistant.rent import rental, training
    from assistant.tuned import open_run

    if args.hours <= 0:
        raise UsageError("--hours must lie above 0")
    host = next((one.host for one in rental.kept() if one.name == args.on), args.on)
    try:
        training.fit(run.folder, run.base, host, args.hours, notice)
    except KeyboardInterrupt:
        notice(
            f"It goes on at {args.on}. Look again: assistant train fit --resume --name {run.name} --on {args.on}; end "
            f"it: ssh {host} {training.ending(run.name)}"
        )
        raise
    return open_run(run.name)


def _several(recipe, args: argparse.Namespace, notice: Callable[[str], None]) -> int:
    """How many processes train, for as many GPUs; what this one needs is loaded when it trains."""
    from training.fit import parallel
    from training.fit import run as fit

    several = 1 if args.on else parallel.to_begin(recipe)
    if several == 1:
        fit.load_libraries(recipe, notice)
    else:
        notice(f"Training on {several} GPUs, a process for each ...")
    return several


def _in_several(run, count: int, args: argparse.Namespace) -> int:
    """The exit code of as many processes, one for each GPU, that go on with the run together."""
    from training.fit import parallel
    from training.runs import open_run

    code = parallel.launch(["assistant", "train", "fit", "--resume", "--name", run.name], count)
    if code and not args.resume and open_run(run.folder.parent, run.name).state == "new":
        shutil.rmtree(run.folder, ignore_errors=True)  # refused before its first step: the name is free again
    return code


def _report(run) -> None:
    from assistant.cli.train.list import measured

    print(f"{run.name} is trained: {measured(run)}")
    print(
        f"{run.steps} steps in {_time(run.seconds)}; curves: {run.folder / 'curves.png'}; TensorBoard: tensorboard "
        f"--logdir {run.folder / 'logs'}"
    )
    print(f'Next: assistant train ask --name {run.name} "...", then assistant train export {run.name}')


@contextmanager
def _screen() -> Iterator[tuple[Callable[[str], None], Callable]]:
    """Yields (notice, progress): sentences, and the state after each step as a bar, or as plain lines when piped."""
    from assistant.terminal import column
    from assistant.terminal import console as open_console
    from training.fit import parallel

    if not parallel.first():
        yield lambda text: None, lambda state: None
        return
    console = open_console(stderr=True)
    if not console.is_interactive:
        yield lambda text: print(text, file=sys.stderr, flush=True), _lines()
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress

    columns = (MofNCompleteColumn(), BarColumn(), column("{task.fields[state]}"))
    with Progress(*columns, console=console, transient=True, refresh_per_second=4) as bar:
        task = None

        def notice(text: str) -> None:
            console.print(text, highlight=False, soft_wrap=True)

        def progress(state) -> None:
            nonlocal task
            if task is None:
                task = bar.add_task("", total=state.total, state="")
            if state.doing == "looked":
                notice(_line(state))
            doing = f" · {state.doing}" if state.doing not in ("", "looked", "starts") else ""
            bar.update(task, completed=state.step, total=state.total, state=_figures(state) + doing)

        yield notice, progress


def _lines() -> Callable:
    """A line for each look, and for a step or question now and then."""
    last = time.monotonic()

    def progress(state) -> None:
        nonlocal last
        counts = not state.doing or state.of == "question"
        if state.doing == "looked" or counts and time.monotonic() - last > 15:
            print(_line(state), file=sys.stderr, flush=True)
            last = time.monotonic()

    return progress


def _line(state) -> str:
    return f"{state.of} {state.step}/{state.total}  {_figures(state)}"


def _figures(state) -> str:
    known, of = state.known
    parts = [
        f"loss {state.loss:.3f}" if state.loss is not None else "",
        f"validation {state.held_out_loss:.3f}" if state.held_out_loss is not None else "",
        f"known {known}/{of}" if of else "",
        f"{state.tokens_per_second:.0f} tokens/s" if state.tokens_per_second else "",
        f"{_time(state.seconds_left)} left" if state.seconds_left else "",
    ]
    return "  ".join(part for part in parts if part)


def _time(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
