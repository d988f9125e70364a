"""Encoding what was said and not 30 s: on the toy model, and the guard on scripted words."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest

from assistant.stt import whisper
from assistant.stt.pieces import Part
from tests.stt.test_whisper import HISS, PHRASES, RATE, encoded, open_engine, sample, transcribe

# The two others the toy takes for the first: it knows phrases by heart, in windows of 30 s that were encoded whole.
KNOWN_IN_SHORT = [row for row in PHRASES if not row["text"].startswith(("Turn on", "What is the capital"))]


@pytest.fixture(scope="module")
def engine():
    engine = open_engine()
    engine._is_tiny = False  # it is even smaller, and hears whole utterances like a larger one
    yield engine
    engine.close()


@pytest.mark.parametrize("row", KNOWN_IN_SHORT, ids=lambda row: row["text"])
@pytest.mark.parametrize("partial", [True, False])
def test_on_a_cpu_the_speech_and_three_seconds_are_encoded(engine, monkeypatch, row, partial):
    frames, audio = encoded(engine, monkeypatch), sample(row)
    engine._known = type(engine._known)()
    transcript = asyncio.run(engine.transcribe(audio, partial))
    assert (transcript.text, transcript.language) == (row["text"], row["language"])
    [count] = frames
    assert 300 < count <= 100 * len(audio) / RATE + 302


def test_the_smallest_size_hears_only_partials_in_short_windows(monkeypatch):
    engine = open_engine()
    frames, row = encoded(engine, monkeypatch), KNOWN_IN_SHORT[0]
    for partial in (True, False):
        asyncio.run(engine.transcribe(sample(row), partial))
    engine.close()
    assert frames[0] < 3000 and frames[1:] == [3000]


def test_what_the_decoder_sees_is_as_long_as_ever_and_ends_in_silence(engine):
    features = engine._model.feature_extractor(sample(PHRASES[0]))
    short, full = (np.array(view) for view in (engine._window.short(features), engine._window.full(features)))
    encoded_frames = features.shape[-1] // 2 + 150
    assert short.shape == full.shape == engine._window._silence.shape
    assert np.array_equal(short[:, encoded_frames + 2 :], engine._window._silence[:, encoded_frames + 2 :])
    assert not np.array_equal(
        short[:, : features.shape[-1] // 2], engine._window._silence[:, : features.shape[-1] // 2]
    )


def test_speech_that_fills_the_window_is_encoded_whole(engine, monkeypatch):
    frames = encoded(engine, monkeypatch)
    engine._window.short(engine._model.feature_extractor(np.tile(sample(PHRASES[0]), 30)[: 29 * RATE]))
    assert frames == [3000]


@pytest.mark.parametrize(
    ("said", "tokens"),
    [
        ("", 0),
        ("But she said,", 4),
        ("Enter 7. Enter 7. Enter 7.", 9),
        ("increase that limit five times. Increase that limit five times.", 12),
        ("ha ha ha ha ha ha ha", 7),
        ("今天天气很好今天天气很好", 12),
    ],
)
def test_nothing_too_little_and_loops_are_doubtful(said, tokens):
    assert whisper.doubtful(Part(said, tokens), seconds=6.0)


@pytest.mark.parametrize(
    ("said", "tokens"), [("No, no, no.", 6), ("It is what it is, and that is that.", 11), ("5 5 5", 3)]
)
def test_ordinary_words_are_not(said, tokens):
    assert not whisper.doubtful(Part(said, tokens), seconds=3.0)


@pytest.mark.parametrize("partial", [True, False])
@pytest.mark.parametrize("first", ["Stop it. Stop it. Stop it.", "", "Stop it."])
def test_doubtful_words_are_asked_of_a_full_window_but_for_a_partial(engine, monkeypatch, first, partial):
    frames, answers = encoded(engine, monkeypatch), iter([Part(first, 9), Part("Stop it.", 3)])
    monkeypatch.setattr(engine, "_words", lambda _heard, _seconds, _cancelled: next(answers))
    engine._known = type(engine._known)()
    again = first != "Stop it." and not partial
    assert asyncio.run(engine.transcribe(sample(PHRASES[0]), partial)).text == ("Stop it." if again else first)
    assert len(frames) == 1 + again and frames[1:] == [3000] * again


def test_what_the_full_window_says_is_taken_as_it_is(engine, monkeypatch):
    answers = iter([Part("two two six two two six", 6), Part("two two six two two six", 6)])
    monkeypatch.setattr(engine, "_words", lambda _heard, _seconds, _cancelled: next(answers))
    engine._known = type(engine._known)()
    assert transcribe(engine, sample(PHRASES[0])).text == "two two six two two six"


def test_a_call_cancelled_between_the_windows_encodes_no_second_one(engine, monkeypatch):
    frames = encoded(engine, monkeypatch)
    monkeypatch.setattr(engine, "_words", lambda _heard, _seconds, _cancelled: Part("", 0))
    assert engine._decode(sample(PHRASES[0]), lambda: bool(frames)) is None
    assert len(frames) == 1


def test_noise_that_gets_past_the_voice_detector_is_no_text_in_either_window(engine):
    for again in (False, True):
        assert engine._decode(HISS, lambda: False, again).text == ""
