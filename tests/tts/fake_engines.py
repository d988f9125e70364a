"""Engines of made-up voices in the place of the table of engines; espeak stays its last row, as it is."""

from __future__ import annotations

import sys
import types
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pytest

from assistant import tts
from assistant.errors import EngineError
from assistant.settings import EngineInfo
from assistant.tts import SAMPLE_RATE, SpeechChunk, TtsSettings, Voice, choice, listing, measured

KEYS = ("openai_voice", "openai_model", "openai_instructions")
"""Keys of [tts] that hold any text: the first engine's voice stands in the first, and so on."""


@dataclass
class FakeEngine:
    name: str
    voices: tuple[Voice, ...] = ()
    quick: bool = False
    leaves: str = ""
    packages: tuple[str, ...] = ()
    factor: float = 0.1
    """Its real-time factor."""
    error: EngineError | None = None
    """Why it cannot be loaded."""
    unreachable: bool = False
    key: str = ""
    """Of [tts], where its voice's name stands; empty = one that holds any text."""
    loaded: list[str] = field(default_factory=list)
    fetched: list[str] = field(default_factory=list)
    spoken: list[str] = field(default_factory=list)

    def row(self, key: str) -> EngineInfo:
        return EngineInfo(
            self.name, self.name.title(), f"fake_{self.name}", self.packages, "MIT", "many",
            leaves=self.leaves, voice=key, quick=self.quick,
        )  # fmt: skip

    def module(self, key: str) -> types.ModuleType:
        module = types.ModuleType(f"fake_{self.name}")
        module.voices = lambda settings: [
            voice if voice.name not in self.fetched else Voice(self.name, voice.name, voice.language)
            for voice in self.voices
        ]
        module.load = lambda settings, notice: self._load(getattr(settings, key))
        module.fetch = self._fetch
        return module

    def _load(self, name: str) -> FakeVoice:
        self.loaded.append(name)
        if self.error:
            raise self.error
        return FakeVoice(self, name, next((voice.language for voice in self.voices if voice.name == name), "en")[:2])

    def _fetch(self, name: str) -> None:
        if self.unreachable:
            raise EngineError(f"{name} cannot be fetched, the hub is not reachable; connect to the network")
        self.fetched.append(name)


@dataclass
class FakeVoice:
    engine: FakeEngine
    voice: str
    language: str
    closed: bool = False

    @property
    def name(self) -> str:
        return f"{self.engine.name} {self.voice}"

    async def speak(self, text: str):
        self.engine.spoken.append(text)
        yield SpeechChunk(np.full(SAMPLE_RATE // 10, 0.1, np.float32), len(text))

    def close(self) -> None:
        self.closed = True


def install(monkeypatch: pytest.MonkeyPatch, tmp_path, *engines: FakeEngine) -> Callable[..., TtsSettings]:
    """Put ``engines`` before espeak; returns what makes settings: the first voice of each unless another is named."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    keys = [engine.key or key for engine, key in zip(engines, KEYS)]
    rows = [engine.row(key) for engine, key in zip(engines, keys)]
    for engine, row in zip(engines, rows):
        monkeypatch.setitem(sys.modules, row.module, engine.module(row.voice))
    table = (*rows, tts.ENGINES[-1])
    for module in (tts, choice, listing):
        monkeypatch.setattr(module, "ENGINES", table)
    by_name = {engine.name: engine for engine in engines}

    real = measured._speak

    async def speak(voice: tts.Tts) -> tuple[float, float]:
        fake = by_name.get(voice.name.split()[0])
        return (fake.factor / 10, fake.factor) if fake else await real(voice)

    monkeypatch.setattr(measured, "_speak", speak)
    first = {key: engine.voices[0].name for engine, key in zip(engines, keys) if engine.voices}
    return lambda engine="auto", **more: TtsSettings(engine, **{**first, **more})
