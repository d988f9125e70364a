"""Every voice as loud as the others: BS.1770's loudness (ITU-R), one gain per voice, and a limit against clipping."""

from __future__ import annotations

import threading
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace

import numpy as np

from assistant.tts import SAMPLE_RATE, SpeechChunk, Tts, forget, measured, prepare

TARGET = -20.0
"""LUFS of speech. About what espeak has by itself: the echo canceller and the ear are used to it."""
_MOST = 4.0  # 12 dB either way; beyond, the measure is wrong and not the voice
_LINEAR = 0.8  # up to here samples stay what they are
_BLOCK = round(0.4 * SAMPLE_RATE)  # BS.1770 knows no loudness of less
_FIRST, _ENOUGH = 2 * SAMPLE_RATE, 10 * SAMPLE_RATE  # samples of speech for an estimate, and for the one that stays


def gain(pcm24k: np.ndarray) -> float:
    """The factor for its samples that brings this speech to `TARGET`; 1 when it is too short, or silent."""
    if len(pcm24k) < _BLOCK or not np.any(pcm24k):
        return 1.0
    import pyloudnorm

    loudness = pyloudnorm.Meter(SAMPLE_RATE).integrated_loudness(np.asarray(pcm24k, np.float64))
    if not np.isfinite(loudness):
        return 1.0
    return float(np.clip(10 ** ((TARGET - loudness) / 20), 1 / _MOST, _MOST))


def limited(pcm24k: np.ndarray) -> np.ndarray:
    """The same samples, bent softly into [-1, 1] where they are louder than `_LINEAR`."""
    level = np.abs(pcm24k)
    if not pcm24k.size or level.max() <= _LINEAR:
        return pcm24k
    room = 1 - _LINEAR
    bent = _LINEAR + room * np.tanh((level - _LINEAR) / room)
    return np.where(level > _LINEAR, np.copysign(bent, pcm24k), pcm24k).astype(np.float32)


class Even:
    """A voice at `TARGET`. How loud it is by itself is heard from what it says at first, and kept for later starts."""

    def __init__(self, voice: Tts, key: str) -> None:
        """``key``: the voice in assistant/tts/measured.py."""
        self._voice, self._key = voice, key
        kept = measured.known(key).gain
        self._gain = kept or 1.0
        self._heard: list[np.ndarray] | None = [] if kept is None else None
        self._thread: threading.Thread | None = None

    @property
    def name(self) -> str:
        return self._voice.name

    @property
    def language(self) -> str:
        return self._voice.language

    async def speak(self, text: str) -> AsyncGenerator[SpeechChunk, None]:
        factor, heard = self._gain, self._heard  # one factor for the whole sentence: no step inside it
        async with aclosing(self._voice.speak(text)) as chunks:
            async for chunk in chunks:
                if heard is not None:
                    heard.append(chunk.pcm24k)
                yield replace(chunk, pcm24k=limited(factor * chunk.pcm24k))
        if heard is not None:
            self._learn(heard)

    def prepare(self, text: str) -> None:
        """See `assistant.tts.prepare`."""
        prepare(self._voice, text)

    def forget(self) -> None:
        """See `assistant.tts.forget`. What was said until now no longer counts for how loud the voice is."""
        if self._heard is not None:
            self._heard = []
        forget(self._voice)

    def close(self) -> None:
        self._voice.close()

    def _learn(self, chunks: list[np.ndarray]) -> None:
        """In a thread of its own: the first use of pyloudnorm takes a second of work."""
        if self._thread is not None and self._thread.is_alive():
            return
        if sum(map(len, chunks)) >= _FIRST:
            self._thread = threading.Thread(target=self._estimate, args=(np.concatenate(chunks),), daemon=True)
            self._thread.start()

    def _estimate(self, heard: np.ndarray) -> None:
        self._gain = gain(heard)
        if len(heard) >= _ENOUGH:
            self._heard = None
            measured.keep(self._key, gain=self._gain)
