from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.errors import BadFile
from rag.load import parse
from rag.text import clean


def read(text: str, name: str = "a.json"):
    document = parse(Path(name), text.encode("utf-8", "surrogatepass"))
    return [(block.kind, document.text[block.start : block.end]) for block in document.blocks], document.notes


def blocks(value, name: str = "a.json") -> list[tuple[str, str]]:
    return read(json.dumps(value), name)[0]


def test_a_bad_line_costs_that_line_and_is_named():
    lines = [json.dumps({"n": number}) for number in range(1, 60)]
    lines[39] = '{"n": 40, "note": "cut off in the mid'
    found, notes = read("\n".join(lines), "a.jsonl")
    assert len(found) == 58 and notes == ["what stands in line 40 is not valid JSON and left out"]
    lines[3:9] = ["x"] * 6
    assert read("\n".join(lines), "a.jsonl")[1] == [
        "what stands in lines 4, 5, 6, 7, 8 and 2 more is not valid JSON and left out"
    ]


@pytest.mark.parametrize(
    "text, name",
    [
        ('{"a": 1}\n{"a": 2}', "a.json"),
        ('{"a": 1} {"a": 2}', "a.json"),
        ('[\n{"a": 1},\n{"a": 2}\n]', "a.jsonl"),
        ('{\n"a": 1\n}\n{\n"a": 2\n}', "a.jsonl"),
        ('\ufeff{"a": 1}\n\ufeff{"a": 2}\n', "a.jsonl"),
        ('[{"a": 1}, {"a": 2},]', "a.json"),
        ('[{"a": 1} {"a": 2,}]', "a.json"),
    ],
)
def test_records_are_read_however_they_are_strung_together(text, name):
    assert read(text, name) == ([("row", "a: 1"), ("row", "a: 2")], [])


@pytest.mark.parametrize(
    "damaged, line", [('{"b": "x" y}', 3), ('{"b": "never ends}', 3), ('{"b": 2', 4), ("nonsense", 3)]
)
def test_a_damaged_record_in_a_list_costs_that_record(damaged, line):
    text = '{"v": 1, "all": [\n{"a": 1},\n' + damaged + ',\n{"a": 3}\n], "w": 5}'
    assert read(text) == (
        [("row", "v: 1; w: 5"), ("heading", "all"), ("row", "a: 1"), ("row", "a: 3")],
        [f"what stands in line {line} is not valid JSON and left out"],
    )


def test_a_file_that_is_cut_off_gives_the_records_before_and_a_record_in_a_record_costs_itself():
    assert read('[{"a": 1, "b": [1, {"c": }]}]')[0] == [("row", "a: 1; b: 1")]
    assert read('{"all": [\n{"a": 1},\n{"a": 2},\n{"a":') == (
        [("heading", "all"), ("row", "a: 1"), ("row", "a: 2")],
        ["what stands in line 4 is not valid JSON and left out"],
    )


def test_what_is_no_list_is_read_as_plain_text_and_that_is_said():
    found, notes = read('{\n  "port": 80, // of the server\n  "open": true\n}')
    assert "of the server" in found[0][1] and found[0][0] == "code"
    assert notes == ["line 2 is not valid JSON, so that it is read as plain text"]


def test_numbers_names_and_strings_stay_as_they_are():
    text = (
        '{"price": 1.10, "big": 1'
        + "0" * 5000
        + ', "a": 1, "a": 2, "not": NaN, "half": "\\ud83d", "line": "x\ny\u2028z"}'
    )
    (_, found), (_, big) = read(text)[0]
    assert big == "big: 1" + "0" * 5000
    assert found.startswith("price: 1.10; a: 1; a (2): 2; not: NaN")
    assert "half: \ufffd; line: x\ny\u2028z" in found
    assert read('{"a": "x\u2028y"}\n{"a": "\x85"}', "a.jsonl")[1] == []


