"""Speaks clause by clause: for networks that give their sound only when they have made all of it."""

from __future__ import annotations

import functools
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from assistant.concurrency import threads
from assistant.concurrency.worker import Worker
from assistant.errors import EngineError
from assistant.tts import SpeechChunk
from assistant.tts.phonemes import Clause, phonemes
from assistant.tts.silence import Trimmer
from rag.text import openable

LONGEST = 510
"""Most tokens at a time: Kokoro has no style for more, and JETS is exported for 512."""
_THREADS = 4  # all that a piece takes is waited for
_LEAST = 24  # tokens, about 1.5 s: shorter pieces are spoken hastily, and longer ones come later


@dataclass(frozen=True)
class Piece:
    """What is synthesized at a time."""

    tokens: list[int] = field(default_factory=list)
    """1 to `LONGEST`."""
    words: list[tuple[int, int]] = field(default_factory=list)
    """Where each word ends: (tokens of the piece, characters of the whole text)."""


@dataclass(frozen=True)
class Sound:
    pcm24k: np.ndarray
    """Mono float32, shape (samples,)."""
    ends: list[int] | None = None
    """Sample at which each of the piece's words ends; None when the network does not tell."""


async def streamed(
    worker: Worker, job: Callable[[Any, Callable[[], bool]], Iterator[SpeechChunk]]
) -> AsyncGenerator[SpeechChunk, None]:
    """What ``job`` (onnxruntime's RunOptions, ``cancelled``) makes in ``worker``; leaving it ends a run under way."""
    import onnxruntime

    run = onnxruntime.RunOptions()
    try:
        async with aclosing(worker.stream(functools.partial(job, run))) as chunks:
            async for chunk in chunks:
                yield chunk
    finally:
        run.terminate = True  # within a clause, too: the network stops behind its present layer


def speak(
    text: str,
    voice: str,
    tokens: Callable[[str], list[int]],
    synthesize: Callable[[Piece], Sound],
    name: str,
    cancelled: Callable[[], bool],
) -> Iterator[SpeechChunk]:
    """``text`` in chunks, one a word where `Sound.ends` tells the words.

    ``voice``: espeak's, whose phonemes are read. ``tokens``: the network's, of a stretch of IPA with its punctuation.
    ``synthesize`` may raise anything. Raises EngineError, which names the engine by ``name``.
    """
    begin = 0
    all_pieces = list(pieces(phonemes(text, voice), tokens))
    for piece in all_pieces:
        if cancelled():
            return
        try:
            sound = synthesize(piece)
        except Exception as error:  # onnxruntime has no common base class for its errors
            if cancelled():
                return
            raise EngineError(
                f"{name}: could not speak {text[:40]!r} ({first_line(error)}); choose another model or [tts] engine"
            ) from error
        end = len(text) if piece is all_pieces[-1] else piece.words[-1][1]
        trimmer = Trimmer(text[begin:end])
        speech = trimmer.push(np.nan_to_num(sound.pcm24k))
        pause = trimmer.finish()
        if not len(pause):
            raise EngineError(
                f"{name}: the model made no sound for {text[begin:end][:40]!r}; choose another model or [tts] engine"
            )
        words = piece.words if sound.ends else piece.words[-1:]
        ends = sound.ends or [len(sound.pcm24k)]
        yield from _by_word(speech, [(sample - trimmer.skipped, word[1]) for sample, word in zip(ends, words)])
        yield SpeechChunk(pause, end)
        begin = end


def _by_word(speech: np.ndarray, ends: list[tuple[int, int]]) -> Iterator[SpeechChunk]:
    begin = 0
    for sample, spoken in [*ends[:-1], (len(speech), ends[-1][1])]:
        end = min(max(sample, begin), len(speech))
        if end > begin:
            yield SpeechChunk(speech[begin:end], spoken)
            begin = end


def pieces(clauses: list[Clause], tokens: Callable[[str], list[int]]) -> Iterator[Piece]:
    """The clauses in pieces that end with one, each as short as sounds well, so that the first is heard early."""
    piece, characters = Piece(), 0
    for number, clause in enumerate(clauses, start=1):
        # Without a mark at its end the voice would trail off as if it were cut.
        closing = clause.mark or ("," if number == len(clauses) else "")
        begin = 0
        for count, (end, written) in enumerate(clause.words, start=1):
            before = " " if count == 1 and piece.tokens else ""
            said = tokens(before + clause.ipa[begin:end] + (closing if count == len(clause.words) else ""))
            begin = end
            if len(piece.tokens) + len(said) > LONGEST and piece.tokens:
                yield piece
                piece = Piece()
            for start in range(0, len(said), LONGEST):  # one word may be longer than all that the network takes
                if start:
                    piece.words.append((LONGEST, characters))
                    yield piece
                    piece = Piece()
                piece.tokens.extend(said[start : start + LONGEST])
            piece.words.append((len(piece.tokens), characters + written))
        characters += len(clause.text)
        if closing and len(piece.tokens) >= _LEAST:
            yield piece
            piece = Piece()
    if piece.tokens:
        yield piece


def network(model: Path) -> Any:
    """An onnxruntime session. Raises what onnxruntime does, which has no common base class for its errors."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = min(_THREADS, threads.cores())
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # the language model needs the cores
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(openable(model), options, providers=["CPUExecutionProvider"])


def first_line(error: Exception) -> str:
    """What an error says, for a sentence of our own."""
    return str(error).splitlines()[0] if str(error) else type(error).__name__
