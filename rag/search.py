"""Question -> passages: vectors and BM25 side by side, fused; and whether the documents know the answer at all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import numpy as np

from rag import embed, evidence, lexical, meaning, rerank
from rag.evidence import Evidence
from rag.lexical import Lexical
from rag.records import Stored
from rag.store import Store
from rag.text import canonical

Method = Literal["hybrid", "dense", "bm25"]
CANDIDATES = 50
"""Passages each of the two searches gives to the fusion."""
DENSE_WEIGHT = 0.6
"""The vectors' part in the fusion, by `rag eval` on the sample documents: 0.5 to 0.7 are alike, the ends are worse."""
_FOREIGN = 0.3  # the same of the words' meaning, in a language that the embedder does not know, see `rag.meaning`
_ECHO = 0.35
"""The part in the order of what the first passages are like together (Rocchio's feedback, of vectors: Li et al. 2021);
on 1,400 abstracts 0.3 to 0.5 are alike, over both halves of the questions."""
_ECHOING = 5  # passages
_ABOUT = 0.2
"""The cosine of the nearest passage below which a store has nothing about a question: of 120 that were put to documents
of other things 56 lie below, of 221 that theirs answer 5."""
PASSAGE_TOKENS = 128
"""Passages aim at this size: about as good as 256 by `rag eval`, and two to three of them fit into a small prompt."""


@dataclass(frozen=True)
class Hit:
    passage: Stored
    score: float
    """Comparable within one question only."""
    cosine: float
    """Between the question and the passage."""
    bm25: float
    reranked: float | None = None
    """The reranker's score, which then decides the order instead of `score`; None when it was not asked."""


@dataclass(frozen=True)
class SearchResult:
    hits: list[Hit]
    confidence: float
    """0 to 1, comparable between questions: that the passages hold the answer; compare it with the threshold."""
    lines: list[Evidence] = field(default_factory=list)
    """The sentences and table rows of the first passages, what answers the question best first."""
    vector: np.ndarray | None = None
    """The question's, float32 of shape (dimensions,) and length 1."""
    about: bool = False
    """Whether they are about it at all, and the best line may be an answer of the kind that is asked. Of a question
    that is known by heart, such as "How many people live in Oslo?", they mostly are not."""


@dataclass(frozen=True)
class _Candidates:
    cosines: dict[str, float]
    bm25: dict[str, float]
    vectors: dict[str, np.ndarray]
    question: np.ndarray
    meant: dict[str, float]
    """As `cosines`, by the words alone; empty where the embedder knows the language."""


