from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.load import parse


def rows(text: str | bytes, name: str = "a.csv") -> list[str]:
    document = parse(Path(name), text.encode() if isinstance(text, str) else text)
    return [document.text[block.start : block.end] for block in document.blocks]


def test_rows_name_their_columns():
    assert rows("Code;Meaning\nE1;tank empty\n\nE2;pump dry\n") == [
        "Code: E1; Meaning: tank empty",
        "Code: E2; Meaning: pump dry",
    ]


@pytest.mark.parametrize(
    "text, row",
    [
        ("sep=;\nName;Preis\nTee;1,5\nRum;2,5\n", "Name: Tee; Preis: 1,5"),
        ('"sep=|"\nName|Preis\nTee|1;5\nRum|2;5\n', "Name: Tee; Preis: 1;5"),
        ("Name;Preis\nTee;1,5\nRum;2,5\n", "Name: Tee; Preis: 1,5"),
        ("1,5;2,5;3,5\n1,6;2,6;3,6\n", "1,5; 2,5; 3,5"),
        ("Name\tNote\nTee\tgreen, hot\nRum\tbrown, old\n", "Name: Tee; Note: green, hot"),
        ("Name|Note\nTee|green\nRum|brown\n", "Name: Tee; Note: green"),
        ("Comment\nHello, world.\nAll is well\nYes\n", "Comment: Hello, world."),
        ("id,tags,text\n1,a;b,x\n2,c;d,y\n", "id: 1; tags: a;b; text: x"),
        (",price\n0,5\n1,6\n", "0; price: 5"),
        ("\ufeffName,Preis\r\nTee,5\r\nRum,6\r\n", "Name: Tee; Preis: 5"),
        ("Name,Preis\nTee,5\nRum,6\n".encode("utf-16"), "Name: Tee; Preis: 5"),
    ],
)
def test_the_delimiter_is_the_files(text, row):
    assert rows(text)[0] == row


def test_what_stands_above_between_and_below_tables_is_none_of_them():
    text = (
        "Sales 2024,,\nIn euros,,\nExported,2024-05-01,\n,,\nRegion,Q1,Q2\nNorth,10,20\nSouth,5,6\n\n"
        "Nr,Ware,Preis,Rest\n1,Tee,2,7\n2,Rum,3,8\n\nSource: own\n"
    )
    document = parse(Path("a.csv"), text.encode())
    assert [(block.kind, document.text[block.start : block.end]) for block in document.blocks] == [
        ("heading", "Sales 2024"),
        ("row", "In euros"),
        ("row", "Exported: 2024-05-01"),
        ("row", "Region: North; Q1: 10; Q2: 20"),
        ("row", "Region: South; Q1: 5; Q2: 6"),
        ("row", "Nr: 1; Ware: Tee; Preis: 2; Rest: 7"),
        ("row", "Nr: 2; Ware: Rum; Preis: 3; Rest: 8"),
        ("row", "Source: own"),
    ]


@pytest.mark.parametrize(
    "text, row",
    [
        ("Berlin,3.5\nParis,2.1\n", "Berlin; 3.5"),
        ("How is it reset?,Hold the button for long.\nWhere is it made?,In Norway.\n", None),
        ("Year,1990,1991\nA,1,2\nB,3,4\n", "Year: A; 1990: 1; 1991: 2"),
        ("ann@a.org,Ann\nbob@a.org,Bob\n", "ann@a.org; Ann"),
        ("name,value,value\na,1,2\nb,3,4\n", "name: a; value: 1; value (2): 2"),
        ("Tee,green\nRum,brown\nBeer,brown\nAle,green\n", "Tee; green"),
        ("a,b\n1,2,3\n", "a: 1; b: 2; 3"),
        ("id,417,96\nx,TRUE,FALSE\ny,TRUE,TRUE\n", "id: x; 417: TRUE; 96: FALSE"),
        ("a,b,c\n,,\n,,\n1,2,3\n3,4,5\n", "a: 1; b: 2; c: 3"),
    ],
)
def test_a_first_row_that_is_like_the_others_is_none_of_names(text, row):
    assert rows(text)[0] == (row or "How is it reset?; Hold the button for long.")


def test_quotes_that_never_end_cost_nothing():
    text = 'id,text\n1,"never ends\n2,foo\n3,"good, ""cell"""\n4,"two\nlines"\n5," inner "quotes" too"\n6,5" pipe\n'
    assert rows(text) == [
        'id: 1; text: "never ends',
        "id: 2; text: foo",
        'id: 3; text: good, "cell"',
        "id: 4; text: two / lines",
        'id: 5; text: inner "quotes" too',
        'id: 6; text: 5" pipe',
    ]


def test_a_quote_that_ends_many_rows_further_on_is_no_cell():
    text = 'id,text\n1,"stray\n2,foo\n3,bar\n4,baz"\n5,end\n'
    assert rows(text)[:3] == ['id: 1; text: "stray', "id: 2; text: foo", "id: 3; text: bar"]


def test_a_huge_cell_is_read_and_long_names_are_written_once():
    words = "It leaks. " * 30_000
    document = parse(Path("a.csv"), f"id,text\n7,{words}\n8,short\n".encode())
    assert document.text.count("It leaks.") == 30_000
    assert [block.header for block in document.blocks] == ["id: 7", ""]
    document = parse(Path("a.csv"), f"{'c' * 9000},b\n{'1,2' + chr(10)}".encode() + b"1,2\n" * 2000)
    assert document.text.count("c") == 9000 and document.blocks[5].header.startswith("ccc")


CELL = st.text(st.sampled_from('ab 12,;"\n\t|.'), max_size=6) | st.text(
    st.characters(exclude_categories=["Cc", "Cs"]), max_size=5
)


@settings(max_examples=50, deadline=None)
@given(
    table=st.lists(st.lists(CELL, min_size=1, max_size=4), min_size=1, max_size=5), delimiter=st.sampled_from(",;\t|")
)
def test_no_word_of_any_table_is_lost(table, delimiter):
    from rag.readers.tables import csv_table

    text = "\n".join(
        delimiter.join('"' + cell.replace('"', '""') + '"' if index % 2 else cell for index, cell in enumerate(row))
        for row in table
    )
    found = csv_table(text.encode()).text
    for row in table:
        for word in "".join(char if char.isalnum() else " " for char in " ".join(row)).split():
            assert word in found or word == "sep"
