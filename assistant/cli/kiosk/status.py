"""`assistant kiosk status`: how the service is, and whether it hears."""

from __future__ import annotations

import argparse

HELP = "tell how the service is, and whether it hears; exit code 1 when it does not"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--user", action="store_true", help="the service that `install --user` made")


def run(args: argparse.Namespace) -> int:
    from assistant import config
    from assistant.cli import load_settings
    from assistant.modes.kiosk import service

    place = service.own() if args.user else service.installed()
    reads_its_own = place.unit.exists() and place.config.is_file()
    loaded = config.load(place.config) if reads_its_own else load_settings(args)
    return 0 if service.status(place, loaded.settings.kiosk.port, print) else 1
