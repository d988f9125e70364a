"""`assistant rent status`: what is rented, whether it runs, what it has cost."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assistant.config import Loaded

HELP = "tell what is rented, whether it runs, what it has cost; exit code 1 when something is not as it should be"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", nargs="?", default="", help="only this one")


def run(args: argparse.Namespace, loaded: Loaded) -> int:
    import shutil

    from assistant.cli.rent import duration
    from assistant.errors import AssistantError
    from assistant.rent import rental as notes
    from assistant.rent import run as renting

    rentals = [notes.find(args.name)] if args.name else notes.kept()
    well = True
    for rental in rentals:
        told = renting.state(rental)
        cost = "cost unknown" if told["cost"] is None else f"${told['cost']:.2f} so far"
        left = f"ends by itself in {duration(told['left'])}" if told["left"] > 0 else "its time is over"
        where = rental.gpu if rental.where == "sky" else rental.host
        print(f"{rental.name}: {told['is']}; {rental.model} on {where}; {cost}; {left}")
        if told["note"]:
            print(f"  {told['note']}")
        well = well and told["is"] == "up"
    if not args.name and shutil.which("sky"):
        try:
            for name in renting.orphans(rentals):
                print(f"{name}: a machine of SkyPilot's, not started from here; unwanted? sky down {name}")
        except AssistantError as error:
            print(str(error))
            well = False
    if not rentals:
        print("Nothing is rented.")
    return 0 if well else 1
