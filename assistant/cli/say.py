"""`assistant say`: speak a text, or write it into a sound file."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.tts import ENGINES
from rag.text import clean, readable

if TYPE_CHECKING:
    from assistant.tts import Tts

HELP = "speak a text, or write it into a sound file"

_FORMATS = ("wav", "mp3", "opus", "aac", "flac", "pcm")  # those of assistant.audio.encode, which costs an import
_AHEAD = 10.0  # seconds of speech kept ready; a whole book is not synthesized at once
_READS = {
    "Arabic": "ar", "Armenian": "hy", "Bengali": "bn", "Chinese": "cmn", "Cyrillic": "ru", "Devanagari": "hi",
    "Ethiopic": "am", "Georgian": "ka", "Greek": "el", "Hangul": "ko", "Hebrew": "he", "Hiragana": "ja",
    "Katakana": "ja", "Tamil": "ta", "Thai": "th",
}  # fmt: skip
"""Script -> a voice of espeak's that reads it."""
_LONG = 20  # sentences from which on one is told how far a file is


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("text", nargs="*", help="what to say; without it, it is read from stdin")
    parser.add_argument(
        "-o",
        "--out",
        type=Path,
        metavar="FILE",
        help=f"write a file instead of using the speaker: .{', .'.join(_FORMATS)}; - is standard output",
    )
    parser.add_argument("--format", choices=_FORMATS, help="what to write; default: by the file's ending, else wav")
    names = ", ".join(engine.name for engine in ENGINES)
    parser.add_argument("--engine", metavar="NAME", help=f"voice engine: auto, or one of {names}; see [tts] engine")
    parser.add_argument(
        "--voice", metavar="NAME", help="its voice, e.g. en-gb or en-us+f3 (espeak); `assistant voices` shows all"
    )


def run(args: argparse.Namespace) -> int:
    import asyncio

    from assistant import tts
    from assistant.audio.encode import encoder, format_of
    from assistant.cli import load_settings, with_voice
    from assistant.errors import UsageError
    from assistant.reply.speakable import passed_over

    settings = with_voice(args, load_settings(args, tts__engine=args.engine).settings)
    if args.format and not args.out:
        raise UsageError("--format is for a file: name it with -o")
    format = format_of(args.out, args.format) if args.out else ""
    text = _text(args)

    async def write(voice: Tts, sentences: list[str]) -> None:
        with encoder(args.out, format) as out:
            for number, sentence in enumerate(sentences):
                _tell(number, len(sentences))
                async for chunk in voice.speak(sentence):
                    out.write(chunk.pcm24k)

    async def play(voice: Tts, sentences: list[str]) -> None:
        speaker = _open_speaker(settings)
        try:
            for sentence in sentences:
                async for chunk in voice.speak(sentence):
                    speaker.write(chunk.pcm24k)
                ahead = (speaker.written - speaker.played) / tts.SAMPLE_RATE - _AHEAD
                await asyncio.sleep(max(0.0, ahead))
            await speaker.drained()
        finally:
            speaker.close()

    voice = tts.load(settings.tts, _notice)  # outside of the loop: a voice that is not known yet is measured in one
    try:
        sentences = _sentences(text, voice.language)
        if not tts.chosen(settings.tts).leaves:
            _check_script(" ".join(sentences), voice)
        asyncio.run((write if args.out else play)(voice, sentences))
    finally:
        voice.close()
    if endless := passed_over(text):
        _notice(f"not read: {endless:,} characters without a space; put spaces between the words")
    return 1 if endless else 0


def _tell(number: int, total: int) -> None:
    """How far a long text is written, on a terminal, in one line that is written over."""
    if total >= _LONG and sys.stderr.isatty():
        end = "\n" if number == total - 1 else ""
        print(f"\r{number + 1} of {total} sentences", end=end, file=sys.stderr, flush=True)


def _text(args: argparse.Namespace) -> str:
    if args.text:
        return readable(" ".join(args.text))
    if sys.stdin.isatty():
        print("Type the text and end with Ctrl-D:", file=sys.stderr)
    return clean(sys.stdin.buffer.read().decode("utf-8-sig", errors="replace"))


def _sentences(text: str, language: str) -> list[str]:
    from assistant.errors import AssistantError, UsageError
    from assistant.reply.sentences import SentenceSplitter
    from assistant.reply.speakable import passed_over, speakable

    splitter = SentenceSplitter()
    units = [unit for line in text.splitlines(keepends=True) for unit in splitter.feed(line)] + splitter.flush()
    words = [words for unit in units if (words := speakable(unit, language))]
    if not words and (endless := passed_over(text)):
        raise AssistantError(
            f"{endless:,} characters without a space cannot be read aloud; put spaces between the words"
        )
    if not words:
        raise UsageError(
            "there is nothing in the text that can be read aloud; write it behind the command: "
            'assistant say "Good morning."'
        )
    return words


def _check_script(text: str, voice: Tts) -> None:
    """Raises UsageError where most of it is silence to the voice, or the names of letters."""
    from assistant.errors import UsageError
    from assistant.tts.scripts import foreign_script

    if script := foreign_script(text, voice.language):
        raise UsageError(
            f"{voice.name} does not read {script} letters; choose a voice that does, for example with "
            f"--engine espeak --voice {_READS.get(script, 'CODE')} (`assistant voices` shows all)"
        )


def _open_speaker(settings):
    from assistant.audio.playback import open_speaker
    from assistant.errors import DeviceError

    try:
        return open_speaker(settings.audio)
    except DeviceError as error:
        raise DeviceError(f"{error}; or write a file: assistant say --out speech.wav ...") from None


def _notice(text: str) -> None:
    print(f"assistant: {text}", file=sys.stderr)
