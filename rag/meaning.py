"""How near two English words are in meaning, and how common a word is, by the embedder's own table of word pieces: a
row for each, without running the model."""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from rag import embed

_FIRST = 1996  # the vocabulary's first word, "the"; from there on the more common ones come first
_RARE = 10.0  # logarithm of the last one's rank
_SOME = 16  # of so many rows one counts for their mean
_PLAIN = 3.0  # and of those that tell nothing


class Meaning:
    """Of the packaged all-MiniLM-L6-v2."""

    def __init__(self) -> None:
        """Raises RagError where it is not installed."""
        self._model = embed.find(embed.DEFAULT)
        self._rows = _table(self._model.folder / "model.safetensors")
        self._centre = self._rows[::_SOME].mean(axis=0)
        self._vector = functools.lru_cache(1 << 14)(self._of)

    def near(self, word: str, others: Sequence[str]) -> float:
        """The cosine between ``word`` and the nearest of ``others``, at least 0."""
        if not others:
            return 0.0
        return max(0.0, float((np.stack([self._vector(other) for other in others]) @ self._vector(word)).max()))

    def rarity(self, word: str) -> float:
        """0 to 1 by the word's rank in the language (Zipf's law), 1 where it is not among the 28,000 most common."""
        rank = (self._model.tokenizer.token_to_id(word) or 0) - _FIRST + 1
        return 1.0 if rank < 1 else min(1.0, max(0.15, (math.log(rank) - _PLAIN) / (_RARE - _PLAIN)))

    def _of(self, word: str) -> np.ndarray:
        ids = self._model.encoded(word, add_special_tokens=False).ids
        vector = (self._rows[ids].astype(np.float32) - self._centre).mean(axis=0) if ids else self._centre
        return vector / (np.linalg.norm(vector) or 1.0)


def _table(path: Path) -> np.ndarray:
    """Float32 of shape (pieces, dimensions), read from the file when it is used."""
    with path.open("rb") as file:
        size = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(size))
    (entry,) = (entry for name, entry in header.items() if name.endswith("embeddings.word_embeddings.weight"))
    return np.memmap(path, np.float32, "r", 8 + size + entry["data_offsets"][0], tuple(entry["shape"]))


@functools.cache
def loaded() -> Meaning:
    return Meaning()
