"""`assistant kiosk`: talk without screen or keyboard, for machines that start by themselves."""

from __future__ import annotations

import argparse

HELP = "talk hands-free without screen or keyboard; waits for devices that vanish"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    pass


def run(args: argparse.Namespace) -> int:
    import asyncio
    import signal

    from assistant.cli import load_settings
    from assistant.modes.kiosk.run import run as run_kiosk
    from assistant.screen import open_screen

    signal.signal(signal.SIGTERM, signal.default_int_handler)  # what systemd sends ends it like Ctrl-C
    settings = load_settings(args).settings
    with open_screen(plain=True) as screen:
        asyncio.run(run_kiosk(settings, screen))
    return 0
