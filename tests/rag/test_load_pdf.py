from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from rag.document import Document
from rag.errors import BadFile
from rag.load import parse
from rag.readers.pdf import _joined
from tests.rag.pdf_files import DRAWING, PICTURE, Sheet, pdf, sheet


def read(*sheets: Sheet) -> Document:
    return parse(Path("a.pdf"), pdf(*sheets))


def text_field(name: str, value: str, box: str) -> str:
    return f"/Subtype /Widget /FT /Tx /T ({name}) /V ({value}) /Rect [{box}] /DA (/F1 12 Tf)"


def test_values_of_a_form_stand_behind_what_asks_for_them():
    on = "/Subtype /Widget /FT /Btn /T (Paid) /V /Yes /AS /Yes /AP << /N << /Yes 3 0 R >> >> /Rect [40 600 52 612]"
    fields = [
        text_field("boat", "Silver Heron", "200 695 400 712"),
        text_field("where", "Quay 4", "200 500 400 520"),
        on,
    ]
    document = read(sheet("Name of the boat:", "Length:", annotations=fields))
    assert document.text.split("\n")[0] == "Name of the boat: Silver Heron"
    assert "where: Quay 4" in document.text and "Paid: ☒" in document.text


def test_notes_are_read_and_links_are_not():
    note = "/Subtype /Text /Contents (Ask the harbour master.) /T (Ada) /Rect [40 600 60 620]"
    link = "/Subtype /Link /Contents (a link) /Rect [40 600 60 620]"
    assert read(sheet("Berths.", annotations=[note, link])).text == "Berths.\n\nNote (Ada): Ask the harbour master."


def test_a_form_without_other_text_is_no_scan():
    free = "/Subtype /FreeText /Contents (Only here) /Rect [40 600 200 620] /DA (/F1 12 Tf)"
    assert read(Sheet(annotations=[free])).text == "Note: Only here"


def test_pages_without_text_are_named():
    document = read(
        sheet("One."), Sheet(drawn=PICTURE), Sheet(drawn=PICTURE), sheet("Four."), Sheet(drawn=DRAWING), Sheet()
    )
    assert document.notes == [
        "pages 2-3 are a picture, whose text is not read; run OCR over it", "page 5 is a drawing, without text",
    ]  # fmt: skip


def test_a_picture_with_a_stamp_on_it_is_named_too():
    scan = PICTURE.replace(b"200 0 0 200 50 400", b"600 0 0 800 0 0")
    small = sheet("A word about the picture above.", drawn=PICTURE)
    document = read(sheet("Received 3 May", drawn=scan), small)
    assert document.notes == ["page 1 is a picture, whose text is not read; run OCR over it"]


def test_letters_without_a_meaning_are_told(monkeypatch):
    import pypdfium2.raw as raw

    monkeypatch.setattr(raw, "FPDFText_HasUnicodeMapError", lambda page, at: at % 2)
    (note,) = read(sheet("One line.")).notes
    assert "words may be wrong: page 1" in note


@pytest.mark.parametrize(
    "drawn, reason", [(PICTURE, "only pictures of pages"), (DRAWING, "only drawings"), (b"", "its pages are empty")]
)
def test_why_there_is_no_text(drawn, reason):
    with pytest.raises(BadFile, match=reason):
        read(Sheet(drawn=drawn), Sheet())


def test_lines_at_the_edge_that_differ_in_digits_are_data():
    totals = ["418.20", "97.05", "1203.60", "64.99"]
    bills = [
        sheet(f"Room {101 + at}", "In the month:", "Water", f"Total due: {total}") for at, total in enumerate(totals)
    ]
    text = read(*bills).text
    assert all(f"Total due: {total}" in text and f"Room {101 + at}" in text for at, total in enumerate(totals))


@pytest.mark.parametrize(
    "foot", ["{}", "- {} -", "Page {}", "page {} of 4", "{} / 4", "Otter Manual | {}", "Otter Manual page {}"]
)
def test_page_numbers_are_no_data_and_running_heads_come_once(foot):
    body = ["The pump runs at noon.", "A valve opens below it.", "Two coils are warm.", "Grease is never used."]
    document = read(
        *(sheet("The Otter Handbook", line, "and so on.", foot.format(3 + at)) for at, line in enumerate(body))
    )
    words = Counter(document.text.split("\n"))
    assert words["The Otter Handbook"] == 1 and all(line in document.text for line in body)
    assert not any(foot.format(number) in words for number in (4, 5, 6))


