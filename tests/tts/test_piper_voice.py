"""The default voice itself, where the package with it is installed: understood, cut, streamed, marked."""

from __future__ import annotations

import asyncio
import importlib.util
import re

import numpy as np
import onnxruntime
import pytest
import soxr

from assistant.config import SttSettings, TtsSettings
from assistant.tts import SAMPLE_RATE, SpeechChunk
from assistant.tts.piper import engine as piper
from assistant.tts.piper import files as piper_files
from assistant.tts.piper.engine import Piper
from assistant.tts.piper.text import pieces

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec(piper_files.PACKAGE) is None, reason=f"the package {piper_files.PACKAGE} is not installed"
)


@pytest.fixture(scope="module")
def voice():
    onnxruntime.set_seed(1)  # it speaks a little differently each time
    notices: list[str] = []
    voice = piper.load(TtsSettings(), notices.append)
    assert notices == [] and voice.name == "piper en_US-joe-medium" and voice.language == "en"
    yield voice
    voice.close()


def say(voice: Piper, text: str) -> list[SpeechChunk]:
    async def speak() -> list[SpeechChunk]:
        return [chunk async for chunk in voice.speak(text)]

    return asyncio.run(speak())


def test_a_sentence_is_understood_and_ends_as_one_does(voice: Piper) -> None:
    from assistant.stt.moonshine import Moonshine

    text = "The museum opens at nine in the morning, and it is closed on Mondays."
    chunks = say(voice, text)
    audio = np.concatenate([chunk.pcm24k for chunk in chunks])
    recogniser = Moonshine(SttSettings(threads=1))
    try:
        heard = asyncio.run(recogniser.transcribe(soxr.resample(audio, SAMPLE_RATE, 16_000))).text
    finally:
        recogniser.close()
    words = re.findall(r"\w+", heard.lower())
    assert {"museum", "opens", "morning", "closed", "mondays"} <= {*words}, heard
    loud = np.flatnonzero(np.abs(audio) > 0.01)
    assert loud[0] < 0.05 * SAMPLE_RATE and 0.15 < (len(audio) - loud[-1]) / SAMPLE_RATE < 0.3
    assert [*dict.fromkeys(chunk.spoken for chunk in chunks if chunk.spoken)] == [
        match.end() for match in re.finditer(r"\S+", text)
    ]


def test_its_steps_are_the_samples_of_the_whole(voice: Piper) -> None:
    [piece] = pieces("Who speaks in steps, speaks sooner.", voice._config, "")
    speech = voice._network.speak(piece.ids, (0.0, 1.0, 0.0))
    steps = list(speech.sound)
    model = piper_files.locate(piper_files.DEFAULT).model
    given = {"input": piece.ids[None], "input_lengths": np.array([len(piece.ids)])}
    whole = onnxruntime.InferenceSession(str(model)).run(None, given | {"scales": np.array([0, 1, 0], np.float32)})[0]
    assert len(steps) > 1 and len(steps[0]) == 24 * 256
    assert np.allclose(np.concatenate(steps), whole.reshape(-1), rtol=0, atol=1e-4)
    assert speech.ends[-1] == whole.size
