"""The parts of a DOCX and how they point to one another."""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from rag import office
from rag.errors import BadFile


class Package:
    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self.damaged: list[str] = []
        """Parts of which not all can be read."""
        self._known_relations: dict[str, dict[str, tuple[str, str]]] = {}
        self._names = {name.lower(): name for name in archive.namelist()}
        starts = [target for kind, target in self._relations("").values() if kind == "officeDocument"]
        self.path = next((path for path in starts if self._known(path)), "word/document.xml")
        main = self.part(self.path)
        if main is None:
            what = "cannot be read" if self.damaged else "is missing"
            raise BadFile(f"is damaged or no Word document: the part with its text {what}")
        self.main = main

    def part(self, path: str) -> Any:
        """The root element, None where there is no such part or nothing readable in it."""
        name = self._known(path)
        return office.part(self._archive, name, self.damaged) if name else None

    def related(self, *kinds: str) -> Iterator[tuple[str, Any]]:
        """(path, root) of what the main part points to."""
        for kind, path in self._relations(self.path).values():
            root = self.part(path) if kind in kinds else None
            if root is not None:
                yield path, root

    def named(self, kind: str) -> Any:
        return next((root for _, root in self.related(kind)), None)

    def path_of(self, kind: str) -> str:
        return next((path for path, _ in self.related(kind)), self.path)

    def entries(self, kind: str) -> dict[str, Any]:
        """Notes or comments by their number."""
        root = self.named(kind)
        return {_id(entry): entry for entry in root if isinstance(entry.tag, str)} if root is not None else {}

    def has(self, kind: str) -> bool:
        return any(found == kind for found, _ in self._relations(self.path).values())

    def target(self, part: str, number: str) -> Any:
        kind_and_path = self._relations(part).get(number)
        return self.part(kind_and_path[1]) if kind_and_path else None

    def title(self) -> str:
        root = self.part("docProps/core.xml")
        return (root.findtext("{*}title") or "") if root is not None else ""

    def _known(self, path: str) -> str | None:
        return self._names.get(path.lower().lstrip("/"))

    def _relations(self, part: str) -> dict[str, tuple[str, str]]:
        """Number -> (kind, path) of what a part points to inside the file."""
        if part in self._known_relations:
            return self._known_relations[part]
        folder, name = posixpath.split(part)
        root = self.part(posixpath.join(folder, "_rels", f"{name}.rels"))
        found: dict[str, tuple[str, str]] = {}
        self._known_relations[part] = found
        for relation in root if root is not None else ():
            if isinstance(relation.tag, str) and relation.get("TargetMode") != "External":
                kind = (relation.get("Type") or "").rpartition("/")[2]
                path = posixpath.normpath(posixpath.join(folder, unquote(relation.get("Target") or "")))
                found[relation.get("Id") or ""] = (kind, path)
        return found


def _id(entry: Any) -> str:
    return entry.get(f"{entry.tag.rpartition('}')[0]}}}id") or ""
