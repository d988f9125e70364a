"""Words -> a vector for each of their pieces, by a small transformer: the first layers of all-MiniLM-L6-v2, learned on.

In numpy, some milliseconds for a sentence: the talking process never imports torch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

HEADS = 12
MATRICES = ("qkv", "out", "up", "down")
FIRST, LAST, UNKNOWN = "[CLS]", "[SEP]", "[UNK]"
MOST_PIECES = 96
"""Of a sentence; what follows is not read."""
_EPSILON = 1e-12
_LONGEST = 32
"""Letters of a word that are read."""


def quantised(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Int8 of the same shape, and float32 of shape (columns,): what each of its columns is multiplied by."""
    scale = np.maximum(np.abs(matrix).max(axis=0), 1e-9) / 127
    return np.round(matrix / scale).astype(np.int8), scale.astype(np.float32)


class Pieces:
    """Words cut into the longest pieces that are known, as BERT's tokenizer does."""

    def __init__(self, known: Sequence[str]) -> None:
        self._places = {piece: at for at, piece in enumerate(known)}

    def of(self, word: str) -> list[int]:
        found, at, word = [], 0, word[:_LONGEST]
        while at < len(word):
            before = "##" if at else ""
            ends = range(len(word), at, -1)
            end = next((end for end in ends if before + word[at:end] in self._places), None)
            if end is None:
                return [self._places[UNKNOWN]]
            found.append(self._places[before + word[at:end]])
            at = end
        return found or [self._places[UNKNOWN]]

    def row(self, words: Sequence[str]) -> tuple[list[int], list[int]]:
        """The pieces of a sentence, and where among them each word begins."""
        row, begins = [self._places[FIRST]], []
        for word in words:
            begins.append(min(len(row), MOST_PIECES - 2))
            row += self.of(word)
        return [*row[: MOST_PIECES - 1], self._places[LAST]], begins


class Encoder:
    def __init__(self, kept: Mapping[str, np.ndarray]) -> None:
        """``kept``: see `assistant.skills.learned.fitting.kept`."""
        self.pieces = Pieces(bytes(kept["pieces"]).decode().split("\n"))
        self._embedding, self._scale = kept["embedding"], kept["embedding_scale"]
        self._places = kept["places"].astype(np.float32)
        self._first = [kept[name].astype(np.float32) for name in ("norm", "norm_bias")]
        layers = int(kept["layers"])
        self._layers = [
            {name.partition(".")[2]: _whole(kept, name) for name in kept if name.startswith(f"{layer}.")}
            for layer in range(layers)
        ]

    def read(self, words: Sequence[str]) -> tuple[np.ndarray, list[int]]:
        """Float32 of shape (pieces, size), and where among the pieces each word begins."""
        row, begins = self.pieces.row(words)
        x = self._embedding[row].astype(np.float32) * self._scale + self._places[: len(row)]
        x = _normed(x, *self._first)
        for layer in self._layers:
            x = _normed(x + _attended(x, layer), layer["norm1"], layer["norm1_bias"])
            up = _gelu(x @ layer["up"] + layer["up_bias"])
            x = _normed(x + up @ layer["down"] + layer["down_bias"], layer["norm2"], layer["norm2_bias"])
        return x, begins


def _whole(kept: Mapping[str, np.ndarray], name: str) -> np.ndarray:
    scale = kept.get(f"{name}_scale")
    return kept[name].astype(np.float32) * (1.0 if scale is None else scale)


def _attended(x: np.ndarray, layer: Mapping[str, np.ndarray]) -> np.ndarray:
    length, size = x.shape
    split = (x @ layer["qkv"] + layer["qkv_bias"]).reshape(length, 3, HEADS, size // HEADS)
    query, key, value = split.transpose(1, 2, 0, 3)
    scores = query @ key.transpose(0, 2, 1) / np.float32((size // HEADS) ** 0.5)
    weights = np.exp(scores - scores.max(axis=2, keepdims=True))
    weights /= weights.sum(axis=2, keepdims=True)
    heads: np.ndarray = (weights @ value).transpose(1, 0, 2).reshape(length, size)
    return np.asarray(heads @ layer["out"] + layer["out_bias"])


def _normed(x: np.ndarray, scale: np.ndarray, bias: np.ndarray) -> np.ndarray:
    x = x - x.mean(axis=1, keepdims=True)
    return np.asarray(x / np.sqrt((x * x).mean(axis=1, keepdims=True) + np.float32(_EPSILON)) * scale + bias)


def _gelu(x: np.ndarray) -> np.ndarray:
    """By the usual approximation, with which it was learned."""
    return np.asarray(0.5 * x * (1 + np.tanh(np.float32(0.7978845608) * (x + np.float32(0.044715) * x * x * x))))
