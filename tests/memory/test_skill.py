"""What is said to the memory, through the matcher, and what it answers."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from assistant.memory.facts import LONGEST, Memory
from assistant.skills import Command, Here, Impossible
from assistant.skills.talk import memory as skill
from assistant.skills.words.matching import Matcher

NOW = datetime(2026, 12, 2, 15, 20, tzinfo=UTC)
MATCHER = Matcher(skill.COMMANDS)


class Talk:
    def __init__(self, path: Any) -> None:
        self.memory, self.turn, self.kept = Memory(path), 0, True

    def __call__(self, words: str) -> str:
        """What is answered without a language model; empty = nothing."""
        self.turn += 1
        unused: Any = SimpleNamespace()
        here = Here(
            lambda: NOW, self.memory.path.parent, unused, unused, self.memory, None, self.turn, "20261202-152000-ab12cd"
        )
        question = skill.match(words, "en", here)
        for asked in [*MATCHER.matches(words, NOW), *([question] if question else [])]:
            before = self.memory.facts()
            if action := skill.run(asked, here):
                assert self.memory.facts() == before, "run() has no effect of its own"
                self.kept = action.keep_history
                return (asyncio.run(action.do()) if action.do else None) or action.say
        return ""

    @property
    def facts(self) -> list[str]:
        return [fact.text for fact in self.memory.facts()]


@pytest.fixture
def say(tmp_path):
    return Talk(tmp_path / "me.md")


def test_a_fact_is_kept_said_back_answered_corrected_and_forgotten(say):
    assert say("Remember that my sister is called Anna.") == "I'll remember that your sister is called Anna."
    fact = say.memory.facts()[0]
    assert (fact.text, fact.conversation, fact.turn) == ("my sister is called Anna", "20261202-152000-ab12cd", 1)
    assert fact.day == NOW.date()
    assert say("What's my sister's name?") == "Your sister is called Anna."
    assert say("That is wrong, it is Anne.") == "I'll remember that your sister is called Anne."
    assert say.facts == ["my sister is called Anne"] and say("Who is my sister?") == "Your sister is called Anne."
    assert say("Remember that my sister's name is Anne.").startswith("I'll remember") and len(say.facts) == 1
    assert say("Forget that.") == "I have forgotten that your sister's name is Anne." and not say.kept
    assert say.facts == [] and say("What's my sister's name?") == ""


@pytest.mark.parametrize(
    ("words", "fact"),
    [
        ("please remember I'm allergic to peanuts", "I'm allergic to peanuts"),
        ("My car is on level three, remember that.", "my car is on level three"),
        ("Could you keep in mind that Leo can't have milk?", "Leo can't have milk"),
        ("Don't forget that our bins are collected on Thursdays.", "our bins are collected on Thursdays"),
        ("I want you to know that my flight leaves at 6:40", "my flight leaves at 6:40"),
        ("Make a note that my mother-in-law is called Rosalind.", "my mother-in-law is called Rosalind"),
        ("For the record, I never eat mushrooms", "I never eat mushrooms"),
    ],
)
def test_people_say_it_in_many_ways_and_the_fact_keeps_its_capitals(say, words, fact):
    assert say(words).startswith("I'll remember that ") and say.facts == [fact]


@pytest.mark.parametrize(
    "words",
    [
        "Remember to buy milk.",
        "remember me",
        "Do you remember my sister?",
        "I can't remember the name of that song",
        "Remember when we went to Spain?",
        "Forget it.",
        "forget the weather",
        "No, I want pizza.",
        "What do you know about the moon?",
        "What is the capital of France?",
    ],
)
def test_what_asks_for_nothing_does_nothing(say, words):
    say("Remember that my sister is called Anna.")
    for _ in range(4):
        say("Hello.")
    assert say(words) == "" and say.facts == ["my sister is called Anna"]


def test_what_is_known_is_told_and_forgotten_by_its_subject_or_all(say):
    assert say("What do you know about me?") == "You have not asked me to remember anything yet."
    for words in ("my car is blue", "my car is on level three", "I live in York", "my car is red"):
        say(f"Remember that {words}.")
    assert say.facts == ["my car is on level three", "I live in York", "my car is red"]
    told = "Your car is on level three. You live in York. Your car is red."
    assert say("What do you know about me?") == told and not say.kept
    assert say("What do you remember about my car?") == "Your car is on level three. Your car is red."
    assert say("Forget everything about my car.") == "I have forgotten 2 things that you told me." and not say.kept
    assert say.facts == ["I live in York"]
    assert say("Forget everything about my boat.") == "I know nothing about your boat."
    for number in range(7):
        say(f"Remember that my locker in town {number} is number {number}.")
    assert say("What do you know about me?").startswith("I remember 8 things. The latest are these. ")
    assert say("Forget everything you know about me.") == "I have forgotten 8 things, all that you told me."
    assert say.facts == [] and "- " not in say.memory.path.read_text()


def test_no_corrects_only_what_was_just_spoken_of(say):
    say("Remember that my car is blue.")
    assert say("No, it's red.") == "I'll remember that your car is red."
    assert say("No way!") == say("No, I said the blue one, darling.") == "" and say.facts == ["my car is red"]
    for _ in range(3):
        say("Hello.")
    assert say("No, it's green.") == "" and say.facts == ["my car is red"]
    assert say("That's not right, my car is green.") and say.facts == ["my car is green"]


def test_what_is_known_already_and_what_is_too_long(say):
    say("Remember that I like tea.")
    assert say("Remember that I like tea.") == "I know that already: you like tea." and say.facts == ["I like tea"]
    with pytest.raises(Impossible, match="too long"):
        say("Remember that my dog is " + "unquestionably " * (LONGEST // 14) + "nice")


def test_where_nothing_is_kept_it_is_said():
    unused: Any = SimpleNamespace()
    here = Here(lambda: NOW, unused, unused, unused, None)
    assert skill.match("Who is my sister?", "en", here) is None
    assert skill.run(Command("memory.remember", {"fact": "I like tea"}, "remember I like tea"), here) == (
        skill.Action("I do not remember anything here.")
    )
    assert skill.run(Command("memory.forget", {"topic": "tea"}, "forget tea"), here) is None


def test_a_language_model_may_call_it_with_values_alone(say):
    unused: Any = SimpleNamespace()
    here = Here(lambda: NOW, unused, unused, unused, say.memory)
    action = skill.run(Command("memory.remember", {"fact": "My sister is called Anna."}), here)
    assert action and action.do
    asyncio.run(action.do())
    assert say.facts == ["my sister is called Anna"]
    assert {row.name for row in skill.COMMANDS if row.destructive} == {
        "memory.forget",
        "memory.forget_that",
        "memory.forget_all",
    }
