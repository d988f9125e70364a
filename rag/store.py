"""The passages and their vectors in Chroma, embedded in this process or on a server.

A source (one file) becomes visible by one write, its record, after all of its passages are stored: whatever ends a run,
a source is there whole, in its old or in its new form. Passages without a record are never shown and swept later.
"""

from __future__ import annotations

import errno
import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from rag.added_files import AddedFiles
from rag.client import Embedded, Server
from rag.errors import RagError, RagUsageError, StoreMismatch
from rag.records import Source, Stored, StoredPassage, StoreRecipe, digest
from rag.text import readable

_SEPARATOR = "\x1f"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,498}[A-Za-z0-9]")
_PAGE = 5000  # records per request; Chroma's own limit is a little higher


class Store:
    """One collection. Thread-safe; any number of processes may use one store, one of them may write."""

    def __init__(self, path: Path, url: str = "", name: str = "documents") -> None:
        """``path`` holds the embedded store, for a server only what is kept on this machine. Raises RagUsageError,
        RagError on a full disk."""
        from filelock import FileLock

        if not _NAME.fullmatch(name):
            raise RagUsageError(
                f"{name!r} cannot name a collection; set [rag] collection to 3 to 500 letters, digits, dots, "
                "dashes and underscores, the first and last one a letter or digit"
            )
        try:
            path.mkdir(parents=True, exist_ok=True)
            self._writer = FileLock(path / "writer.lock", mode=0o600)
        except OSError as error:
            full = error.errno in (errno.ENOSPC, errno.EDQUOT)
            raise (RagError if full else RagUsageError)(
                f"{path}: cannot be made ({(error.strerror or '').lower()}); "
                + ("free some space" if full else "set [rag] path")
            ) from None
        self.path, self.url, self.name = path, url, name
        self.journal = AddedFiles(path / "sources.jsonl")
        self._backend: Server | Embedded = Server(url) if url else Embedded(path, self._settle)
        self._passages: Any = None
        self._records: Any = None
        self._generation: str | None = None
        self._sources: dict[str, Source] = {}
        self._heads: set[str] = set()
        self._signature = ""

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the right to change the store; one process on this machine at a time. Raises RagError."""
        from filelock import Timeout

        try:
            self._writer.acquire(timeout=0)
        except Timeout:
            raise RagError(
                f"{self.path}: another process is adding or removing documents; wait until it is done"
            ) from None
        try:
            yield
        finally:
            self._writer.release()

    @contextmanager
    def _access(self, write: bool = False) -> Iterator[Any]:
        with self._backend.use(write) as (client, stale):
            if stale:
                self._refresh(client)
            yield client

    def _refresh(self, client: Any) -> None:
        names = {collection.name for collection in client.list_collections()}
        complete = {self.name, f"{self.name}.sources"} <= names
        self._passages = client.get_collection(self.name, embedding_function=None) if complete else None
        self._records = client.get_collection(f"{self.name}.sources", embedding_function=None) if complete else None
        generation = (self._records.metadata or {}).get("generation") if complete else None
        if self.url and generation is not None and generation == self._generation:
            return
        self._generation = generation
        records = [
            Source(**json.loads(text)) for page in _pages(self._records, ["documents"]) for text in page["documents"]
        ]
        self._sources = {source.path: source for source in records}
        self._heads = {source.head for source in records}
        self._signature = ""

    def _settle(self, client: Any) -> None:
        """Chroma writes to a log and brings its vector index forward when it is next asked."""
        for collection in client.list_collections():
            if collection.count():
                width = 4 if collection.name.endswith(".sources") else collection.metadata["dimensions"]
                collection.query(query_embeddings=[[1.0] + [0.0] * (width - 1)], n_results=1, include=[])

    def close(self) -> None:
        self._backend.close()

    # ---- reading ------------------------------------------------------------------------------------------------

    def recipe(self) -> StoreRecipe | None:
        """How the passages were made; None while there are none."""
        with self._access():
            if self._passages is None:
                return None
            metadata = self._passages.metadata or {}
            try:
                return StoreRecipe(**{name: metadata[name] for name in StoreRecipe.__dataclass_fields__})
            except KeyError:
                raise StoreMismatch(
                    f"{self.url or self.path}: the collection {self.name} was not made by this "
                    "program; set another [rag] collection"
                ) from None

    def check(self, wanted: StoreRecipe) -> None:
        """Raises StoreMismatch when the store was made with another embedder or chunking."""
        found = self.recipe()
        if found is None or found == wanted:
            return
        what = " and ".join(
            f"{name} {getattr(found, name)} instead of {getattr(wanted, name)}"
            for name in StoreRecipe.__dataclass_fields__
            if getattr(found, name) != getattr(wanted, name)
        )
        raise StoreMismatch(
            f"{self.url or self.path}: the documents were stored with {what}; "
            "run `assistant rag rebuild` or restore the setting"
        )

    def sources(self) -> dict[str, Source]:
        with self._access():
            return dict(self._sources)

    def signature(self) -> str:
        """Changes whenever the visible passages do."""
        with self._access():
            if not self._signature:
                self._signature = hashlib.sha256("".join(sorted(self._heads)).encode()).hexdigest()[:24]
            return self._signature

    def visible(self, id: str) -> bool:
        return id.rpartition("-")[0] in self._heads

    def query(self, vector: np.ndarray, count: int) -> list[tuple[str, float]]:
        """(id, cosine) of the nearest passages, best first."""
        with self._access():
            if not self._sources:
                return []
            found = self._passages.query(query_embeddings=[vector.tolist()], n_results=count, include=["distances"])
            return [
                (id, 1.0 - distance) for id, distance in zip(found["ids"][0], found["distances"][0]) if self.visible(id)
            ]

    def vectors(self, ids: Sequence[str]) -> dict[str, np.ndarray]:
        if not ids:
            return {}
        with self._access():
            found = self._passages.get(ids=list(ids), include=["embeddings"])
            return dict(zip(found["ids"], np.asarray(found["embeddings"], dtype=np.float32)))

    def get(self, ids: Sequence[str]) -> list[Stored]:
        """The passages with these ids, in this order; those that have gone since are left out."""
        if not ids:
            return []
        with self._access():
            if self._passages is None:
                return []
            found = self._passages.get(ids=list(ids), include=["documents", "metadatas"])
        by_id = {}
        for id, text, data in zip(found["ids"], found["documents"], found["metadatas"]):
            headings = tuple(part for part in data["headings"].split(_SEPARATOR) if part)
            by_id[id] = Stored(
                id,
                data["source"],
                data["title"],
                headings,
                data["page"],
                data["start"],
                data["end"],
                data["context"],
                text,
            )
        return [by_id[id] for id in ids if id in by_id]

    def all(self) -> Iterator[Stored]:
        """Every visible passage, source by source."""
        ids = [id for source in self.sources().values() for id in source.ids()]
        for start in range(0, len(ids), _PAGE):
            yield from self.get(ids[start : start + _PAGE])

    def present(self, ids: Sequence[str]) -> set[str]:
        with self._access():
            return set(self._passages.get(ids=list(ids), include=[])["ids"])

    # ---- writing ------------------------------------------------------------------------------------------------

    def create(self, recipe: StoreRecipe) -> None:
        """Make the collection unless it is there; refuse one of another recipe."""
        self.check(recipe)
        with self._access(write=True) as client:
            options = {"embedding_function": None, "configuration": {"hnsw": {"space": "cosine", "ef_search": 100}}}
            client.get_or_create_collection(self.name, metadata=asdict(recipe), **options)
            if f"{self.name}.sources" not in {collection.name for collection in client.list_collections()}:
                client.create_collection(f"{self.name}.sources", metadata={"generation": "0"}, **options)
            self._refresh(client)

    def put(self, rows: Sequence[StoredPassage], vectors: np.ndarray) -> None:
        """Store passages; they stay unseen until their source is committed."""
        metadata = [
            {
                "source": readable(row.source.path),
                "title": row.passage.title,
                "page": row.passage.page,
                "headings": _SEPARATOR.join(row.passage.headings),
                "context": row.passage.context,
                "start": row.passage.start,
                "end": row.passage.end,
            }
            for row in rows
        ]
        with self._access(write=True):
            self._passages.upsert(
                ids=[row.id for row in rows],
                embeddings=vectors,
                metadatas=metadata,
                documents=[row.passage.text for row in rows],
            )

    def commit(self, sources: Sequence[Source]) -> None:
        """Make sources visible in their new form; their old passages go."""
        if not sources:
            return
        with self._access(write=True):
            self._records.upsert(
                ids=[digest(source.path) for source in sources],
                documents=[json.dumps(asdict(source)) for source in sources],
                embeddings=[_spread(source.path) for source in sources],
            )
            for source in sources:
                old = self._sources.get(source.path)
                self._sources[source.path] = source
                self._heads.add(source.head)
                if old is not None and old.head != source.head:
                    self._heads.discard(old.head)
                    self._delete(old.ids())
                elif old is not None:
                    self._delete(old.ids()[source.passages :])
            self._announce()
            self.journal.add([source.path for source in sources])

    def remove(self, paths: Sequence[str]) -> None:
        with self._access(write=True):
            gone = [self._sources[path] for path in paths if path in self._sources]
            for source in gone:
                self._records.delete(ids=[digest(source.path)])
                del self._sources[source.path]
                self._heads.discard(source.head)
                self._delete(source.ids())
            self._announce()
            self.journal.remove([source.path for source in gone])

    def sweep(self) -> int:
        """Delete passages that a run which did not end left behind; how many there were."""
        with self._access():
            expected = sum(source.passages for source in self._sources.values())
            if self._passages is None or self._passages.count() == expected:
                return 0
            left = [id for page in _pages(self._passages, []) for id in page["ids"] if not self.visible(id)]
        with self._access(write=True):
            self._delete(left)
        return len(left)

    def clear(self) -> None:
        """Delete the collection, not the list of its files."""
        with self._access(write=True) as client:
            for name in (self.name, f"{self.name}.sources"):
                if name in {collection.name for collection in client.list_collections()}:
                    client.delete_collection(name)
            self._refresh(client)

    def adopt(self, other: Store) -> None:
        """Take over all of another embedded store on the same disk; what was here goes."""
        assert isinstance(self._backend, Embedded) and isinstance(other._backend, Embedded)
        self._backend.adopt(other._backend)
        self.journal.replace(other.journal.sources())

    def _delete(self, ids: list[str]) -> None:
        for start in range(0, len(ids), _PAGE):
            self._passages.delete(ids=ids[start : start + _PAGE])

    def _announce(self) -> None:
        self._signature = ""
        if self.url and self._records is not None:  # embedded stores have their generation file
            self._generation = str(int(self._generation or 0) + 1)
            self._records.modify(metadata={"generation": self._generation})


def _spread(path: str) -> list[float]:
    """Chroma wants a vector with every record; equal ones would make its index slow."""
    return [byte / 255 + 0.01 for byte in hashlib.sha256(path.encode("utf-8", "surrogatepass")).digest()[:4]]


def _pages(collection: Any, include: list[str]) -> Iterator[dict]:
    offset = 0
    while collection is not None:
        page = collection.get(include=include, limit=_PAGE, offset=offset)
        if not page["ids"]:
            return
        yield page
        offset += len(page["ids"])
