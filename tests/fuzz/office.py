"""Workbooks, slides, OpenDocument files and RTF with something wrong in them, see tests/fuzz/parsers.py."""

from __future__ import annotations

from rag.readers.number_formats import writer
from tests.fuzz.made import Made
from tests.fuzz.parsers import read
from tests.rag import office_files

_ROWS = (
    office_files.rows("Fleet", "Boat|2024||Note", "|Trips|Guests", "Tern|5|6.5|=A1", "", "x|7")
    + '<mergeCells><mergeCell ref="A2:A3"/><mergeCell ref="B2:C2"/></mergeCells><headerFooter><oddFooter>&amp;L a'
    '</oddFooter></headerFooter>'
)  # fmt: skip
_CELLS = '<row r="9"><c r="B9" t="s"><v>0</v></c><c s="1"><v>46356.5</v></c><c t="b"><v>1</v></c><c t="e"/></row>'
_SHAPES = (
    office_files.shape("The ferry", kind="title")
    + office_files.shape("left", "at ten", kind="")
    + "<p:grpSp><p:pic/></p:grpSp><p:graphicFrame><a:tbl><a:tr><a:tc/><a:tc vMerge='1'/></a:tr></a:tbl>"
    '<c:chart r:id="r0"/></p:graphicFrame>'
)
_FLOW = (
    "<text:h text:outline-level='1'>One</text:h><text:p>It<text:s text:c='2'/>left<text:note><text:note-body><text:p>a"
    "</text:p></text:note-body></text:note> <text:a>now</text:a></text:p><text:list text:style-name='L'>"
    "<text:list-item text:start-value='3'><text:p>oars</text:p></text:list-item></text:list><draw:frame><draw:object "
    "xlink:href='./O'/><svg:desc>b</svg:desc></draw:frame>"
)
_TABLE = (
    "<table:table table:name='A'><table:table-row><table:table-cell table:number-rows-spanned='2'><text:p>Pier</text:p>"
    "</table:table-cell><table:table-cell office:value-type='float' office:value='5'/></table:table-row>"
    "<table:table-row table:number-rows-repeated='3'><table:covered-table-cell/><table:table-cell "
    "table:number-columns-repeated='2' office:value-type='date' office:date-value='2026-11-30'/></table:table-row>"
    "</table:table>"
)
_STYLES = (
    "<text:list-style style:name='L'><text:list-level-style-number text:level='1' style:num-format='i' "
    "text:start-value='4'/></text:list-style>"
)
_RICH = (
    rb"{\rtf1\ansi\ansicpg1252{\fonttbl{\f0\fcharset204 A;}{\f1\fcharset2 Symbol;}}{\stylesheet{\s1 heading 1;}}"
    rb"{\info{\title T}}\pard\s1 One\par\pard It {\b left}{\f0\'ef}\u-10179 ?\u-8704 ?{\footnote n}\par\trowd\clvmrg"
    rb"\cellx1\cellx2\intbl a\cell b\nestcell\nestrow\cell\row{\*\x y}{\field{\*\fldinst SYMBOL 97}{\fldrslt z}}"
    rb"{\header h}{\*\annotation c}{\pict 00}\bin3 abc\pard end\par}"
)
_CODES = '0#?.,%"; @dmyhsE+-/\\[]$€_*:'


def workbook(made: Made) -> None:
    inner = _damaged(made, _ROWS.replace("</sheetData>", f"{_CELLS}</sheetData>"))
    code = "".join(made.choice(_CODES) for _ in range(made.randrange(12)))
    assert writer(code)(made.choice(("0", "-1.5", "46356.25", "1e300", "7"))).text is not None
    text = f"<si><t>{made.choice(('a', '_x0041_', '_xD800_', ''))}</t></si>"
    shown = {"xl/styles.xml": office_files.styles(made.choice(("0%", "[h]", "d", "0.0"))).encode()}
    _read(made, "xlsx", office_files.xlsx(inner, f"name='H' state='hidden'|{_ROWS}", strings=text, parts=shown))


def slides(made: Made) -> None:
    related = office_files.relations(("r0", made.choice(("chart", "notesSlide", "slideLayout")), "slide0.xml"))
    _read(made, "pptx", office_files.pptx(_damaged(made, _SHAPES), _SHAPES, relate=related))


def open_document(made: Made) -> None:
    kind, ending = made.choice((("text", "odt"), ("spreadsheet", "ods"), ("presentation", "odp")))
    inner = {"text": _FLOW + _TABLE, "spreadsheet": _TABLE, "presentation": f"<draw:page>{_FLOW}</draw:page>"}[kind]
    _read(made, ending, office_files.odf(_damaged(made, inner), kind, styles=_STYLES, O=_damaged(made, _FLOW)))


def rich_text(made: Made) -> None:
    read(made, "rtf", made.damaged(_RICH) if made.randrange(8) else _RICH)


def _damaged(made: Made, xml: str) -> str:
    return made.damaged(xml.encode()).decode(errors="replace")


def _read(made: Made, kind: str, whole: bytes) -> None:
    read(made, kind, whole if made.randrange(3) else made.damaged(whole))
