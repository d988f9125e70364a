"""What a conversation's end proposes to remember, and that breakfast is no lasting fact."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from datetime import date
from typing import Any

import pytest

from assistant.llm import Piece
from assistant.memory import extract
from assistant.memory.facts import Fact, Memory
from assistant.turn import Turn


class Chooser:
    def __init__(self, answer: str) -> None:
        self.answer, self.asked = answer, ""

    async def reply(self, messages: Any, tools: Any = ()) -> AsyncGenerator[Piece, None]:
        self.asked = messages[-1].content if messages[0].role == "system" else ""
        for word in self.answer.split(" "):
            yield Piece(word + " ")


def said(*sentences: str) -> list[Turn]:
    return [Turn(number, text, outcome="answered") for number, text in enumerate(sentences, 1)]


@pytest.fixture
def memory(tmp_path):
    return Memory(tmp_path / "me.md")


def proposed(turns: list[Turn], memory: Memory, llm: Any = None) -> list[str]:
    return asyncio.run(extract.proposals(turns, memory, llm))


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
    assert proposed(turns, memory) == ["my sister is called Anna", "I live in York and I like it"]
    assert extract.question("my sister is called Anna") == "Shall I remember that your sister is called Anna?"


def test_what_is_known_is_not_proposed_nor_what_was_hardly_understood(memory):
    memory.remember(Fact("my sister is called Anna", date(2026, 5, 3)))
    turns = said("My sister is called Anna.", "I live in York.")
    turns[1].outcome = "unsure"
    assert proposed(turns, memory) == []


def test_a_model_chooses_and_nonsense_from_it_changes_nothing(memory):
    turns = said("My sister is called Anna.", "I play the cello.", "Our cat is called Tom.", "I was born in May.")
    model = Chooser("1 and 3")
    assert proposed(turns, memory, model) == ["my sister is called Anna", "our cat is called Tom"]
    assert "2. I play the cello" in model.asked
    assert proposed(turns, memory, Chooser("none.")) == []
    assert len(proposed(turns, memory, Chooser("I would say that all of them are lovely facts"))) == extract.MOST
