"""BM25 over the same passages as the store's, kept beside it and checked against it by the store's signature."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from rag.store import Store
from rag.words import STOP_WORDS, content_words, stem, words

_K1, _B = 1.2, 0.75


class Lexical:
    def __init__(self, ids: list[str], index: Any, signature: str) -> None:
        self.ids = ids
        self.signature = signature
        self.position = {id: number for number, id in enumerate(ids)}
        self._index = index

    def scores(self, query: str) -> np.ndarray:
        """BM25 of every passage, float32 of shape (passages,), in the order of `ids`."""
        asked = [word for word in dict.fromkeys(content_words(query)) if word in self._vocabulary]
        if not asked or not self.ids:
            return np.zeros(len(self.ids), dtype=np.float32)
        return np.asarray(self._index.get_scores(asked), dtype=np.float32)

    @property
    def _vocabulary(self) -> dict[str, int]:
        return self._index.vocab_dict

    def known(self, text: str) -> set[str]:
        """The content words of ``text`` that stand in a passage, as stems."""
        return {word for word in content_words(text) if word in self._vocabulary}

    def weights(self, query: str) -> dict[str, float]:
        """Each content word of the query -> its inverse document frequency here; unknown words weigh most."""
        found = {}
        for word in content_words(query):
            number = self._vocabulary.get(word)
            starts = self._index.scores["indptr"]
            count = 0 if number is None else int(starts[number + 1] - starts[number])
            found[word] = float(np.log(1 + (len(self.ids) - count + 0.5) / (count + 0.5)))
        return found


def best(scores: np.ndarray, count: int) -> np.ndarray:
    """Positions of the ``count`` highest positive scores, best first."""
    count = min(count, len(scores))
    if not count:
        return np.zeros(0, dtype=np.int64)
    top = np.argpartition(scores, -count)[-count:]
    top = top[np.argsort(-scores[top], kind="stable")]
    return top[scores[top] > 0]


def build(passages: Iterable[tuple[str, str]], signature: str) -> Lexical:
    """Index (id, text) pairs."""
    import bm25s

    ids: list[str] = []
    vocabulary: dict[str, int] = {}
    corpus: list[list[int]] = []
    stems: dict[str, int] = {}  # each form of a word is stemmed once
    for id, text in passages:
        ids.append(id)
        numbers = []
        for word in words(text):
            number = stems.get(word)
            if number is None:
                number = -1 if word in STOP_WORDS else vocabulary.setdefault(stem(word), len(vocabulary))
                stems[word] = number
            if number >= 0:
                numbers.append(number)
        corpus.append(numbers)
    index = bm25s.BM25(method="lucene", k1=_K1, b=_B)
    vocabulary = vocabulary or {"": 0}
    if not any(corpus):
        ids, corpus = [], [[0]]
    index.index((corpus, vocabulary), show_progress=False, create_empty_token=False)
    return Lexical(ids, index, signature)


def save(lexical: Lexical, folder: Path) -> None:
    """Replace the index in ``folder``; readers find the old one or the new one, whole."""
    new = folder / f"{lexical.signature}.{os.getpid()}.part"
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    lexical._index.save(new, show_progress=False)
    np.save(new / "ids.npy", np.array(lexical.ids, dtype="U"))
    target = folder / lexical.signature
    shutil.rmtree(target, ignore_errors=True)
    os.replace(new, target)
    for old in folder.iterdir():
        if old.name != lexical.signature and not old.name.endswith(".part"):
            shutil.rmtree(old, ignore_errors=True)


def load(folder: Path, signature: str) -> Lexical | None:
    """The index of exactly these passages; None when there is none, or none that can be read."""
    import bm25s

    try:
        index = bm25s.BM25.load(folder / signature, mmap=True, show_progress=False)
        return Lexical([str(id) for id in np.load(folder / signature / "ids.npy")], index, signature)
    except Exception:  # whatever is wrong with it, it is made again from the store
        return None


def of(store: Store, save_it: bool = True) -> Lexical:
    """The index of the store's passages, made anew when the kept one is of other passages."""
    signature = store.signature()
    folder = store.path / "bm25"
    lexical = load(folder, signature)
    if lexical is None:
        lexical = build(((stored.id, f"{stored.context}\n{stored.text}") for stored in store.all()), signature)
        if save_it:
            try:
                save(lexical, folder)
            except OSError:
                pass  # a full or read-only disk costs time at the next start, no more
    return lexical
