"""`assistant voices`: every voice of every engine; hear one, fetch one, switch to one."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assistant.config import Loaded
    from assistant.settings import AudioSettings, EngineInfo
    from assistant.tts import Tts, TtsSettings, Voice

HELP = "show, hear, fetch and switch voices"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from assistant.tts import ENGINES

    parser.add_argument(
        "action",
        nargs="?",
        choices=("list", "get", "use"),
        default="list",
        help="list (default), get = fetch one, use = switch to one by editing config.toml",
    )
    parser.add_argument("name", nargs="?", help="ENGINE/VOICE from the list, or VOICE where only one engine has it")
    parser.add_argument("--language", metavar="CODE", help="list only voices of this language, e.g. de or en-gb")
    parser.add_argument("--engine", choices=[engine.name for engine in ENGINES], help="list only voices of this engine")
    parser.add_argument("--json", action="store_true", help="the list as JSON, for scripts")
    parser.add_argument("--play", metavar="NAME", help="let a voice speak, and measure how quick it is here")
    parser.add_argument(
        "-o", "--out", type=Path, metavar="FILE", help="with --play: write a WAV file instead of using the speaker"
    )


def run(args: argparse.Namespace) -> int:
    from assistant.audio.files import check_output
    from assistant.cli import load_settings, notice
    from assistant.errors import UsageError
    from assistant.tts import listing

    loaded = load_settings(args)
    settings = loaded.settings.tts
    if args.action != "list" and not args.name:
        raise UsageError(f"assistant voices {args.action} needs a name; `assistant voices` shows them")
    if args.action == "list" and args.name:
        raise UsageError(f"assistant voices list takes no name; to hear it: assistant voices --play {args.name}")
    if args.out:
        if not args.play:
            raise UsageError(f"--out {args.out}: goes with --play NAME")
        check_output(args.out)
    if args.play:
        return play(loaded, *listing.find(args.play, settings), args.out)
    if args.action == "list":
        voices = listing.every(settings, args.engine, args.language)
        if args.language and voices and not any(voice.language for _, voice in voices):
            notice(f"no local voice is known for {args.language}; these are services that read any language")
        return _list(settings, voices, args.language, args.json)
    engine, voice = listing.find(args.name, settings)
    return (_get if args.action == "get" else _use)(loaded, engine, voice)


def _list(settings: TtsSettings, voices: list[tuple[EngineInfo, Voice]], language: str | None, as_json: bool) -> int:
    from dataclasses import asdict

    from assistant.tts import choice, listing, measured

    kept = [(engine, voice, measured.known(f"{engine.name}/{voice.name}")) for engine, voice in voices]
    if as_json:
        import json

        rows = [
            {**asdict(voice), "ready": voice.here and not engine.missing(), **asdict(found)}
            for engine, voice, found in kept
        ]
        print(json.dumps(rows, indent=2, ensure_ascii=False))
        return 0
    if not kept:
        known = {voice.language.partition("-")[0].partition("_")[0] for _, voice in listing.every(settings)}
        short = (language or "")[:2].lower()
        meant = f"write --language {short}, or " if short in known else ""
        print(f"No voice here is like that; {meant}see `assistant voices`, which shows all.")
        return 0
    in_use = choice.key(choice.chosen(settings), settings)
    table = [("", "name", "language", "sex", "licence", "size", "here", "for 1 s of speech", "")]
    for engine, voice, found in kept:
        speed = f"{found.factor:.2f} s, first {found.first:.2f} s" if found.factor and found.first else ""
        missing = engine.missing()
        table.append(
            (
                "*" if f"{engine.name}/{voice.name}" == in_use else "",
                f"{engine.name}/{voice.name}",
                voice.language or "any",
                voice.sex,
                voice.licence,
                f"{voice.megabytes:.0f} MB" if voice.megabytes else "",
                "" if missing or not voice.here else "cloud" if engine.leaves else "yes",
                speed,
                f"needs {', '.join(missing)}" if missing else voice.note,
            )
        )
    widths = [max(len(row[column]) for row in table) for column in range(len(table[0]))]
    for row in table:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())
    print("\n* = in use. Hear one: assistant voices --play NAME   fetch: ... get NAME   switch: ... use NAME")
    return 0


def _get(loaded: Loaded, engine: EngineInfo, voice: Voice) -> int:
    _check_installed(engine)
    name = f"{engine.name}/{voice.name}"
    if not voice.here:
        engine.imported().fetch(voice.name)
    elif engine.leaves:
        print(f"{name} runs in the cloud, there is nothing to fetch. Use it: assistant voices use {name}")
        return 0
    print(f"{name} is here. Use it: assistant voices use {name}")
    return 0


def _use(loaded: Loaded, engine: EngineInfo, voice: Voice) -> int:
    from assistant import tts
    from assistant.cli import tell_stronger, write_settings
    from assistant.errors import UsageError

    _check_ready(engine, voice)
    changes = {"tts.engine": engine.name, f"tts.{engine.voice}": voice.name}
    write_settings(loaded, changes)
    if voice.licence:
        print(f"Its licence: {voice.licence}" + (f" ({voice.note})" if voice.note else ""))
    try:
        tts.check_key(engine, loaded.settings.tts)
    except UsageError as error:
        print(f"But {error}.")
    tell_stronger(loaded, changes)
    return 0


def play(loaded: Loaded, engine: EngineInfo, voice: Voice, out: Path | None) -> int:
    """Let it speak its sample, and say how quick it is here. Raises AssistantError."""
    import asyncio

    from assistant import tts
    from assistant.tts import choice, listing, measured

    _check_ready(engine, voice)
    settings = choice.using(engine, voice.name, loaded.settings.tts)
    tts.check_key(engine, settings)
    speaking = choice.alone(engine, settings, lambda text: print(f"assistant: {text}", file=sys.stderr))
    try:
        if not engine.leaves:
            found = measured.speed(choice.key(engine, settings), speaking)
            print(f"{speaking.name}: {found.factor:.2f} s for 1 s of speech, first sound after {found.first:.2f} s")
        asyncio.run(_speak(speaking, listing.sample(voice.language or speaking.language), loaded.settings.audio, out))
    finally:
        speaking.close()
    return 0


async def _speak(voice: Tts, text: str, settings: AudioSettings, out: Path | None) -> None:
    from assistant.audio.files import WavSpeaker
    from assistant.audio.playback import open_speaker
    from assistant.errors import DeviceError

    try:
        speaker = WavSpeaker(realtime=False) if out else open_speaker(settings)
    except DeviceError as error:
        raise DeviceError(f"{error}; or write a file: assistant voices --play NAME -o sample.wav") from None
    try:
        async for chunk in voice.speak(text):
            speaker.write(chunk.pcm24k)
        await speaker.drained()
        if isinstance(speaker, WavSpeaker) and out:
            speaker.save(out)
    finally:
        speaker.close()


def _check_ready(engine: EngineInfo, voice: Voice) -> None:
    """Raises UsageError with what is to be done first."""
    from assistant.errors import UsageError

    _check_installed(engine)
    if not voice.here:
        name = f"{engine.name}/{voice.name}"
        raise UsageError(f"{name} is not on this machine; fetch it first: assistant voices get {name}")


def _check_installed(engine: EngineInfo) -> None:
    from assistant.errors import UsageError

    if missing := engine.missing():
        raise UsageError(f"{engine.name} needs packages that are not installed ({', '.join(missing)}): {engine.note}")
