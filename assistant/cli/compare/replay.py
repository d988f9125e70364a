"""`assistant compare replay`: what other arms would have said in the turns that the journal has kept."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from assistant.compare.replay import Recorded

HELP = (
    "let arms answer the turns of past conversations, but for what they have answered in the shadow of `compare live`; "
    "then see `compare report`"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from assistant.cli.compare.choice import add_arms

    add_arms(parser, "of base, rag, tuned, tuned+rag, parted by commas (default: base,rag, or base,tuned with --tuned)")
    parser.add_argument(
        "-n", "--number", type=int, default=40, metavar="N", help="the newest N turns (default: 40; 0 = all)"
    )
    parser.add_argument(
        "--conversation", default="", metavar="ID", help="only this one; `assistant history --json` shows ids"
    )
    parser.add_argument("--journal", type=Path, metavar="FILE", help="another journal than [journal] path")
    parser.add_argument(
        "--answers",
        type=Path,
        nargs="+",
        metavar="FILE",
        help="reference answers, as of `compare run --questions`, to turns that ask the same words",
    )
    parser.add_argument(
        "--out", type=Path, metavar="FOLDER", help="where to keep it (default: in the user's data folder)"
    )


def run(args: argparse.Namespace) -> int:
    import asyncio

    from assistant import journal, tts
    from assistant.cli import load_settings, notice
    from assistant.cli.compare import home
    from assistant.cli.compare.choice import chosen
    from assistant.cli.compare.progress import progress_bar
    from assistant.compare import arms as arms_module
    from assistant.compare import questions, replay, shadow
    from assistant.compare import run as running
    from assistant.compare.identity import identity
    from assistant.compare.records import Records, check_same
    from assistant.errors import UsageError
    from rag.output import folder_problem

    if args.out and (wrong := folder_problem(args.out)):
        raise UsageError(f"--out {args.out}: {wrong}")
    settings = load_settings(args).settings
    if args.number < 0:
        raise UsageError(f"-n {args.number}: give a number of turns, 0 for all")
    path = args.journal or journal.location(settings.journal)
    if args.journal and not args.journal.is_file():
        raise UsageError(f"--journal {args.journal}: there is no such file; leave it out for your own journal")
    turns = replay.recorded(journal.read(path), args.conversation, args.number)
    arms, keys, documents = chosen(args, settings, 1)
    alike, _ = identity(settings)
    there = replay.in_shadow(turns, keys, alike, shadow.read(shadow.location(path)))
    if args.answers:
        turns = replay.with_answers(turns, questions.read(args.answers).questions)
    known = sum(bool(turn.question.answers) for turn in turns)
    notes, about = [], arms_module.notes(arms, settings, [])
    if known < len(turns):
        notes.append(
            f"{len(turns) - known} of {len(turns)} turns have no reference answer: whether they are answered "
            "right is not measured; name a file with --answers, or a judge"
        )
    for name in dict.fromkeys(answer["arm"] for answer in there):
        about[name].append(
            f"what {name} answered in the shadow of the conversation is taken from there: times and memory of "
            "those answers are not measured"
        )
    plan = running.Comparison(
        [turn.question for turn in turns],
        [str(path.resolve())],
        arms,
        settings,
        probe=False,
        documents=documents,
        notes=notes,
        about=about,
    )
    name, _ = identity(settings, plan.questions)
    records = Records(args.out or home() / f"replay-{name}")
    check_same(records, name)
    voice = tts.unheard(settings.tts, lambda _: None)
    try:
        adopted = asyncio.run(replay.adopt(records, there, len(turns), voice))
    finally:
        voice.close()
    for arm, count in adopted.items():
        notice(f"{arm} has answered {count} of {len(turns)} turns in the shadow already")
    try:
        with progress_bar() as progress:
            failures = running.run(records, plan, progress)
    except KeyboardInterrupt:
        notice("Interrupted; the answers so far are kept, the same command goes on from there.")
        raise
    for failure in failures:
        notice(failure)
    _show(turns, {arm.name: records.of_arm("answer", arm.name, keys[arm.name]) for arm in arms})
    print(f"\nNumbers: assistant compare report {records.name if args.out is None else records.folder}")
    return 1 if failures else 0


def _show(turns: Sequence[Recorded], answers: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> None:
    """``answers``: arm -> question -> record."""
    from assistant.terminal import one_line

    width = max(len("then"), *map(len, answers))
    for turn in turns:
        print(f"\n{one_line(turn.question.text)}")
        print(f"  {'then':{width}}  {one_line(turn.reply) or '(nothing)'}")
        for arm, found in answers.items():
            if turn.question.id in found:
                print(f"  {arm:{width}}  {one_line(found[turn.question.id]['text']) or '(nothing)'}")
