from __future__ import annotations

import io
import os
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag import load
from rag.errors import BadFile
from rag.load import Bad, discover, parse
from tests.rag.conftest import HANDBOOK


def reason(path, data: bytes | None = None) -> str:
    with pytest.raises(BadFile) as caught:
        parse(path, load.read(path) if data is None else data)
    return str(caught.value)


def made(tmp_path, name: str, data: bytes | str):
    path = tmp_path / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def pdf_bytes(text: str = "", password: str | None = None, pages: int = 1) -> bytes:
    """A minimal PDF; without text its pages are empty."""
    content = f"BT /F1 12 Tf 40 700 Td ({text}) Tj ET".encode() if text else b""
    kids = " ".join(f"{4 + 2 * page} 0 R" for page in range(pages))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {pages} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for page in range(pages):
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents {5 + 2 * page} 0 R "
            "/Resources << /Font << /F1 3 0 R >> >> >>".encode()
        )
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content))
    out, offsets = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    encrypt = b""
    if password:  # a standard security handler whose keys fit no password
        encrypt = b" /Encrypt << /Filter /Standard /V 1 /R 2 /Length 40 /P -4 /O <%s> /U <%s> >> /ID [<00> <00>]" % (
            b"ab" * 32,
            b"cd" * 32,
        )
    return out + b"trailer << /Root 1 0 R /Size %d%s >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, encrypt, table)


@pytest.mark.parametrize(
    "name, title, headings, words",
    [
        ("user-handbook.md", "Brindlecove Otter 5 – User Handbook", "Changing the filter", "150 litres or 60 days"),
        ("installation-otter-5p.html", "Installing the Otter 5P", "The leak sensor", "within 0.8 seconds"),
        ("service-manual.pdf", "Otter 5 Service Manual", "Pump", "vibration pump of 48 watts"),
        ("warranty.docx", "Warranty and returns", "Commercial use", "18 months or 9,000 litres"),
        ("table-book.epub", "The Otter Table Book", "Harbour Fizz", "nine mint leaves"),
        ("accessories.json", "accessories.json", "subscriptions", "name: Stream Small; every days: 60"),
        (
            "release-notes.txt",
            "OTTER 5 FIRMWARE: RELEASE NOTES",
            'Version 3.4 (12 May 2026, code name "Marsh")',
            "last 400",
        ),
    ],
)
def test_every_format_gives_its_title_headings_and_text(name, title, headings, words):
    document = parse(HANDBOOK / name, load.read(HANDBOOK / name))
    assert document.title == title
    assert headings in [block.title for block in document.blocks if block.kind == "heading"]
    assert words in " ".join(document.text.split())


def test_pdf_blocks_know_their_page_and_running_feet_are_left_out():
    document = parse(HANDBOOK / "service-manual.pdf", load.read(HANDBOOK / "service-manual.pdf"))
    pages = {document.text[block.start : block.end]: block.page for block in document.blocks}
    assert pages["Opening the housing"] == 1 and pages["Hydraulics"] == 2
    assert "5-SVC-03   page" not in document.text and "page 2" not in document.text


def test_table_rows_carry_the_first_row(tmp_path):
    markdown = made(tmp_path, "t.md", "| Part | Price |\n| --- | --- |\n| Pump | 25 |\n| Valve | 40 |\n")
    docx = parse(HANDBOOK / "warranty.docx", load.read(HANDBOOK / "warranty.docx"))
    rows = [block for block in parse(markdown, load.read(markdown)).blocks if block.kind == "row"]
    assert [row.header for row in rows] == ["| Part | Price |"] * 2
    assert "Case | You pay | We pay" in {block.header for block in docx.blocks}


def test_html_leaves_out_scripts_navigation_and_comments():
    document = parse(HANDBOOK / "installation-otter-5p.html", load.read(HANDBOOK / "installation-otter-5p.html"))
    assert "analytics" not in document.text and "sans-serif" not in document.text and "Tools Water" not in document.text


def test_bad_files_say_why(tmp_path):
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("word/document.xml", "w") as entry:
            for _ in range(400):
                entry.write(b"\0" * 1_000_000)
    assert "zip bomb" in reason(made(tmp_path, "bomb.docx", bomb.getvalue()))
    assert "zip bomb" in reason(made(tmp_path, "bomb.epub", bomb.getvalue()))
    assert "encrypted" in reason(made(tmp_path, "locked.pdf", pdf_bytes("secret", password="x")))
    assert "pages are empty" in reason(made(tmp_path, "blank.pdf", pdf_bytes(pages=3)))
    assert "not a readable PDF" in reason(made(tmp_path, "torn.pdf", pdf_bytes("hello")[:120]))
    assert "binary" in reason(made(tmp_path, "program.txt", b"\x7fELF\0\0\1" * 50))
    assert "binary" in reason(made(tmp_path, "noise.txt", bytes(range(1, 32)) * 40))
    assert "password" in reason(made(tmp_path, "old.docx", bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 600))
    assert "no Word document" in reason(made(tmp_path, "text.docx", "just text"))
    assert "is empty" in reason(made(tmp_path, "empty.md", " \n"))
    assert "nested too deeply" in reason(made(tmp_path, "deep.json", "[" * 200_000))
    assert "is no notebook: line 1" in reason(made(tmp_path, "a.ipynb", '{"cells": '))
    assert "no mail" in reason(made(tmp_path, "a.eml", "The pump is red."))
    assert "no mailbox" in reason(made(tmp_path, "a.mbox", "The pump is red."))


