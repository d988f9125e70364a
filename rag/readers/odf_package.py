"""The parts of an OpenDocument file (ODT, ODS, ODP)."""

from __future__ import annotations

import posixpath
from typing import IO, Any

from rag.errors import BadFile
from rag.readers.archive import part, unzip
from rag.readers.package import name_of

_CONTENT = "content.xml"


class OdfPackage:
    """``damaged`` names parts that are not read to their end."""

    def __init__(self, data: bytes) -> None:
        self._archive = unzip(data, "file of OpenDocument")
        self._names = set(self._archive.namelist())
        self.damaged: list[str] = []
        self._objects: dict[str, Any] = {}
        if _CONTENT not in self._names:
            raise BadFile("is damaged or not a file of OpenDocument: the part with its text is missing")
        manifest = self.part("META-INF/manifest.xml")
        if manifest is not None and next(manifest.iter("{*}encryption-data"), None) is not None:
            raise BadFile("is encrypted; save it without its password")

    def part(self, path: str) -> Any:
        """The root element, None where there is no such part or nothing readable in it."""
        return part(self._archive, path, self.damaged) if path in self._names else None

    def content(self) -> IO[bytes]:
        return self._archive.open(_CONTENT)

    def object(self, reference: str) -> Any:
        """The content of a formula, chart or text that a frame refers to."""
        path = posixpath.normpath(posixpath.join(reference, _CONTENT))
        if path not in self._objects:
            self._objects[path] = self.part(path)
        return self._objects[path]

    def title(self) -> str:
        root = self.part("meta.xml")
        return (root.findtext(".//{*}meta/{http://purl.org/dc/elements/1.1/}title") or "") if root is not None else ""

    def faults(self) -> list[str]:
        """What is to be told of damaged parts."""
        return [f"its part {path} is damaged: not all of it is read" for path in self.damaged]


def attribute(element: Any, name: str) -> str:
    """``name`` without its namespace; the namespaces of old files differ from those of new ones."""
    for key, value in element.attrib.items():
        if key.rpartition("}")[2] == name:
            return value
    return ""


def whole(number: str, otherwise: int) -> int:
    return int(number) if number.isascii() and number.isdigit() and len(number) < 9 else otherwise


def child(element: Any, name: str) -> Any:
    return next((one for one in element if name_of(one) == name), None)
