from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.document import Builder
from rag.errors import BadFile
from rag.load import parse
from rag.readers.headers import Cell, Sort
from rag.readers.number_formats import writer
from rag.readers.sheets import Row, add_sheet
from tests.rag.hostile import archive
from tests.rag.office_files import drawn, odf, relations, rows, shape, styles, xlsx


def lines(data: bytes, name: str = "a.xlsx") -> list[str]:
    document = parse(Path(name), data)
    return [document.text[block.start : block.end] for block in document.blocks]


def read(*cells: str) -> list[str]:
    return lines(xlsx(rows(*cells)))[1:]


def test_a_row_says_what_its_cells_are() -> None:
    table = ("Item|Price|Stock", "Anchor|12.5|3", "Rope||40")
    assert read(*table) == ["Item: Anchor; Price: 12.5; Stock: 3", "Item: Rope; Stock: 40"]


@pytest.mark.parametrize(
    "cells, expected",
    [
        (("Fleet of 2026|", "In euros", "Item|Price", "Oar|5"), ["Fleet of 2026", "In euros", "Item: Oar; Price: 5"]),
        (("Anna|Berlin", "Ben|Kiel"), ["Anna: Ben; Berlin: Kiel"]),
        (("4|Berlin", "7|Kiel"), ["4; Berlin", "7; Kiel"]),
        (("Item|2024|2025", "Oar|5|6"), ["Item: Oar; 2024: 5; 2025: 6"]),
        (("Anna|1975", "Ben|1980"), ["Anna; 1975", "Ben; 1980"]),
        (("Item|Price", "Oar|5", "", "Sail|Crew|Mast", "9|4|1"), ["Item: Oar; Price: 5", "Sail: 9; Crew: 4; Mast: 1"]),
        (("Item|Price", "Oar|5", "", "Rope|6"), ["Item: Oar; Price: 5", "Item: Rope; Price: 6"]),
        (("Item|Price|Left", "Oar|5"), ["Item: Oar; Price: 5", "Left"]),
        (("Passed:|14", "Failed:|0"), ["Passed: 14", "Failed: 0"]),
        (("Item|Sum", "Oar|=A1*2=10", "Rope|=A2*2"), ["Item: Oar; Sum: 10", "Item: Rope; Sum: =A2*2"]),
    ],
)  # fmt: skip
def test_names_of_columns_are_found_where_they_stand(cells, expected) -> None:
    assert read(*cells) == expected


def test_merged_cells_are_told_for_all_that_they_are_merged_over() -> None:
    table = rows("Boat|2024||2025", "|Trips|Guests|Trips|Guests", "Tern|1|2|3|4", "|5|6|7|8")
    merged = "".join(f'<mergeCell ref="{place}"/>' for place in ("A1:A2", "B1:C1", "D1:E1", "A3:A4"))
    found = lines(xlsx(f"{table}<mergeCells>{merged}</mergeCells>"))[1:]
    assert found == [
        f"Boat: Tern; 2024 Trips: {a}; 2024 Guests: {b}; 2025 Trips: {c}; 2025 Guests: {d}"
        for a, b, c, d in ((1, 2, 3, 4), (5, 6, 7, 8))
    ]


@pytest.mark.parametrize(
    "code, number, text",
    [
        ("General", "0.30000000000000004", "0.3"),
        ("General", "1850", "1850"),
        ("0.00", "12.5", "12.50"),
        ("#,##0", "1234567.5", "1234568"),
        ("0%", "0.25", "25%"),
        ('#,##0.00 "€"', "-12.5", "-12.50 €"),
        ("[$$-409]#,##0.00", "12.5", "$12.50"),
        ('"CHF" 0', "7", "CHF 7"),
        ("00000", "815", "00815"),
        ("0.0##", "2.5", "2.5"),
        ("dd/mm/yyyy", "46356", "2026-11-30"),
        ('d. mmmm yyyy "um" h:mm', "46356.5", "2026-11-30 12:00"),
        ("h:mm AM/PM", "0.75", "18:00"),
        ("[h]:mm", "1.5", "36:00"),
        ("mmm-yy", "1", "1900-01-01"),
        ("yyyy", "-3", "-3"),
        ("0.00E+00", "12345", "12345"),
        ("# ?/?", "2.5", "2.5"),
        ("@", "7", "7"),
        (";;;", "7", "7"),
        ("0.00;[Red](0.000)", "-3", "-3.000"),
        ('"a;b" 0;"less;" 0', "-3", "-less;3"),
        ("0", "1e300", "1e+300"),
    ],
)
def test_numbers_are_written_as_they_are_shown(code, number, text) -> None:
    assert writer(code)(number).text == text


