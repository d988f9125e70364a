"""Chapters -> the audiobook and its proof: all that `assistant read` does once its options are clear."""

from __future__ import annotations

import asyncio
import glob
import hashlib
import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from assistant.books import Book, join, listen
from assistant.books.child import Child
from assistant.books.pieces import Part, Piece
from assistant.books.price import Price, cost
from assistant.books.proof import Proof, judge
from assistant.books.speak import Report, speak
from assistant.books.store import KEPT, Store
from assistant.errors import AssistantError
from assistant.stt import SttSettings
from assistant.tts import SAMPLE_RATE, Tts
from assistant.tts.scripts import foreign_script
from rag.atomic import write_text

_SLOWER = (0.9, 0.8)  # what the recogniser missed it is played again, alone and slower
_EDGE = 0.1  # seconds around a piece that is played again


@dataclass(frozen=True)
class Job:
    book: Book
    parts: Sequence[Part]
    language: str
    """Of the words, as the voice reads them."""
    store: Store
    out: Path
    price: Price | None = None
    max_cost: float | None = None
    """US dollars."""


Told = Callable[[str, int, int], None]
"""What is being done, how much of it is done, of how much."""


@contextmanager
def opened(job: Job) -> Iterator[None]:
    """The book's folder is this run's alone. Raises AssistantError."""
    with job.store.locked():
        for part in job.out.absolute().parent.glob(f".{glob.escape(job.out.name)}.*.part"):  # of a run that was killed
            part.unlink(missing_ok=True)
        yield


async def say(job: Job, voices: Sequence[Tts], told: Told, notice: Callable[[str], None] = lambda text: None) -> Report:
    """Speak what is missing. ``notice`` is told why one waits. Raises AssistantError; what was finished is kept."""
    missing = job.store.missing(job.parts)
    total = len({piece.words for part in job.parts for piece in part.pieces})
    begun, before = time.monotonic(), total - len(missing)

    def done(report: Report) -> None:
        told("pieces spoken", before + report.spoken, total)
        if job.price is not None and job.max_cost is not None:
            spent = cost(job.price, report.characters, report.seconds)
            if spent > job.max_cost:
                raise AssistantError(f"this run has cost ${spent:.2f}, more than --max-cost {job.max_cost:g}")

    if missing:
        told("pieces spoken", before, total)
    try:
        report = await speak(missing, voices, job.store, done, notice=notice)
    except AssistantError as error:
        kept = total - len(job.store.missing(job.parts))
        raise type(error)(
            f"{str(error).removesuffix(KEPT)}; {kept} of {total} pieces are kept in "
            f"{job.store.folder}, and the same command goes on from there"
        ) from None
    if report.spoken:
        _note_speed(job.store, report.characters / max(1e-3, time.monotonic() - begun))
    return report


def known_speed(store: Store) -> float | None:
    """Characters a second that the last run with this voice spoke; None when there was none."""
    try:
        return float(json.loads((store.folder / "speed.json").read_text())[store.key("")])
    except (OSError, ValueError, KeyError):
        return None


def _note_speed(store: Store, speed: float) -> None:
    path = store.folder / "speed.json"
    try:
        speeds = json.loads(path.read_text())
    except (OSError, ValueError):
        speeds = {}
    try:
        write_text(path, json.dumps({**speeds, store.key(""): round(speed, 1)}))
    except OSError as error:
        raise store.unwritable(error) from None


async def assemble(job: Job, told: Told) -> list[join.Encoded]:
    """Encode the chapters and write the audiobook. Raises AssistantError."""
    codec, encoded = "aac" if job.out.suffix else "mp3", []
    with Child() as child:
        for number, part in enumerate(job.parts, 1):
            encoded.append(await child.call(join.encode, part, job.store, codec))
            told("chapters joined", number, len(job.parts))
    await asyncio.to_thread(join.join, encoded, job.book, job.out, job.store)
    return encoded


async def prove(job: Job, encoded: Sequence[join.Encoded], settings: SttSettings, told: Told) -> list[Proof] | None:
    """One for each chapter; None when no recogniser here understands the language. Raises AssistantError.

    The chapters' files are heard, frame by frame the ones that the audiobook is made of.
    """
    proofs = []
    for number, chapter in enumerate(encoded, 1):
        with Child() as child:  # a new one for each: a recogniser's memory grows with the lengths that it has seen
            name = await child.call(listen.name, settings, job.language)
            if name is None:
                return None
            proofs.append(await _prove(job, chapter, name, settings, child))
        told("chapters heard", number, len(encoded))
    return proofs


async def _prove(job: Job, chapter: join.Encoded, name: str, settings: SttSettings, child: Child) -> Proof:
    pieces = [piece.sentences for piece in chapter.part.pieces]
    path = job.store.folder / f"{chapter.key}.{hashlib.sha256(name.encode()).hexdigest()[:8]}.heard.json"
    again: dict[int, list[str]] = {}
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        again = {int(number): list(texts) for number, texts in record["again"].items()}
        return await child.call(judge, pieces, record["heard"], job.language, again)
    except (OSError, ValueError, KeyError, AttributeError):
        pass
    heard = await child.call(listen.hear, chapter.path, settings, job.language)
    proof = await child.call(judge, pieces, heard, job.language)
    windows = _windows(chapter.part.pieces, job.store)
    for slower in _SLOWER:
        if proof.unheard:
            places = [windows[number] for number in proof.unheard]
            texts = await child.call(listen.hear_again, chapter.path, places, slower, settings, job.language)
            for number, text in zip(proof.unheard, texts):
                again.setdefault(number, []).append(text)
            proof = await child.call(judge, pieces, heard, job.language, again)
    try:
        write_text(path, json.dumps({"heard": heard, "again": again}, ensure_ascii=False))
    except OSError as error:
        raise job.store.unwritable(error) from None
    return proof


def _windows(pieces: Sequence[Piece], store: Store) -> list[tuple[float, float]]:
    """From where to where each piece is heard in its chapter, in seconds."""
    windows, begin = [], 0.0
    for piece in pieces:
        end = begin + store.samples(piece.words) / SAMPLE_RATE
        windows.append((max(0.0, begin - _EDGE), end + _EDGE))
        begin = end + piece.pause
    return windows


@dataclass(frozen=True)
class Doubts:
    """The pieces with a lost, doubled or moved sentence."""

    anew: tuple[str, ...]
    """Removed, so that the next run speaks them again."""
    in_vain: tuple[str, ...]
    """Spoken again before, and in doubt as they were."""
    foreign: tuple[str, ...]
    """Of a script that a voice of this language does not read."""


def forget_doubtful(job: Job, proofs: Sequence[Proof]) -> Doubts:
    """Remove the pieces that may be better when they are spoken anew. Raises AssistantError."""
    found: dict[str, None] = {}
    for part, proof in zip(job.parts, proofs):
        owner = [piece.words for piece in part.pieces for _ in piece.sentences]
        found.update(
            (owner[place.sentence], None) for place in proof.places if place.kind in ("lost", "doubled", "moved")
        )
    foreign = tuple(words for words in found if foreign_script(words, job.language))
    before = job.store.forgotten()
    own = [words for words in found if words not in foreign]
    anew = tuple(words for words in own if job.store.key(words) not in before)
    job.store.forget(anew)
    return Doubts(anew, tuple(words for words in own if words not in anew), foreign)
