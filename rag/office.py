"""EPUB, and the archives of XML that it and office documents are."""

from __future__ import annotations

import io
import posixpath
import zipfile
from typing import Any
from urllib.parse import unquote

from rag.document import Builder, Document
from rag.errors import BadFile
from rag.formats import add_html

MAX_UNPACKED = 300_000_000
"""Bytes an archive may unpack to; zipfile never gives more than an entry declares."""
_OLE = bytes.fromhex("d0cf11e0a1b11ae1")


def epub(data: bytes) -> Document:
    archive = unzip(data, "EPUB")
    if "META-INF/encryption.xml" in archive.namelist() and b"adept" in archive.read("META-INF/encryption.xml").lower():
        raise BadFile("is encrypted (DRM); its text cannot be read")
    container = xml(archive.read("META-INF/container.xml"))
    package_path = container.find(".//{*}rootfile").get("full-path")
    package = xml(archive.read(package_path))
    hrefs = {item.get("id"): item.get("href") for item in package.iterfind(".//{*}manifest/{*}item")}
    builder = Builder()
    for reference in package.iterfind(".//{*}spine/{*}itemref"):
        href = unquote(hrefs[reference.get("idref")])
        name = posixpath.normpath(posixpath.join(posixpath.dirname(package_path), href))
        add_html(xml(archive.read(name)), builder)
    return builder.document(package.findtext(".//{*}metadata/{*}title") or "")


def xml(data: bytes) -> Any:
    """The root element of a part; None where nothing can be made of it."""
    from lxml import etree

    # No entities (they can grow without bound or name local files), no network.
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, recover=True)
    return etree.fromstring(data, parser)


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
