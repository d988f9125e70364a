from __future__ import annotations

import asyncio

import numpy as np
import pytest

from assistant.bench.echo import spoken
from assistant.bench.virtual_card import VirtualCard
from assistant.config import Settings
from assistant.tts.espeak import Espeak
from tests import data
from tests.audio.echo_room import LEAD, PLAYED, REPLY


@pytest.fixture
def card():
    with VirtualCard() as card:
        yield card


@pytest.fixture(scope="module")
def reply24k() -> np.ndarray:
    """A second of silence, then the bundled voice, whole frames."""
    voice = Espeak(Settings().tts)

    async def speak() -> np.ndarray:
        return np.concatenate([chunk.pcm24k async for chunk in voice.speak(REPLY)])

    audio = np.concatenate([np.zeros(round(LEAD * 24_000)), asyncio.run(speak())]).astype(np.float32)
    voice.close()
    return audio[: len(audio) // PLAYED * PLAYED]


@pytest.fixture(scope="module")
def user() -> np.ndarray:
    clip = next(clip for clip in data.speech_clips() if clip.path.name == "ps-goforward.flac")
    audio = spoken(clip.audio())
    return (audio * 0.3 / np.abs(audio).max()).astype(np.float32)
