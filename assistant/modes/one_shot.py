"""One question, typed or recorded, and its answer: for scripts."""

from __future__ import annotations

import numpy as np

from assistant import modes
from assistant.audio import Speaker
from assistant.config import Settings
from assistant.screen import Screen
from assistant.turn import Turn


async def run(
    settings: Settings, screen: Screen, speaker: Speaker, question: str | np.ndarray, heard: bool = True
) -> Turn:
    """``question`` is text, or audio as mono float32 at 16 kHz; ``heard``: whether somebody will hear the answer.

    Raises DeviceError.
    """
    typed = isinstance(question, str)
    async with modes.conversation(settings, speaker, screen, typed=typed, heard=heard) as conversation:
        if isinstance(question, str):
            return await conversation.ask(question)
        return await conversation.ask_aloud(question)
