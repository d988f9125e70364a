"""The push-to-talk key: what opens and closes the microphone, whatever the key and the way to it do."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.turns.talk_key import TAP, TalkKey

LONGEST = 60.0


def after(style: str, *does: tuple[float, str]) -> list[bool]:
    """Whether it is open after each."""
    key, opens = TalkKey(style, LONGEST), []
    for at, what in does:
        getattr(key, what)(at)
        opens.append(key.is_open(at))
    return opens


def test_auto_holding_talks():
    assert after("auto", (1.0, "press"), (1.0 + TAP, "release"), (2.0, "press"), (3.0, "release")) == [
        True,
        False,
        True,
        False,
    ]


def test_auto_a_tap_opens_and_the_next_press_closes():
    assert after("auto", (1.0, "press"), (1.1, "release"), (5.0, "press"), (5.1, "release")) == [
        True,
        True,
        False,
        False,
    ]


def test_hold_a_tap_is_only_short():
    assert after("hold", (1.0, "press"), (1.05, "release")) == [True, False]


def test_toggle_does_not_care_for_releases():
    presses = [(1.0, "press"), (3.0, "release"), (4.0, "press"), (9.0, "release"), (9.1, "press")]
    assert after("toggle", *presses) == [True, True, False, False, True]


@pytest.mark.parametrize("style", ["auto", "hold", "toggle"])
def test_a_key_that_repeats_is_pressed_once(style):
    repeats = [(1.0, "press"), (1.9, "press"), *((1.9 + 0.03 * number, "press") for number in range(100))]
    assert all(after(style, *repeats))


@pytest.mark.parametrize("style", ["auto", "toggle"])
def test_presses_whose_releases_nobody_tells_open_and_close(style):
    assert after(style, (1.0, "press"), (5.0, "press"), (9.0, "press")) == [True, False, True]


def test_hold_a_lost_release_is_made_good_by_the_next_one():
    assert after("hold", (1.0, "press"), (9.0, "press"), (10.0, "release")) == [True, True, False]


@pytest.mark.parametrize("style", ["auto", "hold", "toggle"])
def test_a_lost_release_opens_no_longer_than_a_turn_lasts_and_the_next_press_opens_again(style):
    key = TalkKey(style, LONGEST)
    key.press(1.0)
    assert key.is_open(60.9) and not key.is_open(61.0)
    key.press(70.0)
    assert key.is_open(70.0)
    key.release(75.0)
    assert key.is_open(75.0) is (style == "toggle")


@pytest.mark.parametrize("style", ["auto", "hold", "toggle"])
def test_a_release_without_a_press_does_nothing(style):
    assert after(style, (1.0, "release"), (2.0, "press")) == [False, True]


@pytest.mark.parametrize("style", ["auto", "hold", "toggle"])
def test_the_command_toggle_opens_and_closes_in_every_style(style):
    assert after(style, (1.0, "toggle"), (1.1, "toggle"), (1.2, "toggle")) == [True, False, True]


def test_what_a_command_opened_the_key_closes_and_the_other_way_round():
    assert after("auto", (1.0, "toggle"), (2.0, "press"), (2.1, "release")) == [True, False, False]
    assert after("hold", (1.0, "press"), (2.0, "toggle"), (3.0, "release"), (4.0, "press")) == [
        True,
        False,
        False,
        True,
    ]


@given(
    st.sampled_from(["auto", "hold", "toggle"]),
    st.lists(st.tuples(st.floats(0.0, 30.0), st.sampled_from(["press", "release", "toggle"])), max_size=40),
)
def test_whatever_happened_it_can_be_opened_and_closed_again(style, does):
    key, now = TalkKey(style, LONGEST), 0.0
    for pause, what in does:
        now += pause
        getattr(key, what)(now)
    key.release(now + 1.0)
    if key.is_open(now + 1.0):
        key.toggle(now + 1.0)
    key.press(now + 3.0)
    assert key.is_open(now + 3.0)
    key.release(now + 4.0)
    assert key.is_open(now + 4.0) is (style == "toggle")
    assert not key.is_open(now + 4.0 + LONGEST)
