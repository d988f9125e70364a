"""`assistant arena`: blind A/B. Two arms answer, you say which answer is better, and the table says who is ahead."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rag.text import clean

if TYPE_CHECKING:
    import random
    from contextlib import AsyncExitStack

    from assistant.compare.arena import Arena, Person
    from assistant.compare.arms import Arm
    from assistant.config import Settings

HELP = "compare two answers blindly, by eye or by ear, and see which arm is ahead"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from assistant.cli.compare.choice import add_arms

    add_arms(parser, "of base, rag, tuned, tuned+rag, parted by commas (default: base,rag, or base,tuned with --tuned)")
    parser.add_argument(
        "--questions",
        type=Path,
        metavar="FILE",
        help='ask these instead of yours: JSON lines with "question", or one question per line',
    )
    parser.add_argument(
        "--spoken",
        action="store_true",
        help="hear the answers, in one voice; with a microphone, ask and vote by voice or keyboard",
    )
    parser.add_argument("--table", action="store_true", help="only show the ratings of all votes so far")
    parser.add_argument(
        "--votes", type=Path, metavar="FILE", help="where votes are kept (default: in the user's data folder)"
    )
    parser.add_argument(
        "--seed", type=int, metavar="N", help="the order of arms comes from this number, for repeating a test"
    )


def run(args: argparse.Namespace) -> int:
    import asyncio
    import random

    from assistant.cli import load_settings
    from assistant.cli.compare import home
    from assistant.compare import votes

    path = args.votes or home() / "votes.jsonl"
    if args.table:
        print(votes.table(votes.standing(votes.read(path))))
        return 0
    from assistant.cli import as_assistant_error
    from assistant.cli.compare.choice import chosen
    from rag.errors import RagError
    from training.errors import TrainingError

    settings = load_settings(args).settings
    questions = _questions(args.questions) if args.questions else None
    try:
        arms, keys, _ = chosen(args, settings, 2)
    except (RagError, TrainingError) as error:
        raise as_assistant_error(error) from error
    chance = random.Random(args.seed) if args.seed is not None else random.SystemRandom()
    ended: list[Arena] = []
    try:
        asyncio.run(_session(args.spoken, settings, arms, keys, path, questions, chance, ended))
    finally:
        print(*(line for arena in ended for line in ["", *arena.revealed()]), sep="\n")  # "" ends the prompt's line
        print(votes.table(votes.standing(votes.read(path))))
    return 0


async def _session(
    spoken: bool,
    settings: Settings,
    arms: Sequence[Arm],
    keys: Mapping[str, str],
    path: Path,
    questions: Sequence[str] | None,
    chance: random.Random,
    ended: list[Arena],
) -> None:
    """Raises AssistantError."""
    from contextlib import AsyncExitStack

    from assistant.cli import notice
    from assistant.compare import answerer
    from assistant.compare.arena import Arena, blinded

    async with AsyncExitStack() as stack:
        person = await _person(spoken, settings, stack)
        loaded = {}
        for arm in arms:
            notice(f"Loading {arm.name} ...")
            loaded[arm.name] = await answerer.load(arm, blinded(settings), notice)
            stack.callback(loaded[arm.name].close)
        arena = Arena(loaded, keys, path, person, chance)
        ended.append(arena)
        notice('Two arms answer each question, in random order; which is which you see at the end. "stop" ends.')
        await arena.run(questions)


async def _person(spoken: bool, settings: Settings, stack: AsyncExitStack) -> Person:
    from assistant import stt, tts
    from assistant.audio import capture, devices, playback
    from assistant.cli import notice
    from assistant.compare.arena import Ears, Listener, Reader
    from assistant.concurrency.worker import Worker
    from assistant.errors import DeviceError
    from assistant.modes.hands_free import load_vad

    if not spoken:
        return Reader(_read, print)
    try:
        speaker = playback.open_speaker(settings.audio)
    except DeviceError as error:
        raise DeviceError(f"{error}; or compare by eye: leave --spoken out") from None
    stack.callback(speaker.close)
    voice = tts.load(settings.tts, notice)
    stack.callback(voice.close)
    missing = devices.missing(settings.audio)
    if missing:
        notice(f"{missing}; type your questions and votes")
        return Listener(voice, speaker, print, _read)
    microphone = capture.open_microphone(settings.audio)
    stack.callback(microphone.close)
    recognition = await Worker("load-stt").call(stt.load, settings.stt, notice)
    stack.callback(recognition.close)
    ears = Ears(microphone, await load_vad(settings), recognition, settings.endpointing)
    return Listener(voice, speaker, print, _read, ears)


def _read(prompt: str) -> str | None:
    """One line of stdin; None at its end."""
    if prompt and sys.stdin.isatty():
        print(f"{prompt} ", end="", flush=True)
    line = sys.stdin.buffer.readline()
    return clean(line.decode("utf-8", "replace")).strip() if line else None


def _questions(path: Path) -> list[str]:
    """Raises UsageError."""
    import json

    from assistant.errors import UsageError

    try:
        lines = [line.strip() for line in path.read_text(encoding="utf-8-sig").split("\n")]
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"--questions {path}: cannot be read ({error}); give a UTF-8 text file") from None
    found = []
    for number, line in enumerate(lines, 1):
        if line.startswith("{"):
            try:
                line = json.loads(line)["question"]
            except (ValueError, KeyError) as error:
                raise UsageError(
                    f'--questions {path}: line {number} has no "question" ({error}); write '
                    '{"question": "..."}, or plain text'
                ) from None
        if words := clean(str(line)).strip():
            found.append(words)
    if not found:
        raise UsageError(f"--questions {path}: holds no question; write one per line")
    return found
