"""What is hostile or very long in one place of a file costs that place, and is told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rag import load
from rag.errors import BadFile
from rag.readers import formats, pages
from tests.rag import hostile
from tests.rag.office_files import pptx, shape


def parse(name: str, data: bytes | str) -> load.Document:
    return load.parse(Path(name), data.encode() if isinstance(data, str) else data)


def test_a_shape_that_is_too_deep_costs_that_shape() -> None:
    deep = "<p:grpSp>" * 400 + shape("in the depth") + "</p:grpSp>" * 400
    read = parse("a.pptx", pptx(shape("before") + deep + shape("behind"), shape("next slide")))
    assert read.text == "before\n\nbehind\n\nnext slide"
    assert read.notes == ["its part slide0.xml is damaged: not all of it is read"]


def test_a_table_that_is_too_deep_costs_that_table() -> None:
    nested = "<w:tbl><w:tr><w:tc>" * 100 + hostile.paragraph("x") + "</w:tc></w:tr></w:tbl>" * 100
    read = parse("a.docx", hostile.docx(hostile.paragraph("before") + nested + hostile.paragraph("behind")))
    assert "before" in read.text and "behind" in read.text and read.notes


def test_a_part_that_is_nothing_but_depth_is_refused_for_it() -> None:
    with pytest.raises(BadFile, match="nested too deeply"):
        parse("a.pptx", pptx("<p:grpSp>" * 3000))


def test_an_output_of_a_notebook_that_is_too_deep_costs_that_output() -> None:
    outputs = [
        {"output_type": "display_data", "data": {"text/html": "<div>" * 3000}},
        {"output_type": "stream", "text": "printed"},
        "no output",
    ]
    cells = [{"cell_type": "code", "source": "show()", "outputs": outputs}, {"cell_type": "raw", "source": "behind"}]
    read = parse("a.ipynb", json.dumps({"cells": cells}))
    assert read.text == "show()\n\nprinted\n\nbehind"
    assert read.notes == ["an output of cell 1 is nested too deeply", "an output of cell 1 is damaged"]


@pytest.mark.parametrize(
    "line, begin, end, kind",
    [
        ("- item {}\n", "", "", "text"),
        ("1. item {}\n   - inner\n", "", "", "text"),
        ("word {} and\n", "", "", "text"),
        ("> said {}\n", "", "", "text"),
        ("x = {}\n\n", "~~~~python\n```\n", "~~~~\n", "code"),
        ("| {} | b |\n", "| n | x |\n|---|---|\n", "", "row"),
    ],
)
def test_a_long_block_of_markdown_is_read_in_parts(line, begin, end, kind, monkeypatch) -> None:
    monkeypatch.setattr(formats, "_PART", 300)
    monkeypatch.setattr(formats, "_LONGEST_PART", 900)
    text = (
        f"# Title\n\nbefore\n\n{begin}{''.join(line.format(n) for n in range(1000))}{end}\nbehind\n\n## Last\n\nend\n"
    )
    read = parse("a.md", text)
    assert [block.title for block in read.blocks if block.kind == "heading"] == ["Title", "Last"]
    assert [read.text[block.start : block.end] for block in read.blocks[-3:]] == ["behind", "## Last", "end"]
    inner = read.blocks[2:-3]
    assert {block.kind for block in inner} == {kind} and len(inner) == (1 if kind == "code" else len(inner)) > 0
    told = " ".join(read.text[block.start : block.end] for block in inner).split()
    assert all(str(number) in told for number in range(1000))
    assert kind != "row" or {block.header for block in inner} == {"| n | x |"}


def test_a_fence_that_never_closes_goes_to_the_end(monkeypatch) -> None:
    monkeypatch.setattr(formats, "_PART", 300)
    monkeypatch.setattr(formats, "_LONGEST_PART", 900)
    read = parse("a.md", "```\n" + "x = 1\n" * 1000)
    assert len(read.blocks) == 1 and read.blocks[0].end == len(read.text.rstrip())


def test_a_tag_with_very_many_attributes_keeps_the_first() -> None:
    attributes = " ".join(f"a{number}='y'" for number in range(20_000))
    found = pages._LONG_TAG.sub(pages._with_few_attributes, f"<p>a</p><img alt='tower' {attributes}>")
    assert found.count("=") == pages._MOST_ATTRIBUTES and "tower" in found
    read = parse("a.html", f"<p>before</p><a title='x' {attributes}>link</a><p>behind</p>")
    assert read.text == "before\n\nlink\n\nbehind"


def test_a_picture_in_a_tag_is_no_attribute_too_many() -> None:
    assert (
        parse("a.html", f"<p>a <img src='data:image/png;base64,{'A' * 90_000}' alt='tower'> b</p>").text == "a tower b"
    )


def test_menus_are_not_read_and_that_is_told() -> None:
    assert parse("a.html", "<nav><a href=x>Home</a></nav><p>Words</p>").notes == ["its menus are not read"]
    assert parse("a.html", "<nav><img src=x></nav><p>Words</p>").notes == []
