"""`assistant train plan`: what a recipe amounts to on this machine, before any of it is done."""

from __future__ import annotations

import argparse
import math
import sys
from pathlib import Path
from typing import NoReturn

from assistant.cli import notice

HELP = "steps, memory, disk and time of a training run before it starts; refuses what cannot fit"

KINDS = ("adapter", "f16", "q8_0", "q4_k_m", "q4_0")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from assistant.cli.train import recipe_flags

    parser.add_argument("data", type=Path, metavar="DATA", help="the rows, as for `train fit`")
    recipe_flags.add_base(parser)
    parser.add_argument(
        "--export",
        nargs="+",
        choices=KINDS,
        default=["adapter", "q8_0"],
        metavar="KIND",
        help=f"what will be exported, for the disk: {', '.join(KINDS)} (default adapter q8_0)",
    )
    parser.add_argument("--no-trial", action="store_true", help="do not measure a few real steps for the time estimate")
    recipe_flags.add(parser)


def run(args: argparse.Namespace) -> int:
    from assistant.cli import load_settings
    from assistant.cli.train import recipe_flags
    from assistant.folders import install_command
    from assistant.tuned import home
    from training.data import split
    from training.errors import TrainingUsageError
    from training.plan import memory, places, remedy, shape
    from training.plan import steps as plan

    settings = load_settings(args).settings
    recipe = recipe_flags.recipe(args)
    base_name = recipe_flags.base(args, settings, notice)
    size = shape.of_base(base_name)
    train, held_out = split.load(args.data)
    part = split.split(args.data).train
    there = memory.free(home())
    base = _prepared(base_name, size, there["RAM"])
    tokens = plan.count(train, settings.llm.system_prompt, _chat(base))

    print(
        f"Model   {_title(base, base_name)}: {size.parameters / 1e6:,.1f} million weights, {size.layers} layers × "
        f"{size.hidden}, made for {size.context:,} tokens"
    )
    print(f"Rows    {len(train)} to learn from, {len(held_out)} held out ({args.data})")
    about = "" if tokens.exact else "about "
    print(
        f"Tokens  {about}{tokens.answer:,} learned (answers), {about}{tokens.prompt:,} only read (prompts); the "
        f"longest row has {about}{tokens.longest} (line {tokens.line} of {part})"
    )
    limit = min(recipe.length, size.context or recipe.length)
    if tokens.exact and tokens.longest > limit:
        raise TrainingUsageError(
            f"line {tokens.line} of {part} has {tokens.longest} tokens, more than "
            + (f"--length {recipe.length}" if limit == recipe.length else f"the model's {limit}")
            + "; shorten or remove it"
            + (", or raise --length" if limit == recipe.length else "")
        )
    print("Steps   " + "\n        ".join(plan.written(recipe, len(train), tokens.all)))

    gpu, unsloth = "GPU memory" in there, _unsloth(there)
    longest = min(tokens.longest, limit)
    counted = plan.steps(recipe, len(train))
    elsewhere = places.offers(size, recipe, longest, counted.total, tokens.all * counted.epochs)
    unknown = _unknown(args.data, settings, base_name)
    against = plan.speaks_against(len(train), unknown)
    if recipe.method == "qlora" and not gpu:
        _print_places(math.inf, elsewhere, against)
        print("\nRefused: qlora needs a GPU, and torch sees none here.\nWould do: --method lora", file=sys.stderr)
        return 1
    wanted = remedy.needs(size, recipe, longest, args.export, gpu, unsloth, base is None)
    _print_needs(wanted, there)
    problems = remedy.refused(wanted, there)
    if problems:
        ways = remedy.would_fit(size, recipe, longest, args.export, there, gpu, unsloth, base is None)
        _print_places(math.inf, elsewhere, against)
        print("\nRefused: " + "; ".join(problems) + ".\nWould fit: " + "; or ".join(ways) + ".", file=sys.stderr)
        return 1
    here: float | None = None
    if base is None:
        print(
            "\nTime    not measured: "
            + (
                f"`{install_command('train')}` installs what training needs"
                if not _torch()
                else "the model's weights do not fit into the free memory at full width"
            )
        )
    elif args.no_trial:
        print("\nTime    not measured (--no-trial)")
    else:
        here = _trial(base, recipe, train, held_out, settings.llm.system_prompt, wanted[0])
    _print_places(here, elsewhere, against)
    print("\nWhen not to fine-tune\n" + _wrapped(plan.when_not(len(train), unknown)))
    return 0


def _torch() -> bool:
    import importlib.util

    return all(importlib.util.find_spec(name) for name in ("torch", "transformers", "trl", "peft", "datasets"))


def _unsloth(there: dict[str, float]) -> bool:
    import importlib.util

    return "GPU memory" in there and importlib.util.find_spec("unsloth") is not None


