"""`assistant models get`: fetch a model, to be used later."""

from __future__ import annotations

import argparse

HELP = "fetch a model"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="a name from the list, or OWNER/REPO:FILE.gguf from the hub")


def run(args: argparse.Namespace) -> int:
    from assistant.models import catalogue

    name = args.name
    if name in ("bundled", "moonshine"):
        print(f"{name} came with the installation. Use it: assistant models use {name}")
        return 0
    if name.endswith(".gguf") and ":" in name and name not in [row.source for row in catalogue.rows()]:
        from assistant import hub

        repo, _, file = name.partition(":")
        path = hub.fetch(repo, file)
    else:
        path = catalogue.fetch(catalogue.find(name))
    print(f"{name} is at {path}\nUse it: assistant models use {name}")
    return 0
