"""Speech to text. One file per engine; `load` picks one from the settings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from assistant.config import SttSettings
from assistant.errors import EngineError


@dataclass(frozen=True)
class Transcript:
    text: str
    """What was said, stripped; empty when there was no speech in the audio."""
    confidence: float | None = None
    """Mean probability per token in [0, 1]; None when the engine gives none."""
    language: str = "en"
    goes_on: float | None = None
    """Probability of a comma, colon, dash or dots after the last word, whatever was written there; None when the
    engine gives none."""


class Stt(Protocol):
    name: str
    """For the screen and the journal, e.g. ``moonshine tiny-en``."""

    async def transcribe(self, audio: np.ndarray, partial: bool = False) -> Transcript:
        """Transcribe one utterance: mono float32 in [-1, 1] at 16 kHz, any length. Raises EngineError.

        To be called again while an utterance grows: only what is new since the last calls costs much. ``partial``:
        the user still speaks, the words are to be shown, not answered; an engine may be less exact and quicker.
        """

    def close(self) -> None: ...


def load(settings: SttSettings, notice: Callable[[str], None]) -> Stt:
    """The engine that the settings choose, loaded and warm; blocks. Raises EngineError, UsageError.

    ``auto`` takes Whisper when its weights are here or can be fetched, else Moonshine, and gives notice which and why.
    """
    from assistant.models import hub
    from assistant.stt import whisper

    if settings.engine == "moonshine":
        return _moonshine(settings, "", notice)
    if settings.engine == "whisper":
        return whisper.Whisper(settings, whisper.fetch(settings.model))
    try:
        folder = whisper.locate(settings.model)
        if folder is None:
            if not hub.reachable():
                reason = f"Whisper {settings.model} is not on this machine and the hub cannot be reached"
                return _moonshine(settings, reason, notice)
            notice(f"Fetching Whisper {settings.model} from the hub, this once")
            folder = whisper.fetch(settings.model)
        engine = whisper.Whisper(settings, folder)
        notice(f"Using Whisper {settings.model}, which is on this machine")
        return engine
    except EngineError as error:
        return _moonshine(settings, str(error), notice)


def _moonshine(settings: SttSettings, reason: str, notice: Callable[[str], None]) -> Stt:
    from assistant.stt.moonshine import Moonshine

    engine = Moonshine(settings)
    if reason:
        reason += ": using the bundled Moonshine (English only)"
    if settings.language not in ("auto", "en"):
        reason = (
            reason or "Moonshine understands English only"
        ) + f", although [stt] language is {settings.language}: other languages need a Whisper model"
    if reason:
        notice(reason)
    return engine