def test_a_good_pdf_of_the_same_maker_is_read(tmp_path):
    path = made(tmp_path, "good.pdf", pdf_bytes("The pump runs."))
    assert parse(path, load.read(path)).text == "The pump runs."


def test_a_huge_file_is_refused_without_reading_it(tmp_path):
    path = tmp_path / "huge.txt"
    with path.open("wb") as file:
        file.truncate(2_000_000_000)  # sparse: takes no room
    with pytest.raises(BadFile, match="2,000 MB"):
        load.read(path)


def test_a_vanished_file_is_named_so(tmp_path):
    with pytest.raises(BadFile, match="vanished"):
        load.read(tmp_path / "gone.txt")


def test_discover_survives_loops_and_names_broken_links(tmp_path):
    (tmp_path / "docs").mkdir()
    made(tmp_path, "docs/a.txt", "a")
    made(tmp_path, "docs/.hidden.txt", "h")
    made(tmp_path, "docs/picture.png", "p")
    os.symlink(tmp_path / "docs", tmp_path / "docs" / "again")
    os.symlink(tmp_path / "docs" / "self.txt", tmp_path / "docs" / "self.txt")
    os.symlink(tmp_path / "nowhere", tmp_path / "docs" / "nothing.txt")
    os.mkfifo(tmp_path / "docs" / "pipe.txt")
    found = list(discover([str(tmp_path / "docs")]))
    assert [item for item in found if not isinstance(item, Bad)] == [tmp_path / "docs" / "a.txt"]
    reasons = {os.path.basename(item.path): item.reason for item in found if isinstance(item, Bad)}
    assert set(reasons) == {"self.txt", "nothing.txt", "pipe.txt"}
    assert "back to itself" in reasons["self.txt"] and "nothing" in reasons["nothing.txt"]
    assert "regular" in reasons["pipe.txt"]


def test_discover_takes_patterns_and_names_what_it_cannot_read(tmp_path):
    made(tmp_path, "a.txt", "a"), made(tmp_path, "b.md", "b"), made(tmp_path, "c.png", "c")
    found = list(
        discover(
            [
                f"{tmp_path}/*.txt",
                str(tmp_path / "a.txt"),
                str(tmp_path / "b.md"),
                str(tmp_path / "c.png"),
                str(tmp_path / "missing.txt"),
                f"{tmp_path}/*.xyz",
            ]
        )
    )
    assert [item.name for item in found if not isinstance(item, Bad)] == ["a.txt", "b.md"]
    assert [item.reason for item in found if isinstance(item, Bad)] == [
        "files of the kind .png cannot be read",
        "there is no such file or folder",
        "no file matches this pattern",
    ]


@settings(max_examples=60, deadline=None)
@given(
    data=st.binary(max_size=400),
    name=st.sampled_from(
        [
            "a.txt",
            "a.md",
            "a.html",
            "a.csv",
            "a.json",
            "a.jsonl",
            "a.py",
            "a.pdf",
            "a.docx",
            "a.epub",
            "a.ipynb",
            "a.eml",
            "a.mbox",
        ]
    ),
)
def test_any_bytes_give_a_document_or_a_reason(data, name, tmp_path_factory):
    try:
        document = parse(tmp_path_factory.getbasetemp() / name, data)
    except BadFile as bad:
        assert str(bad)
    else:
        assert all(document.text[block.start : block.end].strip() for block in document.blocks)


@settings(max_examples=60, deadline=None)
@given(
    text=st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=300).map(
        lambda text: text.replace(" ", "\n")
    ),
    name=st.sampled_from(["a.txt", "a.md", "a.py"]),
)
def test_blocks_of_text_formats_cover_all_words(text, name, tmp_path_factory):
    try:
        document = parse(tmp_path_factory.getbasetemp() / name, text.encode())
    except BadFile:
        return
    covered = set()
    for block in document.blocks:
        covered.update(range(block.start, block.end))
    left = "".join(char for position, char in enumerate(document.text) if position not in covered)
    assert not any(char.isalnum() for char in left) or name == "a.md" and "]:" in text


def test_a_short_sentence_of_any_script_is_no_heading():
    text = "年假\n\n年假为十五天，须提前两周申请。\n\nيفتح المكتب غدا؟\n\nदुकान खुली है।\n\nThe end\n"
    document = load.parse(Path("a.txt"), text.encode())
    assert [block.title for block in document.blocks if block.kind == "heading"] == ["年假"]
