"""Measures the search at a given size, the ingest, and the quality on the sample documents. Returns plain data.

``python -m rag.bench latency 10000`` (or ``ingest``, ``quality``) prints one JSON object.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

SAMPLES = Path(__file__).parent / "samples"
_WORDS_PER_PASSAGE = 90
_VOCABULARY = 30_000
_PER_SOURCE = 20


def latency(passages: int, queries: int = 200, threads: int = 1) -> dict[str, Any]:
    """Milliseconds per query over random vectors and Zipf-distributed words, and this process's memory.

    Random vectors have no neighbourhoods, which is the hard case for an approximate index. Another process fills the
    store, so that the memory is that of a process which only asks.
    """
    import psutil

    from rag.search import Search, open_search

    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        filler = get_context("spawn").Process(target=fill, args=(folder, passages))
        filler.start()
        filler.join()
        if filler.exitcode:
            raise RuntimeError(f"filling the store ended with exit code {filler.exitcode}")
        filled = time.perf_counter() - began
        before = psutil.Process().memory_info().rss
        began = time.perf_counter()
        search: Search = open_search(Path(folder), threads=threads)
        search.warm()
        opened = time.perf_counter() - began
        rng = np.random.default_rng(7)
        times: dict[str, list[float]] = {"embed": [], "dense": [], "bm25": [], "total": []}
        for _ in range(queries):
            question = " ".join(_text(rng, 8))
            vector = search._embedder.encode([question])[0]
            for name, step, given in (
                ("embed", search._embedder.encode, ([question],)),
                ("dense", search._store.query, (vector, 50)),
                ("bm25", search._index().scores, (question,)),
                ("total", search.find, (question,)),
            ):
                began = time.perf_counter()
                step(*given)
                times[name].append((time.perf_counter() - began) * 1000)
        disk = sum(file.stat().st_size for file in Path(folder).rglob("*") if file.is_file())
        memory = psutil.Process().memory_info().rss
        search._store.close()
    return {
        "passages": passages,
        "fill_seconds": round(filled, 1),
        "open_seconds": round(opened, 2),
        "memory_mb": round(memory / 1e6),
        "memory_added_mb": round((memory - before) / 1e6),
        "disk_mb": round(disk / 1e6),
        **{
            f"{name}_ms": {f"p{part}": round(float(np.percentile(values, part)), 1) for part in (50, 95)}
            for name, values in times.items()
        },
    }


class _Timed:
    """An embedder that adds up the seconds spent in it."""

    def __init__(self, embedder: Any) -> None:
        self._embedder, self.dimensions, self.seconds = embedder, embedder.dimensions, 0.0

    def encode(self, texts: Any) -> np.ndarray:
        began = time.perf_counter()
        try:
            return self._embedder.encode(texts)
        finally:
            self.seconds += time.perf_counter() - began


def ingest(files: int = 10) -> dict[str, Any]:
    """Passages per second of `rag.ingest.add`, and of the embedder alone within the same run; their ratio.

    Taken from one run, the ratio does not depend on what else the machine does. The texts are the handbook's paragraphs
    in random order.
    """
    from rag import embed

    model = embed.find(embed.DEFAULT)
    paragraphs = (SAMPLES / "handbook" / "user-handbook.md").read_text(encoding="utf-8").split("\n\n")
    rates: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "docs").mkdir()
        rng = np.random.default_rng(5)
        for number in range(files):
            text = "\n\n".join(rng.permutation(paragraphs)[:_PER_SOURCE])
            (folder / "docs" / f"{number}.txt").write_text(text, encoding="utf-8")
        for engine, embedder in (
            ("llama.cpp", embed.for_queries(model, folder / "models")),
            ("sentence-transformers", embed._SentenceTransformers(model, 0)),
        ):
            embedder.encode(["warm up"])
            rates[engine] = _rate(folder / "docs", folder / engine, model, _Timed(embedder))
    return rates


def _rate(documents: Path, place: Path, model: Any, timed: _Timed) -> dict[str, Any]:
    from rag import ingest as ingesting
    from rag.search import PASSAGE_TOKENS
    from rag.store import Store

    store = Store(place)
    store.sources()  # loads Chroma
    summary = ingesting.add(store, [str(documents)], model, lambda: timed, PASSAGE_TOKENS)
    store.close()
    return {
        "passages": summary.passages,
        "ingest_per_second": round(summary.passages / summary.seconds, 1),
        "embedder_per_second": round(summary.passages / timed.seconds, 1),
        "share": round(timed.seconds / summary.seconds, 3),
    }


def quality() -> dict[str, Any]:
    """`rag eval` on the sample documents with the defaults."""
    from dataclasses import asdict

    from rag import embed, evaluate
    from rag import ingest as ingesting
    from rag.search import PASSAGE_TOKENS, Search
    from rag.store import Store

    model = embed.find(embed.DEFAULT)
    with tempfile.TemporaryDirectory() as name:
        embedder = embed.for_queries(model, Path(name) / "models")
        store = Store(Path(name))
        ingesting.add(store, [str(SAMPLES / "handbook")], model, lambda: embedder, PASSAGE_TOKENS)
        report = evaluate.evaluate(Search(store, embedder), store, evaluate.read_questions(SAMPLES / "questions.jsonl"))
        store.close()
    return asdict(report)


def _text(rng: np.random.Generator, words: int) -> list[str]:
    return [f"w{min(number, _VOCABULARY)}" for number in rng.zipf(1.3, words)]


def fill(folder: str, passages: int) -> None:
    """Store random passages."""
    from rag import embed, lexical
    from rag import ingest as ingesting
    from rag.chunk import Passage
    from rag.records import Source, StoredPassage
    from rag.search import PASSAGE_TOKENS
    from rag.store import Store

    model = embed.find(embed.DEFAULT)
    store = Store(Path(folder))
    store.create(ingesting.recipe(model, 384, PASSAGE_TOKENS))
    rng = np.random.default_rng(3)
    rows: list[StoredPassage] = []
    for number in range(passages // _PER_SOURCE):
        source = Source(f"/documents/{number}.txt", f"{number:032x}", f"Document {number}", _PER_SOURCE, 9000, 0.0)
        for position in range(_PER_SOURCE):
            text = " ".join(_text(rng, _WORDS_PER_PASSAGE))
            rows.append(StoredPassage(source, position, Passage(text, source.title, source.title, (), 0, 0, len(text))))
        if len(rows) >= 2000 or number == passages // _PER_SOURCE - 1:
            vectors = rng.standard_normal((len(rows), 384), dtype=np.float32)
            store.put(rows, vectors / np.linalg.norm(vectors, axis=1, keepdims=True))
            store.commit(list(dict.fromkeys(row.source for row in rows)))
            rows = []
    lexical.of(store)
    store.close()


if __name__ == "__main__":
    what, *numbers = sys.argv[1:] or ["quality"]
    commands: dict[str, Callable[..., Any]] = {"latency": latency, "ingest": ingest, "quality": quality}
    print(json.dumps(commands[what](*map(int, numbers)), indent=2))
