"""Text to speech. One file per engine; `load` picks one from the settings."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np

SAMPLE_RATE = 24_000
"""Every voice delivers mono float32 in [-1, 1] at this rate (OpenAI's own; others are resampled)."""


@dataclass(frozen=True)
class SpeechChunk:
    pcm24k: np.ndarray
    """Mono float32, shape (samples,)."""
    spoken: int | None = None
    """How many characters of the sentence are wholly spoken when this chunk ends; None when the voice cannot tell."""


class Tts(Protocol):
    name: str
    """For the screen and the journal, e.g. ``espeak en-us``."""

    def speak(self, text: str) -> AsyncIterator[SpeechChunk]:
        """Stream one sentence as audio, the leading silence removed. Consume with ``contextlib.aclosing``.

        ``text`` is plain words (see assistant.speakable). Raises EngineError, also after some chunks were given.
        """

    def close(self) -> None: ...
