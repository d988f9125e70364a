"""EPUB, and the archives of XML that it and office documents are."""

from __future__ import annotations

import io
import posixpath
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import IO, Any
from urllib.parse import unquote

from rag.document import Builder, Document
from rag.errors import BadFile
from rag.readers.markup import add_html, refuse_cut, tree

MAX_UNPACKED = 300_000_000
"""Bytes an archive may unpack to, and all that is read of it; zipfile never gives more than an entry declares."""
_RATIO, _SMALL = 100, 10_000_000
"""How many times its size, where that is more than a few bytes, an entry may have: Apache POI's bound for documents."""
_ENTRIES = 50_000
_COVERS = 2
"""Pages of a book that may be a picture without a word of it."""
_PICTURES = (".gif", ".jpeg", ".jpg", ".png", ".webp")
_OLE = bytes.fromhex("d0cf11e0a1b11ae1")


def epub(data: bytes) -> Document:
    """The files of the spine in its order; one that is missing, locked or damaged costs that file."""
    archive = unzip(data, "EPUB")
    names = {name.lower(): name for name in archive.namelist()}

    def read(path: str) -> bytes:
        name = names.get(path.lower())
        return archive.read(name) if name else b""

    path = _package_path(read, names)
    faults: list[str] = []
    package = xml(read(path), faults)
    if package is None:
        raise BadFile("is no EPUB, or damaged: it does not name its package file")
    locked = _locked(read)
    hrefs = {item.get("id"): item.get("href") or "" for item in package.iterfind(".//{*}manifest/{*}item")}
    builder = Builder()
    notes = [f"its part {path} is damaged: parts may be missing"] if faults else []
    pictures = 0
    for idref in dict.fromkeys(one.get("idref") or "" for one in package.iterfind(".//{*}spine/{*}itemref")):
        href = unquote(hrefs.get(idref, "")).partition("#")[0]
        name = posixpath.normpath(posixpath.join(posixpath.dirname(path), href))
        if not href or name.lower() not in names:
            notes.append(f"its part {href or idref} is missing")
            continue
        if name.lower() in locked:
            notes.append(f"its part {href} is encrypted (DRM)")
            continue
        try:
            page = read(name)
        except (OSError, EOFError, NotImplementedError, zipfile.BadZipFile, zlib.error):
            notes.append(f"its part {href} is damaged")
            continue
        try:
            root = None if href.lower().endswith(_PICTURES) else tree(page)
        except BadFile as error:
            notes.append(f"its part {href} {error}")
            continue
        before = len(builder.blocks)
        if root is not None:
            add_html(root, builder)
        if len(builder.blocks) == before:
            pictures += root is None or any(True for _ in root.iter("{*}img", "{*}image", "img", "image"))
    if not builder.blocks and (notes or pictures):
        raise BadFile(f"gives no text: {notes[0]}" if notes else "holds no text, only pictures")
    if pictures > _COVERS:
        notes.append(f"{pictures} of its pages are pictures, whose text is not read")
    return builder.document(package.findtext(".//{*}metadata//{*}title") or "", notes)


def _package_path(read: Callable[[str], bytes], names: dict[str, str]) -> str:
    """Where the package file stands: as the container says, else by its ending."""
    container = xml(read("META-INF/container.xml"))
    roots = list(container.iterfind(".//{*}rootfile")) if container is not None else []
    stated = [root.get("full-path") or "" for root in roots]
    found = [path for path in (*stated, *names.values()) if path.lower().endswith(".opf") and path.lower() in names]
    return next(iter(found or stated), "")


def _locked(read: Callable[[str], bytes]) -> set[str]:
    """The parts, in lower case, that only a licence opens; fonts, which are no text, are there in open books, too."""
    listed = xml(read("META-INF/encryption.xml"))
    found = listed.iterfind(".//{*}CipherReference") if listed is not None else ()
    return {posixpath.normpath(unquote(one.get("URI") or "")).lstrip("/").lower() for one in found}


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
    refuse_cut(parser)
    if faults is not None:
        faults += _fatal(parser)
    return root


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
