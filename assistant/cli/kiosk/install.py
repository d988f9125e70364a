"""`assistant kiosk install`: a systemd service that begins with the machine."""

from __future__ import annotations

import argparse

HELP = "make it a systemd service that begins with the machine and is started again whatever happens"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--user", action="store_true", help="a service of yours, with your PipeWire; needs no root")
    parser.add_argument(
        "--network",
        action="store_true",
        help="let it reach the network although the settings do not need that, e.g. to fetch models",
    )
    parser.add_argument("--dry-run", action="store_true", help="print the unit and change nothing")


def run(args: argparse.Namespace) -> int:
    import sys

    from assistant.cli import load_settings
    from assistant.modes.kiosk import service

    place = service.own() if args.user else service.system()
    given = load_settings(args)
    if args.dry_run:
        text = service.text(place, given, args.network, lambda line: print(line, file=sys.stderr))
        print(f"# {place.unit}\n{text}", end="")
    else:
        service.install(place, given, args.network, print)
    return 0
