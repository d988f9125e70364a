"""`assistant models refresh`: newer leaderboard figures, where the network allows."""

from __future__ import annotations

import argparse

HELP = "fetch newer leaderboard figures"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """No options of its own."""


def run(args: argparse.Namespace) -> int:
    from assistant.models.quality import refresh

    print(refresh.refresh())
    return 0
