"""BM25 over the same passages as the store's, kept beside it and checked against it by the store's signature. Each
document's words are taken as its language has them, each question's as question and documents have them."""

from __future__ import annotations

import os
import shutil
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from rag import language, meaning
from rag.store import Store

VERSION = 2
"""Raise it when the same passages would be indexed differently: kept indexes of other versions are made anew."""
_K1, _B = 1.2, 0.75
_FEW_LANGUAGES = 3  # of the store, whose forms of a question's word are looked for
_SHORTEST = 5  # letters that two words must share to be taken for relatives
_RELATIVES = 12
_ALIKE = 0.7
_RELATED = 0.6
_CHARACTER = 0.4
_ASKED = 64  # passages of which questions are made


@dataclass(frozen=True)
class Subject:
    """A word of a question, or a character where no spaces part the words."""

    forms: dict[str, float]
    """Each term that stands for it -> how well, up to 1."""
    weight: float
    """Its inverse document frequency here; unknown ones weigh most."""
    word: str = ""
    """As written, in lower case; of a character the word in which it stands."""

    def share(self, present: AbstractSet[str]) -> float:
        """0 to 1: how well the terms of a passage hold it."""
        return max((worth for term, worth in self.forms.items() if term in present), default=0.0)


class Lexical:
    def __init__(self, ids: list[str], index: Any, signature: str, languages: np.ndarray, chance: float = 0.0) -> None:
        """``languages``: the code of each passage's language. ``chance``: see the function of that name."""
        self.chance = chance
        self.ids = ids
        self.signature = signature
        self.position = {id: number for number, id in enumerate(ids)}
        self._index = index
        self._codes = languages
        self.languages = [str(code) for code, _ in Counter(languages.tolist()).most_common()]

    def language(self, text: str) -> str:
        """Of a question: a language of the store where its words allow it."""
        return language.detect(text, next((code for code in self.languages if code in language.LATIN), "en"))

    def spoken(self, id: str) -> str:
        """The language of a passage; empty where it is not indexed yet."""
        return str(self._codes[self.position[id]]) if id in self.position else ""

    def scores(self, query: str) -> np.ndarray:
        """BM25 of every passage, float32 of shape (passages,), in the order of `ids`."""
        found = np.zeros(len(self.ids), dtype=np.float32)
        parts = self._index.scores
        for term, worth in self._weighted(query).items():
            start, end = parts["indptr"][self._vocabulary[term]], parts["indptr"][self._vocabulary[term] + 1]
            found[parts["indices"][start:end]] += worth * parts["data"][start:end]
        return found

    def _weighted(self, query: str) -> dict[str, float]:
        found: dict[str, float] = {}
        for subject in self.subjects(query, every=True):
            for term, worth in subject.forms.items():
                if term in self._vocabulary:
                    found[term] = max(found.get(term, 0.0), worth)
        return found

    @property
    def _vocabulary(self) -> dict[str, int]:
        return self._index.vocab_dict

    @cached_property
    def _sorted(self) -> list[str]:
        return sorted(self._vocabulary)

    @cached_property
    def _backwards(self) -> list[str]:
        return sorted(term[::-1] for term in self._vocabulary)

    def known(self, text: str) -> set[str]:
        """The content words of ``text`` that stand in a passage, as stems."""
        return {
            term
            for subject in self.subjects(text)
            for term, worth in subject.forms.items()
            if worth == 1 and term in self._vocabulary
        }

    def subjects(self, query: str, every: bool = False) -> list[Subject]:
        """What the question is about. ``every``: with the words for what is asked ("colour"), which passages may hold,
        but need not."""
        code = self.language(query)
        own = language.of(code)
        found: dict[str, Subject] = {}
        for run in language.subjects(query, code, every):
            if run in found:
                continue
            if language.unspaced(run):
                words = [part for part in meaning.loaded().parts(run) for _ in part]
                for at, character in enumerate(run):
                    forms = {
                        pair: 1.0 for pair in (run[at - 1 : at + 1] if at else "", run[at : at + 2]) if len(pair) > 1
                    }
                    forms |= {character: _CHARACTER if forms else 1.0}
                    found[f"{run}{at}"] = Subject(forms, self._rarity([character]), words[at])
                continue
            exact = dict.fromkeys([own.stem(run)])
            for other in self.languages[:_FEW_LANGUAGES]:
                if (other in language.LATIN) == (code in language.LATIN):
                    exact[language.of(other).stem(run)] = None
            known = [term for term in exact if term in self._vocabulary]
            relatives = {}
            if code != "en":  # there they bring as much that is wrong as right, by `rag eval` on the sample documents
                relatives = self._relatives(own.stem(run)) | self._relatives(language.folded(run))
            forms = relatives | dict.fromkeys(exact, 1.0)
            found[run] = Subject(forms, self._rarity(known or list(relatives)), run)
        return list(found.values())

    def covered(self, subjects: Sequence[Subject], but: str) -> np.ndarray:
        """The coverage of each passage, 0 for those whose ids begin with ``but``."""
        parts = self._index.scores
        total = np.zeros(len(self.ids), dtype=np.float32)
        for subject in subjects:
            share = np.zeros_like(total)
            for term, worth in subject.forms.items():
                if (number := self._vocabulary.get(term)) is not None:
                    at = parts["indices"][parts["indptr"][number] : parts["indptr"][number + 1]]
                    share[at] = np.maximum(share[at], worth)
            total += subject.weight * share
        total[[number for number, id in enumerate(self.ids) if id.startswith(but)]] = 0.0
        return total / sum(subject.weight for subject in subjects)

    def _rarity(self, terms: list[str]) -> float:
        starts = self._index.scores["indptr"]
        numbers = [self._vocabulary[term] for term in terms if term in self._vocabulary]
        count = max((int(starts[number + 1] - starts[number]) for number in numbers), default=1)
        return float(np.log(1 + (len(self.ids) - count + 0.5) / (count + 0.5)))

    def _relatives(self, stem: str) -> dict[str, float]:
        """Terms that share most of their letters with ``stem``: parts of compounds, endings no stemmer knows."""
        if len(stem) < _SHORTEST or stem.isnumeric():
            return {}
        found: dict[str, float] = {}
        for ordered, turned in ((self._sorted, stem), (self._backwards, stem[::-1])):
            back = turned is not stem
            for size in range(_SHORTEST, len(turned)):  # what the word is made of
                part = turned[:size][::-1] if back else turned[:size]
                if part in self._vocabulary and size * 2 >= len(turned):
                    found[part] = _ALIKE
            share = turned if back else turned[: max(_SHORTEST, -(-len(turned) * 7 // 10))]
            at = bisect_left(ordered, share)
            while at < len(ordered) and ordered[at].startswith(share) and len(found) < _RELATIVES:
                term = ordered[at][::-1] if back else ordered[at]
                if term != stem:
                    whole = ordered[at].startswith(turned)
                    if whole or len(share) * 10 >= 7 * len(term):
                        found.setdefault(term, _ALIKE if whole else _RELATED)
                at += 1
        return found


def chance(lexical: Lexical, passages: Sequence[tuple[str, str]]) -> float:
    """0 to 1: how much of a question about one document the best passage of the others covers, by chance. The
    questions are made of the passages' own words, each asked of all others."""
    found = []
    step = max(1, len(passages) // _ASKED)
    for number, (id, text) in enumerate(passages[::step][:_ASKED]):
        parts = language.sentences(text)
        subjects = lexical.subjects(parts[number % len(parts)])[:: 2 if number % 2 else 3][:4] if parts else []
        if len(subjects) > 1:
            found.append(float(lexical.covered(subjects, id.rpartition("-")[0]).max(initial=0.0)))
    return float(np.mean(found)) if found else 0.0


def best(scores: np.ndarray, count: int) -> np.ndarray:
    """Positions of the ``count`` highest positive scores, best first."""
    count = min(count, len(scores))
    if not count:
        return np.zeros(0, dtype=np.int64)
    top = np.argpartition(scores, -count)[-count:]
    top = top[np.argsort(-scores[top], kind="stable")]
    return top[scores[top] > 0]


def build(passages: Iterable[tuple[str, str]], signature: str) -> Lexical:
    """Index (id, text) pairs; the passages of a document follow each other and have its id's head."""
    import bm25s

    ids: list[str] = []
    codes: list[str] = []
    vocabulary: dict[str, int] = {}
    corpus: list[list[int]] = []
    kept: list[tuple[str, str]] = []
    for texts in _documents(passages):
        code = language.detect("\n".join(text for _, text in texts[:8]))
        for id, text in texts:
            ids.append(id)
            kept.append((id, text))
            codes.append(code)
            corpus.append([vocabulary.setdefault(term, len(vocabulary)) for term in language.terms(text, code)])
    index = bm25s.BM25(method="lucene", k1=_K1, b=_B)
    vocabulary = vocabulary or {"": 0}
    if not any(corpus):
        ids, codes, corpus = [], [], [[0]]
    index.index((corpus, vocabulary), show_progress=False, create_empty_token=False)
    made = Lexical(ids, index, signature, np.array(codes, dtype="U8"))
    made.chance = chance(made, kept)
    return made


def _documents(passages: Iterable[tuple[str, str]]) -> Iterable[list[tuple[str, str]]]:
    group: list[tuple[str, str]] = []
    for id, text in passages:
        if group and group[-1][0].rpartition("-")[0] != id.rpartition("-")[0]:
            yield group
            group = []
        group.append((id, text))
    if group:
        yield group


def save(lexical: Lexical, folder: Path) -> None:
    """Replace the index in ``folder``; readers find the old one or the new one, whole."""
    target = _place(folder, lexical.signature)
    new = folder / f"{target.name}.{os.getpid()}.part"
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    lexical._index.save(new, show_progress=False)
    np.save(new / "ids.npy", np.array(lexical.ids, dtype="U"))
    np.save(new / "languages.npy", lexical._codes)
    np.save(new / "chance.npy", lexical.chance)
    shutil.rmtree(target, ignore_errors=True)
    os.replace(new, target)
    for old in folder.iterdir():
        if old.name != target.name and not old.name.endswith(".part"):
            shutil.rmtree(old, ignore_errors=True)


def load(folder: Path, signature: str) -> Lexical | None:
    """The index of exactly these passages; None when there is none, or none that can be read."""
    import bm25s

    place = _place(folder, signature)
    try:
        index = bm25s.BM25.load(place, mmap=True, show_progress=False)
        ids, codes = np.load(place / "ids.npy").tolist(), np.load(place / "languages.npy")
        return Lexical(ids, index, signature, codes, float(np.load(place / "chance.npy")))
    except Exception:  # whatever is wrong with it, it is made again from the store
        return None


def _place(folder: Path, signature: str) -> Path:
    return folder / f"{signature}-{VERSION}"


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
