"""How good the search is on questions whose relevant passages are known, and when the documents do not know.

A question is one JSON line: ``{"question": ..., "relevant": [{"file": ..., "quote": ...}, ...], "answer": ...}``; a
plain string instead of an object means the whole file. ``file`` is the end of a source's path, ``quote`` stands in the
passage that answers; ``relevant: []`` marks a question that the documents do not answer.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from rag.errors import RagUsageError
from rag.records import Stored
from rag.search import CANDIDATES, Search, ranked
from rag.store import Store

RANKS = 10


@dataclass(frozen=True)
class Relevant:
    file: str
    quote: str = ""


@dataclass(frozen=True)
class EvalQuestion:
    text: str
    relevant: tuple[Relevant, ...]
    answer: str = ""


@dataclass(frozen=True)
class Quality:
    """Means over the answerable questions."""

    ndcg: float
    """Normalised discounted cumulative gain of the first ten, relevance 0 or 1 (Järvelin, Kekäläinen 2002)."""
    recall1: float
    recall5: float
    recall10: float


@dataclass(frozen=True)
class Knows:
    """What a confidence threshold would do."""

    threshold: float
    answered: float
    """Share of the answerable questions at or above it; higher is better."""
    refused: float
    """Share of the unanswerable questions below it; higher is better."""


@dataclass(frozen=True)
class Evaluation:
    questions: int
    unanswerable: int
    quality: dict[str, Quality]
    """``dense``, ``bm25``, ``hybrid``, ``reranked`` (where the search has a reranker), ``rrf`` and ``convex 0.1`` ...
    ``convex 0.9`` (the weight of the vectors)."""
    curve: list[Knows]
    best: Knows | None
    """The threshold with the best balanced accuracy; None without both kinds of question."""
    auc: float | None
    """Probability that an answerable question gets more confidence than an unanswerable one."""
    unfound: list[str]
    """Questions whose quote is in no passage: cut in two, or not in the documents."""


def read_questions(path: Path) -> list[EvalQuestion]:
    """Raises RagUsageError that names the line."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise RagUsageError(f"{path}: cannot be read ({error}); give a UTF-8 file of JSON lines") from None
    questions = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            entry = json.loads(line)
            relevant = tuple(
                Relevant(item) if isinstance(item, str) else Relevant(item["file"], item.get("quote", ""))
                for item in entry["relevant"]
            )
            questions.append(EvalQuestion(entry["question"], relevant, entry.get("answer") or ""))
        except (ValueError, KeyError, TypeError, AttributeError):
            raise RagUsageError(
                f"{path}: line {number} is not a question; write it as "
                '{"question": "...", "relevant": [{"file": "...", "quote": "..."}]}'
            ) from None
    if not questions:
        raise RagUsageError(f"{path}: holds no questions; see rag/samples/questions.jsonl for the form")
    return questions


def evaluate(search: Search, store: Store, questions: Sequence[EvalQuestion]) -> Evaluation:
    passages = list(store.all())
    answerable = [question for question in questions if question.relevant]
    rankings: dict[str, list[list[str]]] = {}
    wanted = [[_ids(item, passages) for item in question.relevant] for question in answerable]
    sources = {stored.id: stored.source for stored in passages}
    known = []
    for question in answerable:
        cosines, bm25 = search.candidates(question.text)
        orders = {method: list(ranked(cosines, bm25, method, search.weight)) for method in ("dense", "bm25")}
        orders["hybrid"] = search.order(question.text)
        found = search.find(question.text, 2 * CANDIDATES, "hybrid")
        known.append(found.confidence)
        if search.reranker:
            orders["reranked"] = [hit.passage.id for hit in found.hits]
        orders["rrf"] = _reciprocal_ranks(orders["dense"][:50], orders["bm25"][:50])
        for tenth in range(1, 10):
            orders[f"convex 0.{tenth}"] = list(ranked(cosines, bm25, "hybrid", tenth / 10))
        for name, order in orders.items():
            rankings.setdefault(name, []).append(order)
    quality = {name: _quality(orders, wanted, answerable, sources) for name, orders in rankings.items()}
    unknown = [
        search.find(question.text, rerank_from=math.inf).confidence for question in questions if not question.relevant
    ]
    curve = threshold_curve(known, unknown) if known and unknown else []
    unfound = [question.text for question, sets in zip(answerable, wanted) if not all(sets)]
    return Evaluation(
        len(answerable),
        len(unknown),
        quality,
        curve,
        max(curve, key=lambda point: point.answered + point.refused, default=None),
        area(known, unknown) if curve else None,
        unfound,
    )


def threshold_curve(known: Sequence[float], unknown: Sequence[float]) -> list[Knows]:
    """Every threshold from 0 to 1 in steps of 0.02, for the confidences of answerable and unanswerable questions."""
    return [
        Knows(
            step / 50,
            sum(value >= step / 50 for value in known) / len(known),
            sum(value < step / 50 for value in unknown) / len(unknown),
        )
        for step in range(51)
    ]


def area(known: Sequence[float], unknown: Sequence[float]) -> float:
    """Area under the ROC curve (Mann-Whitney)."""
    wins = sum((high > low) + 0.5 * (high == low) for high in known for low in unknown)
    return wins / (len(known) * len(unknown))


def _ids(relevant: Relevant, passages: Sequence[Stored]) -> set[str]:
    quote = _plain(relevant.quote)
    return {stored.id for stored in passages if stored.source.endswith(relevant.file) and quote in _plain(stored.text)}


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()


def _quality(
    orders: list[list[str]], wanted: list[list[set[str]]], questions: Sequence[EvalQuestion], sources: dict[str, str]
) -> Quality:
    ndcg: list[float] = []
    recalls: dict[int, list[float]] = {1: [], 5: [], RANKS: []}
    for order, sets, question in zip(orders, wanted, questions):
        if not any(relevant.quote for relevant in question.relevant):  # whole files are wanted: each counts once
            firsts = dict.fromkeys(sources.get(id, id) for id in order)
            sets, order = [{sources[id] for id in ids if id in sources} for ids in sets], list(firsts)
        left = [set(ids) for ids in sets]
        ranks = []  # of the first passage for each thing wanted
        for rank, id in enumerate(order[:RANKS], 1):
            for ids in left:
                if id in ids:
                    ids.clear()
                    ranks.append(rank)
                    break
        ideal = sum(1 / math.log2(rank + 1) for rank in range(1, min(len(sets), RANKS) + 1))
        ndcg.append(sum(1 / math.log2(rank + 1) for rank in ranks) / ideal)
        for limit, values in recalls.items():
            values.append(sum(rank <= limit for rank in ranks) / len(sets))
    return Quality(fmean(ndcg), *(fmean(recalls[limit]) for limit in (1, 5, RANKS)))


def _reciprocal_ranks(*rankings: Sequence[str], k: int = 60) -> list[str]:
    """Reciprocal rank fusion (Cormack, Clarke, Büttcher 2009)."""
    scores: dict[str, float] = {}
    for ranking in rankings:
        for rank, id in enumerate(ranking, 1):
            scores[id] = scores.get(id, 0.0) + 1.0 / (k + rank)
    return sorted(scores, key=lambda id: scores[id], reverse=True)
