"""Leap years, ages, days since, the names of days; spelling and counting; one of several things."""

from __future__ import annotations

import random

import pytest

from assistant.skills.numbers import chance, letters
from assistant.skills.time import calendar_facts
from tests.skills.saying import Skill

CALENDAR, CHANCE, LETTERS = Skill(calendar_facts), Skill(chance), Skill(letters)


@pytest.mark.parametrize(
    "words, said",
    [
        ("Was 2000 a leap year?", "Yes, 2000 was a leap year."),
        ("is next year a leap year", "No, 2027 is not a leap year."),
        ("is twenty thirty two a leap year", "Yes, 2032 is a leap year."),
        ("when is the next leap year", "The next leap year is 2028."),
        ("how many days is it since Christmas", "It is 342 days since Thursday, 25 December 2025."),
        ("how many weeks since the first of November", "It is 4 weeks and 3 days since Sunday, 1 November 2026."),
        ("how many months since the first of May", "It is 7 months since Friday, 1 May 2026."),
        ("how old is someone who was born in 1974", "52, or 51 with a birthday still to come this year."),
        ("how old would somebody be born in 2030", "2030 is still to come."),
        ("how many days are there in April", "April has 30 days."),
        ("how many days does February have", "February 2026 has 28 days."),
        ("how many days are in a leap year", "366."),
        ("what day comes before Monday", "Sunday."),
        ("which month comes after June", "July."),
        ("in which year was I born if I am 60", "1966, or 1965 with a birthday still to come this year."),
        (
            "how many working days are left until next Monday",
            "From today on it is 3 working days until Monday, 7 December 2026, holidays not counted.",
        ),
    ],
)
def test_the_calendar_is_asked(words: str, said: str) -> None:
    assert CALENDAR.says(words) == said


@pytest.mark.parametrize("skill", [CALENDAR, CHANCE, LETTERS], ids=["calendar", "chance", "letters"])
def test_no_lookalike_is_taken(skill: Skill, lookalikes: list[str]) -> None:
    assert [words for words in lookalikes if skill.command(words)] == []


@pytest.mark.parametrize(
    "words, choices",
    [
        ("choose between soup and salad", {"Soup.", "Salad."}),
        ("pick one, red, green or blue", {"Red.", "Green.", "Blue."}),
        ("you decide, the beach or the park", {"The beach.", "The park."}),
    ],
)
def test_it_chooses_at_random_and_each_in_its_turn(words: str, choices: set[str]) -> None:
    random.seed(1)
    assert {CHANCE.says(words) for _ in range(40)} == choices


@pytest.mark.parametrize("words", ["pick up milk and eggs", "choose wisely", "decide between them"])
def test_nothing_is_chosen_where_nothing_is_named(words: str) -> None:
    assert CHANCE.says(words) == ""


@pytest.mark.parametrize(
    "words, said",
    [
        ("spell rhythm", "R, H, Y, T, H, M."),
        ("how do you spell necessary", "N, E, C, E, S, S, A, R, Y."),
        ("count to four", "1, 2, 3, 4."),
        ("count down from three", "3, 2, 1."),
        ("spell it out for me", ""),
    ],
)
def test_letters_and_numbers_are_said_one_by_one(words: str, said: str) -> None:
    assert LETTERS.says(words) == said


def test_chance(monkeypatch):
    monkeypatch.setattr(random, "randint", lambda low, high: high)
    monkeypatch.setattr(random, "choice", lambda sides: sides[-1])
    assert CHANCE.says("flip a coin") == "Tails."
    assert CHANCE.says("roll a die") == "6."
    assert CHANCE.says("roll three dice") == "6, 6 and 6: 18 in all."
    assert CHANCE.says("throw a twenty sided die") == "20."
    assert CHANCE.says("throw a 5000 sided die") == "A die has from 2 to 1000 sides."
    assert CHANCE.says("roll a hundred dice") == "I have from 1 to 20 dice."
    assert CHANCE.says("pick a number between one and ten") == "10."
    assert CHANCE.says("pick a random number from 50 to 20") == "50."
