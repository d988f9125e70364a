"""Text -> how likely it asks for harm, and for which; `python -m assistant.safety.train` makes the weights.

Two readings of one text are added up: hashed pieces of words and pairs of words, which stand slips of the recogniser,
and a small convolution over word vectors that mean the same in many languages. Where a sentence embedder is at hand, it
reads an English question, too. See docs/REFUSALS.md.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

import numpy as np

from assistant.safety.text import normalised

WEIGHTS = Path(__file__).parent / "weights.npz"
BUCKETS = 1 << 16
_LAYERS = ("filter", "filter_bias", "head", "bias", "meaning", "meaning_bias", "meaning_head", "meaning_end")
SPAN = 40
"""Words that are read at once; a longer text is read in spans of half as many, and the worst of them counts."""
_WEIGHTS = (0.12, 0.12, 0.35, 0.45, 0.2)
"""Of pieces within words, across them, words, neighbours, and words that stand two to four apart."""
_SYLLABLES = re.compile(
    r"[\u3040-\u30ff\u3400-\u9fff]|[^\s\u3040-\u30ff\u3400-\u9fff]+"
)  # Chinese and Japanese: by sign

_LONGEST = 40
"""Letters of a word that are read: no word is longer."""
_ALONE = 0.4
"""What is added to the harmless reading of an English question that no embedder reads, too: it refused more of them."""

Embed = Callable[[str], "np.ndarray | None"]
"""A text -> float32 of shape (384,), by all-MiniLM-L6-v2; None while that is not loaded."""


def words(text: str) -> list[str]:
    return [word[:_LONGEST] for word in _SYLLABLES.findall(normalised(text))]


def marked(words: list[str], said: bool) -> list[str]:
    """``words`` so that what the language model says can be told from what the user says."""
    return ["\N{PILCROW SIGN}", *words] if said else words


def pieces(words: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Bucket (int64) and weight (float32) of everything that is hashed of a text."""
    joined = "".join(words)
    row = ["^", *words, "$"]
    kinds = [
        [bucket for word in words for bucket in _inside(word)],
        [_bucket(f"5{joined[at : at + 5]}") for at in range(len(joined) - 4)],
        [_bucket(f"w{word}") for word in words],
        [_bucket(f"p{one} {two}") for one, two in zip(row, row[1:])],
        [_bucket(f"s{one} {two}") for by in (2, 3, 4) for one, two in zip(row, row[by:])],
    ]
    buckets = np.array([bucket for kind in kinds for bucket in kind], dtype=np.int64)
    return buckets, np.repeat(_WEIGHTS, [len(kind) for kind in kinds]).astype(np.float32)


def _inside(word: str) -> list[int]:
    edged = f" {word} "
    return [_bucket(f"{n}{edged[at : at + n]}") for n in (3, 4) for at in range(len(edged) - n + 1)]


def _bucket(piece: str) -> int:
    return crc32(piece.encode()) % BUCKETS


class Vectors:
    """A vector for each of some ten thousand words of eleven languages.

    ``hashes``: crc32 of the words. ``rows``: int8 of shape (words, dimensions).
    """

    def __init__(self, hashes: np.ndarray, rows: np.ndarray) -> None:
        self.hashes, self.rows = hashes, rows
        scaled = np.concatenate([rows, np.zeros((1, rows.shape[1]), np.int8)]).astype(np.float32)
        self.scaled = scaled / np.maximum(np.linalg.norm(scaled, axis=1, keepdims=True), 1e-6)
        """Float32, rows of length 1, and a last one of zeros."""
        self._place = dict(zip(hashes.tolist(), range(len(hashes))))

    def knows(self, word: str) -> bool:
        return self._of(word) < len(self.hashes)

    def places(self, words: Sequence[str]) -> list[int]:
        """The row of each word, or of its longest known beginning of at least four letters; the last when unknown."""
        return [self._of(word) for word in words]

    def _of(self, word: str) -> int:
        for end in (len(word), *range(len(word) - 1, max(len(word) - 7, 3), -1)):
            place = self._place.get(crc32(word[:end].encode()))
            if place is not None:
                return place
        return len(self.hashes)


