"""`assistant ask`: one question, one answer, for scripts."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

HELP = "answer one question: text, text on stdin, or an audio file"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("text", nargs="*", help="the question; without it, and without --audio, it is read from stdin")
    parser.add_argument("--audio", type=Path, metavar="FILE", help="a recorded question (WAV, FLAC, MP3, ...)")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write the spoken answer to this WAV file")
    parser.add_argument("--json", action="store_true", help="print the whole turn as JSON")


def run(args: argparse.Namespace) -> int:
    import asyncio
    import json

    from assistant.audio import files
    from assistant.cli import load_settings
    from assistant.modes import one_shot

    settings = load_settings(args).settings
    question = _question(args)
    speaker = files.WavSpeaker(realtime=False)
    turn = asyncio.run(one_shot.run(settings, _Errors(), speaker, question))
    if args.out:
        speaker.save(args.out)
    if args.json:
        from assistant.journal import record

        print(json.dumps(record(turn, "ask"), ensure_ascii=False))
    else:
        print(turn.heard)
    if turn.outcome == "nothing_said":
        print(f"assistant: there are no words in {args.audio}; record the question again, closer to the microphone",
              file=sys.stderr)
    return 1 if turn.outcome in ("failed", "nothing_said") else 0


def _question(args: argparse.Namespace):
    from assistant.audio import files
    from assistant.errors import UsageError

    if args.audio and args.text:
        raise UsageError("give either a text or --audio, not both")
    if args.audio:
        return files.read(args.audio)
    text = " ".join(args.text)
    if not text:
        if sys.stdin.isatty():
            print("Type your question and end with Ctrl-D:", file=sys.stderr)
        text = sys.stdin.read()
    if not text.strip():
        raise UsageError('there is no question; write it behind the command: assistant ask "What is the capital of France?"')
    return text


class _Errors:
    """A screen that shows only notices, on stderr: stdout belongs to the answer."""

    def note(self, text: str) -> None:
        print(f"assistant: {text}", file=sys.stderr)

    def __call__(self, event: object) -> None:
        from assistant import events

        if isinstance(event, events.Notice):
            self.note(event.text)
