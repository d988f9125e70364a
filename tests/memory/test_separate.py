"""Facts that are told, answered and corrected by separate processes, as `assistant ask` is."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from assistant.cli import main
from assistant.memory.facts import Memory
from assistant.skills import Before, loaded
from assistant.skills.loaded import Skills
from tests.skills.saying import NOW, here

FULL = "I do not know which fact is wrong. Say all of it, for example: no, my sister is called Anne."


@pytest.fixture(scope="module")
def skills() -> Skills:
    return loaded.load(only={"memory"})


@pytest.fixture
def ask(skills, tmp_path):
    """Each question a process of its own, some minutes after the one before."""
    path, now = tmp_path / "me.md", NOW

    def answer(words: str, minutes: float = 1.0, lasts: bool = False, before: Before = loaded.NOTHING):
        nonlocal now
        now += timedelta(minutes=minutes)
        at = now
        where = replace(here(memory=Memory(path), turn=1, lasts=lasts), now=lambda: at)
        found = skills.action(words, "en", where, before)
        if found is None:
            return "the model answers", None
        action = found[1]
        said = asyncio.run(action.do()) if action.do and not action.ask else None
        return said or action.ask or action.say, action

    answer.facts = lambda: [fact.text for fact in Memory(path).facts()]
    return answer


def test_that_is_wrong_means_what_was_told_just_before(ask):
    ask("Remember that my car is blue.")
    ask("Remember that my sister is called Anna.")
    assert ask("That is wrong, it is Anne.")[0] == "I'll remember that your sister is called Anne."
    assert ask.facts() == ["my car is blue", "my sister is called Anne"]
    assert ask("No, it is Annie.")[0] == "I'll remember that your sister is called Annie."


def test_or_what_was_answered_just_before(ask):
    ask("Remember that my sister is called Anna.")
    ask("Remember that my car is blue.")
    assert ask("What's my sister's name?")[0] == "Your sister is called Anna."
    assert ask("That's wrong, it's Anne.")[0] == "I'll remember that your sister is called Anne."


def test_long_after_it_asks_which_and_changes_nothing(ask):
    ask("Remember that my sister is called Anna.")
    assert ask("That is wrong, it is Anne.", minutes=30)[0] == FULL
    assert ask.facts() == ["my sister is called Anna"]
    assert ask("No, my sister is called Anne.")[0] == "I'll remember that your sister is called Anne."


def test_who_goes_on_talking_is_asked_which_one_and_answers(ask):
    ask("Remember that my car is blue.")
    ask("Remember that my sister is called Anna.")
    said, action = ask("That is wrong, it is Anne.", 30, True)
    assert said == "Which one is wrong? Your car is blue. Your sister is called Anna."
    before = Before(action.asks_back, action.commands)
    assert ask("my sister", 0.1, True, before)[0] == "I'll remember that your sister is called Anne."
    assert ask.facts() == ["my car is blue", "my sister is called Anne"]


def test_where_one_may_be_meant_a_yes_is_needed(ask):
    ask("Remember that my sister is called Anna.")
    said, action = ask("That is wrong, it is Anne.", 30, True)
    assert said == "Do you mean that your sister is called Anne?" and ask.facts() == ["my sister is called Anna"]
    asyncio.run(action.do())
    assert ask.facts() == ["my sister is called Anne"]


@pytest.mark.parametrize("words", ["That is wrong, it is Anne.", "No, it is Anne."])
def test_without_facts_the_model_answers(ask, words):
    assert ask(words)[0] == "the model answers"


def test_the_program_itself_corrects_and_says_that_it_was_not_told(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("ASSISTANT_MEMORY__PATH", str(tmp_path))

    def asked(words: str) -> str:
        assert main(["ask", words, "--set", "journal.enabled=false"]) == 0
        return capsys.readouterr().out.strip()

    asked("Remember that my sister is called Anna.")
    assert asked("That is wrong, it is Anne.") == "I'll remember that your sister is called Anne."
    asked("What is two plus two?")
    assert asked("That is wrong, it is five.") == FULL.replace("Anne", "five")
    asked("Forget everything about my sister.")
    assert asked("What is my sister's name?") == "I do not know that; you have not told me."