def test_dates_count_from_1904_where_the_book_says_so() -> None:
    table = '<sheetData><row><c s="1"><v>44894</v></c></row></sheetData>'
    parts = {"xl/styles.xml": styles("d.m.yyyy")}
    assert lines(xlsx(table, parts=parts))[1] == "2022-11-29"
    assert lines(xlsx(table, parts=parts, head='<workbookPr date1904="1"/>'))[1] == "2026-11-30"


def test_cells_of_each_type() -> None:
    cells = (
        '<c t="s"><v>0</v></c><c t="b"><v>1</v></c><c t="e"><v>#N/A</v></c><c t="str"><f>A1</f><v>so</v></c>'
        '<c t="d"><v>2026-11-30T00:00:00</v></c><c t="s"><v>99</v></c><c><v>not a number</v></c>'
    )
    text = "<si><r><t>an_x0041_</t></r><r><t>chor</t></r><rPh><t>unsaid</t></rPh></si>"
    found = lines(xlsx(f"<sheetData><row>{cells}</row></sheetData>", strings=text))
    assert found[1] == "anAchor; TRUE; #N/A; so; 2026-11-30; not a number"


def test_hidden_sheets_are_read_and_called_so() -> None:
    data = xlsx(f"name='Old' state='veryHidden'|{rows('secret')}", f"name='New'|{rows('open')}", rows(""))
    assert lines(data) == ["Old (hidden sheet)", "secret", "New", "open"]


def test_what_stands_beside_the_cells_is_read_and_what_is_not_is_told() -> None:
    kinds = relations(("c", "comments", "../comments.xml"), ("d", "drawing", "../drawing.xml"))
    remark = '<a><comment ref="B2"><text><r><t>ask</t></r><r><t> Ann</t></r></text></comment></a>'
    picture = '<xdr:pic><xdr:nvPicPr><xdr:cNvPr descr="the pier"/></xdr:nvPicPr></xdr:pic>'
    chart = "<c:title><a:p><a:r><a:t>Trips</a:t></a:r></a:p></c:title>"
    chart += "<c:ser><c:cat><c:v>May</c:v></c:cat><c:val><c:v>4</c:v></c:val></c:ser>"
    parts: dict[str, str | bytes] = {
        "xl/worksheets/_rels/sheet1.xml.rels": kinds,
        "xl/comments.xml": remark,
        "xl/drawing.xml": drawn(f'{shape("in a box")}{picture}<c:chart r:id="x"/><c:chart r:id="none"/>'),
        "xl/_rels/drawing.xml.rels": relations(("x", "chart", "chart.xml")),
        "xl/chart.xml": drawn(chart),
    }
    edges = "<headerFooter><oddHeader>&amp;LTern Ltd&amp;RPage &amp;P of &amp;N</oddHeader></headerFooter>"
    data = xlsx(rows("one|=A1*2") + edges, parts=parts)
    expected = ["S1", "one; =A1*2", "Tern Ltd", "Comment at B2: ask Ann", "in a box", "the pier", "Trips", "May: 4"]
    assert lines(data) == expected
    assert parse(Path("a.xlsx"), data).notes == [
        "values of formulas are not kept in it, only the formulas (1)",
        "pictures in it are not read (1)",
        "charts that keep no text are not read (1)",
    ]


def test_a_damaged_sheet_costs_what_stands_behind_the_damage() -> None:
    broken = (
        f'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">{rows("kept", "lost")[:-35]}'
    )
    data = xlsx(rows("first"), rows(""), rows("third"), parts={"xl/worksheets/sheet2.xml": broken})
    document = parse(Path("a.xlsx"), data)
    assert [word in document.text for word in ("first", "kept", "third")] == [True] * 3
    assert document.notes == ['its sheet "S2" is damaged: what stands behind row 2 may be missing']
    with pytest.raises(BadFile, match="zip|damaged"):
        parse(Path("a.xlsx"), archive({"xl/workbook.xml": b"\0"}))


