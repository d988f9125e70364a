"""EPUB, and the archives of XML that it and office documents are."""

from __future__ import annotations

import io
import posixpath
import zipfile
import zlib
from typing import Any
from urllib.parse import unquote

from rag.document import Builder, Document
from rag.errors import BadFile
from rag.markup import add_html, tree

MAX_UNPACKED = 300_000_000
"""Bytes an archive may unpack to; zipfile never gives more than an entry declares."""
_OLE = bytes.fromhex("d0cf11e0a1b11ae1")


def epub(data: bytes) -> Document:
    """The files of the spine in its order; one that is missing or damaged costs that file."""
    archive = unzip(data, "EPUB")
    names = {name.lower(): name for name in archive.namelist()}

    def part(path: str) -> bytes:
        name = names.get(path.lower())
        return archive.read(name) if name else b""

    if b"adept" in part("META-INF/encryption.xml").lower():
        raise BadFile("is encrypted (DRM); its text cannot be read")
    container = xml(part("META-INF/container.xml"))
    rootfile = container.find(".//{*}rootfile") if container is not None else None
    path = (rootfile.get("full-path") or "") if rootfile is not None else ""
    package = xml(part(path))
    if package is None:
        raise BadFile("is no EPUB, or damaged: it does not name its package file")
    hrefs = {item.get("id"): item.get("href") or "" for item in package.iterfind(".//{*}manifest/{*}item")}
    builder = Builder()
    notes = []
    for idref in dict.fromkeys(one.get("idref") or "" for one in package.iterfind(".//{*}spine/{*}itemref")):
        href = unquote(hrefs.get(idref, "")).partition("#")[0]
        name = posixpath.normpath(posixpath.join(posixpath.dirname(path), href))
        try:
            root = tree(part(name)) if href and name.lower() in names else None
        except (BadFile, OSError, EOFError, zipfile.BadZipFile, zlib.error):
            notes.append(f"its part {href} is damaged")
            continue
        if root is not None:
            add_html(root, builder)
        elif not href or name.lower() not in names:
            notes.append(f"its part {href or idref} is missing")
    if not builder.blocks and notes:
        raise BadFile(f"is damaged: {notes[0]}")
    return builder.document(package.findtext(".//{*}metadata//{*}title") or "", notes)


def xml(data: bytes) -> Any:
    """The root element of a part; None where nothing can be made of it."""
    from lxml import etree

    # No entities (they can grow without bound or name local files), no network.
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, recover=True)
    return etree.fromstring(data, parser) if data.strip() else None


def unzip(data: bytes, what: str) -> zipfile.ZipFile:
    """The archive of a ``what``, which is not encrypted and no zip bomb. Raises BadFile."""
    if data.startswith(_OLE):
        raise BadFile(f"is encrypted or in an old format; save it as a new {what} without a password")
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except zipfile.BadZipFile:
        raise BadFile(f"is damaged or not a {what}") from None
    size = sum(entry.file_size for entry in archive.infolist())
    if size > MAX_UNPACKED:
        raise BadFile(f"unpacks to {size / 1e6:,.0f} MB (a zip bomb?), more than {MAX_UNPACKED / 1e6:.0f} MB")
    if any(entry.flag_bits & 1 for entry in archive.infolist()):
        raise BadFile("is encrypted; save it without its password")
    return archive
