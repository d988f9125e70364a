"""`assistant rent plan`: what it would cost. Nothing is started."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assistant.config import Loaded

HELP = "tell what a GPU costs an hour at the clouds you have an account for; nothing is started"

_SHOWN = 10


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from assistant.cli.rent import add_machine

    add_machine(parser)


def run(args: argparse.Namespace, loaded: Loaded) -> int:
    from assistant.cli.rent import check_limits, duration, limit
    from assistant.rent import skypilot

    check_limits(args)
    offers = skypilot.offers(args.gpu, args.infra, args.gpus)
    print(f"{'cloud':<12} {'region':<14} {'GPU':<16} {'GB':>4}  $/hour  spot")
    for offer in offers[:_SHOWN]:
        spot = "-" if offer.spot_price is None else f"{offer.spot_price:.2f}"
        place = f"{offer.cloud:<12.12} {offer.region:<14.14}"
        print(f"{place} {offer.gpu:<16.16} {offer.memory:>4.0f}  {offer.price:>6.2f}  {spot}")
    price = offers[0].asks(args.spot)
    seconds = limit(args, price)
    print(
        f"\nThe cheapest for {duration(seconds)}, after which it ends by itself: ${price * seconds / 3600:.2f} at "
        f"most, besides disk and traffic. Start it: assistant rent up{_as_planned(args)}"
    )
    return 0


def _as_planned(args: argparse.Namespace) -> str:
    """The options that make `up` start what was planned."""
    import shlex

    given = [
        ("--gpu", args.gpu, "RTX4090"),
        ("--gpus", args.gpus, 1),
        ("--infra", args.infra, ""),
        ("--hours", args.hours, 2.0),
        ("--budget", args.budget, None),
    ]
    words = [
        f" {option} {shlex.quote(value if isinstance(value, str) else f'{value:g}')}"
        for option, value, default in given
        if value != default
    ]
    what = " --training" if args.gpus > 1 else " --model OWNER/REPO"
    return what + "".join(words) + (" --spot" if args.spot else "")
