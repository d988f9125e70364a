"""`assistant rag rebuild`: make the store anew from its files."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from assistant.cli.rag.ingesting import ingesting

if TYPE_CHECKING:
    from assistant.settings import RagSettings

HELP = "make the store anew from its files, after a change of embedder or damage"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """It takes none of its own."""


def run(args: argparse.Namespace, settings: RagSettings) -> int:
    from rag import ingest

    summary = ingesting(
        settings,
        lambda store, model, embedder, progress: ingest.rebuild(
            store, model, embedder, settings.passage_tokens, progress
        ),
    )
    return 1 if summary.bad else 0
