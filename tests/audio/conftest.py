from __future__ import annotations

import numpy as np
import pytest
import soundfile

from assistant.bench.echo import spoken
from assistant.bench.virtual_card import VirtualCard
from tests import data


@pytest.fixture
def card():
    with VirtualCard() as card:
        yield card


@pytest.fixture(scope="module")
def reply24k() -> np.ndarray:
    """A second of silence, then the bundled voice, whole frames. Recorded: how espeak says something depends on what
    it said before in the same process."""
    return soundfile.read(data.SAMPLES / "reply.flac", dtype="float32")[0]


@pytest.fixture(scope="module")
def user() -> np.ndarray:
    clip = next(clip for clip in data.speech_clips() if clip.path.name == "ps-goforward.flac")
    audio = spoken(clip.audio())
    return (audio * 0.3 / np.abs(audio).max()).astype(np.float32)
