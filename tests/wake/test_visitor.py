"""Whom the kiosk listens to: the near visitor, not a radio, and nobody who never pauses."""

from __future__ import annotations

import numpy as np
import pytest

from assistant.audio import FRAME_SAMPLES, FRAME_SECONDS, SAMPLE_RATE
from assistant.bench import addressed
from assistant.config import Settings
from assistant.wake.visitor import Visitor
from tests.data import speech_clips

WOKEN = np.random.default_rng(0).standard_normal(SAMPLE_RATE).astype(np.float32) * 0.1


def share_heard(visitor: Visitor, decibels: float, seconds: float, speech: bool = True) -> float:
    """Of so many seconds of sound, so much louder than the wake word was, counted as the visitor's."""
    sound = np.random.default_rng(1).standard_normal((round(seconds / FRAME_SECONDS), FRAME_SAMPLES)) * 0.1
    return float(np.mean([visitor.heard(frame * 10 ** (decibels / 20), speech) for frame in sound]))


@pytest.mark.parametrize(("decibels", "heard"), [(6, True), (0, True), (-4, True), (-10, False), (-20, False)])
def test_who_speaks_about_as_loudly_as_the_wake_word_is_heard(decibels, heard):
    assert (share_heard(Visitor(WOKEN), decibels, 3.0) > 0.9) is heard


def test_what_is_no_speech_is_never_the_visitors():
    assert share_heard(Visitor(WOKEN), 0, 3.0, speech=False) == 0


def test_a_radio_does_not_hold_the_end_of_the_visitors_turn():
    visitor = Visitor(WOKEN)
    assert share_heard(visitor, 0, 2.0) == 1
    assert 0 < share_heard(visitor, -12, 2.0) * 2.0 < 0.7


def test_a_turn_may_end_more_softly_than_it_may_begin():
    visitor = Visitor(WOKEN)
    share_heard(visitor, -3, 1.0)
    assert share_heard(visitor, -9, 1.0) == 1
    assert share_heard(Visitor(WOKEN), -9, 1.0) == 0


def test_the_visitor_is_followed_some_steps_away_and_no_further():
    visitor = Visitor(WOKEN)
    for decibels in (-4, -6, -8, -8, -8):
        assert share_heard(visitor, decibels, 1.0) > 0.9
        visitor.answered()
        share_heard(visitor, -60, 1.0, speech=False)
    for _ in range(10):
        assert share_heard(visitor, -17, 1.0) == 0
        visitor.answered()


def test_without_a_wake_word_whoever_is_answered_first_is_the_visitor():
    visitor = Visitor()
    assert share_heard(visitor, -12, 1.0) == 1
    visitor.ignored()
    assert share_heard(visitor, 0, 1.0) == 1
    visitor.answered()
    share_heard(visitor, -60, 1.0, speech=False)
    assert share_heard(visitor, -12, 1.0) == 0


def test_only_an_answered_turn_ends_the_silence():
    visitor = Visitor(WOKEN)
    share_heard(visitor, 0, 3.0)
    visitor.ignored()
    assert visitor.silent == pytest.approx(3.0)
    visitor.answered()
    assert visitor.silent == 0


def test_speech_without_a_pause_counts_until_nobody_would_ask_for_so_long():
    visitor = Visitor(WOKEN)
    assert share_heard(visitor, 0, 14.0) == 1 and not visitor.breathless
    share_heard(visitor, 0, 2.0)
    assert visitor.breathless and share_heard(visitor, 0, 60.0) == 0
    share_heard(visitor, -60, 1.0, speech=False)
    assert share_heard(visitor, 0, 3.0) > 0.95


@pytest.mark.parametrize("voices", [1, 4])
def test_a_real_visitor_is_heard_over_a_radio_and_the_radio_is_not_answered(voices):
    clip, *others = sorted(speech_clips()[:5], key=lambda clip: -clip.seconds)
    case = addressed.visit([clip, clip, clip], others, voices, Settings(), np.random.default_rng(1))
    assert (case["accepted"], case["whole"], case["strangers"]) == (2, 2, 0)
