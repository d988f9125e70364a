"""`assistant models pin`: accept what the hub has by a name now, to be fetched from now on."""

from __future__ import annotations

import argparse

HELP = "from now on fetch what the hub has by that name now"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="a name from the list, or OWNER/REPO")


def run(args: argparse.Namespace) -> int:
    from assistant import hub
    from assistant.models import catalogue
    from rag import pins

    repo = args.name.partition(":")[0] if "/" in args.name else catalogue.repository(catalogue.find(args.name))
    before, now = pins.of(repo).revision, hub.newest(repo)
    pins.accept(repo, now)
    print(f"{repo}: from now on commit {now[:8]} is fetched" + (f", before it was {before[:8]}" if before else ""))
    return 0
