"""What the assistant cannot know it does not make up."""

from __future__ import annotations

from dataclasses import replace

import pytest

from assistant.skills import loaded
from tests.skills.saying import here

ASKED = [
    "what's the weather tomorrow",
    "Will it rain today?",
    "is it cold outside",
    "do I need an umbrella on Friday",
    "what's the news",
    "who won the game last night",
]
NOT_ASKED = ["how does weather work", "who won the world cup in 1998", "it is raining", "is it hot in the oven"]


@pytest.fixture(scope="module")
def skills():
    return loaded.load(only={"outside"})


@pytest.mark.parametrize("words", ASKED)
def test_what_happens_outside_is_not_guessed(skills, words):
    name, action = skills.action(words, "en", here())
    assert name.startswith("outside.") and action.say.startswith("I cannot see")


@pytest.mark.parametrize("words", ASKED)
def test_a_model_with_tools_or_documents_answers_itself(skills, words):
    assert skills.action(words, "en", replace(here(), has_tools=True)) is None
    assert skills.action(words, "en", replace(here(), documents=object())) is None


@pytest.mark.parametrize("words", NOT_ASKED)
def test_knowledge_and_talk_are_left_to_the_model(skills, words):
    assert skills.action(words, "en", here()) is None
