"""Cutting an utterance at its pauses, and joining what was understood of the pieces."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from assistant.stt.pieces import Part, Pieces, _cuts, joined
from assistant.vad import Silero
from tests.data import noise_clips, speech_clips

RATE = 16_000


@given(some.lists(some.floats(0, 1), max_size=200), some.integers(2, 50))
def test_the_ranges_cover_everything_once_and_none_is_too_long(speech, longest):
    ranges = _cuts(np.array(speech, np.float32), longest)
    assert [start for start, _ in ranges[1:]] == [end for _, end in ranges[:-1]]
    assert (ranges[0][0], ranges[-1][1]) == (0, len(speech))
    assert all(end - start <= longest for start, end in ranges)
    assert all(end - start >= longest // 2 for start, end in ranges[:-1])


def test_a_cut_lies_in_the_pause():
    speech = np.ones(100, np.float32)
    speech[60:70] = 0
    assert 60 <= _cuts(speech, 90)[0][1] <= 70


def test_the_probabilities_are_those_of_the_frame_by_frame_detector():
    audio = speech_clips()[0].audio()
    silero = Silero()
    expected = [silero(audio[start:start + 512]) for start in range(0, len(audio) - 511, 512)]
    assert Pieces().probabilities(audio)[:len(expected)] == pytest.approx(np.array(expected), abs=1e-4)


def test_a_piece_keeps_what_lies_around_speech_and_no_more():
    clip = speech_clips()[0].audio()
    silence = np.zeros(5 * RATE, np.float32)
    [piece] = Pieces()(np.concatenate([silence, clip, silence]), 30.0)
    assert len(clip) - RATE // 2 <= len(piece) <= len(clip) + RATE + 2 * 512


def test_noise_has_no_pieces():
    assert Pieces()(noise_clips()[0].audio(), 12.0) == []


def test_parts_are_joined_with_the_confidence_of_their_tokens():
    transcript = joined([Part("ja.", 1, 0.5, "de"), Part("", 9, 0.1, "fr"), Part("That is it.", 3, 0.9, "en")])
    assert (transcript.text, transcript.language) == ("ja. That is it.", "en")
    assert transcript.confidence == pytest.approx((0.5 + 3 * 0.9) / 4)
    assert joined([]).confidence is None
