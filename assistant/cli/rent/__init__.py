"""`assistant rent ...`: one machine elsewhere, for talking. The work is done by assistant/rent.

One file per action, like the commands themselves: ``HELP``, ``add_arguments(parser)``, ``run(args, loaded) -> int``.
"""

from __future__ import annotations

import argparse

HELP = "rent a GPU for talking: what it costs, start, watch, end"

ACTIONS = ("plan", "up", "status", "down")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from assistant.cli import add_actions

    add_actions(parser, __name__, ACTIONS)


def run(args: argparse.Namespace) -> int:
    import importlib

    from assistant.cli import load_settings

    return importlib.import_module(f"{__name__}.{args.action}").run(args, load_settings(args))


def add_machine(parser: argparse.ArgumentParser) -> None:
    """What `plan` and `up` ask for alike."""
    parser.add_argument(
        "--gpu", default="RTX4090", metavar="NAME", help="as SkyPilot calls it (default RTX4090, 24 GB)"
    )
    parser.add_argument(
        "--infra", default="", metavar="CLOUD", help="only this cloud, e.g. runpod, vast or aws/us-east-1"
    )
    parser.add_argument(
        "--gpus", type=int, default=1, metavar="N", help="for training: so many in one machine (default 1)"
    )
    parser.add_argument("--spot", action="store_true", help="cheaper, but it may be taken away at any time")
    parser.add_argument("--hours", type=float, default=2.0, help="it ends by itself after that (default 2)")
    parser.add_argument("--budget", type=float, metavar="DOLLARS", help="it ends by itself when that is spent")


def check_limits(args: argparse.Namespace) -> None:
    """Raises UsageError, before anybody is asked for a price."""
    from assistant.errors import UsageError

    if not 0 < args.hours <= 720:
        raise UsageError("--hours must lie above 0, 720 at most")
    if args.budget is not None and not 0 < args.budget < float("inf"):
        raise UsageError("--budget must lie above 0")
    if not 1 <= args.gpus <= 16:
        raise UsageError("--gpus must lie between 1 and 16, the GPUs of one machine")


def limit(args: argparse.Namespace, price: float | None) -> float:
    """Seconds until it ends by itself. Raises UsageError."""
    from assistant.errors import UsageError

    if args.budget is None:
        return float(args.hours * 3600)
    if not price:
        raise UsageError("--budget needs to know what an hour costs; add --price DOLLARS, or use --hours")
    return float(min(args.hours, args.budget / price) * 3600)


def duration(seconds: float) -> str:
    """``1 h 05 min``"""
    minutes = max(0, round(seconds / 60))
    return f"{minutes // 60} h {minutes % 60:02} min" if minutes >= 60 else f"{minutes} min"
