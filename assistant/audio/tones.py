"""Short sounds that say what the assistant does: the microphone opens, closes, it thinks, something failed."""

from __future__ import annotations

from typing import Literal

import numpy as np

from assistant.audio import Speaker
from assistant.concurrency.failures import failure
from assistant.tts import SAMPLE_RATE

Tone = Literal["opened", "closed", "listening", "thinking", "error", "bye", "alarm"]

_NOTES: dict[Tone, tuple[tuple[float, float], ...]] = {  # (Hz, seconds) one after the other
    "opened": ((660, 0.06),),
    "closed": ((440, 0.06),),
    "listening": ((523, 0.08), (784, 0.12)),
    "thinking": ((392, 0.05),),
    "error": ((440, 0.12), (349, 0.2)),
    "bye": ((784, 0.08), (523, 0.12)),
    "alarm": ((880, 0.12), (988, 0.12), (880, 0.12), (988, 0.12)),
}
_LEVEL = 0.12  # of full scale; speech peaks at about 0.5
_FADE = 0.008  # seconds: sound that sets in at once clicks


def tone(name: Tone) -> np.ndarray:
    """Mono float32 at 24 kHz, shape (samples,), 0.05 to 0.5 s long."""
    return np.concatenate([_note(hertz, seconds) for hertz, seconds in _NOTES[name]])


def chime(speaker: Speaker, name: Tone) -> None:
    """Over what else is played. That it cannot be played nobody needs to know."""
    try:
        speaker.chime(tone(name))
    except BaseException as error:
        failure(error)


def _note(hertz: float, seconds: float) -> np.ndarray:
    time = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    envelope = np.minimum(1.0, np.minimum(time, seconds - time) / _FADE)
    return (_LEVEL * envelope * (np.sin(2 * np.pi * hertz * time) + 0.3 * np.sin(4 * np.pi * hertz * time))).astype(
        np.float32
    )
