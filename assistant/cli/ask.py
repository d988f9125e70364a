"""`assistant ask`: one question, one answer, for scripts; without a question, on a terminal, a typed conversation."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.errors import UsageError
from rag.text import clean, readable

if TYPE_CHECKING:
    import numpy as np

    from assistant.turn import Turn

_LONGEST = 200_000  # characters of a question, some 50,000 tokens: more is a document, and few models take it
HELP = "answer one question: text, text on stdin, or an audio file; alone on a terminal: a typed conversation"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "text",
        nargs="*",
        help="the question; without it, and without --audio, it is read from stdin, or from a terminal line by line",
    )
    parser.add_argument("--audio", type=Path, metavar="FILE", help="a recorded question (WAV, FLAC, MP3, ...)")
    parser.add_argument(
        "--out", type=Path, metavar="FILE", help="write the spoken answer to this WAV file; - is standard output"
    )
    parser.add_argument(
        "--rag",
        action=argparse.BooleanOptionalAction,
        help="ground the answer in your own documents, or do not; default: [rag] enabled",
    )
    parser.add_argument("--json", action="store_true", help="print the whole turn as JSON, with the passages used")


def run(args: argparse.Namespace) -> int:
    import asyncio

    from assistant.audio import files
    from assistant.cli import load_settings
    from assistant.modes import one_shot, typed
    from assistant.rent import tunnel

    settings = load_settings(args, rag__enabled=args.rag).settings
    if _converses(args):
        with tunnel.held(settings.llm.base_url, _Errors().note):
            asyncio.run(typed.run(settings, _Turns(), files.WavSpeaker(realtime=False)))
        return 0
    question = _question(args)
    if args.out:
        _check_out(args)
    speaker = files.WavSpeaker(realtime=False)
    with tunnel.held(settings.llm.base_url, _Errors().note):
        turn = asyncio.run(one_shot.run(settings, _Errors(), speaker, question, heard=bool(args.out)))
    _print(turn, args.json)
    if args.debug and turn.refused:
        print(f"assistant: refused: {turn.refused}", file=sys.stderr)
    if args.out:
        speaker.save(args.out)
    return _exit_code(turn, args)


def _converses(args: argparse.Namespace) -> bool:
    return not (args.text or args.audio or args.out or args.json) and sys.stdin.isatty()


def _print(turn: Turn, as_json: bool) -> None:
    if as_json:
        from assistant.journal import record

        row = record(turn, "ask")
        row["passages"] = [{**entry, "text": passage.text} for entry, passage in zip(row["passages"], turn.passages)]
        print(json.dumps(row, ensure_ascii=False))
        return
    if turn.heard:
        print(turn.heard)
    for passage in turn.passages:
        print(f"{'perhaps ' if turn.doubtful else ''}from: {passage.written()}", file=sys.stderr)


def _exit_code(turn: Turn, args: argparse.Namespace) -> int:
    if turn.outcome == "nothing_said":
        print(
            f"assistant: there are no words in {args.audio}; record the question again, closer to the microphone",
            file=sys.stderr,
        )
    elif turn.skill and turn.outcome == "answered":
        return 0  # "stop" needs no words
    elif not turn.heard and not turn.error:
        print(
            "assistant: the language model gave no answer; ask in other words, or choose a better one with "
            "`assistant models`",
            file=sys.stderr,
        )
    return 0 if turn.heard and turn.outcome != "failed" else 1


def _check_out(args: argparse.Namespace) -> None:
    """Before the work is done, not after it."""
    from assistant.audio import files

    if args.audio and os.path.exists(args.out) and args.out.samefile(args.audio):
        raise UsageError(f"--out {args.out}: that is the question itself; name another file")
    files.check_output(args.out)


def _question(args: argparse.Namespace) -> str | np.ndarray:
    from assistant.audio import files

    if args.audio and args.text:
        raise UsageError("give either a text or --audio, not both")
    if args.audio:
        return files.read(args.audio)
    text = readable(" ".join(args.text))
    if not text:
        if sys.stdin.isatty():
            print("Type your question and end with Ctrl-D:", file=sys.stderr)
        given = sys.stdin.buffer.read(4 * _LONGEST + 1)
        try:
            text = given.decode(
                "utf-8", "ignore" if len(given) > 4 * _LONGEST else "strict"
            )  # its last character is cut
        except UnicodeDecodeError:
            raise UsageError("what came on stdin is not text; for a recording use --audio FILE") from None
    if len(text) > _LONGEST:
        raise UsageError(
            f"the question has more than {_LONGEST:,} characters; shorten it, or let the assistant search the text: "
            "assistant rag add FILE, then ask with --rag"
        )
    if not clean(text).strip():
        raise UsageError(
            'there is no question; write it behind the command: assistant ask "What is the capital of France?"'
        )
    return clean(text)


class _Errors:
    """A screen that shows only notices, on stderr: stdout belongs to the answer."""

    def note(self, text: str) -> None:
        print(f"assistant: {text}", file=sys.stderr)

    def __call__(self, event: object) -> None:
        from assistant import events

        if isinstance(event, events.Notice):
            self.note(event.text)


class _Turns(_Errors):
    """Prints what is said in each turn, too."""

    def __call__(self, event: object) -> None:
        from assistant import events

        super().__call__(event)
        if isinstance(event, events.TurnEnded):
            _print(event.turn, as_json=False)
