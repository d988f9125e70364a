"""What a cloud's voice costs, before it is asked."""

from __future__ import annotations

from dataclasses import dataclass

from assistant.settings import EngineInfo
from assistant.tts import CHARACTERS_PER_SECOND, TtsSettings

DATE = "November 2026"
"""When OpenAI's price list said so."""


@dataclass(frozen=True)
class Price:
    """In US dollars."""

    million_characters: float = 0.0
    minute: float = 0.0


_OPENAI = {  # by how the model's name begins, the longest first; four characters are a token
    "gpt-realtime-2.1-mini": Price(0.75, 0.024),  # per million tokens: text in $0.60, out $2.40, sound out $20
    "gpt-realtime-mini": Price(0.75, 0.024),  # a minute of sound is 1,200 tokens
    "gpt-realtime": Price(7.0, 0.0768),  # $4, $24, $64
    "gpt-4o-mini-tts": Price(0.15, 0.015),
    "tts-1-hd": Price(30.0),
    "tts-1": Price(15.0),
    "auto": Price(0.75, 0.024),  # gpt-realtime-2.1-mini
}


def price(engine: EngineInfo, settings: TtsSettings) -> Price | None:
    """None where nobody knows: another server, a new model."""
    if not engine.leaves:
        return Price()
    if engine.name != "openai" or settings.openai_base_url:
        return None
    return next((row for name, row in _OPENAI.items() if settings.openai_model.startswith(name)), None)


def cost(row: Price, characters: int, seconds: float | None = None) -> float:
    """``seconds`` of sound; None = as many as so many characters take."""
    length = characters / CHARACTERS_PER_SECOND if seconds is None else seconds
    return row.million_characters * characters / 1e6 + row.minute * length / 60
