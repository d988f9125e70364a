"""The sentence or row that answers: which is chosen, how it is said, when nothing answers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag import quote
from rag.lines import lines
from rag.records import Stored
from rag.search import Hit, SearchResult

CLUB = (
    "The clubhouse lamp tells the weather. Amber means that a storm is near. The boat weighs 310 kg. It was built in "
    "1987 by Ansel Crome. Guests pay 14 euros a day. The harbour master is Ida Vorn."
)
TABLE = "| Cabin | 6 beds | 90 euros |\n| Tent | 2 places | 25 euros |"


def hit(text: str, title: str = "Sailing Club – Members' Handbook", header: str = "", score: float = 1.0) -> Hit:
    context = f"{title}\n{header}" if header else title
    return Hit(Stored("1", "/f", title, (), 0, 0, len(text), context, text), score, 0.5, 1.0, 0.0)


def said(question: str, *hits: Hit, language: str = "en") -> str:
    found = quote.best(question, SearchResult(list(hits), 0.0))
    assert found is not None
    return quote.spoken(found, language)


@pytest.mark.parametrize(
    "question, answer",
    [
        ("What does an amber light mean?", "amber means that a storm is near."),
        ("How heavy is the boat?", "the boat weighs 310 kg."),
        ("When was the boat built?", "the boat weighs 310 kg. It was built in 1987 by Ansel Crome."),
        ("What do guests pay?", "Guests pay 14 euros a day."),
        ("Who is the harbour master?", "the harbour master is Ida Vorn."),
    ],
)
def test_the_sentence_of_the_right_kind_is_said_with_its_place(question, answer):
    assert said(question, hit(CLUB)).lower() == f"the members' handbook says: {answer}".lower()


def test_a_row_is_said_with_its_header():
    rows = hit(TABLE, "prices.csv", "| What | Room for | Price |")
    assert said("What is the price of the tent?", rows) == "The document prices says: Tent: Price 25 euros."
    records = hit("Code: E7; Meaning: the pump is dry; What to do: add water; Who: owner", "codes.csv")
    assert said("What does E7 mean?", records) == "The document codes says: E7: Meaning the pump is dry."


@pytest.mark.parametrize("language, start", [("de", "Im Dokument Plan steht: "), ("ja", "Plan: ")])
def test_the_frame_is_in_the_language_of_the_reply(language, start):
    assert said("Segeln?", hit("Segeln ist Montag.", "Plan"), language=language).startswith(start)


def test_what_is_named_and_stands_nowhere_or_is_of_another_kind_is_not_sure():
    def sure(question: str) -> float:
        found = quote.best(question, SearchResult([hit(CLUB)], 0.8))
        return found.sure if found else 0.0

    assert sure("What do guests pay?") >= 0.8 > 0.5 > sure("What does error E9 on the lamp mean?")
    assert sure("How loud is the clubhouse?") < 0.5


def test_the_embedder_decides_between_sentences_that_share_as_many_words():
    import numpy as np

    text = "The gate opens early. The gate shuts late."
    result = SearchResult([hit(text)], 0.5)
    near = lambda texts: np.array([[1.0, 0.0], *([1.0, 0.0] if "late" in one else [0.0, 1.0] for one in texts[1:])])  # noqa: E731
    found = quote.best("Tell me of the gate", result, near)
    assert found is not None and found.text == "The gate shuts late."


@given(st.text(alphabet=st.sampled_from("aA1.|;: -\n*#?é水"), max_size=300))
def test_any_passage_has_lines_that_can_be_said(text):
    for line in lines(hit(text).passage):
        assert line.text.strip() and "\n" not in line.text
    found = quote.best("What is a?", SearchResult([hit(text)], 0.0))
    assert found is None or quote.spoken(found)
