from __future__ import annotations

import hashlib
import re
from pathlib import Path

import numpy as np
import pytest

from rag import embed, ingest
from rag.store import Store

REPOSITORY = Path(__file__).parents[2]
HANDBOOK = REPOSITORY / "rag" / "samples" / "handbook"
QUESTIONS = REPOSITORY / "rag" / "samples" / "questions.jsonl"
INJECTIONS = Path(__file__).parent / "injections"


class WordEmbedder:
    """An embedder whose vectors can be foretold: texts are as near as they share words. Counts what it embeds."""

    dimensions = 64

    def __init__(self) -> None:
        self.texts: list[str] = []

    def encode(self, texts):
        self.texts += texts
        rows = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        for row, text in zip(rows, texts):
            for word in re.findall(r"\w+", text.lower()) or ["nothing"]:
                row[int(hashlib.sha256(word.encode()).hexdigest(), 16) % self.dimensions] += 1
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.fixture
def words() -> WordEmbedder:
    return WordEmbedder()


@pytest.fixture(scope="session")
def model() -> embed.EmbeddingModel:
    return embed.find(embed.DEFAULT)


@pytest.fixture(scope="session")
def models(tmp_path_factory) -> Path:
    """A folder for the converted model, made once for all tests."""
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="session")
def minilm(model, models) -> embed.Embedder:
    return embed.for_queries(model, models)


def texts(folder, **files: str):
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / f"{name}.txt").write_text(text)
    return folder


def add(store, folder, model, words, size=64, **more):
    return ingest.add(store, [str(folder)], model, lambda: words, size, **more)


def stored_texts(store: Store) -> list[str]:
    return sorted(stored.text for stored in store.all())


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path / "store")
    yield store
    store.close()
