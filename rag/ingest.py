"""Bring files into the store: only what changed, one file whole at a time, going on where an earlier run stopped."""

from __future__ import annotations

import fnmatch
import glob
import os
import shutil
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rag import chunk, embed, load, mounts, sandbox
from rag.errors import BadFile, RagError, RagUsageError, StoreMismatch
from rag.records import Source, StoredPassage, StoreRecipe
from rag.store import Store

BATCH = 128
"""Passages embedded and stored together; more is not quicker, and what is under way is lost when a run ends."""


@dataclass
class IngestProgress:
    files: int = 0
    """Looked at so far, of `total_files`."""
    total_files: int = 0
    bytes: int = 0
    total_bytes: int = 0
    passages: int = 0
    """Embedded and stored in this run."""
    file: str = ""


@dataclass
class Summary:
    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    unchanged: int = 0
    removed: list[str] = field(default_factory=list)
    bad: list[load.Bad] = field(default_factory=list)
    partly: list[load.Bad] = field(default_factory=list)
    """What was passed over in files that were stored."""
    passed: load.PassedOver = field(default_factory=load.PassedOver)
    """What is not read, and files that are stored under another name."""
    passages: int = 0
    seconds: float = 0.0


def recipe(model: embed.EmbeddingModel, dimensions: int, size: int) -> StoreRecipe:
    return StoreRecipe(model.name, model.fingerprint, dimensions, size, chunk.VERSION)


def add(
    store: Store,
    names: Iterable[str],
    model: embed.EmbeddingModel,
    embedder: Callable[[], embed.Embedder],
    size: int,
    progress: Callable[[IngestProgress], None] = lambda _: None,
) -> Summary:
    """Store the files meant by ``names`` and forget those of them that are gone.

    ``embedder()`` is called when there is something to embed. An interrupted run (KeyboardInterrupt, kill) keeps every
    file it finished; the next one goes on, in a long file from its last stored passage. Raises RagError.
    """
    names = list(names)
    began = time.monotonic()
    summary = Summary()
    with store.writing():
        known = store.sources()
        summary.removed = _gone(names, known)
        if summary.removed:
            store.remove(summary.removed)
        gone = list(summary.removed)
        for path in gone:
            del known[path]
        files: list[Path] = []
        for found in load.discover(names, summary.passed):
            if isinstance(found, Path):
                if not _below(str(found), os.path.abspath(store.path)):  # the store's own files
                    files.append(found)
            elif not any(_means(os.path.abspath(os.path.expanduser(found.path)), path) for path in gone):
                summary.bad.append(found)  # what was recorded and is gone is no mistake
        if files:
            sandbox.start()
        state = IngestProgress(total_files=len(files), total_bytes=sum(_size(path) for path in files))
        _Run(store, known, model, embedder, size, summary, state, progress).take(files)
    summary.seconds = time.monotonic() - began
    return summary


def rebuild(
    store: Store,
    model: embed.EmbeddingModel,
    embedder: Callable[[], embed.Embedder],
    size: int,
    progress: Callable[[IngestProgress], None] = lambda _: None,
) -> Summary:
    """Make the store anew from the files it was made of, with the present embedder and chunking. Raises RagError.

    An embedded store is built beside the old one, which serves until the new one is whole; an interrupted rebuild goes
    on where it stopped. A server's collection is emptied first.
    """
    try:
        names = dict.fromkeys([*store.sources(), *store.journal.sources()])
    except StoreMismatch:
        names = dict.fromkeys(store.journal.sources())
    if not names:
        raise RagUsageError(f"{store.path}: no files are recorded here; add them with `assistant rag add`")
    if store.url:
        with store.writing():
            store.clear()
        return add(store, names, model, embedder, size, progress)
    with store.writing():
        place = store.path / "rebuild"
        new = Store(place, name=store.name)
        try:
            begun = new.recipe()
            usable = begun is None or begun == recipe(model, begun.dimensions, size)
        except StoreMismatch:
            usable = False
        if not usable:
            new.close()
            shutil.rmtree(place)
            new = Store(place, name=store.name)
        summary = add(new, names, model, embedder, size, progress)
        if not new.sources():
            raise RagError(f"{store.path}: none of the {len(names)} recorded files can be read; the old store stays")
        store.adopt(new)
        shutil.rmtree(place, ignore_errors=True)
    return summary


def remove(store: Store, names: Iterable[str]) -> list[str]:
    """Forget files, or everything below folders; the paths forgotten. Raises RagError."""
    roots = [os.path.abspath(os.path.expanduser(name)) for name in names]
    with store.writing():
        gone = [path for path in store.sources() if any(path == root or _below(path, root) for root in roots)]
        if gone:
            store.remove(gone)
    return gone


