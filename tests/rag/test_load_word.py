from __future__ import annotations

from pathlib import Path

import pytest

from rag.document import Document
from rag.errors import BadFile
from rag.load import parse
from tests.rag.word_files import docx, paragraph, run, table

LIST = (
    '<w:abstractNum w:abstractNumId="7"><w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="decimal"/>'
    '<w:lvlText w:val="%1."/></w:lvl><w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="lowerLetter"/>'
    '<w:lvlText w:val="%1.%2"/></w:lvl></w:abstractNum><w:num w:numId="3"><w:abstractNumId w:val="7"/></w:num>'
)


def read(body: str, **parts: str) -> Document:
    return parse(Path("a.docx"), docx(body, **parts))


def lines(body: str, **parts: str) -> list[str]:
    document = read(body, **parts)
    return [document.text[block.start : block.end] for block in document.blocks]


def control(inner: str) -> str:
    return f"<w:sdt><w:sdtPr/><w:sdtContent>{inner}</w:sdtContent></w:sdt>"


DELETED = "<w:del><w:r><w:delText>thirty</w:delText></w:r></w:del>"
BOX = f"<w:txbxContent>{paragraph('In a box')}</w:txbxContent>"
CHOICE = "<w:result w:val='1'/><w:listEntry w:val='red'/><w:listEntry w:val='teal'/>"
MATRIX = "".join(
    f"<m:mr><m:e><m:r><m:t>{a}</m:t></m:r></m:e><m:e><m:r><m:t>{b}</m:t></m:r></m:e></m:mr>" for a, b in ("12", "34")
)
BOTH = "".join(
    f"<m:{tag}><m:r><m:t>{sign}</m:t></m:r></m:{tag}>" for tag, sign in (("e", "x"), ("sub", "1"), ("sup", "2"))
)
FRACTION = "<m:num><m:r><m:t>a</m:t></m:r></m:num><m:den><m:r><m:t>b+1</m:t></m:r></m:den>"
WAYS = {
    f"{run('at ')}<w:smartTag><w:smartTag>{run('Port Ellison')}</w:smartTag></w:smartTag>": "at Port Ellison",
    f"{run('of ')}{DELETED}<w:ins>{run('ninety')}</w:ins>": "of ninety",
    f"<w:moveFrom>{run('old')}</w:moveFrom><w:moveTo>{run('new')}</w:moveTo>": "new",
    f"{run('is ')}{control(control(run('turquoise')))}": "is turquoise",
    f"{run('see ')}<w:hyperlink r:id='rId9'>{run('the list')}</w:hyperlink>": "see the list",
    f"{run('page ')}<w:r><w:instrText>PAGEREF x</w:instrText></w:r><w:fldSimple>{run('12')}</w:fldSimple>": "page 12",
    f"<w:r><w:ruby><w:rt>{run('かん')}</w:rt><w:rubyBase>{run('漢')}</w:rubyBase></w:ruby></w:r>": "漢(かん)",
    f"<m:oMath><m:f>{FRACTION}</m:f></m:oMath>": "a/(b+1)",
    f"<m:oMath><m:m>{MATRIX}</m:m></m:oMath>": "1, 2; 3, 4",
    f"<m:oMath><m:sSubSup>{BOTH}</m:sSubSup></m:oMath>": "x_1^2",
    "<w:r><w:sym w:font='Symbol' w:char='F061'/><w:sym w:font='Wingdings' w:char='F0FE'/></w:r>": "α☑",
    "<w:r><w:rPr><w:rFonts w:ascii='Symbol'/></w:rPr><w:t>\uf0b3 4</w:t></w:r>": "≥ 4",
    f"{run('Seen: ')}<w:r><w:pict><v:shape alt='A red boat'/></w:pict></w:r>": "Seen:  A red boat",
    "<w:r><w:t>well</w:t><w:noBreakHyphen/><w:t>known</w:t><w:tab/><w:t>x</w:t></w:r>": "well-known\tx",
    f"<w:r><w:pict><v:textbox>{BOX}</v:textbox></w:pict></w:r>": "In a box",
    f"<w:r><w:fldChar><w:ffData><w:ddList>{CHOICE}</w:ddList></w:ffData></w:fldChar></w:r>": "teal",
}


