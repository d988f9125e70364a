"""Cutting an utterance at its pauses, and joining what was understood of the pieces."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from assistant.audio.vad import Silero
from assistant.stt import pieces as module
from assistant.stt.pieces import AudioPieces, Known, Part, _cuts, joined
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
    expected = [silero(audio[start : start + 512]) for start in range(0, len(audio) - 511, 512)]
    assert AudioPieces().probabilities(audio)[: len(expected)] == pytest.approx(np.array(expected), abs=1e-4)


def test_growing_audio_is_judged_as_at_once_and_only_its_end(monkeypatch):
    audio = np.concatenate([clip.audio() for clip in speech_clips()[:2]])
    at_once = AudioPieces().probabilities(audio)
    pieces = AudioPieces()
    judge, judged = pieces._judge, []
    monkeypatch.setattr(pieces, "_judge", lambda known, new: judged.append(len(new)) or judge(known, new))
    for end in (0, 1, 511, 512, 5000, 5001, len(audio) // 2, len(audio)):
        found, whole = pieces.probabilities(audio[:end]), end // 512
        assert len(found) == -(-end // 512) and found[:whole] == pytest.approx(at_once[:whole], abs=1e-4)
    assert sum(judged) <= len(audio) + 8 * 512
    assert pieces.probabilities(audio[1000:9000]) == pytest.approx(
        AudioPieces().probabilities(audio[1000:9000]), abs=1e-5
    )


def test_a_piece_stays_what_it_is_when_speech_follows_and_when_silence_does():
    audio = np.concatenate([clip.audio() for clip in (speech_clips() * 3)[:10]])
    pieces = AudioPieces()
    settled = pieces(audio[: 20 * RATE], 6.0)[:-1]
    longer = pieces(audio[: 30 * RATE], 6.0)
    assert len(settled) >= 2 and all(np.array_equal(one, other) for one, other in zip(settled, longer))
    clip, silence = speech_clips()[0].audio(), np.zeros(3 * RATE, np.float32)
    [soon], [late] = (pieces(np.concatenate([clip, silence[:samples]]), 12.0) for samples in (RATE // 4, 3 * RATE))
    assert np.array_equal(soon, late)


def test_what_was_made_of_a_piece_is_remembered_by_its_samples(monkeypatch):
    monkeypatch.setattr(module, "_REMEMBERED", 2)
    known, decoded = Known(), []

    def decode(piece):
        decoded.append(len(piece))
        return Part(str(len(piece)))

    one, two, three = (np.ones(length, np.float32) for length in (1, 2, 3))
    for piece in (one, two, one, three, one):
        assert known(piece.copy(), decode) == Part(str(len(piece)))
    assert decoded == [1, 2, 3]
    known(two, decode)
    assert decoded == [1, 2, 3, 2]  # the one not asked for the longest was forgotten
    known(2 * one, decode)
    assert decoded == [1, 2, 3, 2, 1]


def test_what_was_given_up_is_not_remembered():
    known = Known()
    assert known(np.ones(5, np.float32), lambda _piece: None) is None
    assert known(np.ones(5, np.float32), lambda _piece: Part("done")) == Part("done")


def test_a_piece_keeps_what_lies_around_speech_and_no_more():
    clip = speech_clips()[0].audio()
    silence = np.zeros(5 * RATE, np.float32)
    [piece] = AudioPieces()(np.concatenate([silence, clip, silence]), 30.0)
    assert len(clip) - RATE // 2 <= len(piece) <= len(clip) + RATE + 2 * 512


def test_noise_has_no_pieces():
    assert AudioPieces()(noise_clips()[0].audio(), 12.0) == []


def test_parts_are_joined_with_the_confidence_of_their_tokens():
    transcript = joined([Part("ja.", 1, 0.5, "de"), Part("", 9, 0.1, "fr"), Part("That is it.", 3, 0.9, "en")])
    assert (transcript.text, transcript.language) == ("ja. That is it.", "en")
    assert transcript.confidence == pytest.approx((0.5 + 3 * 0.9) / 4)
    assert joined([]).confidence is None
