"""Wake words: whether somebody said one, and what of a transcript is left without it (strip.py).

microWakeWord's small networks, run by TensorFlow Lite: all of them read one stream of features, every 30 ms. Listening
costs 0.2 % of a core, and 0.2 % more for each word.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from assistant.audio import FRAME_SECONDS
from assistant.settings.modes import KioskSettings
from assistant.wake import model

_REST = 1.0  # seconds after a wake word in which none counts: the networks still hear that one ...
_LONGEST_REST = 3.0  # ... and some for longer: none counts until they fell below half of what is enough, or so long
_ENDED = 0.1  # seconds from a word's last sound to the decision, the median; 90 % lie between -0.1 and 0.25
_BEGAN = 1.4  # seconds from the first sound of a slowly spoken one to the decision
_SILENCE = np.zeros((1, 1, 40))  # the features of 10 ms
_FLUSH = 150  # of them, after which a network knows nothing of what was before


@dataclass(frozen=True)
class Wake:
    word: str
    """The wake word's name, e.g. okay_nabu."""
    probability: float
    """0 to 1, the mean over the model's sliding window."""
    ended: float
    """Estimated seconds since the wake word's last sound, 0.15 more or less."""
    began: float
    """Seconds that surely hold all of the wake word and what was said after it. The recogniser is to hear the frames of
    that time, and `assistant.wake.strip.without` takes the word from its transcript: of a question that begins within a
    word's rest, recognisers make another one."""


class WakeWords:
    """Listens for every wake word of ``settings``.

    Loading takes some milliseconds, about a second for each model of one's own. Raises UsageError for a name or a file
    that is no wake word's, EngineError when the package is missing.
    """

    def __init__(self, settings: KioskSettings) -> None:
        self._networks = [(found, model.load(found)) for found in model.find(settings.wake_words)]
        self._cutoffs = [found.cutoff_at(settings.sensitivity) for found, _ in self._networks]
        from pymicro_wakeword import MicroWakeWordFeatures

        self._features = MicroWakeWordFeatures()
        self._since = _LONGEST_REST  # seconds since the last wake word
        self._rings = ""  # the word, while its network has been sure of it ever since
        self._steps = 0  # of 10 ms

    def heard(self, frame: np.ndarray) -> Wake | None:
        """The wake word that ended in ``frame`` or shortly before it.

        ``frame``: the next 20 ms of the microphone, 16 kHz mono float32, shape (320,).
        """
        pcm = (np.clip(frame, -1.0, 1.0) * 32767).astype("<i2")
        wake = None
        for features in self._features.process_streaming(pcm.tobytes()):
            wake = self._surest(features) or wake
        self._since += FRAME_SECONDS
        if wake is None or self._since < (_LONGEST_REST if self._rings else _REST):
            return None
        self._since, self._rings = 0.0, wake.word
        return wake

    def _surest(self, features: np.ndarray) -> Wake | None:
        found = None
        self._steps += 1
        for (word, network), cutoff in zip(self._networks, self._cutoffs):
            probability = network.process_streaming_prob(features) or 0.0
            if self._steps % network.stride:
                continue  # it answers every 30 ms only, and 0 between
            if word.name == self._rings and probability < cutoff / 2:
                self._rings = ""
            if probability > max(cutoff, found.probability if found else 0.0):
                found = Wake(word.name, probability, _ENDED, _BEGAN)
        return found

    def reset(self) -> None:
        """Forget what was heard: the next frame does not follow the last one."""
        for _ in range(_FLUSH):
            self._surest(_SILENCE)
        self._since = _LONGEST_REST

    def close(self) -> None:
        for _, network in self._networks:
            network.close()
