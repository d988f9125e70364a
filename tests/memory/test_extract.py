"""What of a conversation is proposed to remember, and that breakfast is no lasting fact."""

from __future__ import annotations

from datetime import date

import pytest

from assistant.memory import extract
from assistant.memory.facts import Fact, Memory
from assistant.turn import Turn


def said(*sentences: str) -> list[Turn]:
    return [Turn(number, text, outcome="answered") for number, text in enumerate(sentences, 1)]


@pytest.fixture
def memory(tmp_path):
    return Memory(tmp_path / "me.md")


def test_lasting_facts_are_proposed_and_passing_ones_are_not(memory):
    turns = said(
        "Well, my sister is called Anna. Is that a nice name?",
        "I had porridge for breakfast.",
        "I'm tired today.",
        "I live in York and I like it",
        "What is my name?",
        "My head is a bit sore right now",
        "I want to know how tall a giraffe is",
    )
    assert extract.proposals(turns, memory) == {"my sister is called Anna": 1, "I live in York and I like it": 4}
    assert extract.question("my sister is called Anna") == "Shall I remember that your sister is called Anna?"


def test_what_is_known_is_not_proposed_nor_what_was_hardly_understood(memory):
    memory.remember(Fact("my sister is called Anna", date(2026, 5, 3)))
    turns = said("My sister is called Anna.", "I live in York.")
    turns[1].outcome = "unsure"
    assert extract.proposals(turns, memory) == {}


def test_of_many_the_newest_are_proposed(memory):
    turns = said("My sister is called Anna.", "I play the cello.", "Our cat is called Tom.", "I was born in May.")
    assert [*extract.proposals(turns, memory)] == ["I play the cello", "our cat is called Tom", "I was born in May"]
