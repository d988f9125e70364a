"""`assistant rag search`: the passages found for a question."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING

from assistant.errors import UsageError

if TYPE_CHECKING:
    from assistant.settings import RagSettings
    from rag.search import SearchResult

HELP = "show the passages found for a question, with scores"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("question", help="in words, as you would ask it")
    parser.add_argument("--count", type=int, default=5, metavar="N", help="passages to show (default 5)")
    parser.add_argument("--method", choices=("hybrid", "dense", "bm25"), default="hybrid", help="which search is used")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace, settings: RagSettings) -> int:
    from assistant import knowledge
    from rag import cite
    from rag.text import readable

    if args.count < 1:
        raise UsageError(f"--count {args.count}: must be at least 1")
    question = readable(args.question)
    if not question.strip():
        raise UsageError('there is no question; write it behind the command: assistant rag search "How heavy is it?"')
    found = knowledge.search(settings).find(question, args.count, args.method)
    if not found.hits and not args.json and not knowledge.store(settings).sources():
        print("Nothing is stored yet; add documents with: assistant rag add PATH")
        return 0
    if args.json:
        print(
            json.dumps(
                {
                    "confidence": found.confidence,
                    "threshold": settings.threshold,
                    "doubt": settings.doubt,
                    "about": found.about,
                    "hits": [{**vars(hit), "passage": vars(hit.passage)} for hit in found.hits],
                },
                ensure_ascii=False,
                indent=2,
            )
        )
        return 0
    for number, hit in enumerate(found.hits, 1):
        reranked = "" if hit.reranked is None else f", reranked {hit.reranked:.2f}"
        print(
            f"{number}. {cite.written(hit.passage)}\n   {hit.passage.source}, characters {hit.passage.start}-"
            f"{hit.passage.end}; score {hit.score:.2f}, cosine {hit.cosine:.2f}, BM25 {hit.bm25:.1f}{reranked}"
        )
        print("   " + " ".join(hit.passage.text.split())[:240] + "\n")
    print(
        f"Confidence {found.confidence:.2f}, threshold {settings.threshold:.2f}, doubt {settings.doubt:.2f}: "
        f"the documents {_knows(found, settings)}."
    )
    return 0


def _knows(found: SearchResult, settings: RagSettings) -> str:
    if found.confidence >= settings.threshold:
        return "probably answer this"
    if found.about and found.confidence >= settings.doubt:
        return "may answer this; it is told in doubt"
    return "probably do not answer this"
