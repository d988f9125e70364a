"""Loaders of binary formats: PDF, DOCX, EPUB."""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from collections import Counter
from dataclasses import dataclass
from statistics import median
from typing import Any
from urllib.parse import unquote

from rag.document import Builder, Document
from rag.errors import BadFile
from rag.formats import add_html

MAX_UNPACKED = 300_000_000
"""Bytes an archive may unpack to; zipfile never gives more than an entry declares."""
SCANNED = "has no text in it, only pictures of pages; run OCR over it first (e.g. ocrmypdf)"
_OLE = bytes.fromhex("d0cf11e0a1b11ae1")


@dataclass(frozen=True)
class Line:
    """One line of a page of a PDF."""

    text: str
    size: float
    """Of the font, in points."""
    top: float
    bottom: float
    """In points from the page's lower edge."""
    left: float
    first: int
    """Which character of its page begins it."""


def pdf(data: bytes) -> Document:
    """Headings are told by their larger type; lines that stand at the edge of most pages are left out."""
    document = open_pdf(data)
    try:
        pages = [_lines(document, number) for number in range(len(document))]
        title = document.get_metadata_value("Title")
    finally:
        document.close()
    if not any(pages):
        raise BadFile(SCANNED)
    edges = Counter(text for lines in pages for text in {_pattern(line) for line in _edge(lines)})
    running = {text for text, count in edges.items() if count >= 3 and count > len(pages) / 2}
    pages = [[line for line in lines if _pattern(line) not in running or line not in _edge(lines)] for lines in pages]
    body = median([line.size for lines in pages for line in lines for _ in range(len(line.text) // 20 + 1)] or [0.0])
    sizes = sorted({round(line.size) for lines in pages for line in lines if line.size > body * 1.12}, reverse=True)
    builder = Builder()
    for number, lines in enumerate(pages, 1):
        _add_page(lines, number, sizes[:6], builder)
    return builder.document(title)


def open_pdf(data: bytes) -> Any:
    """The pypdfium2 document; whoever takes it closes it. Raises BadFile."""
    import pypdfium2

    try:
        return pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower():
            raise BadFile("is encrypted; save it without its password") from None
        raise BadFile("is not a readable PDF") from None


def _lines(document: Any, index: int) -> list[Line]:
    page = document[index]
    text_page = page.get_textpage()
    lines = pdf_lines(text_page)
    text_page.close()
    page.close()
    return lines


def pdf_lines(text_page: Any) -> list[Line]:
    """The lines of one page, in the order of the file."""
    import pypdfium2.raw

    # A hyphen that PDFium takes for a line break's own comes as U+0002 or U+FFFE: the word goes on in the next line.
    text = text_page.get_text_range(errors="replace")
    last = text_page.count_chars() - 1
    lines, position = [], 0
    for raw in text.split("\n"):
        words = raw.strip("\r ")
        if words and last >= 0:
            first = min(position + len(raw) - len(raw.lstrip()), last)
            left, bottom, _, top = text_page.get_charbox(first, loose=True)
            size = pypdfium2.raw.FPDFText_GetFontSize(text_page, first)
            lines.append(Line(words, size if size > 1 else top - bottom, top, bottom, left, first))
        position += len(raw) + 1
    return lines


def _edge(lines: list[Line]) -> list[Line]:
    return lines[:2] + lines[-2:]


def _pattern(line: Line) -> str:
    return re.sub(r"\d+", "#", line.text)


def _add_page(lines: list[Line], number: int, sizes: list[int], builder: Builder) -> None:
    """Join lines to paragraphs: a larger gap, another size of type or a heading ends one."""
    paragraph, was_level = "", 0
    last: Line | None = None
    for line in lines:
        level = sizes.index(round(line.size)) + 1 if round(line.size) in sizes else 0
        apart = (
            last is None
            or abs(line.size - last.size) > 0.5
            or last.bottom - line.top > 0.35 * line.size
            or line.top > last.top + line.size
        )
        if apart and paragraph:
            builder.add("heading" if was_level else "text", paragraph, number, was_level)
            paragraph = ""
        if paragraph.endswith(("\x02", "\ufffe")):
            paragraph = paragraph[:-1] + line.text
        else:
            paragraph = f"{paragraph}\n{line.text}" if paragraph else line.text
        last, was_level = line, level
    if paragraph:
        builder.add("heading" if was_level else "text", paragraph, number, was_level)


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