class Search:
    """Searches one store. Not thread-safe: give each thread its own, or call it from one worker."""

    def __init__(
        self,
        store: Store,
        embedder: embed.Embedder,
        weight: float = DENSE_WEIGHT,
        method: Method = "hybrid",
        reranker: rerank.Reranker | None = None,
    ) -> None:
        self._store, self._embedder = store, embedder
        self.weight, self._method = weight, method
        self.reranker = reranker
        self._lexical: Lexical | None = None
        self._english: bool | None = None
        self._means: dict[str, np.ndarray] = {}

    def warm(self) -> None:
        """Load and touch everything that a first question would wait for. Raises RagError."""
        self.refresh()
        self.find("warm up")

    def forget(self) -> None:
        """Drop what is kept of questions."""
        meaning.loaded().forget()

    def find(
        self,
        query: str,
        count: int = 5,
        method: Method | None = None,
        weight: float | None = None,
        rerank_from: float = 0.0,
        go_on: Callable[[], bool] = lambda: True,
    ) -> SearchResult:
        """The ``count`` best passages, best first. Raises RagError.

        The reranker orders what the hybrid search found when the confidence, which is the fusion's, is at least
        ``rerank_from``; where ``go_on()`` stops it, the passages it has not seen follow in their old order.
        """
        index = self._index()
        code = index.language(query)
        found = self._candidates(query)
        method = method or self._method
        order = self._ordered(found, method, self.weight if weight is None else weight, code)
        reranker = self.reranker if method == "hybrid" else None
        wanted = max(count, evidence.PASSAGES, rerank.CANDIDATES if reranker else 0)
        hits = [
            Hit(stored, order[stored.id], found.cosines[stored.id], found.bm25[stored.id])
            for stored in self._store.get(list(order)[:wanted])
        ]
        told = evidence.weigh(query, index, hits, self._reads(code))
        sure = told[0].sure if told else 0.0
        if reranker and sure >= rerank_from:
            hits = _reranked(reranker, query, hits, go_on)
        near = max((hit.cosine for hit in hits), default=0.0) >= _ABOUT or not self._reads(code)
        return SearchResult(hits[:count], sure, told, found.question, near and bool(told) and told[0].fits)

    def features(self, query: str) -> list[dict[str, float]]:
        """What `rag.evidence` weighs of each line of the first passages."""
        index, hits = self._index(), self.find(query, evidence.PASSAGES).hits
        found = evidence.features_of(query, index, hits, self._reads(index.language(query)))
        return [features for _, _, features in found]

    def order(self, query: str, method: Method = "hybrid") -> list[str]:
        """The ids of all candidates, best first."""
        return list(self._ordered(self._candidates(query), method, self.weight, self._index().language(query)))

    def candidates(self, query: str) -> tuple[dict[str, float], dict[str, float]]:
        """The cosines and the BM25 scores of the best passages of either search."""
        found = self._candidates(query)
        return found.cosines, found.bm25

    def _candidates(self, query: str) -> _Candidates:
        index = self._index()
        vector = self._embedder.encode([canonical(query)])[0]
        cosines = dict(self._store.query(vector, CANDIDATES))
        scores = index.scores(query)
        words = (index.ids[position] for position in lexical.best(scores, CANDIDATES))
        missing = [id for id in words if id not in cosines and self._store.visible(id)]
        vectors = self._store.vectors([*cosines, *missing])
        cosines |= {id: float(vector @ vectors[id]) for id in missing if id in vectors}
        bm25 = {id: float(scores[index.position[id]]) if id in index.position else 0.0 for id in cosines}
        code = index.language(query)
        meant = {} if self._reads(code) else self._meant(query, code, list(cosines))
        return _Candidates(cosines, bm25, vectors, vector, meant)

    def _ordered(self, found: _Candidates, method: Method, weight: float, code: str) -> dict[str, float]:
        if method != "hybrid":
            return ranked(found.cosines, found.bm25, method, weight)
        if not self._reads(code):
            return ranked(found.meant, found.bm25, method, _FOREIGN)
        return _echoed(ranked(found.cosines, found.bm25, method, weight), found.vectors, _ECHO)

    def _meant(self, query: str, code: str, ids: Sequence[str]) -> dict[str, float]:
        """The cosine of what the words say, between the question and each passage."""
        index, knows = self._index(), meaning.loaded()
        for stored in self._store.get([id for id in ids if id not in self._means]):
            text = f"{stored.context} {stored.text}"
            self._means[stored.id] = knows.text(evidence.content(text, index.spoken(stored.id) or code))
        said = knows.text(evidence.content(query, code))
        return {id: float(self._means[id] @ said) for id in ids if id in self._means}

    def _reads(self, code: str) -> bool:
        """Whether the embedder knows the language."""
        if self._english is None:
            recipe = self._store.recipe()
            self._english = recipe is not None and recipe.embedder == embed.DEFAULT
        return code == "en" or not self._english

    def known(self, text: str) -> set[str]:
        """The content words of ``text`` that stand in a passage, as stems, by the index that was used last."""
        return self._lexical.known(text) if self._lexical is not None else set()

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Float32 of shape (texts, dimensions), each of length 1."""
        return self._embedder.encode(texts)

    def refresh(self) -> None:
        """Bring the word index in step with the store; takes seconds after a large change, so call it while idle.

        `rag add` leaves it in step on its own machine; on the others that share a server this does it.
        """
        if self._lexical is None or self._lexical.signature != self._store.signature():
            self._lexical = lexical.of(self._store)

    def _index(self) -> Lexical:
        signature = self._store.signature()
        if self._lexical is None or self._lexical.signature != signature:
            # While files are being added the kept index lags behind; the vectors find new passages until it is made.
            fresh = lexical.load(self._store.path / "bm25", signature)
            self._lexical = fresh or self._lexical or lexical.of(self._store)
        return self._lexical


def _reranked(reranker: rerank.Reranker, query: str, hits: list[Hit], go_on: Callable[[], bool]) -> list[Hit]:
    texts = [f"{hit.passage.context}\n{hit.passage.text}" for hit in hits]
    scores = reranker.scores(query, texts[: rerank.CANDIDATES], go_on)
    best = sorted(zip(scores, hits), key=lambda scored: scored[0], reverse=True)
    return [*(replace(hit, reranked=score) for score, hit in best), *hits[len(best) :]]


def ranked(cosines: dict[str, float], bm25: dict[str, float], method: Method, weight: float) -> dict[str, float]:
    """id -> score, best first."""
    match method:
        case "dense":
            scores = cosines
        case "bm25":
            scores = {id: score for id, score in bm25.items() if score > 0}
        case _:
            scores = fuse(cosines, bm25, weight)
    return dict(sorted(scores.items(), key=lambda item: item[1], reverse=True))


def fuse(cosines: dict[str, float], bm25: dict[str, float], weight: float) -> dict[str, float]:
    """Convex combination of both scores, each scaled to 0..1 over the candidates; ``weight`` is the vectors' part.

    Bruch, Gai, Ingber: An Analysis of Fusion Functions for Hybrid Retrieval (2022).
    """
    if not cosines:
        return {}
    low, high = min(cosines.values()), max(cosines.values())
    top = max(bm25.values()) or 1.0
    return {
        id: weight * ((cosine - low) / (high - low) if high > low else 1.0) + (1 - weight) * (bm25[id] / top)
        for id, cosine in cosines.items()
    }


def _echoed(fused: dict[str, float], vectors: dict[str, np.ndarray], part: float) -> dict[str, float]:
    """The scores, ``part`` of each by how near the passage is to the first ones together; best first."""
    ids = [id for id in fused if id in vectors]
    first = ids[:_ECHOING]
    if len(ids) < 2 or not part:
        return fused
    centre = sum(fused[id] * vectors[id] for id in first)
    near = {id: float(vectors[id] @ centre) for id in ids}
    low, high = min(near.values()), max(near.values())
    spread = (high - low) or 1.0
    scores = {id: (1 - part) * fused[id] + part * (near[id] - low) / spread for id in ids}
    return dict(sorted(scores.items(), key=lambda item: item[1], reverse=True))


def open_search(
    path: Path,
    url: str = "",
    collection: str = "documents",
    embedder: str = embed.DEFAULT,
    weight: float = DENSE_WEIGHT,
    passage_tokens: int = PASSAGE_TOKENS,
    threads: int = 1,
    reranker: str = "",
) -> Search:
    """A store and its models, ready for questions. Raises RagError, StoreMismatch when it was made otherwise."""
    from rag.ingest import recipe

    store = Store(path, url, collection)
    model = embed.find(embedder)
    recorded = store.recipe()
    if recorded is not None:
        store.check(recipe(model, recorded.dimensions, passage_tokens))
    return Search(
        store,
        embed.for_queries(model, path / "models", threads),
        weight,
        reranker=rerank.load(reranker, path / "models", threads),
    )
