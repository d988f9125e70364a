"""Small books of every format, made here; their words are the tests' own."""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from pathlib import Path

from assistant.books import Book

CONTAINER = (
    '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container" version="1.0"><rootfiles>'
    '<rootfile full-path="OPS/book.opf" media-type="application/oebps-package+xml"/></rootfiles></container>'
)
XHTML = (
    '<?xml version="1.0" encoding="utf-8"?><!DOCTYPE html>'
    '<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops">'
    "<head><title>{title}</title></head><body>{body}</body></html>"
)


def png() -> bytes:
    """One black pixel."""
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)),
        (b"IDAT", zlib.compress(b"\0\0")),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    )


def made(folder: Path, name: str, data: bytes | str) -> Path:
    path = folder / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", text)


def said(book: Book) -> str:
    return "\n".join(paragraph for chapter in book.chapters for paragraph in chapter.paragraphs)


def all_words(book: Book) -> list[str]:
    """Of titles and paragraphs, in the order they are read aloud."""
    return [word for chapter in book.chapters for part in (chapter.title, *chapter.paragraphs) for word in words(part)]


def titles(book: Book) -> list[str]:
    return [chapter.title for chapter in book.chapters]


def is_within(wanted: list[str], given: list[str]) -> bool:
    """Whether all of ``wanted`` stand in ``given``, in this order."""
    rest = iter(given)
    return all(word in rest for word in wanted)


def page(body: str, title: str = "") -> str:
    return XHTML.format(title=title, body=body)


def nav(*lines: tuple[str, str]) -> str:
    rows = "".join(f'<li><a href="{href}">{title}</a></li>' for title, href in lines)
    return page(f'<nav epub:type="toc"><h1>Contents</h1><ol>{rows}</ol></nav>')


def ncx(*lines: tuple[str, str]) -> str:
    points = "".join(
        f"<navPoint><navLabel><text>{title}</text></navLabel><content src='{src}'/></navPoint>" for title, src in lines
    )
    return f"<ncx xmlns='http://www.daisy.org/z3986/2005/ncx/'><navMap>{points}</navMap></ncx>"


def epub(
    files: dict[str, str | bytes],
    metadata: str = "",
    spine: list[str] | None = None,
    extra: dict[str, str] | None = None,
) -> bytes:
    """``files``: names below OPS and their contents; ``nav.xhtml`` and ``toc.ncx`` are the contents, PNGs pictures.

    ``spine``: the names in reading order, else that of ``files``; ``extra``: files outside OPS.
    """
    kinds = {"xhtml": "application/xhtml+xml", "ncx": "application/x-dtbncx+xml", "png": "image/png"}
    manifest, order = "", ""
    for number, name in enumerate(files):
        kind = kinds.get(name.rpartition(".")[2], "application/xhtml+xml")
        more = (
            ' properties="nav"' if name == "nav.xhtml" else ' properties="cover-image"' if name == "cover.png" else ""
        )
        manifest += f'<item id="i{number}" href="{name}" media-type="{kind}"{more}/>'
    for name in spine or [name for name in files if name not in ("nav.xhtml", "toc.ncx") and name[-4:] != ".png"]:
        number = list(files).index(name) if name in files else 99
        order += f'<itemref idref="i{number}"/>'
    package = (
        '<package xmlns="http://www.idpf.org/2007/opf" xmlns:dc="http://purl.org/dc/elements/1.1/" version="3.0">'
        f'<metadata xmlns:opf="http://www.idpf.org/2007/opf">{metadata}</metadata><manifest>{manifest}</manifest>'
        f"<spine>{order}</spine></package>"
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/epub+zip")
        archive.writestr("META-INF/container.xml", CONTAINER)
        archive.writestr("OPS/book.opf", package)
        for name, content in files.items():
            archive.writestr(f"OPS/{name}", content)
        for name, content in (extra or {}).items():
            archive.writestr(name, content)
    return out.getvalue()


Drawn = tuple[float, float, float, str]
"""Size, left and height of a line in points, and its text; a raised number is a line of its own, smaller and higher."""


def pdf(pages: list[list[Drawn]], outline: list[tuple[str, int]] = ()) -> bytes:  # type: ignore[assignment]
    """``outline``: titles with the page, from 0, they lead to."""
    first = 5 + len(outline)
    kids = " ".join(f"{first + 2 * number} 0 R" for number in range(len(pages)))
    objects = [
        f"<< /Type /Catalog /Lang (de-AT) /Pages 2 0 R{' /Outlines 4 0 R' if outline else ''} >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        f"<< /Type /Outlines /First 5 0 R /Last {4 + len(outline)} 0 R /Count {len(outline)} >>",
    ]
    for number, (title, at) in enumerate(outline):
        following = f" /Next {6 + number} 0 R" if number + 1 < len(outline) else ""
        objects.append(f"<< /Title ({title}) /Parent 4 0 R /Dest [{first + 2 * at} 0 R /Fit]{following} >>")
    for number, lines in enumerate(pages):
        drawn = "".join(f"BT /F1 {size} Tf 1 0 0 1 {left} {top} Tm ({text}) Tj ET\n" for size, left, top, text in lines)
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents {first + 1 + 2 * number} 0 R "
            "/Resources << /Font << /F1 3 0 R >> >> >>"
        )
        objects.append(f"<< /Length {len(drawn)} >>\nstream\n{drawn}\nendstream")
    out, offsets = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += f"{number} 0 obj\n{body}\nendobj\n".encode("cp1252")
    table = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    return out + b"trailer << /Root 1 0 R /Size %d >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, table)
