"""The pieces of a book on disk, each under a hash of all that makes its sound: what is there is never paid again."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from assistant.books.pieces import Part
from assistant.errors import AssistantError
from assistant.settings import EngineInfo
from assistant.tts import SAMPLE_RATE, TtsSettings
from rag.atomic import replacing, write_text
from rag.text import openable

KEPT = "; what is finished is kept, and the same command goes on from there"
"""The end of the sentence about a disk that refuses."""
_ANEW = "anew.json"
_FORMAT = 1  # raise it when the same words would sound different for another reason than those in `identity`


def identity(engine: EngineInfo, settings: TtsSettings, voice: str, language: str) -> str:
    """All but the words that the sound depends on: the engine, its own keys of [tts], the voice's name and language."""
    own = {name: value for name, value in dataclasses.asdict(settings).items() if name.startswith(f"{engine.name}_")}
    return json.dumps([_FORMAT, engine.name, voice, language, own], sort_keys=True)


class Store:
    """One book's folder, for one voice."""

    def __init__(self, folder: Path, identity: str) -> None:
        self.folder = folder
        self._identity = identity

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Nobody else speaks this book meanwhile. Makes the folder. Raises AssistantError."""
        from filelock import FileLock, Timeout

        lock = FileLock(self.folder / "lock", mode=0o600, timeout=0)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            lock.acquire()
        except Timeout:
            raise AssistantError(
                f"{self.folder}: another run makes this book; wait for it, or end it and start again"
            ) from None
        except OSError as error:
            raise self.unwritable(error) from None
        try:
            for part in self.folder.glob(".*.part"):  # of a run that was killed
                part.unlink(missing_ok=True)
            yield
        finally:
            lock.release()

    def key(self, words: str) -> str:
        return hashlib.sha256(f"{self._identity}\n{words}".encode()).hexdigest()[:32]

    def missing(self, parts: Sequence[Part]) -> list[str]:
        """The words of the pieces that are not here, each once, in order."""
        words = dict.fromkeys(piece.words for part in parts for piece in part.pieces)
        return [text for text in words if not self._path(text).is_file()]

    def put(self, words: str, pcm24k: np.ndarray) -> None:
        """On disk when it returns. Raises AssistantError."""
        import soundfile

        flac = io.BytesIO()  # a full disk must be an OSError, which libsndfile does not give
        soundfile.write(flac, np.clip(pcm24k, -1.0, 1.0), SAMPLE_RATE, format="FLAC", subtype="PCM_16")
        try:
            with replacing(self._path(words)) as part:
                part.write_bytes(flac.getbuffer())
        except OSError as error:
            raise self.unwritable(error) from None

    def get(self, words: str) -> np.ndarray:
        """Mono float32 at 24 kHz. Raises AssistantError; a damaged piece is removed, so that the next run speaks it."""
        import soundfile

        path = self._path(words)
        try:
            return soundfile.read(openable(path), dtype="float32")[0]
        except (OSError, soundfile.SoundFileError):
            path.unlink(missing_ok=True)
            raise AssistantError(
                f"{path}: this piece is damaged and was removed; run the same command again, it is spoken anew"
            ) from None

    def samples(self, words: str) -> int:
        """How long the piece is."""
        import soundfile

        return soundfile.info(openable(self._path(words))).frames

    def forget(self, texts: Sequence[str]) -> None:
        """The next run speaks these again. Raises AssistantError."""
        try:
            write_text(self.folder / _ANEW, json.dumps([*self.forgotten(), *map(self.key, texts)]))
        except OSError as error:
            raise self.unwritable(error) from None
        for words in texts:
            self._path(words).unlink(missing_ok=True)

    def forgotten(self) -> list[str]:
        """The keys of all that was ever to be spoken again."""
        try:
            return list(json.loads((self.folder / _ANEW).read_text()))
        except (OSError, ValueError, TypeError):
            return []

    def unwritable(self, error: OSError) -> AssistantError:
        return AssistantError(
            f"{self.folder}: cannot be written ({error.strerror or error}); free some space or choose another place"
            f"{KEPT}"
        )

    def _path(self, words: str) -> Path:
        return self.folder / f"{self.key(words)}.flac"
