"""All voices equally loud, nothing clips, and no click and no silence where pieces are joined."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.tts import SAMPLE_RATE, SpeechChunk, TtsSettings, measured
from assistant.tts.espeak import Espeak
from assistant.tts.loudness import TARGET, Even, gain, limited

TEXT = "The boats go out before the sun comes up, and nobody in the village hears them leave."
VOICES = ("en-us", "en-gb", "de", "en-us+f3", "en-us+whisper")


@pytest.fixture(autouse=True)
def folder(monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))


def say(voice, *texts: str) -> list[np.ndarray]:
    async def speak() -> list[np.ndarray]:
        return [np.concatenate([chunk.pcm24k async for chunk in voice.speak(text)]) for text in texts]

    return asyncio.run(speak())


def loudness(pcm24k: np.ndarray) -> float:
    import pyloudnorm

    return pyloudnorm.Meter(SAMPLE_RATE).integrated_loudness(pcm24k.astype(float))


@pytest.mark.parametrize("name", VOICES)
def test_a_voice_is_brought_to_the_target_however_loud_it_is_by_itself(name: str) -> None:
    voice = Espeak(TtsSettings(espeak_voice=name))
    [audio] = say(voice, TEXT)
    voice.close()
    for level in (1.0, 0.4):
        assert loudness(audio * level * gain(audio * level)) == pytest.approx(TARGET, abs=0.1)


def test_too_little_and_silence_are_left_alone_and_noise_is_not_blown_up() -> None:
    assert gain(np.zeros(SAMPLE_RATE, np.float32)) == gain(np.ones(100, np.float32)) == 1.0
    assert gain(np.zeros(0, np.float32)) == gain(np.full(SAMPLE_RATE, 1e-9, np.float32)) == 1.0
    assert gain(np.random.default_rng(0).normal(0, 1e-3, SAMPLE_RATE)) == 4.0


@given(st.lists(st.floats(-20, 20, width=32), max_size=50))
def test_the_limit_bends_softly_and_keeps_the_order(values: list[float]) -> None:
    pcm = np.array(sorted(values), np.float32)
    out = limited(pcm)
    assert out.dtype == np.float32 and np.all(np.abs(out) <= 1.0) and np.all(np.diff(out) >= 0)
    quiet = np.abs(pcm) <= 0.8
    assert np.array_equal(out[quiet], pcm[quiet])


class Tone:
    """A second of a tone per sentence."""

    name, language = "tone", "en"

    def __init__(self, level: float) -> None:
        self.level = level

    async def speak(self, text: str):
        for _ in range(10):
            tone = self.level * np.sin(np.arange(SAMPLE_RATE // 10) * 2 * np.pi * 1000 / SAMPLE_RATE)
            yield SpeechChunk(tone.astype(np.float32), None)

    def close(self) -> None: ...


@pytest.mark.parametrize("level", [0.06, 0.5])
def test_how_loud_a_voice_is_is_heard_once_and_kept(level: float) -> None:
    voice = Even(Tone(level), "tone/one")
    first = say(voice, *["La."] * 3)
    assert all(np.allclose(sentence, first[0]) for sentence in first[:2])
    for sentence in ["La."] * 10:
        say(voice, sentence)
        voice._thread.join()
    [later] = say(voice, "La.")
    assert loudness(later) == pytest.approx(TARGET, abs=0.5) and np.abs(later).max() <= 1.0
    assert len(np.unique(np.round(np.abs(later[: SAMPLE_RATE // 1000 * 1000]).reshape(-1, 24).max(axis=1), 4))) == 1
    assert measured.known("tone/one").gain == pytest.approx(gain(say(Tone(level), "La.")[0]), rel=0.02)
    again = Even(Tone(level), "tone/one")
    assert loudness(say(again, "La.")[0]) == pytest.approx(TARGET, abs=0.5) and again._thread is None


def test_sentences_join_without_a_click_and_begin_at_once() -> None:
    voice = Even(Espeak(TtsSettings()), "espeak/en-us")
    pieces = say(voice, "It is three.", "So, we go,", "and then", "we rest. ", "Is that so?", "Sixty six ships!")
    voice.close()
    for piece in pieces:
        assert np.flatnonzero(np.abs(piece) > 0.005)[0] <= SAMPLE_RATE // 50
    audio = np.concatenate(pieces)
    joins = np.cumsum([len(piece) for piece in pieces])[:-1]
    for join in joins:
        assert np.abs(np.diff(audio[join - 5 : join + 5])).max() < 0.01
