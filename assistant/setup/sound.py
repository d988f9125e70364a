"""Microphone and speaker as they are, and how the room carries the one into the other."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import aclosing
from pathlib import Path

import numpy as np

from assistant import doctor
from assistant.audio import FRAME_SECONDS, devices, room
from assistant.config import Settings
from assistant.doctor import Check
from assistant.errors import UsageError
from assistant.tts import SAMPLE_RATE, Tts, listing

_AFTER = 1.4  # seconds of silence behind the speech, in which the canceller writes down what it learned
_ENOUGH = 4.0  # seconds of speech; the canceller wants three of echo


def check(settings: Settings, level: Callable[[float], None]) -> list[Check]:
    """As `assistant doctor`: a second of listening, a tone."""
    return list(doctor.sound(settings, True, level))


def can_be_used(settings: Settings) -> bool:
    try:
        return devices.missing(settings.audio) is None
    except UsageError:
        return False


async def learn_room(settings: Settings, voice: Tts, language: str) -> bool:
    """Let ``voice`` speak until the echo canceller knows the room, as in a conversation; whether it does now.

    Without an echo, as with a headset, there is nothing to know. Raises AssistantError.
    """
    from assistant.modes import hands_free

    before = _kept(settings)
    speech = await _speech(voice, listing.sample(language))
    microphone, speaker = hands_free.open_devices(settings, lambda event: None)
    try:
        speaker.write(speech)
        left = (len(speech) / SAMPLE_RATE + _AFTER) / FRAME_SECONDS
        async with aclosing(microphone.frames()) as frames:
            async for _ in frames:
                left -= 1
                if left <= 0:
                    break
    finally:
        microphone.close()
        speaker.close()
    return _kept(settings) != before


async def _speech(voice: Tts, text: str) -> np.ndarray:
    parts: list[np.ndarray] = []
    while sum(map(len, parts)) < _ENOUGH * SAMPLE_RATE:
        length = len(parts)
        async with aclosing(voice.speak(text)) as chunks:
            parts += [chunk.pcm24k async for chunk in chunks]
        if len(parts) == length:
            break
    return np.concatenate(parts) if parts else np.zeros(0, np.float32)


def _kept(settings: Settings) -> dict[Path, float]:
    folder = room.file_for(settings.audio, "", "").parent
    return {file: file.stat().st_mtime for file in folder.glob("*.npz")} if folder.is_dir() else {}
