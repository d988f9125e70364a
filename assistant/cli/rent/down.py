"""`assistant rent down`: end a machine, and look whether it is gone."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assistant.config import Loaded

HELP = "end a machine, look whether it is gone, and set [llm] to what it was before"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", nargs="?", default="", help="which one; not needed when there is only one")
    parser.add_argument(
        "--gone", action="store_true", help="its provider says that it has no such machine any more: only forget it"
    )


def run(args: argparse.Namespace, loaded: Loaded) -> int:
    from assistant.rent import rental as notes
    from assistant.rent import run as renting

    rental = notes.find(args.name)
    (renting.forget if args.gone else renting.down)(rental, loaded, lambda line: print(line, flush=True))
    return 0
