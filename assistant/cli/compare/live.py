"""`assistant compare live`: talk with one arm while the others answer the same turns in its shadow."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assistant.compare.shadow import Shadow
    from assistant.config import Settings
    from assistant.screen import Screen

HELP = "talk with one arm; the others answer every turn unheard, when nobody speaks"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from assistant.cli.compare.choice import add_arms

    add_arms(
        parser,
        "of base, rag, tuned, tuned+rag, parted by commas; the first one speaks (default: base,rag, or "
        "base,tuned with --tuned)",
    )
    parser.add_argument("--push-to-talk", action="store_true", help="a key opens and closes the microphone")
    parser.add_argument(
        "--plain", action="store_true", help="print lines instead of a live picture, for logs and pipes"
    )
    parser.add_argument(
        "--or-sample",
        action="store_true",
        help="without a microphone, answer the bundled sample question into a WAV file",
    )


def run(args: argparse.Namespace) -> int:
    import asyncio

    from assistant import journal
    from assistant.audio import devices
    from assistant.cli import load_settings
    from assistant.cli.compare.choice import chosen
    from assistant.compare import shadow
    from assistant.errors import DeviceError, UsageError
    from assistant.screen import open_screen

    common = load_settings(args).settings
    if not common.journal.enabled:
        raise UsageError("without the journal nobody could tell which turn was answered; set [journal] enabled = true")
    arms, keys, _ = chosen(args, common, 2)
    missing = devices.missing(common.audio)
    if missing and not args.or_sample:
        raise DeviceError(f"{missing}; without devices, compare recorded turns instead: assistant compare replay")
    speaking, *others = arms
    settings = speaking.settings(common)
    path = shadow.location(journal.location(settings.journal))
    watched: list[shadow.Shadow] = []

    async def talk(screen: Screen) -> None:
        screen.note(f"{speaking.name} speaks; in its shadow answer: {', '.join(arm.name for arm in others)}")
        watching, loaded = await shadow.load(others, keys, common, path, screen.note)
        watched.append(watching)
        try:
            await _talk(args, settings, screen, watching, missing)
        finally:
            watching.end()
            for answerer in loaded:
                answerer.close()

    try:
        with open_screen(args.plain) as screen:
            asyncio.run(talk(screen))
    finally:
        for watching in watched:
            _tell(args, watching)
    return 0


def _tell(args: argparse.Namespace, watching: Shadow) -> None:
    """What the shadow has done, what is left, and the command that shows what it was worth."""
    if not watching.turns:
        return
    for arm, count in watching.counts.items():
        left = watching.due[arm]
        print(
            f"{arm} answered {count} of {watching.turns} turns in the shadow"
            + (f"; {left} left when the talk ended, to be asked by replay" if left else "")
        )
    print(f"They lie in {watching.path}")
    if watching.turns > 1:
        print(f"What each arm said, turn by turn, and the report: {_replay(args, watching)}")
    else:
        print(f"One turn alone tells nothing; with earlier ones: {_replay(args)}")


def _replay(args: argparse.Namespace, watching: Shadow | None = None) -> str:
    """The command that compares the same arms on the turns of this conversation, or on the newest ones."""
    import shlex

    words = ["assistant", "compare", "replay"]
    if watching is not None:
        words += ["--conversation", watching.conversation, "-n", "0"]
    words += ["--arms", args.arms] if args.arms else []
    words += ["--tuned", args.tuned] if args.tuned else []
    words += ["--config", str(args.config)] if args.config else []
    for option, values in (("--arm", args.arm), ("--set", args.set)):
        words += [word for value in values for word in (option, value)]
    return shlex.join(words)


async def _talk(
    args: argparse.Namespace, settings: Settings, screen: Screen, watching: Shadow, missing: str | None
) -> None:
    from pathlib import Path

    from assistant.audio import files
    from assistant.modes import hands_free, push_to_talk

    if not missing:
        await (push_to_talk if args.push_to_talk else hands_free).run(settings, screen, watching)
        return
    screen.note(f"{missing}; the bundled sample question goes through the same loop instead")
    question = files.read(Path(__file__).parents[2] / "samples" / "question.wav")
    answer = await hands_free.run_sample(settings, screen, question, watching)
    screen.note(f"The spoken answer lies in {answer}")
    await watching.finished()
