from __future__ import annotations

import asyncio
import importlib.util

import numpy as np
import onnxruntime
import pytest

from assistant.bench.wake import spoken, written
from assistant.tts import TtsSettings, espeak
from assistant.tts.piper import engine as piper
from assistant.tts.piper import files as piper_files
from assistant.wake.model import BUILT_IN


@pytest.fixture(scope="session")
def alexa() -> np.ndarray:
    """By espeak, which is always there and whose "Alexa" is understood; of the other wake words it is not."""
    voice = espeak.load(TtsSettings(espeak_voice="en-us", espeak_words_per_minute=150), print)
    audio = asyncio.run(spoken(voice, "Alexa"))
    voice.close()
    return audio


@pytest.fixture(scope="session")
def by_the_default_voice() -> dict[str, np.ndarray]:
    """Each wake word, mono float32 at 16 kHz."""
    if importlib.util.find_spec(piper_files.PACKAGE) is None:
        pytest.skip(f"the package {piper_files.PACKAGE} is not installed")
    onnxruntime.set_seed(1)  # it speaks a little differently each time
    voice = piper.load(TtsSettings(), print)
    audio = {word: asyncio.run(spoken(voice, f"{written(word)}.")) for word in BUILT_IN}
    voice.close()
    return audio