def test_a_sheet_without_its_part_is_told() -> None:
    data = xlsx(
        rows("first"),
        rows("x"),
        parts={"xl/_rels/workbook.xml.rels": relations(("r1", "worksheet", "worksheets/sheet1.xml"))},
    )
    assert parse(Path("a.xlsx"), data).notes == ['its sheet "S2" is missing']  # fmt: skip


TABLE = (
    '<table:table table:name="Prices"><table:table-header-rows><table:table-row>{0}</table:table-row>'
    '</table:table-header-rows><table:table-row table:number-rows-repeated="2">{1}</table:table-row>'
    '<table:table-row table:number-rows-repeated="1048000"><table:table-cell table:number-columns-repeated="16384"/>'
    "</table:table-row></table:table>"
)


def cell(text: str, attributes: str = "") -> str:
    paragraphs = f"<text:p>{text}</text:p>" if text else ""
    return f"<table:table-cell {attributes}>{paragraphs}</table:table-cell>"


def test_sheets_of_opendocument() -> None:
    day = cell("30. Nov", 'office:value-type="date" office:date-value="2026-11-30"')
    narrow = cell("###", 'office:value-type="float" office:value="12.5"')
    remark = "<office:annotation><dc:creator>Ann</dc:creator><text:p>old</text:p></office:annotation>"
    named = cell("Day") + cell("Price") + f"<table:table-cell><text:p>Left</text:p>{remark}</table:table-cell>"
    spent = cell("1:30", 'office:value-type="time" office:time-value="PT01H30M00S"')
    body = TABLE.format(named, day + narrow + spent)
    hidden = '<style:style style:name="h"><style:table-properties table:display="false"/></style:style>'
    body += TABLE.format(cell("x"), cell("", "table:formula='of:=[.A1]'")).replace(
        '"Prices"', '"Old" table:style-name="h"'
    )
    document = parse(Path("a.ods"), odf(body, "spreadsheet", automatic=hidden))
    blocks = [document.text[block.start : block.end] for block in document.blocks]
    row = "Day: 2026-11-30; Price: 12.5; Left: 1:30"
    assert blocks == ["Prices", row, row, "Comment (Ann): old", "Old (hidden sheet)", "x", "=[.A1]", "=[.A1]"]
    assert document.notes == ["values of formulas are not kept in it, only the formulas (1)"]


def test_cells_that_a_sheet_repeats_without_end_are_told() -> None:
    row = f'<table:table-row table:number-rows-repeated="1048576">{cell("x")}</table:table-row>'
    document = parse(Path("a.ods"), odf(f'<table:table table:name="A">{row}</table:table>', "spreadsheet"))
    assert document.text.count("x") == 100
    assert document.notes == ['its sheet "A" repeats cells so often that not all of them are read']


@given(st.lists(st.lists(st.sampled_from(["", "ant", "bee", "7", "2024"]), max_size=5), max_size=8))
def test_no_cell_is_lost_however_the_table_is_laid_out(table: list[list[str]]) -> None:
    kinds = {"7": Sort.VALUE, "2024": Sort.PERIOD}
    laid = ({at: Cell(text, kinds.get(text, Sort.WORDS)) for at, text in enumerate(row) if text} for row in table)
    builder = Builder()
    add_sheet((Row(number, cells) for number, cells in enumerate(laid, 1) if cells), builder)
    for text in {text for row in table for text in row if text}:
        assert text in builder.text
    assert builder.text.count("7") == sum(row.count("7") for row in table)


def test_strict_files_are_read() -> None:
    named = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    book = xlsx(rows("pump"))
    with zipfile.ZipFile(io.BytesIO(book)) as packed:
        parts = {name: packed.read(name).replace(named.encode(), b"http://purl.oclc.org/ooxml/officeDocument/relationships")
                 for name in packed.namelist()}  # fmt: skip
    assert lines(archive(dict(parts))) == ["S1", "pump"]
