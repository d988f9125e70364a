"""`assistant say`: speak a text, or write it as a WAV file."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from assistant.tts import ENGINES

HELP = "speak a text, or write it to a WAV file"

_AHEAD = 10.0  # seconds of speech kept ready; a whole book is not synthesized at once


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("text", nargs="*", help="what to say; without it, it is read from stdin")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write a WAV file instead of using the speaker")
    names = ", ".join(engine.name for engine in ENGINES)
    parser.add_argument("--engine", metavar="NAME", help=f"voice engine: auto, or one of {names}; see [tts] engine")
    parser.add_argument("--voice", metavar="NAME", help="its voice, e.g. en-gb or en-us+f3 (espeak), nova (openai)")


def run(args: argparse.Namespace) -> int:
    import asyncio

    from assistant import tts
    from assistant.audio.files import WavSpeaker, check_output
    from assistant.cli import load_settings

    settings = load_settings(args, tts__engine=args.engine).settings
    if args.voice is not None:
        engine = tts.chosen(settings.tts)
        tts.check_key(engine, settings.tts)
        settings = load_settings(args, tts__engine=args.engine, **{f"tts__{engine.voice}": args.voice}).settings
    if args.out:
        check_output(args.out)
    sentences = _sentences(args)

    async def speak() -> None:
        speaker = WavSpeaker(realtime=False) if args.out else _open_speaker(settings)
        try:
            voice = tts.load(settings.tts, _notice)
            try:
                for sentence in sentences:
                    async for chunk in voice.speak(sentence):
                        speaker.write(chunk.pcm24k)
                    ahead = (speaker.written - speaker.played) / tts.SAMPLE_RATE - _AHEAD
                    await asyncio.sleep(max(0.0, ahead))
                await speaker.drained()
            finally:
                voice.close()
            if args.out:
                speaker.save(args.out)
        finally:
            speaker.close()

    asyncio.run(speak())
    return 0


def _sentences(args: argparse.Namespace) -> list[str]:
    from assistant.errors import UsageError
    from assistant.reply.sentences import SentenceSplitter
    from assistant.reply.speakable import speakable

    text = " ".join(args.text)
    if not args.text:
        if sys.stdin.isatty():
            print("Type the text and end with Ctrl-D:", file=sys.stderr)
        text = sys.stdin.buffer.read().decode("utf-8", errors="replace")
    splitter = SentenceSplitter()
    units = [unit for line in text.splitlines(keepends=True) for unit in splitter.feed(line)] + splitter.flush()
    words = [words for words in map(speakable, units) if words]
    if not words:
        raise UsageError(
            "there is nothing in the text that can be read aloud; write it behind the command: "
            'assistant say "Good morning."'
        )
    return words


def _open_speaker(settings):
    from assistant.audio.playback import open_speaker
    from assistant.errors import DeviceError

    try:
        return open_speaker(settings.audio)
    except DeviceError as error:
        raise DeviceError(f"{error}; or write a file: assistant say --out speech.wav ...") from None


def _notice(text: str) -> None:
    print(f"assistant: {text}", file=sys.stderr)
