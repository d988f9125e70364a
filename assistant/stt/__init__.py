"""Speech to text. One file per engine; `load` picks one from the settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np


@dataclass(frozen=True)
class Transcript:
    text: str
    """What was said, stripped; empty when there was no speech in the audio."""
    confidence: float | None = None
    """Mean probability per token in [0, 1]; None when the engine gives none."""
    language: str = "en"


class Stt(Protocol):
    name: str
    """For the screen and the journal, e.g. ``moonshine tiny-en``."""

    async def transcribe(self, audio: np.ndarray) -> Transcript:
        """Transcribe one utterance: mono float32 in [-1, 1] at 16 kHz, any length. Raises EngineError."""

    def close(self) -> None: ...
