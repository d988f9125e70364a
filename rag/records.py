"""What the store keeps: how a collection was made, its files, their passages."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from rag.chunk import Passage


@dataclass(frozen=True)
class StoreRecipe:
    """What the passages of a collection have in common; a store opened with another one is refused."""

    embedder: str
    fingerprint: str
    dimensions: int
    size: int
    chunking: int


@dataclass(frozen=True)
class Source:
    path: str
    hash: str
    title: str
    passages: int
    bytes: int
    added: float
    """Seconds since the epoch."""

    @property
    def head(self) -> str:
        """Begins the ids of its passages; another content has another one."""
        return f"{digest(self.path)}-{self.hash[:16]}"

    def ids(self) -> list[str]:
        return [f"{self.head}-{number:06d}" for number in range(self.passages)]


@dataclass(frozen=True)
class StoredPassage:
    """One passage on its way into the store."""

    source: Source
    number: int
    passage: Passage

    @property
    def id(self) -> str:
        return f"{self.source.head}-{self.number:06d}"


@dataclass(frozen=True)
class Stored:
    """A passage as it comes back."""

    id: str
    source: str
    title: str
    headings: tuple[str, ...]
    page: int
    start: int
    end: int
    context: str
    text: str


def digest(text: str) -> str:
    """Sixteen hexadecimal digits that stand for a path."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
