from __future__ import annotations

import numpy as np
import pytest

from assistant.audio import FRAME_SAMPLES, FRAME_SECONDS, SAMPLE_RATE
from assistant.audio.vad import Silero, Vad
from assistant.bench.echo import spoken
from assistant.bench.noise import has_voices
from assistant.config import VadSettings
from tests import data


def verdicts(audio: np.ndarray, vad: Vad | None = None) -> np.ndarray:
    vad = vad or Vad(VadSettings())
    return np.array(
        [vad(frame) for frame in audio[: len(audio) // FRAME_SAMPLES * FRAME_SAMPLES].reshape(-1, FRAME_SAMPLES)]
    )


def clip(name: str) -> np.ndarray:
    return next(clip for clip in data.speech_clips() if clip.path.name == name).audio()


@pytest.fixture(scope="module")
def sentence() -> np.ndarray:
    """A second of silence, "go forward ten meters" from its first sound on, a second of silence."""
    silence = np.zeros(SAMPLE_RATE, np.float32)
    return np.concatenate([silence, spoken(clip("ps-goforward.flac")), silence])


def test_speech_is_noticed_within_a_tenth_of_a_second_and_its_end_too(sentence):
    found = np.flatnonzero(verdicts(sentence)) * FRAME_SECONDS
    assert 1.0 <= found[0] <= 1.1
    assert found[-1] < len(sentence) / SAMPLE_RATE - 0.7


def test_silence_is_no_speech_and_the_costly_model_does_not_run(monkeypatch):
    monkeypatch.setattr(Silero, "__call__", lambda self, window: pytest.fail("Silero ran in silence"))
    assert not verdicts(np.zeros(5 * SAMPLE_RATE, np.float32)).any()


@pytest.mark.parametrize(
    "noise", [clip for clip in data.noise_clips() if not has_voices(clip)], ids=lambda clip: clip.path.stem
)
def test_noise_is_hardly_ever_taken_for_speech(noise):
    assert verdicts(noise.audio()).mean() < 0.1


def test_speech_after_a_long_silence_is_judged_as_if_it_were_the_first(sentence):
    vad = Vad(VadSettings())
    verdicts(np.concatenate([sentence, np.zeros(10 * SAMPLE_RATE, np.float32)]), vad)
    again = verdicts(sentence, vad)
    first = verdicts(sentence)
    assert abs(int(np.argmax(again)) - int(np.argmax(first))) <= 2  # windows need not begin with frames
    assert abs(int(again.sum()) - int(first.sum())) <= 4


def test_a_higher_threshold_finds_less_speech(sentence):
    assert (
        verdicts(sentence, Vad(VadSettings(threshold=0.9))).sum()
        < verdicts(sentence, Vad(VadSettings(threshold=0.1))).sum()
    )


def test_clipped_and_overdriven_sound_is_no_error():
    for level in (3.0, -3.0):
        assert not verdicts(np.full(SAMPLE_RATE, level, np.float32)).any()
