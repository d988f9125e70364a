"""HTML -> blocks: its headings are the chapters."""

from __future__ import annotations

from typing import Any

from assistant.books.manuscript import Manuscript, mark_notes
from assistant.books.xhtml import Walker, parse


def manuscript(data: bytes) -> Manuscript:
    root = parse(data)
    if root is None:
        return Manuscript([])
    return from_tree(root)


def from_tree(root: Any) -> Manuscript:
    walker = Walker()
    walker.add(root)
    mark_notes(walker.blocks, walker.referred)
    first = next((block.text for block in walker.blocks if block.kind == "heading" and block.level == 1), "")
    title = root.find(".//{*}head/{*}title")
    named = {(meta.get("name") or "").lower(): meta.get("content") or "" for meta in root.iter("meta", "{*}meta")}
    return Manuscript(
        walker.blocks,
        title="".join(title.itertext()) if title is not None else first,
        author=named.get("author") or named.get("dc.creator") or "",
        language=root.get("lang")
        or root.get("{http://www.w3.org/XML/1998/namespace}lang")
        or named.get("language")
        or "",
    )
