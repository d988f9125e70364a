from __future__ import annotations

import pytest

from assistant.turns.own_voice import is_own

REPLY = (
    "The Brooklyn Bridge is about one hundred and forty years old. It connects Manhattan and Brooklyn over the "
    "East River. You are welcome. Is there anything else?"
)


def heard(until: str) -> str:
    return REPLY[: REPLY.index(until) + len(until)]


@pytest.mark.parametrize(
    ("text", "until"),
    [
        ("You are well.", "You are"),
        ("the brooklyn bridge", "Bridge is"),
        ("The brook in bridges", "Bridge is"),
        ("Over the East River", "East River."),
        ("one hundred and 40 years old", "old."),
    ],
)
def test_words_of_the_reply_are_its_own_also_misheard(text, until):
    assert is_own(text, heard(until), REPLY)


@pytest.mark.parametrize("text", ["", "no", "stop", "Go forward ten meters.", "How long is it?", "Mountain view"])
def test_what_somebody_else_says_is_not(text):
    assert not is_own(text, heard("Bridge is"), REPLY)


def test_words_are_its_own_only_about_where_it_stopped():
    assert not is_own("The Brooklyn Bridge is about", heard("River."), REPLY)
    assert not is_own("Over the East River", heard("Bridge is"), REPLY)


def test_a_reply_of_which_nothing_was_heard_has_no_words():
    assert not is_own("Over the East River", "", "")
