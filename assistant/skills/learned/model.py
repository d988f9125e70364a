"""Words -> the kind of command that is meant, and which of the words fill its slots, by one reading of the encoder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from assistant.skills.learned import tags
from assistant.skills.learned.encoder import Encoder

NONE = "none"


@dataclass(frozen=True)
class Reading:
    kind: str
    chance: float
    """How likely that kind is."""
    scores: np.ndarray
    """Float32 of shape (words, tags); see `tags`."""


class Model:
    def __init__(self, kept: Mapping[str, np.ndarray]) -> None:
        self._encoder = Encoder(kept)
        self._kinds: list[str] = kept["kinds"].tolist()
        self._slots: list[str] = kept["slots"].tolist()
        self._of_kind = {kind: np.flatnonzero(row) for kind, row in zip(self._kinds, kept["kind_slots"])}
        self._head, self._bias = kept["head"].astype(np.float32), kept["head_bias"].astype(np.float32)
        self._tags, self._tags_bias = kept["tags"].astype(np.float32), kept["tags_bias"].astype(np.float32)

    def read(self, words: Sequence[str]) -> Reading:
        """``words``: plain ones, at least one."""
        found, begins = self._encoder.read(words)
        logits = np.concatenate([found.mean(axis=0), found[0]]) @ self._head + self._bias
        chances = np.exp(logits - logits.max())
        best = int(chances.argmax())
        return Reading(
            self._kinds[best], float(chances[best] / chances.sum()), found[begins] @ self._tags + self._tags_bias
        )

    def stretches(self, reading: Reading) -> dict[str, tuple[int, int]]:
        """Slot -> the first of its words, and the one after its last. Where there are two, the longer."""
        slots = self._of_kind[reading.kind]
        if not len(slots):
            return {}
        found: dict[str, tuple[int, int]] = {}
        for slot, begin, end in tags.spans(tags.best(reading.scores, tags.allowed(slots))):
            name = self._slots[slot]
            if name not in found or end - begin > found[name][1] - found[name][0]:
                found[name] = (begin, end)
        return found