@dataclass(frozen=True)
class Judgement:
    categories: dict[str, float]
    """Category -> probability; the rest is harmless."""
    help: float
    """That somebody asks how to help a person in distress; such a question is answered."""
    language: str
    """Two-letter code of the language it is probably in."""
    sure: float
    """How likely it is in that language."""

    @property
    def harm(self) -> float:
        return sum(self.categories.values())

    @property
    def asks_to_help(self) -> bool:
        return self.help > 0.5

    @property
    def category(self) -> str:
        return max(self.categories, key=lambda name: self.categories[name])


class Classifier:
    def __init__(self, kept: Mapping[str, np.ndarray]) -> None:
        self.classes: list[str] = kept["classes"].tolist()
        """harmless, help, then the categories."""
        self.languages: list[str] = kept["languages"].tolist()
        self.vectors = Vectors(kept["hashes"], kept["rows"])
        self._hashed, self._scale = kept["hashed"], kept["scale"]
        self._layers = {name: kept[name].astype(np.float32) for name in _LAYERS}

    def judge(self, text: str, said: bool = False, embed: Embed | None = None) -> Judgement:
        """``said``: whether the language model says it, not the user; ``embed`` is not asked then."""
        row = words(text)
        if not any(self.vectors.knows(word) for word in row):  # noise, or a language that it never learned
            return Judgement(dict.fromkeys(self.classes[2:], 0.0), 0.0, "", 0.0)
        short, step = SPAN // 2, SPAN // 4
        spans = [row] if len(row) <= SPAN else [row[at : at + short] for at in range(0, len(row) - step, step)]
        different = dict.fromkeys(map(tuple, spans))  # of a text that repeats itself without an end there are few
        logits = [self._logits(marked(list(span), said)) for span in different]
        judged = [self._judgement(row) for row in logits]
        if not said and len(spans) == 1 and judged[0].language == "en":
            of_text = logits[0][: len(self.classes)]
            vector = embed(" ".join(row)) if embed else None
            if vector is None:
                of_text[0] += _ALONE
            else:
                of_text[:] = (of_text + self._meaning(vector)) / 2
            judged = [self._judgement(logits[0])]
        return max(judged, key=lambda judgement: judgement.harm)

    def _meaning(self, vector: np.ndarray) -> np.ndarray:
        layers = self._layers
        read = np.maximum(vector @ layers["meaning"] + layers["meaning_bias"], 0)
        return read @ layers["meaning_head"] + layers["meaning_end"]

    def _logits(self, row: list[str]) -> np.ndarray:
        buckets, weights = pieces(row)
        logits = (weights @ self._hashed[buckets].astype(np.float32)) * self._scale
        layers = self._layers
        vectors = np.pad(self.vectors.scaled[self.vectors.places(row)], ((1, 1), (0, 0)))
        windows = np.concatenate([vectors[:-2], vectors[1:-1], vectors[2:]], axis=1)
        read = np.maximum(windows @ layers["filter"] + layers["filter_bias"], 0)
        pooled = np.concatenate([read.max(axis=0), read.mean(axis=0)])
        return logits + pooled @ layers["head"] + layers["bias"]

    def _judgement(self, logits: np.ndarray) -> Judgement:
        count = len(self.classes)
        chances, languages = _chances(logits[:count]), _chances(logits[count:])
        sure = max(languages)
        return Judgement(
            dict(zip(self.classes[2:], chances[2:])), chances[1], self.languages[languages.index(sure)], sure
        )


def _chances(logits: np.ndarray) -> list[float]:
    chances = np.exp(logits - logits.max())
    return (chances / chances.sum()).tolist()


@functools.cache
def shipped() -> Classifier:
    """Loaded once, in some 50 ms."""
    with np.load(WEIGHTS) as file:
        return Classifier({name: file[name] for name in file.files})
