"""One example to learn from: a conversation that ends with the answer wanted."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Messages = list[dict[str, str]]
"""``[{"role": "system" | "user" | "assistant", "content": ...}, ...]``, as chat templates take them."""


@dataclass(frozen=True)
class Row:
    messages: tuple[dict[str, str], ...]
    """See `Messages`; the last one is the assistant's."""
    line: int = 0
    """Where it stands in its file, from 1: the line of a JSONL or CSV file, the position in a JSON list."""
    kind: str = ""
    """What it teaches, in the dataset's own word, e.g. ``style``, ``fact`` or ``general``; empty = not said."""
    source: str = ""
    """Where the answer comes from (a file and page, or the journal); empty = not said."""

    @property
    def question(self) -> str:
        """The last thing the user says."""
        return next((message["content"] for message in reversed(self.messages) if message["role"] == "user"), "")

    @property
    def answer(self) -> str:
        return self.messages[-1]["content"]

    def prompt(self, system: str) -> Messages:
        """All but the answer, with ``system`` first when the row brings no system prompt of its own."""
        given = list(self.messages[:-1])
        return (
            given
            if given and given[0]["role"] == "system" or not system
            else [{"role": "system", "content": system}, *given]
        )


def as_json(row: Row) -> dict[str, Any]:
    """The form in which rows are written by this package: chat messages."""
    labels = {name: value for name, value in (("kind", row.kind), ("source", row.source)) if value}
    return {"messages": list(row.messages), **labels}


def write(path: Path, rows: Iterable[Row], mode: int = 0o600) -> None:
    """JSON lines, replaced in one step; see `rag.output.opened`. Folders above are made."""
    from rag import output  # a notebook carries this module, without `rag`

    path.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(path, "".join(json.dumps(as_json(row), ensure_ascii=False) + "\n" for row in rows), mode)


def data_hash(rows: Sequence[Row]) -> str:
    """Of what is learned, not of how the file spells it: 16 hexadecimal digits."""
    digest = hashlib.sha256()
    for row in rows:
        digest.update(json.dumps(as_json(row), ensure_ascii=False, sort_keys=True).encode("utf-8", "replace") + b"\n")
    return digest.hexdigest()[:16]