def _prepared(name: str, size, ram: float):
    """The trainable base; None when torch is missing or the weights cannot even be loaded."""
    from assistant.tuned import cache
    from training.fit import base

    if not _torch() or size.parameters * 4 > ram:
        return None
    return base.prepare(name, cache(), notice)


def _chat(base):
    from training.chat import Chat, tokenizer_of

    return Chat(tokenizer_of(base.folder)) if base else None


def _title(base, name: str) -> str:
    return (base.name + (f", licence {base.licence}" if base.licence else "")) if base else Path(name).name


def _print_needs(wanted, there: dict[str, float]) -> None:
    from training.plan import memory

    print()
    for need in wanted:
        mark = "fits" if memory.fits(need, there) else "DOES NOT FIT"
        print(
            f"To {need.what}: {need.bytes / memory.GB:.2f} GB of {need.place}, "
            f"{there.get(need.place, 0) / memory.GB:.1f} GB free: {mark}"
        )
        for part in need.parts:
            print(f"  {part.bytes / memory.GB:7.2f} GB  {part.name:12} = {part.formula}")


def _print_places(here: float | None, elsewhere, against: bool) -> None:
    from training.plan import places

    said = "not measured" if here is None else "does not fit" if here == math.inf else _time(here)
    rows = [("this machine", said, "$0")]
    for one in elsewhere:
        price = f"${one.gpu.price:g} an hour at {one.gpu.where}, {one.gpu.date}" if one.gpu.price else "lent"
        name = f"{one.gpu.where}'s {one.gpu.name}" if not one.gpu.price else one.gpu.name
        rows.append((name, f"about {_time(one.seconds)}", f"${one.dollars:.2f} ({price})"))
    lines = [f"{name:<14} {time:<14} {money}" for name, time, money in rows]
    print(
        "\nWhere   "
        + "\n        ".join(lines)
        + f"\n        (elsewhere: estimates, {places.SET_UP / 60:.0f} min of them to set up; today's prices: assistant "
        "rent plan --gpu NAME)\n" + _wrapped(places.advice(here, elsewhere, against))
    )


def _trial(base, recipe, train, held_out, system: str, predicted) -> float:
    """Prints what a few steps take; the seconds of all of them, with the looks between."""
    from training.fit import trial
    from training.plan import steps as plan
    from training.plan.memory import GB

    print("\nTime    a few steps are being measured ...", end="\r" if sys.stdout.isatty() else "\n", flush=True)
    measured = trial.run(base, recipe, train, system)
    counted = plan.steps(recipe, len(train))
    looks = counted.total // plan.evaluate_every(recipe, counted)
    # A forward pass is a third of a step; held-out rows are read at each look.
    look = measured.step / recipe.accumulate * len(held_out) / recipe.batch / 3
    steps = f"{counted.total} steps × {measured.step:.2f} s = {_time(counted.total * measured.step)}"
    print(
        f"Time    {measured.trainer}: {measured.step:.2f} s per step, {measured.tokens:.0f} tokens/s, measured\n"
        f"        {steps}{_quiet(measured, counted.total)}\n"
        f"        {looks} looks at the held-out rows × {look:.1f} s = {_time(looks * look)}, and the time to ask the "
        f"known questions at each\n        measured peak {measured.peak / GB:.2f} GB of {predicted.place}, predicted "
        f"{predicted.bytes / GB:.2f} GB"
    )
    return counted.total * measured.step + looks * look


def _quiet(measured, steps: int) -> str:
    """What the steps would take if nothing else ran, and what is quicker as long as something does."""
    text = ""
    if measured.quiet is not None:
        text = (
            f" as busy as the machine is now; with nothing else running {measured.quiet:.2f} s each at best = "
            f"{_time(steps * measured.quiet)}"
        )
    if measured.single is not None:
        text += (
            f"\n        while it is this busy, one thread is quicker: {measured.single:.2f} s per step with "
            "OMP_NUM_THREADS=1"
        )
    return text


def _time(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


class _Unasked:
    """Stands for the model when only answers on record may be used."""

    name = ""

    def answer(self, *_: object, **__: object) -> NoReturn:
        raise LookupError

    def log_probabilities(self, *_: object) -> NoReturn:
        raise LookupError

    def close(self) -> None:
        """Nothing is open."""


def _unknown(data: Path, settings, base: str) -> float | None:
    """Share of new facts, where `assistant train probe` has asked this model all of these rows; else None."""
    from assistant.cli.train.probe import identify
    from training.data import formats
    from training.judge import probe

    record = data.with_name(data.stem + ".probe.jsonl")
    if not record.exists() or not base.lower().endswith(".gguf"):
        return None
    model, _ = identify(settings, base)
    try:
        found = probe.probe(formats.read(data).rows, _Unasked(), settings.llm.system_prompt, record, model)
    except LookupError:
        return None
    return sum(one.label == probe.UNKNOWN for one in found) / len(found)


def _wrapped(text: str) -> str:
    import shutil
    import textwrap

    return textwrap.fill(text, min(shutil.get_terminal_size().columns, 120))
