"""What a cloud's voice costs for a book, before it is asked."""

from __future__ import annotations

from collections.abc import Callable

from assistant.settings import EngineInfo
from assistant.tts import CHARACTERS_PER_SECOND, TtsSettings
from assistant.tts.openai.budget import expected
from assistant.tts.openai.models import elsewhere, model_of

DATE = "November 2026"
"""When OpenAI's price list said so."""

Price = Callable[[int, float], float]
"""(Characters, seconds of their sound) -> US dollars."""


def price(engine: EngineInfo, settings: TtsSettings) -> Price | None:
    """None where nobody knows: another server, a new model."""
    if not engine.leaves:
        return lambda characters, seconds: 0.0
    model = model_of(settings)
    if elsewhere(settings) or expected(model, 0, 0.0) is None:
        return None
    return lambda characters, seconds: expected(model, characters, seconds) or 0.0


def cost(row: Price, characters: int, seconds: float | None = None) -> float:
    """``seconds`` of sound; None = as many as so many characters take."""
    return row(characters, characters / CHARACTERS_PER_SECOND if seconds is None else seconds)
