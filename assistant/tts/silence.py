"""Silence at both ends of synthesized speech: the first costs time, the last makes or breaks the rhythm."""

from __future__ import annotations

import numpy as np

from assistant.tts import SAMPLE_RATE

_SILENT = 0.005  # -46 dBFS: below any speech sound, above the noise of neural voices
_ONSET = SAMPLE_RATE // 100  # 10 ms kept around what is above it: soft consonants, and no click
_SENTENCE_PAUSE = 0.18  # seconds after . ! ?
_CLAUSE_PAUSE = 0.1  # after other punctuation
_JOINT_PAUSE = 0.02  # inside a clause, where only the first unit of a reply is cut


class Trimmer:
    """Streams one sentence's audio without its leading silence, and with a natural pause as its end."""

    def __init__(self, text: str) -> None:
        last = text.rstrip("\"'”’)» ")[-1:]
        pause = _SENTENCE_PAUSE if last in ".!?…。！？।" else _JOINT_PAUSE if last.isalnum() else _CLAUSE_PAUSE
        self._pause = round(pause * SAMPLE_RATE)
        self._begun = False
        self._held = np.zeros(0, np.float32)
        self.skipped = 0
        """Samples of leading silence that were left out."""

    def push(self, pcm24k: np.ndarray) -> np.ndarray:
        """What of the audio so far is surely part of the sentence; silence is held back until sound follows it."""
        audio = np.concatenate([self._held, pcm24k])
        loud = np.abs(audio) > _SILENT
        any_loud = bool(loud.any())
        if not any_loud and not self._begun:
            self.skipped += max(0, len(audio) - _ONSET)
            self._held = audio[-_ONSET:]
            return audio[:0]
        begin = 0
        if not self._begun:
            begin = max(0, int(loud.argmax()) - _ONSET)
            self.skipped += begin
            self._begun = True
        end = min(len(audio), len(audio) - int(loud[::-1].argmax()) + _ONSET) if any_loud else 0
        self._held = audio[end:]
        return audio[begin:end]

    def finish(self) -> np.ndarray:
        """The pause that ends the sentence; empty when there was no sound."""
        if not self._begun:
            return self._held[:0]
        tail = self._held[: self._pause]
        fade = min(len(tail), _ONSET)
        gain = np.concatenate([np.ones(len(tail) - fade, np.float32), np.linspace(1, 0, fade, dtype=np.float32)])
        return np.pad(tail * gain, (0, self._pause - len(tail)))
