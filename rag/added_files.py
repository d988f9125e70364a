"""The list of added files, beside the store: a store that cannot be opened any more is made anew from it."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from rag.atomic import write_text


class AddedFiles:
    """Append-only lines ``{"add": path}`` and ``{"remove": path}``; a torn last line is passed over."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def add(self, sources: Sequence[str]) -> None:
        self._append([{"add": source} for source in sources])

    def remove(self, sources: Sequence[str]) -> None:
        self._append([{"remove": source} for source in sources])

    def sources(self) -> list[str]:
        found: dict[str, None] = {}
        if not self._path.is_file():
            return []
        for line in self._path.read_text(encoding="utf-8", errors="replace").splitlines():
            try:
                entry = json.loads(line)
            except ValueError:
                continue
            if "add" in entry:
                found[entry["add"]] = None
            else:
                found.pop(entry.get("remove"), None)
        return list(found)

    def replace(self, sources: Sequence[str]) -> None:
        """Write only these, each once."""
        write_text(self._path, "".join(json.dumps({"add": source}) + "\n" for source in sources))

    def _append(self, entries: list[dict]) -> None:
        with self._path.open("a+b") as file:
            if file.tell() and not self._ends_whole(file):
                file.write(b"\n")
            file.write("".join(json.dumps(entry) + "\n" for entry in entries).encode())

    @staticmethod
    def _ends_whole(file: BinaryIO) -> bool:
        file.seek(-1, os.SEEK_END)
        return file.read(1) == b"\n"
