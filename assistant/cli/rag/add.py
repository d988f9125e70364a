"""`assistant rag add`: store documents; only what changed is done again."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from assistant.cli.rag.ingesting import ingesting
from assistant.errors import UsageError

if TYPE_CHECKING:
    from assistant.settings import RagSettings

HELP = "store files, folders or patterns; only what changed is done again"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "paths", nargs="+", metavar="PATH", help="a file, a folder with all that is in it, or a pattern (**/*.md)"
    )


def run(args: argparse.Namespace, settings: RagSettings) -> int:
    from rag import ingest

    summary = ingesting(
        settings,
        lambda store, model, embedder, progress: ingest.add(
            store, args.paths, model, embedder, settings.passage_tokens, progress
        ),
    )
    used = summary.added or summary.changed or summary.unchanged or summary.removed
    if summary.bad and not used and all(bad.misnamed for bad in summary.bad):
        return UsageError.exit_code
    return 1 if summary.bad else 0
