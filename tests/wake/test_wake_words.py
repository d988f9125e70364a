"""Wake words as voices say them; other speech, noise, and files that are no wake word's."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import numpy as np
import pymicro_wakeword
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.audio import FRAME_SAMPLES, SAMPLE_RATE
from assistant.bench.wake import frames, heard
from assistant.errors import EngineError, UsageError
from assistant.settings.modes import KioskSettings
from assistant.wake import WakeWords, model
from assistant.wake.model import BUILT_IN
from tests.data import noise_clips, speech_clips

EVERY = KioskSettings(wake_words=", ".join(BUILT_IN))
MODELS = Path(pymicro_wakeword.__file__).parent / "models"
PAUSE = np.random.default_rng(1).standard_normal(SAMPLE_RATE).astype(np.float32) * 3e-4


def in_a_room(*sounds: np.ndarray) -> np.ndarray:
    return np.concatenate([PAUSE, *(part for sound in sounds for part in (sound, PAUSE))])


@pytest.mark.parametrize("word", BUILT_IN)
def test_each_wake_word_is_heard_once_and_told_from_the_others(by_the_default_voice, word):
    audio = by_the_default_voice[word]
    ((at, wake),) = heard(in_a_room(audio), EVERY)
    ends = 1.0 + len(audio) / SAMPLE_RATE
    assert wake.word == word and 0.5 < wake.probability <= 1
    assert at - wake.began <= 1.05  # before its first sound, or hardly after: the voice begins with some silence
    assert at < ends + 0.4
    assert 0 <= wake.ended < wake.began


def test_it_is_heard_again_and_again(alexa):
    assert [wake.word for _, wake in heard(in_a_room(alexa, alexa, alexa), EVERY)] == ["alexa"] * 3


def test_only_the_words_that_were_asked_for_are_heard(alexa):
    assert not list(heard(in_a_room(alexa), KioskSettings(wake_words="okay_nabu,hey_jarvis")))


def test_speech_and_noise_are_no_wake_words():
    everything = in_a_room(*(clip.audio() for clip in [*speech_clips(), *noise_clips()]))
    assert not list(heard(everything, EVERY))


def test_half_a_wake_word_is_forgotten(alexa):
    listener = WakeWords(EVERY)
    sound = frames(in_a_room(alexa))
    middle = round((1.0 + len(alexa) / SAMPLE_RATE * 0.6) * SAMPLE_RATE) // FRAME_SAMPLES
    assert not any(listener.heard(frame) for frame in sound[:middle])
    listener.reset()
    assert not any(listener.heard(frame) for frame in sound[middle:])
    assert [wake.word for wake in map(listener.heard, sound) if wake] == ["alexa"]
    listener.close()


def test_a_closed_listener_hears_nothing_and_can_be_closed_again(alexa):
    listener = WakeWords(EVERY)
    listener.close()
    assert not any(listener.heard(frame) for frame in frames(in_a_room(alexa)))
    listener.reset()
    listener.close()


def test_sound_beyond_full_scale_is_cut_off(alexa):
    assert [wake.word for _, wake in heard(in_a_room(5 * alexa), EVERY)] == ["alexa"]


@given(st.floats(0.01, 0.99), st.floats(0, 1), st.floats(0, 1))
def test_a_higher_sensitivity_never_demands_more(cutoff, one, other):
    found = model.WakeModel("a_word", Path("a.tflite"), cutoff, 5)
    low, high = sorted((one, other))
    assert 0 < found.cutoff_at(high) <= found.cutoff_at(low) <= 0.995
    assert found.cutoff_at(0.5) == pytest.approx(min(cutoff, 0.995))


def test_a_missing_package_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "pymicro_wakeword", None)
    with pytest.raises(EngineError, match="wake words need the package pymicro-wakeword.* begin to open or button"):
        WakeWords(EVERY)


def test_a_damaged_package_is_told_and_does_not_end_the_process(monkeypatch, tmp_path):
    shutil.copytree(MODELS, tmp_path / "models")
    monkeypatch.setattr(pymicro_wakeword, "__file__", str(tmp_path / "__init__.py"))
    monkeypatch.delattr(pymicro_wakeword.MicroWakeWord, "__del__")  # it fails after a constructor that failed
    with pytest.raises(EngineError, match="TensorFlow Lite for the wake word okay_nabu cannot be loaded"):
        WakeWords(EVERY)
    (tmp_path / "models" / "okay_nabu.tflite").unlink()
    with pytest.raises(EngineError, match=r"okay_nabu\.tflite is missing from the package"):
        WakeWords(EVERY)


# ---- models of one's own -----------------------------------------------------------------------------------------


@pytest.fixture
def own(tmp_path: Path) -> Path:
    for ending in (".tflite", ".json"):
        shutil.copy(MODELS / f"alexa{ending}", tmp_path / f"mine{ending}")
    described = json.loads((tmp_path / "mine.json").read_text())
    (tmp_path / "mine.json").write_text(json.dumps({**described, "wake_word": "Hello Robot"}))
    return tmp_path / "mine.tflite"


def test_a_model_of_ones_own_is_known_by_its_phrase(own, alexa):
    assert [wake.word for _, wake in heard(in_a_room(alexa), KioskSettings(wake_words=str(own)))] == ["hello_robot"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (" , ", "names none; name one or more of okay_nabu, hey_jarvis, hey_mycroft, alexa"),
        ("okay_nabu,hey_nobody", "there is no wake word 'hey_nobody'; take okay_nabu"),
        ("/nowhere/mine.tflite", "/nowhere/mine.tflite is not there; correct the path"),
    ],
)
def test_a_wrong_name_is_refused(words, told):
    with pytest.raises(UsageError, match=told):
        WakeWords(KioskSettings(wake_words=words))


@pytest.mark.parametrize("content", [b"", b"no network", (MODELS / "alexa.tflite").read_bytes()[:30_000]])
def test_a_damaged_network_is_refused_and_does_not_end_the_process(own, content):
    own.write_bytes(content)
    with pytest.raises(UsageError, match=r"mine\.tflite is damaged or no microWakeWord model .* take another file"):
        WakeWords(KioskSettings(wake_words=str(own)))


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("{", "does not describe a microWakeWord model"),
        ("[]", "does not describe"),
        ('{"wake_word": "x", "micro": {}}', "does not describe"),
        ('{"wake_word": "x", "micro": {"probability_cutoff": 2, "sliding_window_size": 5}}', "not between 0 and 1"),
        ('{"wake_word": "", "micro": {"probability_cutoff": 0.9, "sliding_window_size": 5}}', "wake_word is empty"),
    ],
)
def test_a_description_that_is_wrong_is_refused(own, content, told):
    own.with_suffix(".json").write_text(content)
    with pytest.raises(UsageError, match=told):
        WakeWords(KioskSettings(wake_words=str(own)))


def test_a_description_that_is_missing_is_asked_for(own):
    own.with_suffix(".json").unlink()
    with pytest.raises(UsageError, match=r"mine\.json: cannot be read .*; put the \.json that came with mine\.tflite"):
        WakeWords(KioskSettings(wake_words=str(own)))
