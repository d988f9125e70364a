"""`assistant rag remove`: forget files or folders."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from assistant.errors import UsageError

if TYPE_CHECKING:
    from assistant.settings import RagSettings

HELP = "forget files or everything below a folder; the files themselves stay"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", nargs="+", metavar="PATH", help="a file or folder, as `rag list` shows it")


def run(args: argparse.Namespace, settings: RagSettings) -> int:
    from assistant import knowledge
    from rag import ingest, lexical

    store = knowledge.store(settings)
    gone = ingest.remove(store, args.paths)
    lexical.of(store)
    print(f"{len(gone)} removed")
    if not gone:
        raise UsageError("none of these paths is stored; `assistant rag list` shows what is")
    return 0
