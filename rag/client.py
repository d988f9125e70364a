"""How a process reaches Chroma: a server, or an embedded store shared with other processes."""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from rag import proxies
from rag.atomic import write_text
from rag.errors import RagError, RagUsageError, StoreMismatch
from rag.text import openable

_ROOM = 10_000_000  # bytes without which the store cannot even be read: Chroma writes while it reads
_LOOK_AGAIN = 2.0  # seconds after which a server is asked whether the documents changed


class Server:
    """A Chroma server; it takes care of its clients itself."""

    def __init__(self, url: str) -> None:
        """Raises RagUsageError when ``url`` is no address."""
        self._url = url
        self._host, self._port, self._ssl = _address(url)
        self._client: Any = None
        self._asked = 0.0
        self._mutex = threading.RLock()

    @contextmanager
    def use(self, write: bool = False) -> Iterator[tuple[Any, bool]]:
        """The client, and whether its collections should be looked up again."""
        with self._mutex, _explained(self._url, self._broken):
            if self._client is None:
                self._client = self._open()
            stale = self._asked == 0.0 or time.monotonic() - self._asked > _LOOK_AGAIN
            if stale:
                self._asked = time.monotonic()
            yield self._client, stale

    def _open(self) -> Any:
        address = f"http{'s' * self._ssl}://{self._host}:{self._port}"
        if wrong := proxies.problem(address):
            raise RagError(wrong)
        chromadb = _chromadb()
        with proxies.left_out() if proxies.is_direct(address) else nullcontext():
            return chromadb.HttpClient(host=self._host, port=self._port, ssl=self._ssl, settings=_settings())

    def _broken(self, words: str) -> RagError:
        return RagError(
            f"{self._url}: the Chroma server does not answer as it should ({words}); "
            "start it with `chroma run` or correct [rag] url"
        )

    def close(self) -> None:
        self._client, self._asked = None, 0.0


def _address(url: str) -> tuple[str, int, bool]:
    """Host, port, and whether it is https. Raises RagUsageError."""
    try:
        parts = urlsplit(url if "//" in url else f"http://{url}")
        if parts.scheme not in ("http", "https"):
            raise ValueError(f"{parts.scheme} is neither http nor https")
        return parts.hostname or "localhost", parts.port or 8000, parts.scheme == "https"
    except ValueError as error:
        raise RagUsageError(
            f"{url}: is no address of a Chroma server ({error}); write [rag] url as http://library:8000"
        ) from None


class Embedded:
    """Chroma in this process. Its files are not made for two processes, not even for two readers, since reading brings
    its index forward. So each use holds a file lock for its few milliseconds, and opens the files anew when another
    process wrote. ``generation`` holds the folder in use and a number that grows with each write; a ``+`` behind it
    says that a write has begun: who finds one while holding the lock knows that its writer died.
    """

    def __init__(self, root: Path, settle: Callable[[Any], None]) -> None:
        """``settle(client)`` brings Chroma's index to where its log is."""
        from filelock import FileLock

        self._root = root
        self._settle = settle
        self._lock = FileLock(root / "store.lock", mode=0o600)
        self._mutex = threading.RLock()
        self._depth = 0
        self._client: Any = None
        self._seen = ""

    @contextmanager
    def use(self, write: bool = False) -> Iterator[tuple[Any, bool]]:
        """The client, and whether it was opened anew."""
        with self._mutex, self._lock.acquire(poll_interval=0.002), _explained(str(self._root), self._broken):
            fresh = self._open()
            if write:
                folder, number = self._position()
                self._mark(f"{folder} {number}+")
            try:
                yield self._client, fresh
            finally:
                if write:
                    self._finish()

    def _open(self) -> bool:
        mark = self._read()
        if self._client is not None and mark == self._seen:
            return False
        self.close()
        folder = self._root / self._position()[0]
        if mark and not (folder / "chroma.sqlite3").is_file():
            raise self._broken("its database is missing")  # Chroma would make an empty one and say nothing
        chromadb = _chromadb()
        self._client = chromadb.PersistentClient(openable(folder), settings=_settings())
        self._seen = mark
        if mark.endswith("+"):
            self._finish()
        return True

    def _finish(self) -> None:
        self._settle(self._client)
        folder, number = self._position()
        self._mark(f"{folder} {number + 1}")

    def _position(self) -> tuple[str, int]:
        folder, _, number = self._read().rstrip("+").partition(" ")
        return (folder, int(number)) if folder and number.isdigit() else ("chroma-1", 0)

    def _read(self) -> str:
        try:
            return (self._root / "generation").read_text(encoding="ascii")
        except FileNotFoundError:
            return ""

    def _mark(self, text: str) -> None:
        write_text(self._root / "generation", text)
        self._seen = text

    def _broken(self, words: str) -> RagError:
        if shutil.disk_usage(self._root).free < _ROOM:  # Chroma's own words seldom say so
            return _full(self._root)
        return StoreMismatch(
            f"{self._root}: the store cannot be used ({words}); it is damaged or another version of "
            "Chroma made it; `assistant rag rebuild` makes it anew from the recorded files"
        )

    def adopt(self, other: Embedded) -> None:
        """Put the files of ``other``, which must lie on the same disk, in the place of this store's files."""
        other.close()
        with self._mutex, self._lock:
            self.close()
            folder, number = self._position()
            new = f"chroma-{int(folder.partition('-')[2]) + 1}"
            shutil.rmtree(self._root / new, ignore_errors=True)  # left by an adoption that did not end
            os.replace(other._root / other._position()[0], self._root / new)
            self._mark(f"{new} {number + 1}")
            self._seen = ""
            shutil.rmtree(self._root / folder, ignore_errors=True)

    def close(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None


@contextmanager
def _explained(where: str, broken: Callable[[str], RagError]) -> Iterator[None]:
    """Chroma's errors as one sentence; its Rust core panics with exceptions that are no Exception."""
    try:
        yield
    except (RagError, KeyboardInterrupt, SystemExit, GeneratorExit, MemoryError):
        raise
    except BaseException as error:
        words = " ".join(str(error).split())[:160] or type(error).__name__
        if any(part in words.lower() for part in ("no space", "disk is full", "disk full", "enospc")):
            raise _full(where) from error
        raise broken(words) from error


def _full(where: object) -> RagError:
    return RagError(f"{where}: the disk is full; free some space and run the same command again, what was stored stays")


def _chromadb() -> Any:
    """Chroma, that takes no settings from a `.env` in the working directory: whoever wrote it could send elsewhere what
    is asked and stored. It reads one already while it is imported."""
    from pydantic_settings import DotEnvSettingsSource

    DotEnvSettingsSource._read_env_files = lambda self: {}  # type: ignore[method-assign]
    import chromadb

    return chromadb


def _settings() -> Any:
    from chromadb.config import Settings

    return Settings(anonymized_telemetry=False)
