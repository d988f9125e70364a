"""Words -> the kind of command that is meant, by hashed pieces of words and a small convolution over word vectors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from zlib import crc32

import numpy as np

from assistant.safety.classifier import Vectors
from assistant.skills.learned import typed

BUCKETS = 1 << 15
NONE = "none"
_LAYERS = ("filter", "filter_bias", "head", "bias")
_WEIGHTS = (0.1, 0.4, 0.5, 0.25, 0.25)
"""Of pieces within words, words, neighbours, words that stand two and three apart, and classes of words."""


def pieces(words: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Bucket (int64) and weight (float32) of everything that is hashed of the words."""
    row = ["^", *words, "$"]
    classed = [f"<{parts}>" if "1" in (parts := typed.classes(word)) else word for word in row]
    kinds = [
        [f"{n}{edged[at : at + n]}" for word in words for edged in [f" {word} "] for n in (3, 4)
         for at in range(len(edged) - n + 1)],
        [f"w{word}" for word in words],
        [f"p{one} {two}" for one, two in zip(row, row[1:])],
        [f"s{one} {two}" for by in (2, 3) for one, two in zip(row, row[by:])],
        [f"c{one} {two}" for one, two in zip(classed, classed[1:]) if "<" in one + two],
    ]  # fmt: skip
    buckets = [crc32(piece.encode()) % BUCKETS for kind in kinds for piece in kind]
    return np.array(buckets, dtype=np.int64), np.repeat(_WEIGHTS, [len(kind) for kind in kinds]).astype(np.float32)


def rows(words: Sequence[str], vectors: Vectors) -> np.ndarray:
    """Float32 of shape (words + 2, dimensions): vectors, then classes; a row of zeros at both ends."""
    classes = [[float(bit) for bit in typed.classes(word)] for word in words]
    meant = vectors.scaled[vectors.places(words)]
    return np.pad(np.concatenate([meant, np.array(classes, np.float32) / 2], axis=1), ((1, 1), (0, 0)))


class Kinds:
    def __init__(self, kept: Mapping[str, np.ndarray], vectors: Vectors) -> None:
        self.kinds: list[str] = kept["kinds"].tolist()
        self._hashed, self._scale, self._vectors = kept["hashed"], kept["scale"], vectors
        self._layers = {name: kept[name].astype(np.float32) for name in _LAYERS}

    def likeliest(self, words: Sequence[str]) -> tuple[str, float]:
        """The kind and how likely it is."""
        buckets, weights = pieces(words)
        layers = self._layers
        read = rows(words, self._vectors)
        windows = np.concatenate([read[:-2], read[1:-1], read[2:]], axis=1)
        read = np.maximum(windows @ layers["filter"] + layers["filter_bias"], 0)
        pooled = np.concatenate([read.max(axis=0), read.mean(axis=0)])
        logits = (weights @ self._hashed[buckets].astype(np.float32)) * self._scale
        logits = logits + pooled @ layers["head"] + layers["bias"]
        chances = np.exp(logits - logits.max())
        best = int(chances.argmax())
        return self.kinds[best], float(chances[best] / chances.sum())