def _gone(names: Sequence[str], known: Iterable[str]) -> list[str]:
    """Recorded files that ``names`` mean and that are no more, be it the target of a link. Those on a disk
    that is not mounted stay."""
    roots = [os.path.abspath(os.path.expanduser(name)) for name in names]
    meant = [path for path in known if any(_means(root, path) for root in roots) and _missing(path)]
    return [path for path in meant if not mounts.absent(path)]


def _means(root: str, path: str) -> bool:
    """Whether it is the file, the folder above it or a pattern of it."""
    pattern = root.replace("**/", "*") if glob.has_magic(root) else ""
    return path == root or _below(path, root) or bool(pattern) and fnmatch.fnmatchcase(path, pattern)


def _missing(path: str) -> bool:
    try:
        os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:  # it may be there
        return False
    return False


def _below(path: str, folder: str) -> bool:
    return path.startswith(folder.rstrip(os.sep) + os.sep)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


class _Run:
    def __init__(
        self,
        store: Store,
        known: dict[str, Source],
        model: embed.EmbeddingModel,
        embedder: Callable[[], embed.Embedder],
        size: int,
        summary: Summary,
        state: IngestProgress,
        progress: Callable[[IngestProgress], None],
    ) -> None:
        self._store, self._known, self._model, self._size = store, known, model, size
        self._make_embedder = embedder
        self._embedder: embed.Embedder | None = None
        self._summary, self._state, self._progress = summary, state, progress
        self._rows: list[StoredPassage] = []
        self._finished: list[Source] = []
        self._twins: list[Path] = []
        self._holders: dict[tuple[str | None, str], str] = {}
        for name, source in sorted(known.items(), reverse=True):  # the first of them keeps its place
            self._holders[load.kind(Path(name)), source.hash] = name

    def take(self, files: Iterable[Path]) -> None:
        """Files that are the same as another are looked at last, when it is known what the others hold now."""
        self._all(files)
        twins, self._twins = self._twins, []
        self._all(twins, last=True)
        self._flush()
        self._store.sweep()
        self._progress(self._state)

    def _all(self, files: Iterable[Path], last: bool = False) -> None:
        for path in files:
            size = _size(path)
            self._state.file = str(path)
            self._progress(self._state)
            try:
                if not self._file(path, last):
                    continue
            except BadFile as reason:
                kept = "; its earlier version stays" if str(path) in self._known else ""
                self._summary.bad.append(load.Bad(str(path), f"{reason}{kept}"))
            self._state.files += 1
            self._state.bytes += size

    def _file(self, path: Path, last: bool) -> bool:
        """Store it; False where that waits for the ``last`` ones."""
        data = load.read(path)
        content = load.content_hash(data)
        if first := self._same(path, content):
            if not last:
                self._twins.append(path)
                return False
            self._summary.passed.twins[str(path)] = first
            if self._known.pop(str(path), None):
                self._flush()
                self._store.remove([str(path)])
                self._summary.removed.append(str(path))
            return True
        old = self._known.get(str(path))
        if old is not None and old.hash == content:
            self._summary.unchanged += 1
            return True
        document = load.document(path, data)
        self._summary.partly += [load.Bad(str(path), note) for note in document.notes]
        passages = chunk.chunk(document, self._model.spans, self._model.limit, self._size)
        source = Source(str(path), content, document.title, len(passages), len(data), time.time())
        rows = [StoredPassage(source, number, passage) for number, passage in enumerate(passages)]
        self._ready()
        if len(rows) > BATCH:
            stored = self._store.present([row.id for row in rows])
            rows = [row for row in rows if row.id not in stored]
        for row in rows:
            self._rows.append(row)
            if len(self._rows) >= BATCH:
                self._flush()
        self._finished.append(source)
        self._known[source.path] = source
        self._holders[load.kind(path), content] = source.path
        (self._summary.added if old is None else self._summary.changed).append(str(path))
        return True

    def _same(self, path: Path, content: str) -> str:
        """Another file of the same kind that is stored and has the same bytes; empty where there is none."""
        first = self._holders.get((load.kind(path), content), "")
        known = self._known.get(first)
        there = known is not None and known.hash == content and not _missing(first)
        return first if there and first != str(path) else ""

    def _ready(self) -> embed.Embedder:
        """The embedder, loaded, and the store made for it."""
        if self._embedder is None:
            self._embedder = self._make_embedder()
            self._store.create(recipe(self._model, self._embedder.dimensions, self._size))
        return self._embedder

    def _flush(self) -> None:
        """Embed and store what is waiting; files that are whole then become visible."""
        if self._rows:
            self._store.put(self._rows, self._ready().encode([row.passage.embedded for row in self._rows]))
            self._summary.passages += len(self._rows)
            self._state.passages += len(self._rows)
            self._rows = []
        self._store.commit(self._finished)
        self._finished = []
        self._progress(self._state)
