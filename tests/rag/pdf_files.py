"""Small PDF files for tests: lines of Helvetica at chosen places, with pictures, form fields and notes."""

from __future__ import annotations

from dataclasses import dataclass, field

PICTURE = b"q 200 0 0 200 50 400 cm BI /W 1 /H 1 /CS /G /BPC 8 ID \x80 EI Q"
DRAWING = b"50 50 m 200 200 l S"


@dataclass
class Sheet:
    lines: list[tuple[float, float, str]] = field(default_factory=list)
    """(left, bottom, words) in points, letters of Latin-1."""
    drawn: bytes = b""
    annotations: list[str] = field(default_factory=list)
    """What stands in the dictionary of each."""


def sheet(*words: str, size_of_step: float = 14, **others: object) -> Sheet:
    """Lines from the top down."""
    return Sheet([(40, 700 - size_of_step * at, line) for at, line in enumerate(words)], **others)  # type: ignore[arg-type]


def pdf(*sheets: Sheet) -> bytes:
    objects: list[bytes] = [
        b"",
        b"",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]

    def put(body: bytes) -> int:
        objects.append(body)
        return len(objects)

    pages, fields = [], []
    for one in sheets:
        written = b"".join(
            b"BT /F1 12 Tf %f %f Td (%s) Tj ET\n" % (left, bottom, words.encode("cp1252"))
            for left, bottom, words in one.lines
        )
        content = put(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(written + one.drawn), written + one.drawn))
        notes = [put(f"<< /Type /Annot /F 4 {note} >>".encode("cp1252")) for note in one.annotations]
        fields += [number for number, note in zip(notes, one.annotations) if "/FT" in note]
        pages.append(
            put(
                b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents %d 0 R /Annots [%s] "
                b"/Resources << /Font << /F1 3 0 R >> >> >>" % (content, b" ".join(b"%d 0 R" % note for note in notes))
            )
        )
    form = b"<< /Fields [%s] /DR << /Font << /F1 3 0 R >> >> >>" % b" ".join(b"%d 0 R" % number for number in fields)
    objects[0] = b"<< /Type /Catalog /Pages 2 0 R /AcroForm %s >>" % form
    kids = b" ".join(b"%d 0 R" % page for page in pages)
    objects[1] = b"<< /Type /Pages /Kids [%s] /Count %d >>" % (kids, len(pages))
    out, offsets = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"xref\n0 %d\n0000000000 65535 f \n%strailer << /Root 1 0 R /Size %d >>\n" % (
        len(objects) + 1, table, len(objects) + 1,
    )  # fmt: skip
    return out + b"startxref\n%d\n%%%%EOF\n" % out.index(b"xref\n0 ")
