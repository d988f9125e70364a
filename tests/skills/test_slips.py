"""What the bundled recogniser heard of spoken commands, with noise; none of it is in a template."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from assistant.skills import command
from assistant.skills.words import slips
from assistant.skills.words.matching import Matcher
from tests.skills.table import COMMANDS

NOW = datetime(2026, 12, 2, 15, 20, tzinfo=ZoneInfo("Europe/Berlin"))


@cache
def matcher() -> Matcher:
    return Matcher(COMMANDS)


def understood(words: str) -> tuple[str, dict[str, Any]] | None:
    found = matcher().understood(words, NOW)
    return (found[0].name, dict(found[0].values)) if found else None


FIVE = {"duration": timedelta(minutes=5)}


@pytest.mark.parametrize(
    ("heard", "name", "values"),
    [
        ("set a time her for 5 minutes", "timer_set", FIVE),
        ("Santa timer for 5 minutes.", "timer_set", FIVE),
        ("said a timer for 5 minutes", "timer_set", FIVE),
        ("Start at timer for 5 minutes.", "timer_set", FIVE),
        ("at milk to the shopping list", "list_add", {"items": "milk", "list": "shopping"}),
        ("But red on the shopping list.", "list_add", {"items": "red", "list": "shopping"}),
        ("Sick butter on the shopping list would you?", "list_add", {"items": "butter", "list": "shopping"}),
        ("Right bread on the list.", "list_add", {"items": "bread"}),
        ("Play my music", "media", {}),
        ("turn of the light", "light", {}),
        ("Turn the living room lap on.", "light", {"area": "living room"}),
        ("Them the lights", "light", {}),
        ("remind me too feed the cat", "remind", {"task": "feed the cat"}),
        ("Tell me my time please.", "time", {}),
        ("Tensle the alarm.", "alarm_cancel", {}),
        ("Which days it?", "date", {}),
        ("Flow down", "rate", {}),
        ("Delete all timer", "timer_cancel", {}),
        ("Close my bedroom curtain.", "blinds", {"area": "bedroom"}),
    ],
)
def test_slips_of_the_recogniser_are_repaired(heard: str, name: str, values: dict[str, Any]) -> None:
    assert understood(heard) == (name, values)


@pytest.mark.parametrize(
    "words",
    ["what is your name", "what is the maid", "start talking", "the rain will not stop", "Sneeze", "Equally.", ""],
)
def test_words_that_sound_a_little_alike_are_not_enough(words: str) -> None:
    assert understood(words) is None


def test_words_that_sound_alike_have_one_key() -> None:
    for one, other in [("weather", "whether"), ("timer", "timer"), ("said", "set"), ("of", "off"), ("too", "to")]:
        assert slips.sound(one) == slips.sound(other) != ""
    assert slips.sound("kitchen") != slips.sound("bedroom")


def test_only_two_words_are_repaired() -> None:
    assert understood("said a time her for 5 minutes") == ("timer_set", FIVE)
    assert understood("bows the bosta dimer") is None


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("what is the date", "what is the maid"),
        ("what is {place} time", "what is your name"),
        ("write {fact}", "right you are"),
    ],
)
def test_beside_what_was_misheard_something_telling_was_heard(template: str, words: str) -> None:
    assert Matcher([command("mine", "", template)]).understood(words, NOW) == ()
