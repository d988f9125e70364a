"""`assistant kiosk uninstall`: end the service and remove it."""

from __future__ import annotations

import argparse

HELP = "end the service and remove it; settings, journal and log stay"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--user", action="store_true", help="the service that `install --user` made")


def run(args: argparse.Namespace) -> int:
    from assistant.modes.kiosk import service

    service.uninstall(service.own() if args.user else service.system(), print)
    return 0
