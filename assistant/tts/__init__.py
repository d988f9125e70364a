"""Text to speech. One file per engine; `load` picks one from the settings."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from assistant.errors import EngineError, UsageError
from assistant.secrets import secret
from assistant.settings import option


@dataclass(frozen=True)
class TtsSettings:
    engine: str = option(
        "auto", "Voice; auto = openai when OPENAI_API_KEY is set, else espeak.", choices=("auto", "openai", "espeak")
    )
    espeak_voice: str = option("en-us", "espeak: voice or language, e.g. en-us, en-gb, de, fr, en-us+f3.")
    espeak_words_per_minute: int = option(175, "espeak: speaking rate.", low=80, high=450)
    openai_model: str = option("gpt-4o-mini-tts", "openai: speech model.")
    openai_voice: str = option("alloy", "openai: voice name.")
    openai_speed: float = option(1.0, "openai: speaking rate.", low=0.25, high=4.0)
    openai_instructions: str = option("", 'openai: how to speak, e.g. "calm and friendly" (gpt-4o-mini-tts only).')
    openai_base_url: str = option("", "openai: address of another server that offers /v1/audio/speech.")
    timeout: float = option(
        8.0, "openai: seconds without sound after which the offline voice speaks the sentence.", low=0.5, high=120.0
    )


SAMPLE_RATE = 24_000
"""Every voice delivers mono float32 in [-1, 1] at this rate (OpenAI's own; others are resampled)."""
CHARACTERS_PER_SECOND = 15.0
"""Of English speech: the estimate for voices that cannot tell which word is being spoken."""


@dataclass(frozen=True)
class SpeechChunk:
    pcm24k: np.ndarray
    """Mono float32, shape (samples,)."""
    spoken: int | None = None
    """How many characters of the sentence are wholly spoken when this chunk ends; None when the voice cannot tell."""


class Tts(Protocol):
    name: str
    """For the screen and the journal, e.g. ``espeak en-us``."""

    def speak(self, text: str) -> AsyncGenerator[SpeechChunk, None]:
        """Stream one sentence as audio, the leading silence removed. Consume with ``contextlib.aclosing``.

        ``text`` is plain words (see assistant.reply.speakable). Raises EngineError, also after some chunks were given.
        """

    def close(self) -> None: ...


def uses_openai(settings: TtsSettings) -> bool:
    """Whether these settings choose the cloud voice. Raises UsageError when it is asked for and has no key."""
    available = bool(settings.openai_base_url or secret("OPENAI_API_KEY"))
    if settings.engine == "openai" and not available:
        raise UsageError(
            '[tts] engine = "openai" needs a key: set OPENAI_API_KEY in the environment or in .env, or choose espeak'
        )
    return available and settings.engine != "espeak"


def load(settings: TtsSettings, notice: Callable[[str], None]) -> Tts:
    """Load the voice the settings choose, in the calling thread; the offline voice is the cloud voice's fallback.

    Raises UsageError for an unknown voice or a missing key, EngineError when the voice cannot be loaded.
    """
    from assistant.tts.espeak import Espeak

    if not uses_openai(settings):
        return Espeak(settings)
    from assistant.tts.fallback import Fallback
    from assistant.tts.openai import OpenAI

    cloud = OpenAI(settings)
    try:
        offline = Espeak(settings)
    except EngineError as error:
        notice(f"{error}; until then nothing speaks when the cloud voice fails")
        return cloud
    return Fallback(cloud, offline, notice)
