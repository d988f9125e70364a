"""What public bug reports gave and failed, where it is here: `cases/documents` beside the larger data."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from assistant.cli import main
from rag import load, secrets
from rag.errors import BadFile
from training.data import formats
from training.elsewhere import autotrain

CASES = Path(os.environ.get("ASSISTANT_TEST_DATA", "/nowhere")).parent / "cases" / "documents"
pytestmark = pytest.mark.skipif(not CASES.is_dir(), reason="the cases are not here")

WHOLE = {  # of these the words are told that must be in the text, in this order
    "docx-contentcontrol/contentcontrol.docx": ["The delivery address is Quay 14, Port Ellison", "turquoise"],
    "docx-equalcells/equalcells.docx": ["Monday | 3 | 3 | 1", "Tuesday |  |  | 2", "Wednesday | Ada | Ada | Bo"],
    "docx-footnote/footnote.docx": ["HB-7731", "0800 446 201", "a yearly check", "is paid by the landlord"],
    "docx-real-pandoc_nested_sdt/pandoc_nested_sdt.docx": ["Test Paragraph1", "Test Paragraph2", "Test Paragraph3"],
    "docx-real-pandoc_nested_smart_tags/pandoc_nested_smart_tags.docx": [
        "And It Came to Pass in the Course of Those Many Days",
        "the king of Egypt died; and the children of Israel sighed",
        "the servitude that they had had prior to the death of the king of Egypt.",
    ],
    "docx-real-pandoc_notes/pandoc_notes.docx": ["Test footnote", "My note.", "an endnote at the end of the document."],
    "docx-real-pandoc_sdt_elements/pandoc_sdt_elements.docx": ["col1 content | Body copy | col3 content"],
    "docx-real-pandoc_table_variable_width/pandoc_table_variable_width.docx": ["c11", "c22 | c23"],
    "docx-real-pandoc_text_in_shape_format/pandoc_text_in_shape_format.docx": [
        "Using Microsoft Word 2007/2010",
        "for Writing Technical Documents",
        "Valter Kiisk",
        "Institute of Physics, University of Tartu",
    ],
    "docx-real-pandoc_track_changes_insertion/pandoc_track_changes_insertion.docx": [
        "This is a text with two exciting insertions."
    ],
    "docx-tracked/tracked.docx": ["a notice of ninety days.", "The deposit is held at Northbank"],
    "encoding-late-byte/late_latin1.txt": ["Grüße aus Köln: das Schloß ist geöffnet."],
    "encoding-mojibake/cp1252.csv": ["München", "Bräuhäuser", "Köln", "Düsseldorf", "Königsallee"],
    "encoding-mojibake/iso-8859-1___ude_2.txt": ["dépend à la fois de la durée", "séjour envisagé"],
    "encoding-mojibake/short_koi8.txt": ["Собрание начинается во вторник в три часа.", "у входа."],
    "encoding-mojibake/windows-1254-turkish___ude_1.txt": [
        "Terör örgütünün bankası olur mu?",
        "ortağın bazılarının banka sahibi",
        "İyi niyetli",
    ],
    "epub-named-entities/entities_dtd.epub": ["Captain René Dubois sailed", " — the tide", "forty barrels of vinegar"],
    "epub-named-entities/entities_nodtd.epub": [
        "Captain René Dubois sailed",
        " — the tide",
        "forty barrels of vinegar",
    ],
    "html-table-cells-glued/cell_breaks.html": [
        "North | Mill Road 4 / Ashby / Tel. 555 0143",
        "South | Harbour Street 9 / Kelsey / open daily / closed Sunday",
    ],
    "html-table-cells-glued/nested_table.html": ["Monday", "9 to 17", "Friday", "9 to 13"],
    "pdf-form-values/form.pdf": ["Name of the boat: Silver Heron", "Length: 9.4 metres"],
    "pdf-form-values/pdfjs_freetexts.pdf": ["Hello World from Acrobat", "Hello World from Okular"],
    "pdf-hyphen-U+FFFE/hyphen.pdf": ["agricultural machine", "gearbox", "well-known"],
    "pdf-hyphen-U+FFFE/pdfjs_tracemonkey_a11y.pdf": ["more difficult to compile"],
    "pdf-repeated-lines-dropped/lessons.pdf": [f"Lesson {number}\n" for number in range(1, 6)],
    "pdf-repeated-lines-dropped/pdfjs_hello_world_rotated.pdf": ["Hello world"],
    "pdf-repeated-lines-dropped/room_cards.pdf": [f"Room {number}\n" for number in range(101, 107)],
    "pdf-repeated-lines-dropped/statements.pdf": ["418.20", "97.05", "Total due: 1203.60 euros", "64.99", "310.00"],
    "pdf-rtl-reversed/pypdf_habibi.pdf": ["حَبيبي", "حَبيبي habibi"],
    "unicode-not-normalised/soft.html": ["Die Donau"],
}
ASKED = {  # question -> where its answer stands
    "食堂在几楼？": "zh.txt",
    "年假有多少天？": "zh.txt",
    "員工几点上班？": "zh.txt",
    "有給休暇は年に何日ですか？": "ja.txt",
    "始業時間は何時ですか？": "ja.txt",
    "Wo gehören die Fahrräder hin?": "de.txt",
    "Во сколько открывается библиотека?": "ru.txt",
    "متى تفتح المكتبة؟": "ar.txt",
    "What did the first officer fill?": "ligature.txt",
    "agricultural machine gearbox": "hyphen.pdf",
    "Wann wurde die Donaudampfschifffahrt gegründet?": "soft.html",
}


def document(name: str) -> load.Document:
    return load.parse(CASES / name, (CASES / name).read_bytes())


@pytest.mark.parametrize("name", WHOLE)
def test_what_was_lost_is_there(name: str) -> None:
    read, at = document(name), 0
    text = f"{read.title}\n{read.text}\n"
    for words in WHOLE[name]:
        assert words in text[at:], words
        at = text.index(words, at) + len(words)
    assert not re.search("[\ufffd\ufffe]|&[a-z]+;", text) and read.notes == []


def test_headings_of_a_table_that_lays_out_a_page_are_headings() -> None:
    read = document("html-table-cells-glued/layout_table.html")
    assert [block.title for block in read.blocks if block.kind == "heading"] == ["Archive", "Rooms"]


def test_what_is_passed_over_is_named() -> None:
    assert document("pdf-half-scan-silent/half_scan.pdf").notes[0].startswith("page 2 is a picture")
    broken = document("jsonl-one-bad-line/one_bad_line.jsonl")
    assert len(broken.blocks) == 58 and broken.notes[0].startswith("what stands in line 40 ")
    with pytest.raises(BadFile, match="a form that is not filled in"):
        document("pdf-form-values/pdfjs_textfields.pdf")


def test_half_of_a_character_costs_that_character() -> None:
    assert "Great view \ufffd from the lighthouse" in document("crash-lone-surrogate/surrogate.json").text


def test_all_of_them_in_one_folder_are_stored_and_found(tmp_path, monkeypatch, capsys) -> None:
    for folder in ("cjk-never-answers", "other-languages-stopwords", "unicode-not-normalised", "pdf-hyphen-U+FFFE"):
        shutil.copytree(CASES / folder, tmp_path / "docs" / folder)
    for folder in ("crash-filename-not-utf8", "crash-lone-surrogate", "skipped-kinds-silent"):
        shutil.copytree(CASES / folder, tmp_path / "docs" / folder)
    for told in ("command.txt", "expected.txt", "observed.txt"):
        for path in (tmp_path / "docs").rglob(told):
            path.unlink()
    monkeypatch.setenv("ASSISTANT_RAG__PATH", str(tmp_path / "store"))
    main(["rag", "add", str(tmp_path / "docs")])
    said = "".join(capsys.readouterr())
    assert "1 file of a kind that is not read: 1 .doc" in said
    assert re.search(r"plan\.odt: .*no file of OpenDocument", said) and re.search(r"table\.xlsx: .*no spread", said)
    listed = subprocess.run([sys.executable, "-m", "assistant", "rag", "list"], capture_output=True)
    assert re.search(rb"caf.{1,3} men.{1,3}\.txt", listed.stdout)
    wrong = {}
    for question, name in ASKED.items():
        main(["rag", "search", question, "--json"])
        found = json.loads(capsys.readouterr().out)
        if not (found["confidence"] >= 0.64 and found["hits"][0]["passage"]["source"].endswith(name)):
            wrong[question] = found["confidence"], found["hits"][0]["passage"]["source"]
    assert wrong == {}


def test_columns_of_training_data_are_used_or_named() -> None:
    earlier = formats.read(CASES / "train-history-dropped" / "alpaca_history.json").rows
    assert [message["content"] for message in earlier[0].messages] == [
        "When does the ferry to Skerry go?",
        "It goes daily at eight.",
        "Is it cheap?",
        "It costs four euros.",
        "And in winter?",
        "In winter the ferry goes only on Mondays.",
    ]
    assert {row.messages[0]["content"] for row in earlier[1:]} == {"You are a clerk."}
    pirate = formats.read(CASES / "train-history-dropped" / "openorca.jsonl")
    assert {row.messages[0]["content"] for row in pirate.rows} == {"You are a pirate. Answer in rhyme only."}
    assert list(pirate.unused) == ["id"]
    split = formats.read(CASES / "train-history-dropped" / "hf_split.json")
    assert len(split.rows) == 2 and "not test (1 row)" in split.beside


def test_no_number_is_no_input_and_no_answer() -> None:
    read = formats.read(CASES / "train-nan" / "nan.json")
    assert [row.question for row in read.rows] == ["Name the capital of Peru.", "Name the capital of Chile.", "Count"]
    assert [(problem.line, problem.what) for problem in read.problems] == [(3, "answer"), (4, "question")]


def test_names_that_begin_as_keys_do_are_no_secrets() -> None:
    rows = formats.read(CASES / "train-secrets-false" / "fp.jsonl").rows
    assert len(rows) == 5 and not any(secrets.found(row.question + row.answer) for row in rows)


def test_autotrain_takes_the_name_that_it_refused() -> None:
    assert re.fullmatch("[A-Za-z0-9-]+", autotrain.project_name("alpaca_data"))
