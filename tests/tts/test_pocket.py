"""Pocket TTS through its own package, on a model of its architecture that nobody trained."""

from __future__ import annotations

import asyncio
import importlib.util
from contextlib import aclosing
from pathlib import Path

import numpy as np
import pytest

from assistant import hub
from assistant.config import TtsSettings
from assistant.errors import EngineError, UsageError
from assistant.tts import SpeechChunk, pocket
from assistant.tts.pocket import Pocket

needs_package = pytest.mark.skipif(
    importlib.util.find_spec("pocket_tts") is None, reason="the extra `pocket` is not installed"
)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from tests.tts import tiny_pocket

    folder = tmp_path_factory.mktemp("pocket")
    tiny_pocket.write(folder)
    return folder


@pytest.fixture
def here(files: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The package's configuration and the hub's files are the tiny ones."""
    monkeypatch.setattr(pocket, "_configs", lambda: files / "config")
    monkeypatch.setattr(hub, "fetch", lambda repo, file, revision: files / Path(file).name)
    return files


def say(voice: Pocket, text: str) -> list[SpeechChunk]:
    async def speak() -> list[SpeechChunk]:
        return [chunk async for chunk in voice.speak(text)]

    return asyncio.run(speak())


@needs_package
def test_a_sentence_is_heard_bit_by_bit(here: Path) -> None:
    voice = Pocket(TtsSettings())
    voice._model.max_decoder_frames_per_call = 1  # else frames that wait, on a busy machine, become one chunk
    text = "Hello there, how are you?"
    chunks = say(voice, text)
    audio = np.concatenate([chunk.pcm24k for chunk in chunks])
    assert (voice.name, voice.language) == ("pocket alba", "en") and audio.dtype == np.float32
    assert len(chunks) > 2 and len(audio) > 4 * 1920 and 0.005 < np.abs(audio).max() < 1
    assert [chunk.spoken for chunk in chunks] == [None] * (len(chunks) - 1) + [len(text)]
    assert say(voice, "...") == [] and say(voice, "") == []


@needs_package
def test_who_stops_listening_stops_it(here: Path) -> None:
    voice = Pocket(TtsSettings())
    stops = []
    generate = voice._model.generate_audio_stream

    def watched(state, text, stop):
        stops.append(stop)
        return generate(state, text, stop=stop)

    voice._model.generate_audio_stream = watched

    async def leave() -> None:
        async with aclosing(voice.speak("word " * 200)) as chunks:
            await anext(chunks)

    asyncio.run(leave())
    assert stops[0].is_set()
    assert say(voice, "Yes.")


@needs_package
def test_broken_files_are_told_with_what_to_do(here: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"<html>")
    weights = {"model.safetensors": tmp_path}
    monkeypatch.setattr(hub, "fetch", lambda repo, file, revision: weights.get(Path(file).name, here) / Path(file).name)
    with pytest.raises(EngineError) as caught:
        Pocket(TtsSettings())
    assert f"delete {tmp_path / 'model.safetensors'} so that it is fetched again" in str(caught.value)
    assert "\n" not in str(caught.value)


@needs_package
def test_what_breaks_while_it_speaks_is_told(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    voice = Pocket(TtsSettings())
    monkeypatch.setattr(voice._model, "_autoregressive_generation", lambda *rest: 1 / 0)
    with pytest.raises(EngineError, match=r"pocket: could not speak 'Yes.' \(division by zero\)"):
        say(voice, "Yes.")


@needs_package
def test_a_smaller_model_is_named_behind_the_voice(here: Path) -> None:
    (here / "config" / "english_small.yaml").write_text((here / "config" / "english.yaml").read_text())
    settings = TtsSettings(pocket_voice="alba@english_small")
    voice = Pocket(settings)
    assert (voice.name, voice.language) == ("pocket alba@english_small", "en") and say(voice, "Yes.")
    assert [row.name for row in pocket.voices(settings)][-1] == "alba@english_small"
    with pytest.raises(UsageError, match="has no model 'english_smal'; the nearest are english_small"):
        pocket.found(TtsSettings(pocket_voice="alba@english_smal"))


@needs_package
def test_the_voices_belong_to_the_packages_weights() -> None:
    from pocket_tts.utils.config import CONFIGS_DIR
    from pocket_tts.utils.utils import _ORIGINS_OF_PREDEFINED_VOICES, get_predefined_voice

    rows = {row.name: row for row in pocket.voices(TtsSettings())}
    assert set(rows) == set(_ORIGINS_OF_PREDEFINED_VOICES) and rows["estelle"].language == "fr"
    assert pocket._EMBEDDING.format(model="french", voice="estelle") == get_predefined_voice("french", "estelle")
    assert pocket._configs() == CONFIGS_DIR
    assert {
        name for name, origin in _ORIGINS_OF_PREDEFINED_VOICES.items() if "/expresso/" in origin or "/ears/" in origin
    } == {name for name, row in rows.items() if "NC" in row.licence}
    assert not rows["alba"].here


@needs_package
def test_without_the_hub_one_sentence_tells_it_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "_reached", False)
    with pytest.raises(EngineError, match="model.safetensors is not on this machine and the hub .* cannot be reached"):
        Pocket(TtsSettings())
    assert pocket.found(TtsSettings()) == ("pocket alba is not on this machine yet", "it is fetched on first use")


def test_without_its_package_one_line_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "pocket_tts" else find(name))
    with pytest.raises(EngineError, match=r'Pocket TTS is not installed; run pip install -e ".\[pocket\]"'):
        Pocket(TtsSettings())
    found, to_do = pocket.found(TtsSettings())
    assert "not installed" in found and "pip install" in to_do
    assert len(pocket.voices(TtsSettings())) == 27 and not any(row.here for row in pocket.voices(TtsSettings()))


def test_an_unknown_voice_is_answered_with_near_ones() -> None:
    with pytest.raises(UsageError, match="has no voice 'albo'; the nearest are alba"):
        Pocket(TtsSettings(pocket_voice="albo"))
