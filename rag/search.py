"""Question -> passages: vectors and BM25 side by side, fused; and whether the documents know the answer at all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from rag import embed, lexical, rerank
from rag.lexical import Lexical
from rag.records import Stored
from rag.store import Store
from rag.words import content_words

if TYPE_CHECKING:
    import numpy as np

Method = Literal["hybrid", "dense", "bm25"]
CANDIDATES = 50
"""Passages each of the two searches gives to the fusion."""
DENSE_WEIGHT = 0.6
"""The vectors' part in the fusion, by `rag eval` on the sample documents: 0.5 to 0.7 are alike, the ends are worse."""
_GENERAL = frozenset(
    content_words(  # words of questions, not of what is asked about: the answer does not repeat them
        "many much long often far soon quickly large big small high low heavy wide hot cold old loud deep mean allowed "
        "may must "
        "need want know get make use put happen say tell does done thing kind sort possible possibly work"
    )
)
_RELATED = 0.3  # cosine from which a passage counts as being about the question
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
    coverage: float
    """0 to 1: how much of the question's content words, weighted by rarity, stands in the passage; words of any
    question ("how long must ...") do not count."""
    reranked: float | None = None
    """The reranker's score, which then decides the order instead of `score`; None when it was not asked."""


@dataclass(frozen=True)
class SearchResult:
    hits: list[Hit]
    confidence: float
    """0 to 1, comparable between questions: that the passages hold the answer; compare it with the threshold."""


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

    def warm(self) -> None:
        """Load and touch everything that a first question would wait for. Raises RagError."""
        self.refresh()
        self.find("warm up")

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
        cosines, bm25 = self.candidates(query)
        method = method or self._method
        fused = ranked(cosines, bm25, method, self.weight if weight is None else weight)
        rarity = self._index().weights(query)
        reranker = self.reranker if method == "hybrid" else None
        wanted = max(count, rerank.CANDIDATES) if reranker else count
        hits = [
            Hit(stored, fused[stored.id], cosines[stored.id], bm25[stored.id], _coverage(rarity, stored))
            for stored in self._store.get(list(fused)[:wanted])
        ]
        sure = confidence(hits[:count])
        if reranker and sure >= rerank_from:
            hits = _reranked(reranker, query, hits, go_on)
        return SearchResult(hits[:count], sure)

    def candidates(self, query: str) -> tuple[dict[str, float], dict[str, float]]:
        """The cosines and the BM25 scores of the best passages of either search."""
        index = self._index()
        vector = self._embedder.encode([query])[0]
        cosines = dict(self._store.query(vector, CANDIDATES))
        scores = index.scores(query)
        words = (index.ids[position] for position in lexical.best(scores, CANDIDATES))
        missing = [id for id in words if id not in cosines and self._store.visible(id)]
        cosines |= {id: float(vector @ other) for id, other in self._store.vectors(missing).items()}
        return cosines, {id: float(scores[index.position[id]]) if id in index.position else 0.0 for id in cosines}

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
        id: weight * ((cosine - low) / (high - low) if high > low else 1.0) + (1 - weight) * bm25[id] / top
        for id, cosine in cosines.items()
    }


def confidence(hits: Sequence[Hit]) -> float:
    """The best coverage among the first three passages, less where the cosine says that they are about something else.

    Chosen by `rag eval` on the sample documents: between answerable and unanswerable questions about the same things
    the cosine tells nothing (area under the curve 0.47), coverage does (0.81); both tell off-topic questions (0.95).
    """
    return max((hit.coverage * min(1.0, max(hit.cosine, 0.0) / _RELATED) for hit in hits[:3]), default=0.0)


def _coverage(rarity: dict[str, float], stored: Stored) -> float:
    rarity = {word: weight for word, weight in rarity.items() if word not in _GENERAL}
    total = sum(rarity.values())
    present = set(content_words(f"{stored.context} {stored.text}"))
    return sum(weight for word, weight in rarity.items() if word in present) / total if total else 0.0


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
