"""A reply that comes back from the loudspeaker, in a room whose echo is not learned yet."""

from __future__ import annotations

import pytest

from tests.scene import Scene
from tests.scripted import Say

QUESTION = Say(1.0, "how are you today")
REPLY = "One two three four five six seven eight. Nine ten eleven twelve thirteen fourteen."


def over(words: str, seconds: float, may_echo: bool = True) -> Scene:
    return Scene([QUESTION, Say(4.0, words, seconds)], [REPLY, "All right."], until=30, may_echo=may_echo).play()


@pytest.mark.parametrize("seconds", [0.4, 1.5])
def test_it_does_not_answer_its_own_words(seconds):
    scene = over("one two three", seconds)
    assert scene.history == [("user", QUESTION.text), ("assistant", REPLY)]
    assert scene.turns[-1].outcome == "answered" and scene.states[-1] == "listening"


@pytest.mark.parametrize("seconds", [0.4, 1.5])
def test_a_user_is_let_through(seconds):
    scene = over("please go forward", seconds)
    assert scene.turns[0].outcome == "interrupted"
    assert scene.history[-2:] == [("user", "please go forward"), ("assistant", "All right.")]


def test_in_a_room_it_knows_a_user_who_repeats_its_words_is_let_through():
    assert over("one two three", 0.4, may_echo=False).turns[0].outcome == "interrupted"
