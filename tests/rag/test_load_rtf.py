from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.document import Document
from rag.errors import BadFile
from rag.load import parse

HEAD = (
    r"{\rtf1\ansi\ansicpg1252\deff0{\fonttbl{\f0\fcharset0 Arial;}{\f1\fcharset204 Arial;}{\f2\fcharset2 Symbol;}"
    r"{\f3\fcharset128 Gothic;}{\f4\fcharset2 Wingdings;}}{\colortbl;\red0;}"
    r"{\stylesheet{\s0 Normal;}{\s7 heading 2;}{\*\cs9 Quick;}}{\info{\title The pier}{\author Ann}}"
)


def read(body: str) -> Document:
    return parse(Path("a.rtf"), f"{HEAD}{body}}}".encode("latin-1"))


def lines(body: str) -> list[str]:
    document = read(body)
    return [document.text[block.start : block.end] for block in document.blocks]


@pytest.mark.parametrize(
    "body, expected",
    [
        (r"one\par {\b two} three\line four\par", ["one", "two three\nfour"]),
        (r"Caf\'e9 and {\f1 \'ef\'f0} and \f1\'ef\plain\'ef", ["Café and пр and пï"]),
        (r"{\f3 \'93\'fa\'96\'7b}", ["日本"]),
        (r"\u26085 ?\u-10179 ?\u-8704 ?{\uc2 \u233 \'c3\'a9}{\uc0\u233}x", ["日😀ééx"]),
        (r"{\f2 a\'b3}{\f4 \'fc}{\f4 done} \u-3913 ?", ["α≥✓done •"]),
        (r'{\field{\*\fldinst SYMBOL 98 \\f "Symbol"}{\fldrslt}}', ["β"]),
        (r'{\field{\*\fldinst HYPERLINK "x"}{\fldrslt link}}', ["link"]),
        (r"a\~b\_c\-d\emdash\ldblquote e\rdblquote \{\\\}", ["a\xa0b-c\xadd—“e”{\\}"]),
        (r"{\v hidden }shown{\deleted gone}\par", ["hidden shown"]),
        (r"{\pntext\'b7\tab}oars\par {\listtext 1.\tab}rope\par", ["· oars".replace("·", "-"), "1.\trope"]),
        (r"{\*\unknown gone}{\upr{ansi}{\*\ud{real}}}{\*\bkmkstart b}{\nonshppict gone}", ["real"]),
        (r"x\bin5 {{{{{y", ["xy"]),
        ("wrapped\r\n words\\\nnext", ["wrapped words", "next"]),
    ],
)  # fmt: skip
def test_text_in_its_code_page_and_nothing_else(body, expected) -> None:
    assert lines(body) == expected


def test_headings_and_the_title() -> None:
    document = read(r"\pard\s7 One\par\pard body\par\pard\outlinelevel0 Two\par")
    assert document.title == "The pier"
    assert [(block.kind, block.level) for block in document.blocks] == [("heading", 2), ("text", 0), ("heading", 1)]


def test_tables_say_what_their_columns_are() -> None:
    row = r"\trowd\cellx1\cellx2\pard\intbl {}\cell {}\cell\row "
    merged = r"\trowd\clvmrg\cellx1\cellx2\pard\intbl\cell 5\cell\row "
    document = read(row.format("Boat", "Trips") + row.format(r"Tern\par two", "4") + merged + r"\pard after\par")
    assert [document.text[block.start : block.end] for block in document.blocks] == [
        "Tern / two | 4", "Tern / two | 5", "after"]  # fmt: skip
    assert document.blocks[0].header == "Boat | Trips"


def test_a_table_in_a_cell_stays_in_it() -> None:
    inner = r"\pard\intbl\itap2 a\nestcell b\nestcell{\*\nesttableprops\trowd\cellx1\nestrow}{\nonesttables gone}"
    assert lines(rf"\trowd\cellx1\cellx2\pard\intbl top\par {inner}\pard\intbl end\cell z\cell\row") == [
        "top / a, b / end | z"
    ]


def test_what_stands_beside_the_text_is_read_where_it_belongs() -> None:
    body = (
        r"{\header Tern Ltd\par}{\footer 7\par}{\headerf Tern Ltd\par}pier{\footnote\pard{\super\chftn} small}"
        r" is{\*\atnid A}{\*\atnauthor Ann}{\*\annotation why} old\par"
        r"{\shp{\*\shpinst{\sp{\sn a}{\sv b}}{\shptxt boxed\par}}{\shprslt{\*\do{\dptxbxtext boxed}}}} end"
    )
    assert lines(body) == ["pier[1] is old", "Tern Ltd", "[1] small", "Comment (Ann): why", "end", "boxed"]


def test_what_is_passed_over_is_told() -> None:
    assert read(r"x{\pict\pngblip 89504e47}{\object{\*\objdata 00}{\result y}}").notes == [
        "pictures in it are not read (1)", "files embedded in it are not read (1)"]  # fmt: skip
    assert parse(Path("a.rtf"), rb"{\rtf1 cut {\b here").notes == ["it ends in the middle: the rest is missing"]


@pytest.mark.parametrize(
    "data, reason",
    [
        (b"{\\rtf1 " + b"{" * 5000, "nested too deeply"),
        (rb"{\rtf1{\pict 00}}", "only pictures"),
        (rb"{\rtf1}", "holds no text"),
        (b"plain words", "not RTF"),
    ],
)
def test_what_cannot_be_read_is_called_by_its_name(data, reason) -> None:
    with pytest.raises(BadFile, match=reason):
        parse(Path("a.rtf"), data)


@given(st.text(st.characters(min_codepoint=32, exclude_categories=["Cs", "Z", "Cc"]), min_size=1))
def test_any_words_come_back(words: str) -> None:
    code = "".join(
        f"\\u{unit - 65536 if unit > 32767 else unit} ?"
        for letter in words
        for unit in memoryview(letter.encode("utf-16-le")).cast("H")
    )
    if not any(0xF020 <= ord(letter) <= 0xF0FF for letter in words):
        assert lines(f"a {code} b") == [f"a {words} b"]
