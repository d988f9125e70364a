"""Small DOCX files for tests, made of the XML that their stories hold."""

from __future__ import annotations

import io
import zipfile

_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_NAMES = (
    f'xmlns:w="{_W}" xmlns:r="{_R}" xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" xmlns:v="urn:schemas-microsoft-com:vml" '
    'xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape" '
    'xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" '
    'xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
)
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
_TAGS = {"header": "w:hdr", "footer": "w:ftr", "chart": "c:chartSpace"}


def paragraph(text: str, style: str = "") -> str:
    properties = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    return f"<w:p>{properties}{run(text)}</w:p>"


def run(text: str) -> str:
    return f'<w:r><w:t xml:space="preserve">{text}</w:t></w:r>'


def table(*rows: tuple[str, ...]) -> str:
    """Cells are XML; plain words become a paragraph."""
    written = ""
    for row in rows:
        cells = (cell if cell.startswith("<") else paragraph(cell) for cell in row)
        written += "<w:tr>" + "".join(f"<w:tc>{cell}</w:tc>" for cell in cells) + "</w:tr>"
    return f"<w:tbl>{written}</w:tbl>"


def docx(body: str | None, **parts: str) -> bytes:
    """``parts``: footnotes, comments, header, footer, styles, numbering or chart with what is in them.

    Each has the relation rIdNAME. Without a body the part that should hold it is missing.
    """
    relations = "".join(f'<Relationship Id="rId{kind}" Type="{_R}/{kind}" Target="{kind}.xml"/>' for kind in parts)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        start = f'<Relationship Id="rId1" Type="{_R}/officeDocument" Target="word/document.xml"/>'
        archive.writestr("_rels/.rels", f'<Relationships xmlns="{_PACKAGE}">{start}</Relationships>')
        if body is not None:
            archive.writestr(
                "word/document.xml", f"<w:document {_NAMES}><w:body>{body}<w:sectPr/></w:body></w:document>"
            )
        archive.writestr(
            "word/_rels/document.xml.rels", f'<Relationships xmlns="{_PACKAGE}">{relations}</Relationships>'
        )
        for kind, inner in parts.items():
            tag = _TAGS.get(kind, f"w:{kind}")
            archive.writestr(f"word/{kind}.xml", f"<{tag} {_NAMES}>{inner}</{tag}>")
    return packed.getvalue()
