"""EPUB: the chapters of a book in their order."""

from __future__ import annotations

import posixpath
import zipfile
import zlib
from collections.abc import Callable
from urllib.parse import unquote

from rag.document import Builder, Document
from rag.errors import BadFile
from rag.readers.archive import unzip, xml
from rag.readers.pages import Page, add_page

_COVERS = 2
"""Pages of a book that may be a picture without a word of it."""
_PICTURES = (".gif", ".jpeg", ".jpg", ".png", ".webp")


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
            content = read(name)
        except (OSError, EOFError, NotImplementedError, zipfile.BadZipFile, zlib.error):
            notes.append(f"its part {href} is damaged")
            continue
        before = len(builder.blocks)
        try:
            page = Page(pictured=True) if href.lower().endswith(_PICTURES) else add_page(content, builder)
        except BadFile as error:
            notes.append(f"its part {href} {error}")
            continue
        if len(builder.blocks) == before:
            pictures += page.pictured
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