def test_numbers_set_apart_that_do_not_count_the_pages_are_data():
    bills = [sheet(f"For {name}", "Water and gas", f"Due | {due}") for name, due in zip("abcd", (418, 97, 1203, 64))]
    text = read(*bills).text
    assert all(str(due) in text for due in (418, 97, 1203, 64))


def test_rows_of_numbers_that_begin_every_page_are_data():
    tables = [sheet("A = 0.00, 0.25, 0.50", f"Gamma {name}", "light", f"dark {name}") for name in "abcd"]
    assert read(*tables).text.count("0.00, 0.25, 0.50") == 4


def test_a_line_that_ends_pages_of_any_length_is_data():
    pages = [
        sheet(*[f"Words {name}{at}" for at in range(5 * length)], "See also") for length, name in enumerate("abcd")
    ]
    assert read(*pages).text.count("See also") == 4


def test_a_page_that_is_but_a_number_keeps_it():
    assert read(*(sheet(str(number)) for number in (1, 2, 3, 4))).text.split() == ["1", "2", "3", "4"]


def test_rows_of_a_table_stay_rows():
    rows = [("Job", "Part", "Minutes"), ("Pump", "5-0210", "25"), ("Boiler", "5-0150", "65")]
    lines = [(40 + 120 * column, 600 - 14 * at, cell) for at, row in enumerate(rows) for column, cell in enumerate(row)]
    document = read(Sheet([(40, 700, "Repair times are counted without the way there."), *lines]))
    assert document.text.split("\n")[-2:] == ["Pump | 5-0210 | 25", "Boiler | 5-0150 | 65"]
    assert document.blocks[-1].header == "Job | Part | Minutes"


@pytest.mark.parametrize(
    "text, joined",
    [
        ("an agri\ufffecultural machine", "an agricultural machine"),
        ("to com\x02\npile it", "to compile it"),
        ("the gear\xad\nbox", "the gearbox"),
        ("a tur-\nbine", "a turbine"),
        ("the well\ufffeknown firm", "the well-known firm"),
        ("a low-\npressure valve", "a low-pressure valve"),
        ("Otter-\nBoiler", "Otter-\nBoiler"),
        ("from 5-\n7", "from 5-\n7"),
        ("state-of-the\x02\nart", "state-of-the-art"),
        ("Anna\x02\nLena", "Anna-Lena"),
        ("AGRI\ufffeCULTURAL", "AGRICULTURAL"),
    ],
)
def test_words_cut_at_the_end_of_a_line_are_whole(text, joined):
    assert _joined(text, Counter({"low-pressure": 2})).replace("-Boiler", "-\nBoiler").replace("5-7", "5-\n7") == joined


@pytest.mark.parametrize("kind, told", [(0, False), (2, True)])
def test_a_form_that_is_no_pdf_is_told(monkeypatch, kind, told):
    import pypdfium2.raw as raw

    monkeypatch.setattr(raw, "FPDF_GetFormType", lambda document: kind)
    assert [("XFA" in note) for note in read(sheet("Please wait ...")).notes] == [True] * told


def test_what_packs_a_file_that_cannot_be_read_is_named():
    with pytest.raises(BadFile, match="packed with Brotli"):
        parse(Path("a.pdf"), b"%PDF-2.0\n1 0 obj << /Filter /BrotliDecode >> stream\n")


def test_a_sign_that_its_font_does_not_name_is_told():
    (note,) = read(sheet("Unit 15-173-\x15")).notes
    assert "words may be wrong: page 1" in note


def test_entries_of_a_list_that_is_shown_are_read():
    drawn = "/Subtype /Widget /FT /Ch /T (Size) /Opt [(small) (large)] /V (large) /Rect [40 600 200 660]"
    field = f"{drawn} /DA (/F1 12 Tf)"
    assert "Size: large" in read(sheet("Choose:", annotations=[field])).text


@pytest.mark.parametrize(
    "stated, title",
    [
        ("The Otter Boiler", "The Otter Boiler"),
        ("untitled", "a.pdf"),
        ("Microsoft Word - lease 3.docx", "a.pdf"),
        ("paper.dvi", "a.pdf"),
        ("", "a.pdf"),
    ],
)
def test_what_a_program_calls_a_file_without_a_title_is_none(monkeypatch, stated, title):
    import pypdfium2

    monkeypatch.setattr(pypdfium2.PdfDocument, "get_metadata_value", lambda document, key: stated)
    assert read(sheet("Words.")).title == title
