from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag import load
from rag.chunk import chunk
from rag.document import Block, Builder, Document
from tests.rag.conftest import HANDBOOK


def spans(text: str) -> list[tuple[int, int]]:
    """A tokenizer one can count by eye: words and single marks."""
    return [match.span() for match in re.finditer(r"\w+|[^\w\s]", text)]


def built(*pieces) -> Document:
    builder = Builder()
    for kind, text, *rest in pieces:
        builder.add(kind, text, **(rest[0] if rest else {}))
    return builder.document("Book")


def test_passages_follow_headings_and_keep_their_path():
    document = built(
        ("heading", "Care", {"level": 1}),
        ("text", "Wash it."),
        ("heading", "Filter", {"level": 2}),
        ("text", "Change it.", {"page": 3}),
        ("heading", "Moving", {"level": 1}),
        ("text", "Carry it."),
    )
    passages = chunk(document, spans, 60, 60)
    assert [(p.text, p.headings, p.page) for p in passages] == [
        ("Wash it.", ("Care",), 0),
        ("Change it.", ("Care", "Filter"), 3),
        ("Carry it.", ("Moving",), 0),
    ]
    assert passages[1].embedded == "Book › Care › Filter\nChange it."


def test_neighbouring_paragraphs_are_joined_while_they_fit():
    document = built(*[("text", f"Sentence number {number} here.") for number in range(6)])
    assert [len(p.text.split("\n\n")) for p in chunk(document, spans, 100, 18)] == [3, 3]


def test_a_long_paragraph_is_cut_between_sentences():
    text = " ".join(f"This is sentence {number}." for number in range(12))
    passages = chunk(built(("text", text)), spans, 30, 30)
    assert len(passages) > 1 and all(p.text.startswith("This") and p.text.endswith(".") for p in passages)


def test_each_part_of_a_long_table_repeats_the_first_row():
    document = built(*[("row", f"Pump {n} | {n} euros", {"header": "Part | Price"}) for n in range(20)])
    passages = chunk(document, spans, 40, 40)
    assert len(passages) > 1 and all(p.context == "Book\nPart | Price" for p in passages)


def test_a_heading_with_nothing_below_is_not_lost():
    document = built(
        ("heading", "One", {"level": 1}),
        ("heading", "Two", {"level": 1}),
        ("text", "Words."),
        ("heading", "Three", {"level": 1}),
    )
    assert [p.text for p in chunk(document, spans, 60, 60)] == ["One", "Words.", "Three"]


def test_endless_headings_leave_room_for_the_text():
    document = built(("heading", "a " * 95 + "long", {"level": 1}), ("text", "The answer is here."))
    (passage,) = chunk(document, spans, 256, 128)
    assert passage.text == "The answer is here." and len(spans(passage.embedded)) + 2 <= 256


kinds = st.sampled_from(["heading", "text", "row", "code"])
texts = st.text(st.sampled_from("ab .!?\n,;|é中"), min_size=1, max_size=220).filter(lambda text: text.strip())


@settings(max_examples=150, deadline=None)
@given(pieces=st.lists(st.tuples(kinds, texts, st.integers(1, 4)), min_size=1, max_size=12), size=st.integers(20, 60))
def test_no_word_is_lost_doubled_or_past_the_limit(pieces, size):
    builder = Builder()
    for kind, text, level in pieces:
        builder.add(kind, text, level=level if kind == "heading" else 0, header="h | i" if kind == "row" else "")
    document = builder.document("T")
    passages = chunk(document, spans, 150, size)
    covered: set[int] = set()
    for passage in passages:
        assert passage.text == document.text[passage.start : passage.end] and passage.text.strip()
        assert len(spans(passage.embedded)) + 2 <= 150
        span = set(range(passage.start, passage.end))
        assert not covered & span
        covered |= span
    for block in document.blocks:
        if block.kind != "heading":
            assert all(
                position in covered or document.text[position].isspace() for position in range(block.start, block.end)
            )


@pytest.mark.parametrize("size", [64, 128, 256])
def test_nothing_of_the_handbook_is_beyond_what_the_embedder_sees(model, size):
    for path in load.discover([str(HANDBOOK)]):
        document = load.parse(path, load.read(path))
        passages = chunk(document, model.spans, model.limit, size)
        assert passages
        assert max(len(model.tokenizer.encode(passage.embedded).ids) for passage in passages) <= model.limit == 256


def test_a_word_longer_than_the_limit_is_cut():
    document = Document("", "x," * 400, [Block("text", 0, 800)])
    passages = chunk(document, spans, 50, 50)
    assert "".join(p.text for p in passages) == document.text
