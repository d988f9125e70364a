"""Where a turn begins and ends with a key, from one verdict per frame and what the key does between frames."""

from __future__ import annotations

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from assistant.settings import EndpointingSettings
from assistant.turns.endpointing import Boundary
from assistant.turns.key_endpointing import KeyEndpointer, UntilFaded

START, SOFT, RESUME, HARD, NOTHING = Boundary.START, Boundary.SOFT, Boundary.RESUME, Boundary.HARD, Boundary.NOTHING


def boundaries(script: str, max_turn: float = 60.0) -> list[tuple[int, Boundary]]:
    """``script``: a frame with speech is "s", one without is ".", the key goes down at "(" and up at ")". Each boundary
    with the number of frames before it."""
    endpointer = KeyEndpointer(EndpointingSettings(max_turn=max_turn))
    found, frames = [], 0
    for sign in script:
        match sign:
            case "(":
                boundary = endpointer.press()
            case ")":
                boundary = endpointer.release()
            case _:
                frames += 1
                boundary = endpointer.push(sign == "s", 0.1)
        if boundary is not None:
            found.append((frames, boundary))
    return found


def test_the_release_after_a_silence_ends_the_turn_at_once():
    assert boundaries("..(...ssssssssss........)") == [(2, START), (20, SOFT), (23, HARD)]


def test_the_release_with_the_last_word_ends_it_when_the_sound_on_its_way_is_there():
    assert boundaries("(ssssssssss)sss.......") == [(0, START), (15, HARD)]
    assert boundaries("(ssssssssss)..........") == [(0, START), (12, SOFT), (15, HARD)]


def test_speech_after_a_short_silence_at_the_release_belongs_to_the_turn():
    assert boundaries("(ssssssssss.)..ss...") == [(0, START), (12, SOFT), (15, RESUME), (16, HARD)]


def test_who_was_silent_by_the_release_is_answered_from_that_moment_on():
    assert boundaries("(ssssssssss..)........") == [(0, START), (12, SOFT), (17, HARD)]


def test_a_press_before_the_sound_on_its_way_is_there_goes_on():
    assert boundaries("(ssssss)..(ssssss......)") == [(0, START), (8, SOFT), (10, RESUME), (19, SOFT), (20, HARD)]


def test_without_speech_there_is_nothing():
    assert boundaries("(...........).......") == [(0, START), (16, NOTHING)]
    assert boundaries("sss()........") == [(3, START), (8, NOTHING)]


def test_closed_it_hears_nothing():
    assert boundaries("ssssssssss......)..ssss....") == []


def test_the_longest_turn_ends_whatever_the_key_does():
    assert boundaries("(" + "s" * 300 + ")ss(ss", max_turn=5.0) == [(0, START), (250, HARD), (302, START)]
    assert boundaries("(" + "." * 300, max_turn=5.0) == [(0, START), (250, NOTHING)]


@given(st.text("s.()", max_size=200))
@example("()(")
@example("(s)(s)(s")
def test_whatever_happens_a_turn_begins_once_and_ends_once(script: str):
    in_turn = soft = False
    for _, boundary in boundaries(script + ")......(ss"):
        assert in_turn is (boundary is not START)
        match boundary:
            case Boundary.START:
                in_turn, soft = True, False
            case Boundary.SOFT:
                assert not soft
                soft = True
            case Boundary.RESUME:
                assert soft
                soft = False
            case _:
                in_turn = False
    assert in_turn


def test_a_voice_is_over_once_it_has_faded_though_the_detector_lags():
    levels = [0.001] * 10 + [0.1] * 20 + [0.001] * 10
    is_speech = UntilFaded(lambda frame: True)
    verdicts = [is_speech(np.full(320, level, np.float32)) for level in levels]
    assert verdicts == [True] * 30 + [False] * 10
    assert not any(map(UntilFaded(lambda frame: False), np.full((10, 320), 0.5, np.float32)))
    is_speech = UntilFaded(lambda frame: True)
    is_speech(np.full(320, 0.9, np.float32))  # a click does not make deaf to a low voice for long
    assert [is_speech(np.full(320, 0.02, np.float32)) for _ in range(100)].index(True) < 50
