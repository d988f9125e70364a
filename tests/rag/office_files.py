"""Small workbooks, slides and OpenDocument files for tests, made of the XML that their parts hold."""

from __future__ import annotations

from tests.rag.hostile import archive

_R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
_SHEETS = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_NAMES = (
    f'xmlns:r="{_R}" xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" '
    'xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart" '
    'xmlns:xdr="http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing"'
)
_ODF = " ".join(
    f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for short, name in {
        **{"office": "office", "text": "text", "table": "table", "draw": "drawing", "style": "style"},
        **{"presentation": "presentation", "svg": "svg-compatible", "form": "form"},
    }.items()
)
ODF_NAMES = f'{_ODF} xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xlink="http://www.w3.org/1999/xlink"'


def relations(*targets: tuple[str, str, str]) -> str:
    """Of (number, kind, target)."""
    written = "".join(f'<Relationship Id="{a}" Type="{_R}/{b}" Target="{c}"/>' for a, b, c in targets)
    return f'<Relationships xmlns="{_PACKAGE}">{written}</Relationships>'


def xlsx(*sheets: str, head: str = "", parts: dict[str, str | bytes] | None = None, strings: str = "") -> bytes:
    """``sheets``: the rows and what follows them, or `sheet` elements' attributes and a stroke before that.

    ``head`` stands before the list of sheets; ``parts`` are added, or replace what is made here.
    """
    entries, files = "", dict[str, str | bytes]()
    kinds = [("s", "sharedStrings", "sharedStrings.xml"), ("f", "styles", "styles.xml")]
    for number, sheet in enumerate(sheets, 1):
        attributes, stroke, inner = sheet.rpartition("|")
        named = attributes if stroke else f'name="S{number}"'
        entries += f'<sheet sheetId="{number}" r:id="r{number}" {named}/>'
        kinds.append((f"r{number}", "worksheet", f"worksheets/sheet{number}.xml"))
        files[f"xl/worksheets/sheet{number}.xml"] = f'<worksheet xmlns="{_SHEETS}" xmlns:r="{_R}">{inner}</worksheet>'
    book = f'<workbook xmlns="{_SHEETS}" xmlns:r="{_R}">{head}<sheets>{entries}</sheets></workbook>'
    files |= {
        "_rels/.rels": relations(("r", "officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": book,
        "xl/_rels/workbook.xml.rels": relations(*kinds),
        "xl/sharedStrings.xml": f'<sst xmlns="{_SHEETS}">{strings}</sst>',
    }
    return archive(files | (parts or {}))


def styles(*codes: str) -> str:
    """The part that gives style 1 the first of number formats' ``codes``, and so on."""
    formats = "".join(f'<numFmt numFmtId="{200 + at}" formatCode="{code}"/>' for at, code in enumerate(codes))
    used = "".join(f'<xf numFmtId="{200 + at}"/>' for at in range(len(codes)))
    return f'<styleSheet xmlns="{_SHEETS}"><numFmts>{formats}</numFmts><cellXfs><xf/>{used}</cellXfs></styleSheet>'


def rows(*lines: str) -> str:
    """Of cells that strokes part: words, numbers, "=formula", "=formula=value"; one that is empty is left out."""
    written = ""
    for number, line in enumerate(lines, 1):
        cells = "".join(_cell(f"{chr(65 + at)}{number}", text) for at, text in enumerate(line.split("|")) if text)
        written += f'<row r="{number}">{cells}</row>' if cells else ""
    return f"<sheetData>{written}</sheetData>"


def _cell(place: str, text: str) -> str:
    if text.startswith("="):
        formula, _, value = text[1:].partition("=")
        return f'<c r="{place}"><f>{formula}</f>{f"<v>{value}</v>" if value else ""}</c>'
    if text.replace(".", "").replace("-", "").isdigit():
        return f'<c r="{place}"><v>{text}</v></c>'
    return f'<c r="{place}" t="inlineStr"><is><t>{text}</t></is></c>'


def drawn(inner: str) -> str:
    """The part of a drawing, a chart or notes."""
    return f"<p:sld {_NAMES}>{inner}</p:sld>"


def pptx(*slides: str, parts: dict[str, str | bytes] | None = None, relate: str = "") -> bytes:
    """``slides``: the shapes of each; all have the relations ``relate``."""
    entries = "".join(f'<p:sldId id="{number}" r:id="r{number}"/>' for number in range(len(slides)))
    targets = [(f"r{number}", "slide", f"slides/slide{number}.xml") for number in range(len(slides))]
    files: dict[str, str | bytes] = {
        "_rels/.rels": relations(("r", "officeDocument", "ppt/presentation.xml")),
        "ppt/presentation.xml": f"<p:presentation {_NAMES}><p:sldIdLst>{entries}</p:sldIdLst></p:presentation>",
        "ppt/_rels/presentation.xml.rels": relations(*targets),
    }
    for number, shapes in enumerate(slides):
        files[f"ppt/slides/slide{number}.xml"] = drawn(f"<p:cSld><p:spTree>{shapes}</p:spTree></p:cSld>")
        if relate:
            files[f"ppt/slides/_rels/slide{number}.xml.rels"] = relate
    return archive(files | (parts or {}))


def shape(*lines: str, kind: str | None = None, properties: str = "") -> str:
    """A shape with text; ``kind`` is that of a placeholder, empty for a plain one."""
    holder = "" if kind is None else f'<p:ph type="{kind}"/>' if kind else "<p:ph/>"
    paragraphs = "".join(f"<a:p>{properties}<a:r><a:t>{line}</a:t></a:r></a:p>" for line in lines)
    about = f"<p:nvSpPr><p:cNvPr/><p:nvPr>{holder}</p:nvPr></p:nvSpPr>"
    return f"<p:sp>{about}<p:txBody>{paragraphs}</p:txBody></p:sp>"


def odf(body: str, kind: str = "text", styles: str = "", automatic: str = "", **parts: str) -> bytes:
    """``kind``: text, spreadsheet or presentation; ``parts`` by the name of their folder."""
    content = (
        f"<office:document-content {ODF_NAMES}><office:automatic-styles>{automatic}</office:automatic-styles>"
        f"<office:body><office:{kind}>{body}</office:{kind}></office:body></office:document-content>"
    )
    files = {f"{name}/content.xml": f"<office:x {ODF_NAMES}>{part}</office:x>" for name, part in parts.items()}
    look = f"<office:document-styles {ODF_NAMES}>{styles}</office:document-styles>"
    return archive({"content.xml": content, "styles.xml": look, **files})