@pytest.mark.parametrize("inner, text", WAYS.items())
def test_every_way_to_write_words_is_read(inner, text):
    assert read(f"<w:p>{inner}</w:p>").text == text


def test_templates_and_files_with_macros_are_read():
    assert {parse(Path(f"a.{ending}"), docx(paragraph("Yes."))).text for ending in ("docm", "dotx", "DOTM")} == {"Yes."}


def test_whole_paragraphs_stand_in_controls_and_insertions():
    body = control(control(paragraph("Quay 14"))) + f"<w:ins>{paragraph('New.')}</w:ins>"
    assert lines(f"{body}<w:moveFrom>{paragraph('Old.')}</w:moveFrom>") == ["Quay 14", "New."]


def test_of_two_versions_of_a_shape_one_is_read():
    box = f"<w:txbxContent>{paragraph('Only once')}</w:txbxContent>"
    both = f"<mc:Choice><wps:txbx>{box}</wps:txbx></mc:Choice><mc:Fallback><v:textbox>{box}</v:textbox></mc:Fallback>"
    body = f"<w:p>{run('Above.')}<w:r><mc:AlternateContent>{both}</mc:AlternateContent></w:r></w:p>"
    assert lines(body) == ["Above.", "Only once"]


def test_notes_comments_headers_and_footers_are_read():
    mark = '<w:r><w:footnoteReference w:id="2"/></w:r>'
    said = lines(
        f"<w:p>{run('Checked yearly.')}{mark}<w:r><w:commentReference w:id='5'/></w:r></w:p>{paragraph('End.')}",
        footnotes=f'<w:footnote w:id="2">{paragraph("The landlord pays.")}</w:footnote>',
        comments=f'<w:comment w:id="5" w:author="Ada">{paragraph("Really?")}</w:comment>',
        header=paragraph("Number HB-7731") + paragraph("- 3 / 12 -") + paragraph("2026-4471"),
        footer=paragraph("Call 0800"),
    )
    assert said[:4] == ["Number HB-7731", "2026-4471", "Call 0800", "Checked yearly.[1]"]
    assert said[4:] == ["[1] The landlord pays.", "Comment (Ada): Really?", "End."]


def test_equal_neighbours_stay_and_merged_cells_come_once():
    wide = f'<w:tcPr><w:gridSpan w:val="2"/></w:tcPr>{paragraph("both")}'
    high = f'<w:tcPr><w:vMerge w:val="restart"/></w:tcPr>{paragraph("Mon")}'
    below = "<w:tcPr><w:vMerge/></w:tcPr><w:p/>"
    rows = (("Day", "Early", "Late"), ("Sun", "3", "3"), ("Sat", wide), (high, "1", "2"), (below, "4", "5"))
    shifted = read(table(("Day", "Early", "Late"), (wide, high), ("Tue", "4", below)))
    assert shifted.text.split("\n") == ["both | Mon", "Tue | 4 | Mon"]
    document = read(table(*rows))
    assert document.text.split("\n") == ["Sun | 3 | 3", "Sat | both", "Mon | 1 | 2", "Mon | 4 | 5"]
    assert {block.header for block in document.blocks} == {"Day | Early | Late"}


def test_a_table_in_a_cell_stays_in_its_row_and_layout_tables_are_read_as_text():
    inner = table(("Day", "Hours"), ("Mon", "9 to 17"))
    assert lines(table(("Place", "Open"), ("Kelsey", inner))) == ["Kelsey | Day, Hours / Mon, 9 to 17"]
    styles = '<w:style w:styleId="H1"><w:name w:val="heading 1"/></w:style>'
    kinds = [
        block.kind
        for block in read(table(("Menu", paragraph("Rooms", "H1") + paragraph("Grey."))), styles=styles).blocks
    ]
    assert kinds == ["text", "heading", "text"]


