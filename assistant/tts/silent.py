"""No voice at all, for answers that are read: each sentence takes as long as it would be spoken."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import numpy as np

from assistant.tts import CHARACTERS_PER_SECOND, SAMPLE_RATE, SpeechChunk


class Silent:
    name = "silent"
    language = "en"

    async def speak(self, text: str) -> AsyncGenerator[SpeechChunk, None]:
        if text:
            samples = round(len(text) / CHARACTERS_PER_SECOND * SAMPLE_RATE)
            yield SpeechChunk(np.zeros(samples, np.float32), len(text))

    def close(self) -> None: ...
