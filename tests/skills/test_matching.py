"""What is said in many ways is one command, and talk about timers is none."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.skills import Command, Impossible, command
from assistant.skills.values import slots
from assistant.skills.words.matching import Matcher
from tests.skills.table import COMMANDS, many

NOW = datetime(2026, 12, 2, 15, 20, tzinfo=ZoneInfo("Europe/Berlin"))


@cache
def matcher() -> Matcher:
    return Matcher(COMMANDS)


def understood(words: str) -> list[tuple[str, dict[str, Any]]]:
    return [(found.name, dict(found.values)) for found in matcher().understood(words, NOW)]


FIVE = {"duration": timedelta(minutes=5)}


@pytest.mark.parametrize(
    "words",
    [
        "Set a timer for 5 minutes.",
        "set a timer for 5 minutes please",
        "Please could you set a timer for 5 minutes?",
        "um, hey, can you quickly set a timer for 5 minutes for me, thanks",
        "I'd like you to set a timer for 5 minutes.",
        "I want to set a timer for 5 minutes",
        "would you mind setting a timer for 5 minutes",
        "be so kind as to start a timer for 5 minutes, would you",
        "okay computer set a timer for 5 minutes right now",
        "set uh a timer um for 5 minutes",
        "Let's set a timer for 5 minutes",
        "I am making pasta. Set a timer for 5 minutes.",
    ],
)
def test_manners_change_nothing(words: str) -> None:
    assert understood(words) == [("timer_set", FIVE)]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("what's the time", [("time", {})]),
        ("what is the time?", [("time", {})]),
        ("What’s the time", [("time", {})]),
        ("Can you tell me what time it is?", [("time", {})]),
        ("do you know what the date is", [("date", {})]),
        ("could you tell me how long is left on the pasta timer", [("timer_left", {"name": "pasta"})]),
        ("what's on my to-do list", [("list_read", {"list": "to do"})]),
        ("what is on my todo list", [("list_read", {"list": "to do"})]),
        ("Thank you very much!", [("thanks", {})]),
        ("what can you do for me", [("able", {})]),
        ("5 more minutes", [("snooze", {})]),
        ("put on timer for 5 minutes", [("timer_set", FIVE)]),
        ("turn on the kitchen light and 3 oranges", []),
    ],
)
def test_contractions_signs_and_indirect_questions(words: str, expected: list[Any]) -> None:
    assert understood(words) == expected


def test_signs_are_read_as_their_words() -> None:
    for words in ("what is 15% of 80", "what's 15 percent of 80?"):
        assert [(name, {slot: int(value) for slot, value in values.items()}) for name, values in understood(words)] == [
            ("sum", {"number": 15, "other": 80})
        ]
    assert understood("12 + 30") == understood("12 plus 30") != []


def test_british_and_american_spelling_are_one() -> None:
    for template in ("the colour of the centre", "the color of the center"):
        spelled = Matcher([command("colour", "", template)])
        for words in ("the colour of the centre", "The color of the center."):
            assert [found.name for found in spelled.understood(words, NOW)] == ["colour"]


def test_a_clause_is_kept_as_it_was_said_and_a_name_in_lower_case() -> None:
    assert understood("Please remember that my favourite colour is grey, and that's Anna's too.") == [
        ("remember", {"fact": "my favourite colour is grey, and that's Anna's"})
    ]
    assert understood("Add Milk to the Shopping List") == [("list_add", {"items": "milk", "list": "shopping"})]


def test_manners_stay_where_they_belong_to_the_clause() -> None:
    assert understood("remind me to say thank you") == [("remind", {"task": "say thank you"})]
    assert understood("remind me to turn the heating on please") == [("remind", {"task": "turn the heating on"})]


def test_two_commands_in_one_breath() -> None:
    assert understood("turn off the light and set a timer for 5 minutes") == [("light", {}), ("timer_set", FIVE)]
    assert understood("Turn off the light. Set a timer for 5 minutes.") == [("light", {}), ("timer_set", FIVE)]
    assert understood("please turn off the light, and then set a timer for 5 minutes, thanks") == [
        ("light", {}),
        ("timer_set", FIVE),
    ]
    assert understood("set a timer for 5 minutes and a timer for 10 minutes") == [
        ("timer_set", FIVE),
        ("timer_set", {"duration": timedelta(minutes=10)}),
    ]
    assert understood("turn on the light and the lamp") == [("light", {}), ("light", {})]
    assert understood("add milk and bread to the shopping list") == [
        ("list_add", {"items": "milk and bread", "list": "shopping"})
    ]
    assert understood("turn off the light and tell me why the sky is blue") == []
    assert understood("remind me to feed the cat and set a timer for 5 minutes") == [
        ("remind", {"task": "feed the cat"}),
        ("timer_set", FIVE),
    ]
    assert understood("remind me to feed the cat and turn off the light") == [
        ("remind", {"task": "feed the cat and turn off the light"})
    ]


def test_halves_for_commands_that_are_understood_elsewhere() -> None:
    assert matcher().halves("Open the gate, and then wake me at 7.") == [("Open the gate", "wake me at 7")]
    assert matcher().halves("and open the gate and") == []


def test_a_name_takes_no_second_command_in_and_keeps_its_commas() -> None:
    assert understood("set a timer for 5 minutes called tea and turn on the light") == [
        ("timer_set", FIVE | {"name": "tea"}),
        ("light", {}),
    ]
    assert understood("set a mac and cheese timer for 5 minutes") == [("timer_set", FIVE | {"name": "mac and cheese"})]
    assert understood("Add eggs, milk and bread to my shopping list.") == [
        ("list_add", {"items": "eggs, milk and bread", "list": "shopping"})
    ]


def test_talk_about_timers_lists_and_lights_asks_for_nothing() -> None:
    lines = (Path(__file__).parent / "nothing.txt").read_text(encoding="utf-8").splitlines()
    assert len(lines) >= 300
    wrong = {line: found for line in lines if (found := understood(line))}
    assert len(wrong) / len(lines) <= 0.005, wrong


def test_of_equal_matches_the_earlier_command_comes_first() -> None:
    both = Matcher([command("b", "", "do it"), command("a", "", "do it"), command("wild", "", "do {anything}")])
    assert [found.name for found in both.matches("do it", NOW)] == ["b", "a"]
    assert [found.name for found in both.matches("do homework", NOW)] == ["wild"]
    assert [found.name for found in both.understood("do it", NOW)] == ["b"]


def test_the_sentence_that_leaves_least_to_free_slots_comes_first() -> None:
    found = Matcher(
        [command("any", "", "turn {things} off"), command("one", "", "turn {area} light off", "turn the light off")]
    )
    assert [match.name for match in found.matches("turn the light off", NOW)] == ["one", "any"]
    assert [match.name for match in found.matches("turn the hall light off", NOW)][0] == "one"


def test_what_was_said_comes_with_the_command() -> None:
    (found,) = matcher().understood("Please flip a coin!", NOW)
    assert found == Command("coin", {}, "Please flip a coin!", "en")


def test_what_cannot_be_is_said_only_where_it_is_what_was_meant(monkeypatch: pytest.MonkeyPatch) -> None:
    def day(words: str, now: datetime) -> str | None:
        if words == "31 february":
            raise Impossible("There is no 31 February.")
        return words if words == "1 march" else None

    monkeypatch.setitem(slots.KINDS, "daytime", day)
    dated = Matcher([command("dated", "", "wake me on {daytime}"), command("note", "", "note {fact}")])
    assert dated.understood("wake me on 1 march", NOW)[0].values == {"daytime": "1 march"}
    with pytest.raises(Impossible, match="There is no 31 February"):
        dated.understood("wake me on 31 february", NOW)
    assert dated.understood("nobody was born on 31 february", NOW) == ()
    assert dated.understood("note that 31 february is a joke", NOW)[0].name == "note"


def test_words_without_end_are_cut_and_one_matcher_serves_many_sentences() -> None:
    house = Matcher(many())
    assert len(house.load().all) > 450
    assert house.understood("remind me to " + "call mum and " * 400, NOW) == ()
    assert house.understood("turn off the kitchen kettle", NOW)[0].values == {"area": "kitchen"}


WORDS = sorted({word for row in COMMANDS for text in row.templates["en"] for word in text.split() if word.isalpha()})


@settings(max_examples=150, deadline=None)
@given(
    st.one_of(
        st.text(max_size=200),
        st.lists(
            st.sampled_from([*WORDS, "5", "and", "milk", "30 minutes", "’", "-", "$3", "{name}", "(a|b)"]), max_size=40
        ).map(" ".join),
    )
)
def test_nothing_that_is_said_breaks_it(words: str) -> None:
    for found in matcher().understood(words, NOW):
        assert found.name in {row.name for row in COMMANDS}
        assert all(value != "" for value in found.values.values())
    matcher().matches(words, NOW)
