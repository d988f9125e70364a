"""`assistant talk`: the conversation itself."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from assistant.cli.supervised import supervised

if TYPE_CHECKING:
    from assistant.config import Settings

HELP = "talk hands-free or by a key: speak, listen, interrupt; Ctrl-C ends"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--push-to-talk", action="store_true", help="a key opens and closes the microphone: hold it, or tap it twice"
    )
    parser.add_argument(
        "--key",
        metavar="KEY",
        help="with --push-to-talk: which, e.g. f9 or ctrl+alt+space; default: [push_to_talk] key",
    )
    parser.add_argument(
        "--rag",
        action=argparse.BooleanOptionalAction,
        help="ground answers in your own documents, or do not; default: [rag] enabled",
    )
    parser.add_argument(
        "--plain", action="store_true", help="print lines instead of a live picture, for logs and pipes"
    )
    parser.add_argument(
        "--or-sample",
        action="store_true",
        help="without a microphone, answer the bundled sample question into a WAV file",
    )


def run(args: argparse.Namespace) -> int:
    return supervised(lambda: _talk(args))


def _talk(args: argparse.Namespace) -> int:
    import time

    from assistant.audio import devices
    from assistant.cli import load_settings, own_options
    from assistant.errors import DeviceError, UsageError
    from assistant.modes import hands_free, push_to_talk, signals
    from assistant.modes.keys import names as keys
    from assistant.rent import rental, tunnel
    from assistant.screen import open_screen
    from assistant.setup import background

    if args.key and not args.push_to_talk:
        raise UsageError("--key: the microphone is open all the time; add --push-to-talk")

    def settled() -> Settings:
        return load_settings(args, rag__enabled=args.rag, push_to_talk__key=args.key).settings

    settings = settled()
    if args.push_to_talk:
        keys.parse(settings.push_to_talk.key)
    missing = devices.missing(settings.audio)
    if missing and not args.or_sample:
        raise DeviceError(f'{missing}; without devices, type instead: assistant ask "How old is the Brooklyn Bridge?"')
    with open_screen(args.plain) as screen:
        for reminder in rental.reminders(time.time()):
            screen.note(reminder)
        if missing:
            _run_sample(settings, screen, missing)
        else:
            mode = push_to_talk if args.push_to_talk else hands_free
            with background.running(settings, own_options(args)), tunnel.held(settings.llm.base_url, screen.note):
                signals.run(mode.run(settings, screen, reread=settled))
    return 0


def _run_sample(settings, screen, missing: str) -> None:
    import asyncio
    from pathlib import Path

    from assistant.audio import files
    from assistant.modes import hands_free

    screen.note(f'{missing}; you can still type: assistant ask "..."')
    screen.note("The bundled sample question goes through the same loop instead.")
    question = files.read(Path(__file__).parent.parent / "samples" / "question.wav")
    answer = asyncio.run(hands_free.run_sample(settings, screen, question))
    screen.note(f"The spoken answer lies in {answer}")
