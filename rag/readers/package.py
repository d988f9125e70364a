"""The parts of an Office file (DOCX, XLSX, PPTX) and how they point to one another."""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Iterator
from typing import IO, Any
from urllib.parse import unquote

from rag.errors import BadFile
from rag.readers.archive import part


class Package:
    """``start`` is where its main part lies in most files, ``what`` what such a file is called."""

    def __init__(
        self, archive: zipfile.ZipFile, start: str = "word/document.xml", what: str = "a Word document"
    ) -> None:
        self._archive = archive
        self._known_relations: dict[str, dict[str, tuple[str, str]]] = {}
        self._names = {name.lower(): name for name in archive.namelist()}
        self.damaged: list[str] = []
        """Parts of which only what stands before and behind a fault could be read."""
        starts = [target for kind, target in self.relations("").values() if kind == "officeDocument"]
        self.path = next((path for path in starts if self._known(path)), start)
        main = self.part(self.path)
        if main is None:
            how = "cannot be read" if self.damaged else "is missing"
            raise BadFile(f"is damaged or not {what}: the part with its text {how}")
        self.main = main

    def part(self, path: str) -> Any:
        """The root element, None where there is no such part or nothing readable in it."""
        name = self._known(path)
        return part(self._archive, name, self.damaged) if name else None

    def open(self, path: str) -> IO[bytes] | None:
        """The part as a stream, for what would take too much memory at once; None where there is none."""
        name = self._known(path)
        return self._archive.open(name) if name else None

    def related(self, *kinds: str, part: str = "") -> Iterator[tuple[str, Any]]:
        """(path, root) of what a part, without a name the main one, points to."""
        for kind, path in self.relations(part or self.path).values():
            root = self.part(path) if kind in kinds else None
            if root is not None:
                yield path, root

    def targets(self, kind: str, part: str) -> list[str]:
        """The paths of what ``part`` points to as ``kind``."""
        return [path for found, path in self.relations(part).values() if found == kind]

    def named(self, kind: str) -> Any:
        return next((root for _, root in self.related(kind)), None)

    def path_of(self, kind: str) -> str:
        return next((path for path, _ in self.related(kind)), self.path)

    def entries(self, kind: str) -> dict[str, Any]:
        """Notes or comments by their number."""
        root = self.named(kind)
        return {_id(entry): entry for entry in root if isinstance(entry.tag, str)} if root is not None else {}

    def has(self, kind: str) -> bool:
        return any(found == kind for found, _ in self.relations(self.path).values())

    def target(self, part: str, number: str) -> Any:
        kind_and_path = self.relations(part).get(number)
        return self.part(kind_and_path[1]) if kind_and_path else None

    def faults(self) -> list[str]:
        """What is to be told of damaged parts."""
        return [f"its part {posixpath.basename(path)} is damaged: not all of it is read" for path in self.damaged]

    def title(self) -> str:
        root = self.part("docProps/core.xml")
        return (root.findtext("{*}title") or "") if root is not None else ""

    def relations(self, part: str) -> dict[str, tuple[str, str]]:
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

    def _known(self, path: str) -> str | None:
        return self._names.get(path.lower().lstrip("/"))


def _id(entry: Any) -> str:
    return entry.get(f"{entry.tag.rpartition('}')[0]}}}id") or ""


def name_of(element: Any) -> str:
    """Of its tag, without the namespace; empty for comments and their like."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def reference(element: Any, *names: str) -> str:
    """The number of the relation that an element refers to in one of its attributes ``names``."""
    for key, value in element.attrib.items():  # the namespace of strict files is another one
        place, _, name = key.rpartition("}")
        if name in names and place.endswith("relationships"):
            return value
    return ""


def versions(parent: Any) -> Iterator[Any]:
    """The children: of two versions of a thing, one for each generation of programs, that which has text."""
    for child in parent:
        if name_of(child) == "AlternateContent":
            both = [one for one in child if name_of(one) in ("Choice", "Fallback")]
            told = [one for one in both if any(text.strip() for text in one.itertext("{*}t"))]
            for one in (told or both)[:1]:
                yield from versions(one)
        else:
            yield child
