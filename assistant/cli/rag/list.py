"""`assistant rag list`: what is stored."""

from __future__ import annotations

import argparse
import json
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assistant.settings import RagSettings

HELP = "show what is stored"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace, settings: RagSettings) -> int:
    from assistant import knowledge

    sources = sorted(knowledge.store(settings).sources().values(), key=lambda source: source.path)
    if args.json:
        print(json.dumps([vars(source) for source in sources], ensure_ascii=False, indent=2))
        return 0
    for source in sources:
        added = time.strftime("%Y-%m-%d %H:%M", time.localtime(source.added))
        print(f"{source.passages:6} passages  {source.bytes / 1000:9.1f} kB  {added}  {source.path}")
    if not sources:
        print("Nothing is stored yet; add documents with: assistant rag add PATH")
    return 0
