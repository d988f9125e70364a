"""`assistant doctor`: is everything there, and what to do when it is not."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assistant.config import Settings
    from assistant.doctor import Check

HELP = "check devices, models, keys and this machine, and say what to do"
_MARKS = {"ok": ("✓", "green"), "note": ("!", "yellow"), "failed": ("✗", "red")}
_BAR = 30  # characters of the level meter, where the terminal has room for them
_BESIDE = 10  # characters of its line beside the bar
_DEPTH = 60.0  # dB that the bar shows


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--no-sound", action="store_true", help="do not play the test tone")
    parser.add_argument("--json", action="store_true", help="print the checks as JSON")


def _talk_key(settings: Settings) -> Check:
    from assistant.doctor import Check
    from assistant.errors import UsageError
    from assistant.modes.keys import names

    try:
        names.parse(settings.push_to_talk.key)
    except UsageError as error:
        return Check("Push-to-talk", "failed", str(error), "correct it, or talk hands-free")
    return Check("Push-to-talk", "ok", settings.push_to_talk.key)


def run(args: argparse.Namespace) -> int:
    import dataclasses
    import itertools
    import json

    from rich.text import Text

    from assistant import doctor, terminal
    from assistant.cli import load_settings

    settings = load_settings(args).settings
    console = terminal.console(highlight=False, soft_wrap=True)
    live = console.is_terminal and not args.json
    done = []
    if live and not args.no_sound:
        console.print("Say something while the microphone is tested.")
    checks = doctor.checks(settings, not args.no_sound, meter if live else lambda level: None)
    for check in itertools.chain(checks, [_talk_key(settings)]):
        done.append(check)
        if live:
            clear()
        if not args.json:
            mark, colour = _MARKS[check.status]
            console.print(Text(f"{mark} ", colour) + Text(f"{check.name:<16}{check.found}", "default"))
            if check.to_do:
                console.print(Text(f"{'':<18}→ {check.to_do}", "dim"))
    failed = [check.name for check in done if check.status == "failed"]
    if args.json:
        print(json.dumps([dataclasses.asdict(check) for check in done], ensure_ascii=False, indent=2))
    else:
        console.print(f"\nNot ready: {', '.join(failed)}." if failed else "\nReady. Start with: assistant talk")
        if failed and set(failed) <= {"Microphone", "Speaker"}:
            console.print(
                "Without sound these work: assistant ask, assistant say --out FILE, assistant talk --or-sample"
            )
    return 1 if failed else 0


def clear() -> None:
    """Take the bar away."""
    print("\r" + " " * (_bar() + _BESIDE), end="\r", flush=True)


def meter(level: float) -> None:
    """A bar for ``level`` (dB below full scale) over the line that is there."""
    import sys

    bar = _bar()
    filled = max(0, min(bar, round(bar * (1 + level / _DEPTH))))
    sys.stdout.write(f"\r  {'█' * filled}{'░' * (bar - filled)} {max(level, -_DEPTH):4.0f} dB")
    sys.stdout.flush()


def _bar() -> int:
    import shutil

    return max(1, min(_BAR, shutil.get_terminal_size().columns - _BESIDE - 1))
