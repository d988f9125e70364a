"""`assistant rag stats`: size, embedder and state of the store."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assistant.settings import RagSettings

HELP = "show size, embedder and state of the store"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace, settings: RagSettings) -> int:
    from assistant import knowledge
    from rag import lexical

    store = knowledge.store(settings)
    recipe, sources = store.recipe(), store.sources()
    facts = {
        "store": settings.url or str(store.path),
        "collection": settings.collection,
        "documents": len(sources),
        "passages": sum(source.passages for source in sources.values()),
        "bytes of documents": sum(source.bytes for source in sources.values()),
        "bytes on this disk": sum(file.stat().st_size for file in store.path.rglob("*") if file.is_file()),
        "embedder": f"{recipe.embedder} ({recipe.dimensions} dimensions)" if recipe else "none yet",
        "tokens per passage": recipe.size if recipe else settings.passage_tokens,
        "BM25 in step": lexical.load(store.path / "bm25", store.signature()) is not None,
    }
    print(json.dumps(facts, indent=2) if args.json else "\n".join(f"{name:20} {fact}" for name, fact in facts.items()))
    return 0