def test_records_in_records_stand_below_what_they_belong_to():
    orders = [{"name": "Ann", "orders": [{"no": 1}, {"no": 2}]}, {"name": "Bob", "city": {"zip_code": 5}, "orders": []}]
    assert blocks(orders) == [
        ("heading", "Ann"),
        ("row", "name: Ann"),
        ("heading", "orders"),
        ("row", "no: 1"),
        ("row", "no: 2"),
        ("heading", "Bob"),
        ("row", "name: Bob; city zip code: 5; orders:"),
    ]
    assert blocks([["name", "age"], ["Ann", 5], ["Bob", None]]) == [("row", "name: Ann; age: 5"), ("row", "name: Bob")]
    assert blocks([{"a": 1, "b_c": None}, {"a": None}]) == [("row", "a: 1"), ("row", "b c:")]
    assert blocks(["a", 2, True]) == [("row", "a"), ("row", "2"), ("row", "True")]


def test_a_long_value_is_a_block_below_its_record():
    document = parse(Path("a.json"), json.dumps({"title": "Pumps", "body": "It leaks. " * 99, "no": 1}).encode())
    assert [(block.kind, block.header) for block in document.blocks] == [("row", ""), ("text", "title: Pumps")]


@pytest.mark.parametrize(
    "turns",
    [
        [{"role": "user", "content": "Why?"}, {"role": "assistant", "content": "So."}],
        [{"from": "human", "value": "Why?"}, {"from": "gpt", "value": "So."}],
        [
            {"role": "user", "content": [{"type": "text", "text": "Why?"}]},
            {"role": "model", "parts": [{"text": "So."}]},
        ],
        [{"author": {"role": "user"}, "content": {"parts": ["Why?"]}}, {"author": {"role": "ai"}, "content": "So."}],
    ],
)
def test_a_question_stands_with_its_answer(turns):
    said = ("text", "Question: Why?\nAnswer: So.")
    assert blocks({"messages": turns * 2}) == blocks(turns * 2) == [said, said]
    assert read("\n".join(json.dumps({"conversations": turns}) for _ in range(2)), "a.jsonl")[0] == [said, said]
    system = {"role": "system", "content": "Be brief.", "at": "10:30"}
    assert blocks({"title": "Trip", "messages": [system, *turns]}) == [
        ("row", "title: Trip"),
        ("text", "System: Be brief.\nat: 10:30"),
        said,
    ]


def values(text):
    return st.recursive(
        st.booleans() | st.integers() | text,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(text, inner, max_size=4),
        max_leaves=20,
    )


def leaves(item) -> list:
    if isinstance(item, dict):
        return [leaf for inner in item.values() for leaf in leaves(inner)]
    return [leaf for inner in item for leaf in leaves(inner)] if isinstance(item, list) else [item]


@given(value=st.lists(st.none() | values(st.text(max_size=20))))
@settings(max_examples=40, deadline=None)
def test_every_value_is_in_the_text(value):
    try:
        document = parse(Path("a.json"), json.dumps(value).encode())
    except BadFile:
        return
    for leaf in leaves(value):
        for word in clean("" if leaf is None else str(leaf)).split():
            assert word in document.text


@given(
    value=st.lists(values(st.text("ab 1,:", max_size=6)), min_size=1),
    at=st.integers(0, 300),
    put=st.sampled_from(["", '"', "}", "]", ",", "x", "{", "\n"]),
)
@settings(max_examples=40, deadline=None)
def test_damage_is_told_or_costs_no_word(value, at, put):
    text = json.dumps(value)
    at %= len(text)
    text = text[:at] + put + text[at + 1 :]
    try:
        document = parse(Path("a.json"), text.encode("utf-8", "surrogatepass"))
    except BadFile as error:
        assert str(error) in ("holds no text", "is empty", "is a binary file, not text")
        return
    words = "".join(char if char.isalnum() else " " for char in text).split()
    assert document.notes or all(word.lower() in document.text.lower() for word in words)