def test_numbers_of_lists_and_the_level_of_derived_styles_are_told():
    styles = (
        '<w:style w:styleId="H2"><w:name w:val="heading 2"/></w:style>'
        '<w:style w:styleId="Own"><w:name w:val="Mine"/><w:basedOn w:val="H2"/></w:style>'
    )

    def item(text: str, depth: int, style: str = "") -> str:
        numbers = f'<w:numPr><w:ilvl w:val="{depth}"/><w:numId w:val="3"/></w:numPr>'
        return f'<w:p><w:pPr><w:pStyle w:val="{style}"/>{numbers}</w:pPr>{run(text)}</w:p>'

    body = item("Scope", 0, "Own") + item("here", 1) + item("there", 1) + item("Costs", 0, "Own") + item("low", 1)
    document = read(body, styles=styles, numbering=LIST)
    assert lines(body, styles=styles, numbering=LIST) == ["1. Scope", "1.a here", "1.b there", "2. Costs", "2.a low"]
    assert [block.level for block in document.blocks] == [2, 0, 0, 2, 0]


def test_charts_are_rows():
    series = "<c:ser><c:tx><c:v>Sales</c:v></c:tx><c:cat><c:v>May</c:v></c:cat><c:val><c:v>7</c:v></c:val></c:ser>"
    body = "<w:p><w:r><c:chart r:id='rIdchart'/></w:r></w:p>"
    axis = "<c:valAx><c:title><a:p><a:r><a:t>Tonnes</a:t></a:r></a:p></c:title></c:valAx>"
    assert lines(body, chart=f"<c:chart>{series}{axis}</c:chart>") == ["Tonnes", "Sales; May: 7"]


def test_a_damaged_part_costs_that_part_and_is_named():
    said = "its part {}.xml is damaged: not all of it is read"
    cut = read(paragraph("First.") + "<w:p><w:r><w:t>Second.</w:t></w:p>")
    assert cut.text == "First.\n\nSecond." and cut.notes == [said.format("document")]
    mark = '<w:r><w:footnoteReference w:id="2"/></w:r>'
    whole = docx(
        f"<w:p>{run('Yearly.')}{mark}</w:p>", footnotes=f'<w:footnote w:id="2">{paragraph("Owl")}</w:footnote>'
    )
    broken = parse(Path("a.docx"), whole.replace(b"Owl", b"Elk"))  # the check sum is another then
    assert broken.text == "Yearly." and broken.notes == [said.format("footnotes")]
    with pytest.raises(BadFile, match="the part with its text cannot be read"):
        parse(Path("a.docx"), whole.replace(b"Yearly", b"Weekly"))


def test_pictures_as_large_as_a_page_are_named():
    def picture(side: int) -> str:
        inside = f"<wp:extent cx='{side}' cy='{side}'/><a:blip/>"
        return f"<w:p><w:r><w:drawing><wp:inline>{inside}</wp:inline></w:drawing></w:r></w:p>"

    assert read(paragraph("x") + picture(900_000)).notes == []
    (note,) = read(paragraph("x") + picture(7_000_000)).notes
    assert note == "pictures as large as half a page are not read; run OCR over them (1)"


def test_what_is_passed_over_is_said_and_an_empty_file_has_the_right_reason():
    assert read(paragraph("x") + "<w:altChunk/>").notes == ["files embedded in it are not read (1)"]
    with pytest.raises(BadFile, match="^holds no text$"):
        read("<w:p/>")
    with pytest.raises(BadFile, match="the part with its text is missing"):
        parse(Path("a.docx"), docx(None))
