"""`assistant kiosk`: talk without screen or keyboard, for machines that start by themselves."""

from __future__ import annotations

import argparse

HELP = "talk to visitors without screen or keyboard: begins by wake word, forgets each visit when it is over"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    pass


def run(args: argparse.Namespace) -> int:
    from assistant.cli import load_settings
    from assistant.modes import signals
    from assistant.modes.kiosk.run import run as run_kiosk
    from assistant.screen import open_screen

    settings = load_settings(args).settings
    with open_screen(plain=True) as screen:
        signals.run(run_kiosk(settings, screen, lambda: load_settings(args).settings))
    return 0
