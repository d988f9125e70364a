from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag import chunk, cite, load
from rag.records import Stored
from rag.search import Hit
from tests.rag.conftest import INJECTIONS

_TEMPLATE_MARKS = (
    "<|im_start|>",
    "<|im_end|>",
    "<|eot_id|>",
    "<|start_header_id|>",
    "[INST]",
    "[/INST]",
    "<<SYS>>",
    "</s>",
    "<s>",
    "<start_of_turn>",
    "<end_of_turn>",
    "<｜User｜>",
    "<tool_call>",
    "<think>",
    "<system>",
)


def hit(
    text: str, title: str = "Book", headings: tuple[str, ...] = ("Care",), page: int = 0, context: str = "Book › Care"
):
    return Hit(Stored("i", "/docs/book.pdf", title, headings, page, 0, len(text), context, text), 1.0, 0.5, 3.0)


def count(text: str) -> int:
    return len(re.findall(r"\w+|[^\w\s]", text))


def test_citations_name_document_heading_and_page():
    stored = hit("x", "Otter 5 Service Manual", ("Hydraulics", "Pump"), 2).passage
    assert cite.written(stored) == "Otter 5 Service Manual › Hydraulics › Pump, p. 2"
    assert cite.spoken(stored) == "According to Otter 5 Service Manual, Pump, page 2"
    assert cite.spoken(hit("x", "error-codes.csv", ()).passage) == "According to error codes"


def test_the_block_holds_the_best_passages_within_the_budget():
    hits = [hit(f"Passage {number} tells something. " + "More and more. " * 20) for number in range(5)]
    block = cite.block(hits, count, 300)
    assert count(block.text) <= 300
    assert [cited.number for cited in block.citations] == list(range(1, len(block.citations) + 1))
    assert 1 < len(block.citations) < 5
    assert block.text.startswith("<passage 1: Book › Care>\nPassage 0 tells something.")


def test_a_passage_that_does_not_fit_whole_is_cut_at_a_sentence():
    block = cite.block([hit("First sentence here. Second sentence here. " + "Third one. " * 200)], count, 100)
    body = block.text.split(">\n", 1)[1].rsplit("\n</passage", 1)[0]
    assert body.startswith("First sentence here.") and body.endswith("one.")


def test_nothing_fits_into_nothing():
    assert cite.block([hit("Words.")], count, 10) is None
    assert cite.block([], count, 1000) is None


def test_table_passages_bring_their_first_row():
    block = cite.block([hit("Pump | 25", context="Book › Parts\nPart | Price")], count, 200)
    assert "Part | Price\nPump | 25" in block.text


def injected() -> list[str]:
    names = sorted(path.name for path in INJECTIONS.iterdir())
    assert len(names) >= 20
    return names


@pytest.mark.parametrize("name", injected())
def test_documents_that_give_orders_stay_data(name, model):
    """Through loader, chunker and prompt: one block, its own marks only, none of any chat template, all facts there."""
    path = INJECTIONS / name
    document = load.parse(path, load.read(path))
    passages = chunk.chunk(document, model.spans, model.limit, 128)
    hits = [hit(passage.text, document.title, passage.headings, 0, passage.context) for passage in passages]
    block = cite.block(hits, count, 2000)
    assert len(block.citations) == len(passages)
    data = block.text
    for mark in _TEMPLATE_MARKS:
        assert mark.lower() not in data.lower()
    assert len(re.findall(r"<passage \d+:", data)) == len(re.findall(r"</passage \d+>", data)) == len(passages)
    assert data.count("<") == 2 * len(passages)
    assert not re.search("[\u200b\u202e\U000e0020-\U000e007f]", data)
    first_words = re.findall(r"\w+", passages[0].text)[:3]
    assert all(word in data for word in first_words)


def test_a_comment_in_html_is_not_read(model):
    path = INJECTIONS / "11-comment.html"
    assert "card number" not in load.parse(path, load.read(path)).text


@given(
    st.lists(
        st.sampled_from(
            [
                "<|",
                "<",
                "|",
                ">",
                "|>",
                "im_end",
                "</passage",
                " 1",
                "[INS",
                "T]",
                "[",
                "s",
                "\u200b",
                " ",
                "\n",
                "x",
                "/",
            ]
        ),
        max_size=14,
    ).map("".join)
)
def test_no_mark_survives_however_it_is_put_together(text):
    clean = cite.harmless(text)
    for mark in ("<|", "|>", "</", "<x", "<s", "< |", "[INST]"):
        assert mark not in clean
    assert cite.harmless(clean) == clean


def test_plain_comparisons_stay_as_they_are():
    assert cite.harmless("pH < 7 and a<=3, see [1] and (INST)") == "pH < 7 and a<=3, see [1] and (INST)"
