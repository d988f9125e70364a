"""Piper's neural voices: one ONNX file each, run here, with the phonemes of the espeak library."""

from __future__ import annotations

import functools
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing
from pathlib import Path

import numpy as np
import soxr

from assistant.concurrency.worker import Worker
from assistant.folders import cache_folder
from assistant.tts import SAMPLE_RATE, SpeechChunk, TtsSettings, Voice, espeak_library
from assistant.tts.piper import files as piper_files
from assistant.tts.piper import graph
from assistant.tts.piper.files import Files
from assistant.tts.piper.network import Network
from assistant.tts.piper.text import Piece, pieces
from assistant.tts.silence import Trimmer

_WARM_UP = 40  # phonemes; onnxruntime plans its memory during the first run


class Piper:
    def __init__(self, settings: TtsSettings, files: Files, notice: Callable[[str], None]) -> None:
        """Raises UsageError for an unknown speaker, EngineError when the files are broken or of another kind."""
        self._config = piper_files.read(files.config)
        self._where = str(files.config)
        self._speaker = piper_files.speaker(self._config, settings.piper_voice)
        noise, length, noise_of_lengths = self._config.scales
        self._scales = (noise, length / settings.piper_speed, noise_of_lengths)
        self._network = Network(files.model, _parts(files, notice))
        self.name = f"piper {files.name}"
        self.language = piper_files.language(files.name).partition("-")[0] or "en"
        if self._config.espeak_voice:
            with espeak_library.busy:
                voice = espeak_library.identifier(self._config.espeak_voice, self._where)
            self.language = espeak_library.language(voice)
        silence = np.array((self._config.ids["^"] + self._config.ids["_"] * _WARM_UP + self._config.ids["$"]), np.int64)
        for _ in self._network.speak(silence, self._scales, self._speaker).sound:
            break
        self._worker = Worker("piper")

    async def speak(self, text: str) -> AsyncGenerator[SpeechChunk, None]:
        """Chunks end at words, and where a step of the decoder does; a cancelled one ends after its step."""
        async with aclosing(self._worker.stream(functools.partial(self._speak, text))) as chunks:
            async for chunk in chunks:
                yield chunk

    def close(self) -> None:
        self._worker.close()

    def _speak(self, text: str, cancelled: Callable[[], bool]) -> Iterator[SpeechChunk]:
        for piece in pieces(text, self._config, self._where):
            if cancelled():
                return
            yield from self._say(piece, cancelled)

    def _say(self, piece: Piece, cancelled: Callable[[], bool]) -> Iterator[SpeechChunk]:
        speech = self._network.speak(piece.ids, self._scales, self._speaker)
        trimmer = Trimmer(piece.text)
        resampled = soxr.ResampleStream(self._config.rate, SAMPLE_RATE, 1, dtype="float32")
        words = _Words(piece, speech.ends, SAMPLE_RATE / self._config.rate)
        given = 0
        for sound in speech.sound:
            if cancelled():
                return
            pcm = trimmer.push(resampled.resample_chunk(np.clip(sound, -1.0, 1.0)))
            yield from words.split(pcm, given + trimmer.skipped)
            given += len(pcm)
        pcm = trimmer.push(resampled.resample_chunk(np.zeros(0, np.float32), last=True))
        yield from words.split(pcm, given + trimmer.skipped)
        pause = trimmer.finish()
        if len(pause):
            yield SpeechChunk(pause, piece.begin + len(piece.text.rstrip()))


class _Words:
    """Tells of a piece's sound which words have ended in it."""

    def __init__(self, piece: Piece, ends: np.ndarray | None, rate: float) -> None:
        self._known = ends is not None
        self._marks = [] if ends is None else [(round(ends[at] * rate), spoken) for at, spoken in piece.words]
        self._spoken = piece.begin

    def split(self, pcm: np.ndarray, position: int) -> Iterator[SpeechChunk]:
        """``pcm``, which begins at sample ``position`` of the piece, in chunks that end where words do."""
        begin = 0
        while self._marks and self._marks[0][0] <= position + len(pcm):
            end, spoken = self._marks.pop(0)
            end = max(begin, end - position)
            if end > begin:
                yield SpeechChunk(pcm[begin:end], spoken)
            begin, self._spoken = end, spoken
        if begin < len(pcm):
            yield SpeechChunk(pcm[begin:], self._spoken if self._known else None)


def _parts(files: Files, notice: Callable[[str], None]) -> Path | None:
    """The folder with the model's two parts, made when there is none; None when it can be spoken whole only."""
    folder = cache_folder() / "piper" / f"{piper_files.digest(files)}-{graph.FORMAT}"
    if folder.is_dir():
        return folder
    try:
        graph.cut(files.model, folder)
    except graph.CannotCut as reason:
        notice(f"piper {files.name} is heard only when a whole sentence is ready, since {reason}")
        return None
    except OSError as error:
        notice(
            f"piper {files.name} is heard only when a whole sentence is ready, since {folder.parent} cannot be written "
            f"({error.strerror}); free some space there"
        )
        return None
    return folder


def load(settings: TtsSettings, notice: Callable[[str], None]) -> Piper:
    """Fetches the voice when it is not here. Raises EngineError, UsageError."""
    return Piper(settings, piper_files.fetch(settings.piper_voice, notice), notice)


def fetch(name: str) -> None:
    """Put the voice on this machine. Raises EngineError, UsageError."""
    piper_files.fetch(name)


def found(settings: TtsSettings) -> tuple[str, str]:
    """See `assistant.settings.EngineInfo`."""
    files = piper_files.locate(settings.piper_voice)
    if files is None:
        return f"{settings.piper_voice} is not on this machine yet", "it is fetched on first use"
    piper_files.read(files.config)
    piper_files.digest(files)
    return f"{files.name} lies in {files.model.parent}", ""


def voices(settings: TtsSettings) -> list[Voice]:
    """Those that this program knows, the best known first, and others that were fetched; the hub has more."""
    rows = []
    known = piper_files.known()
    for name in dict.fromkeys([*known, *piper_files.fetched()]):
        row = known.get(name) or _UNKNOWN
        here = piper_files.locate(name) is not None
        speakers = f"; {row.speakers} speakers, e.g. {name}+1" if row.speakers > 1 else ""
        licence, language = row.licence or "see its MODEL_CARD", piper_files.language(name)
        rows.append(
            Voice("piper", name, language, row.sex, licence, round(row.size / 1e6, 1), here, row.note + speakers)
        )
    return rows


_UNKNOWN = piper_files.Known(model="", config="", size=0, speakers=1, sex="", licence="", base="")
