"""`assistant models try`: fetch a model, and measure on this machine how good and how quick it is."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assistant.bench.trial import Answer
    from assistant.models.tried import Tried

HELP = "fetch a model and measure it here: right answers, calls of tools, time to the first spoken word, memory"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "name", metavar="MODEL", help="a name from the list, bundled, a .gguf file, or OWNER/REPO:FILE.gguf"
    )
    parser.add_argument(
        "--questions",
        type=Path,
        metavar="FILE",
        help='your own, too: JSON lines with "question" and "answer" (a text, or a list of which each is right)',
    )
    parser.add_argument("--answers", action="store_true", help="show every answer, and whether it counted as right")
    parser.add_argument(
        "--plot", type=Path, metavar="FILE.png", help="where the plot goes (default: in the data folder)"
    )
    parser.add_argument("--json", action="store_true", help="this trial's figures, for scripts")


def run(args: argparse.Namespace) -> int:
    from dataclasses import replace

    from assistant import tts
    from assistant.bench import trial
    from assistant.cli import load_settings, notice
    from assistant.llm import can_call, gguf
    from assistant.models import questions, tried

    settings = load_settings(args).settings
    name, model = _here(args.name)
    own = questions.read(args.questions) if args.questions else []
    asked = questions.built_in()
    settings = replace(settings, llm=replace(settings.llm, engine="llama", model=model, adapter=""))
    notice(f"{name} is asked {len(asked) + len(own)} questions; leave the machine to it meanwhile ...")
    voice = tts.load(settings.tts, notice)
    try:
        found, answers = trial.run(settings, name, asked, own, voice, _progress, tools=True, rounds=_ROUNDS)
    finally:
        voice.close()
    found = tried.keep(found)
    can_call.keep(can_call.key(gguf.locate(model, _refuse)), found.calls_right, found.calls_asked)
    if args.json:
        import json
        from dataclasses import asdict

        print(json.dumps({**asdict(found), "answers": [asdict(one) for one in answers]}, indent=2, ensure_ascii=False))
        return 0
    if args.answers:
        _print_answers(answers)
    _print_all(found, model, args.plot)
    return 0


def _here(name: str) -> tuple[str, str]:
    """What it is called and what [llm] model takes, fetched where it was not here yet. Raises AssistantError."""
    from assistant.errors import UsageError
    from assistant.llm import gguf
    from assistant.models import catalogue

    if name == "bundled":
        gguf.bundled()
        return name, name
    path = Path(name).expanduser()
    if path.is_file() or name.endswith(".gguf") and ":" not in name:
        gguf.check(path, "MODEL")
        return gguf.title(path), str(path.resolve())
    if name.endswith(".gguf"):
        gguf.locate(name, _refuse)
        return name.rpartition(":")[2].removesuffix(".gguf"), name
    row = catalogue.find(name)
    if row.kind != "llm":
        raise UsageError(
            f"{name} is no language model; `assistant bench stt` and `assistant bench voices` measure others"
        )
    catalogue.fetch(row)
    return row.name, row.source


def _refuse(reason: str) -> None:
    """Nothing else may be measured in its place."""
    from assistant.errors import AssistantError

    raise AssistantError(reason.partition(";")[0])


def _progress(done: int, of: int) -> None:
    if sys.stderr.isatty():
        print(f"\r{done} of {of}", end="\n" if done == of else "", file=sys.stderr, flush=True)


def _print_answers(answers: Sequence[Answer]) -> None:
    from assistant import terminal

    shown = terminal.console(highlight=False, soft_wrap=True)
    for one in answers:
        shown.print(f"{'right' if one.right else 'WRONG'}  {one.question}\n       {one.answer}")
    print()


def _print_all(found: Tried, model: str, plot: Path | None) -> None:
    from assistant.cli.models import table
    from assistant.errors import UsageError
    from assistant.llm import can_call
    from assistant.models import tried

    everything = tried.here()
    print(f"Tried on this machine ({found.machine})")
    table([HEADS, *(cells(one, one == found) for one in everything)])
    print(f"\n{tried.recommendation(everything)}")
    if found.calls_asked and not can_call.enough(found.calls_right, found.calls_asked):
        print(f"{can_call.cannot(found.name, found.calls_right, found.calls_asked)}")
    if found.cpu < _BUSY * found.threads:
        print(
            f"The machine was busy with other things: {found.name} got {found.cpu:.2f} of its {found.threads} "
            "core(s), so it is quicker than this; try again when nothing else runs."
        )
    try:
        print(f"\nThe plot is at {draw(everything, plot or tried.path().with_suffix('.png'))}")
    except UsageError as error:
        print(f"\nNo plot: {error}.")
    if model != "bundled":
        print(
            "By ear, against the present one, without knowing which is which:\n"
            f"  assistant arena --spoken --arms base --arm new:model={model}"
        )
    print(f"Use it: assistant models use {model}")


_ROUNDS = 3  # of timing first words: two trials of the same model shall come out alike
_BUSY = 0.85  # of its cores; what got less was slowed down by others

HEADS = (
    "",
    "model",
    "right",
    "yours",
    "calls",
    "first word",
    "tokens/s",
    "reads",
    "memory",
    "cores",
    "of",
    "voice",
    "on",
)


def cells(one: Tried, new: bool = False) -> tuple[str, ...]:
    from assistant.cli.models import figures

    return (
        "new" if new else "",
        one.name,
        f"{one.right} of {one.asked}",
        f"{one.own_right} of {one.own_asked}" if one.own_asked else "-",
        f"{one.calls_right} of {one.calls_asked}" if one.calls_asked else "-",
        f"{one.first_word:.2f} s",
        figures(one.tokens_per_second),
        figures(one.reading),
        f"{one.memory / 1e9:.2f} GB",
        f"{one.cpu:.2g}",
        str(one.threads),
        one.voice,
        one.date[:10],
    )


def draw(tried: Sequence[Tried], path: Path) -> Path:
    """Right answers over time to the first word, the front that nothing beats as a line. Raises UsageError."""
    from assistant.bench.result import new_picture
    from assistant.errors import UsageError
    from assistant.models import tried as results

    picture = new_picture((8, 5))
    axes = picture.subplots()
    best = sorted(results.front(tried), key=lambda one: one.first_word)
    axes.plot(
        [one.first_word for one in best],
        [100 * one.quality for one in best],
        color="tab:green",
        label="nothing beats these",
    )
    axes.scatter([one.first_word for one in tried], [100 * one.quality for one in tried], color="tab:blue")
    for one in tried:
        axes.annotate(one.name, (one.first_word, 100 * one.quality), textcoords="offset points", xytext=(6, 4))
    axes.axvline(results.SOON, color="grey", linestyle=":", label=f"{results.SOON:g} s")
    axes.set(xlabel="seconds to the first spoken word", ylabel="questions answered rightly, %", ylim=(0, 102))
    axes.set_xlim(0, 1.25 * max([results.SOON, *(one.first_word for one in tried)]))  # room for the names
    axes.legend(loc="lower right")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        picture.savefig(path, dpi=120)
    except (OSError, ValueError) as error:
        raise UsageError(f"{path}: the plot cannot be written ({error}); give another --plot FILE.png") from None
    return path
