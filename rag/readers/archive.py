"""The archives of XML that EPUB and office documents are."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import IO, Any

from rag.errors import BadFile
from rag.readers.markup import refuse_cut

MAX_UNPACKED = 300_000_000
"""Bytes an archive may unpack to, and all that is read of it; zipfile never gives more than an entry declares."""
_RATIO, _SMALL = 100, 10_000_000
"""How many times its size, where that is more than a few bytes, an entry may have: Apache POI's bound for documents."""
_ENTRIES = 50_000
_OLE = bytes.fromhex("d0cf11e0a1b11ae1")


_DEEPEST = 100
"""Elements in one another of which, where libxml2 gives a part up for its depth, those further in are left out."""
_MARK = re.compile(
    rb"<!--.*?-->|<!\[CDATA\[.*?\]\]>|<(/?)[\w:](?:\"[^\"]*\"|'[^']*'|[^<>\"'/]|/(?!>))*(/?)>", re.DOTALL
)

# No entities (they can grow without bound or name local files), no network.
_CAREFUL: dict[str, Any] = {"resolve_entities": False, "no_network": True, "load_dtd": False, "recover": True}


def part(archive: zipfile.ZipFile, name: str, damaged: list[str]) -> Any:
    """The root element of the part ``name``, which goes into ``damaged`` where not all of it can be read; None where
    there is nothing in it."""
    faults: list[str] = []
    root = None
    try:
        root = xml(archive.read(name), faults)
    except (BadFile, ImportError, MemoryError, RecursionError):
        raise
    except Exception:  # foreign files fail in ways of their own
        faults.append(name)
    if faults and name not in damaged:
        damaged.append(name)
    return root


def xml(data: bytes, faults: list[str] | None = None) -> Any:
    """The root element of a part; None where nothing can be made of it. What is wrong with it goes into ``faults``."""
    from lxml import etree

    parser = etree.XMLParser(**_CAREFUL)
    if not data.strip():
        return None
    root = etree.fromstring(data, parser)
    try:
        refuse_cut(parser)
    except BadFile as error:
        if faults is None or (shallow := _without_deep(data)) == data:
            raise
        root = xml(shallow)
        if not any(text.strip() for text in root.itertext()):
            raise
        faults.append(str(error))
        return root
    if faults is not None:
        faults += _fatal(parser)
    return root


def _without_deep(data: bytes) -> bytes:
    """Without the elements that are more than `_DEEPEST` deep."""
    kept, depth, begin = [], 0, 0
    for mark in _MARK.finditer(data):
        if mark[1] is None or mark[2]:  # no tag, or one that is its element's end, too
            continue
        depth += -1 if mark[1] else 1
        if not mark[1] and depth == _DEEPEST + 1:
            kept.append(data[begin : mark.start()])
        elif mark[1] and depth == _DEEPEST:
            begin = mark.end()
    return b"".join([*kept, data[begin:]] if depth <= _DEEPEST else kept)


def elements(file: IO[bytes], tags: Sequence[str], faults: list[str]) -> Iterator[Any]:
    """Elements of a part that is too large to be held, one after the other; each is empty when the next is asked for.

    What is wrong with the part goes into ``faults``.
    """
    from lxml import etree

    walk = etree.iterparse(file, events=("end",), tag=tags, **_CAREFUL)
    for _, element in walk:
        yield element
        element.clear()
        while element.getprevious() is not None:
            del element.getparent()[0]
    refuse_cut(walk)
    faults += _fatal(walk)


def _fatal(parser: Any) -> list[str]:
    return [error.message for error in parser.error_log if error.level_name == "FATAL"][:1]


@contextmanager
def spared(part: str, notes: list[str]) -> Iterator[None]:
    """What goes wrong in reading a ``part`` costs that part alone, and is told in ``notes``."""
    try:
        yield
    except (BadFile, ImportError, MemoryError, RecursionError):
        raise
    except Exception:  # foreign files fail in ways of their own
        notes.append(f"{part} is damaged: not all of it is read")


class _Archive(zipfile.ZipFile):
    """Of which no more is read than it may unpack to, however often it is asked for the same."""

    _left = MAX_UNPACKED

    def read(self, name: Any, pwd: bytes | None = None) -> bytes:
        data = super().read(name, pwd)
        self._left -= len(data)
        if self._left < 0:
            raise BadFile(f"names the same parts so often that they come to more than {MAX_UNPACKED / 1e6:.0f} MB")
        return data


def _swells(entry: zipfile.ZipInfo) -> bool:
    return entry.file_size > max(_SMALL, _RATIO * entry.compress_size)


def unzip(data: bytes, what: str) -> zipfile.ZipFile:
    """The archive of a ``what``, which is not encrypted and no zip bomb. Raises BadFile."""
    if data.startswith(_OLE):
        raise BadFile(f"is encrypted or in an old format; save it as a new {what} without a password")
    try:
        archive = _Archive(io.BytesIO(data))
    except zipfile.BadZipFile:
        raise BadFile(f"is damaged or no {what}") from None
    entries = archive.infolist()
    size = sum(entry.file_size for entry in entries)
    if size > MAX_UNPACKED or any(_swells(entry) for entry in entries):
        raise BadFile(f"unpacks to {size / 1e6:,.0f} MB, far more than a {what} of its size holds (a zip bomb?)")
    if len(entries) > _ENTRIES:
        raise BadFile(f"holds {len(entries):,} files, more than the {_ENTRIES:,} of any {what}")
    if any(entry.flag_bits & 1 for entry in archive.infolist()):
        raise BadFile("is encrypted; save it without its password")
    return archive
