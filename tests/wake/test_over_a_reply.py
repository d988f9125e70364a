"""A second wake word, said while the assistant speaks: heard in what the echo canceller leaves for recognition."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest
import soundfile

from assistant.settings.modes import KioskSettings
from assistant.tts import SAMPLE_RATE as SPEECH_RATE
from assistant.wake import WakeWords
from assistant.wake.model import BUILT_IN
from tests import data
from tests.audio.echo_room import RoomMicrophone, microphone_in, recorded

AT = 2.0  # seconds into the reply


@pytest.fixture(scope="module")
def reply24k() -> np.ndarray:
    return soundfile.read(data.SAMPLES / "reply.flac", dtype="float32")[0][: 5 * SPEECH_RATE]


def heard_over(reply24k: np.ndarray, decibels: float, said: np.ndarray | None, delay: float = 0.1) -> list[str]:
    """The wake words that are noticed while the reply, an echo of so many dB, is heard and ``said`` over it."""
    room = RoomMicrophone(recorded(reply24k, delay, decibels, said, AT), reply24k)
    listener = WakeWords(KioskSettings(wake_words=",".join(BUILT_IN)))

    async def listen() -> list[str]:
        return [wake.word async for frame in microphone_in(room).frames() if (wake := listener.heard(frame))]

    words = asyncio.run(listen())
    listener.close()
    return words


def test_a_wake_word_is_heard_over_the_assistants_own_voice(reply24k, alexa):
    assert heard_over(reply24k, -6.0, alexa) == ["alexa"]


def test_the_assistants_own_voice_is_none(reply24k):
    assert heard_over(reply24k, 0.0, None) == []
