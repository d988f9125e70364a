"""`assistant kiosk`: talk without screen or keyboard, for machines that start by themselves; or make it a service.

One file per action, like the commands themselves: ``HELP``, ``add_arguments(parser)``, ``run(args) -> int``.
"""

from __future__ import annotations

import argparse

from assistant.cli.supervised import supervised

HELP = "talk to visitors without screen or keyboard: begins by wake word, forgets each visit when it is over"

ACTIONS = ("install", "uninstall", "status")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from assistant.cli import add_actions

    add_actions(parser, __name__, ACTIONS, required=False)


def run(args: argparse.Namespace) -> int:
    if args.action:
        import importlib

        return importlib.import_module(f"{__name__}.{args.action}").run(args)
    return supervised(lambda: _run(args))


def _run(args: argparse.Namespace) -> int:
    from assistant.cli import load_settings
    from assistant.modes import signals
    from assistant.modes.kiosk.log import Log
    from assistant.modes.kiosk.run import run as run_kiosk

    settings = load_settings(args).settings
    with Log(settings.kiosk) as screen:
        signals.run(run_kiosk(settings, screen, lambda: load_settings(args).settings))
    return 0
