"""Audio files in and out, and a microphone and a speaker made of them."""

from __future__ import annotations

import asyncio
import contextlib
import io
import stat
import wave
from collections.abc import AsyncGenerator
from pathlib import Path

import numpy as np

from assistant.audio import FRAME_SAMPLES, FRAME_SECONDS, SAMPLE_RATE
from assistant.audio.channels import mixed
from assistant.audio.decode import decode
from assistant.errors import AssistantError, UsageError
from assistant.tts import SAMPLE_RATE as SPEECH_RATE
from rag import output

_MOST_BYTES = 10**9
_LONGEST_GAP = 0.5  # seconds


def read(path: Path) -> np.ndarray:
    """The audio of a file in any common format, rate and number of channels, as mono float32 at 16 kHz.

    Raises UsageError when it is missing, not audio, empty, or longer than half an hour.
    """
    path = Path(path)
    _check_file(path)
    sounds = decode(path, _content(path))
    if not any(len(audio) for audio, _ in sounds):
        raise UsageError(f"{path}: holds no sound (0 samples); record it again")
    if not all(np.isfinite(audio).all() for audio, _ in sounds):
        raise UsageError(f"{path}: holds samples that are not numbers (NaN or infinity); export it again")
    return np.clip(np.concatenate([_mono16k(audio, rate) for audio, rate in sounds if len(audio)]), -1.0, 1.0)


def _mono16k(audio: np.ndarray, rate: int) -> np.ndarray:
    mono = mixed(audio, rate)
    if rate == SAMPLE_RATE:
        return mono
    import soxr

    return soxr.resample(mono, rate, SAMPLE_RATE, quality="HQ")


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror or error}); check its disk") from None


def _check_file(path: Path) -> None:
    try:
        status = path.stat()
        with path.open("rb"):
            pass
    except FileNotFoundError:
        raise UsageError(f"{path}: there is no such audio file; check the name") from None
    except IsADirectoryError:
        raise UsageError(f"{path}: is a folder, not an audio file; name a file in it") from None
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        raise UsageError(
            f"{path}: cannot be read ({getattr(error, 'strerror', None) or error}); check the name and its permissions"
        ) from None
    if not stat.S_ISREG(status.st_mode):
        raise UsageError(f"{path}: is not an ordinary file; save the audio to a file first")
    if status.st_size == 0:
        raise UsageError(f"{path}: is empty (0 bytes); record it again")
    if status.st_size > _MOST_BYTES:
        raise UsageError(f"{path}: is larger than 1 GB; cut it into shorter files")


def check_output(path: Path) -> None:
    """Raise UsageError when no WAV file of that name can be meant, before an answer is made for it."""
    if output.is_terminal(path):
        raise UsageError("--out -: the sound would go to the terminal; pipe it on, e.g. ... --out - | aplay")
    if wrong := output.problem(path):
        raise UsageError(f"--out {path}: {wrong}")
    if path.suffix.lower() in (".mp3", ".ogg", ".opus", ".flac", ".m4a", ".aac", ".aiff"):
        raise UsageError(
            f"--out {path}: only WAV files are written; name it {path.with_suffix('.wav').name}, "
            f"then: ffmpeg -i {path.with_suffix('.wav').name} {path.name}"
        )


def write_wav(path: Path, audio: np.ndarray, rate: int) -> None:
    """Write mono float32 as a 16-bit WAV; a file appears whole or not at all, a pipe or a device is written through.

    Raises AssistantError.
    """
    path = Path(path)
    pcm = (np.clip(audio, -1.0, 1.0) * 32767).round().astype("<i2")
    content = io.BytesIO()
    with wave.open(content, "wb") as wav:
        wav.setparams((1, 2, rate, len(pcm), "NONE", ""))
        wav.writeframes(pcm.tobytes())
    try:
        with output.opened(path) as file:
            file.write(content.getbuffer())
    except BrokenPipeError:
        raise
    except OSError as error:
        raise AssistantError(
            f"{path}: cannot be written ({error.strerror or error}); free some space, or choose another place"
        ) from None


class FileMicrophone:
    """A Microphone (see assistant.audio) that hears recorded audio, then silence, then ends."""

    def __init__(self, audio: np.ndarray, realtime: bool = True, trailing_silence: float = 1.0) -> None:
        """``audio``: mono float32 at 16 kHz. ``realtime``: frames come when a device would have recorded them, by the
        loop's clock; otherwise as fast as they are taken. ``trailing_silence`` in seconds lets the endpointer fire."""
        silence = round(trailing_silence * SAMPLE_RATE)
        silence += -(len(audio) + silence) % FRAME_SAMPLES
        self._frames = np.concatenate([audio, np.zeros(silence)]).astype(np.float32).reshape(-1, FRAME_SAMPLES)
        self._realtime = realtime

    async def frames(self) -> AsyncGenerator[np.ndarray, None]:
        loop = asyncio.get_running_loop()
        start = loop.time()
        for number, frame in enumerate(self._frames, 1):
            due = start + number * FRAME_SECONDS if self._realtime else 0.0
            await asyncio.sleep(max(0.0, due - loop.time()))
            yield frame

    def close(self) -> None:
        pass


class WavSpeaker:
    """A Speaker (see assistant.audio) that plays into memory, at the pace of the event loop's clock or at once.

    It keeps what a listener would have heard; silence between two sounds is kept up to half a second, so that a
    recorded conversation is not mostly waiting.
    """

    def __init__(self, realtime: bool = True) -> None:
        self.written = 0
        self.started_at: float | None = None
        self._realtime = realtime
        self._chunks: list[np.ndarray] = []
        self._gaps: list[tuple[int, int]] = []  # (position, samples of silence before it)
        self._position = 0  # samples played when the clock showed ...
        self._since = 0.0  # ... this
        self._running = asyncio.Event()
        self._running.set()
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def played(self) -> int:
        if not self._running.is_set() or self._loop is None:
            return self._position
        if not self._realtime:
            return self.written
        passed = int((self._loop.time() - self._since) * SPEECH_RATE + 1e-3)
        return min(self._position + passed, self.written)

    def write(self, pcm24k: np.ndarray) -> None:
        if not len(pcm24k):
            return
        self._loop = asyncio.get_running_loop()
        if self._running.is_set() and self.played == self.written:
            self._begin(self._loop.time())
        self._chunks.append(np.array(pcm24k, np.float32))
        self.written += len(pcm24k)

    def _begin(self, now: float) -> None:
        """Sound begins now, after silence."""
        position = self.played
        if self.started_at is not None:
            silence = now - self._since - (position - self._position) / SPEECH_RATE
            self._gaps.append((position, round(min(max(silence, 0.0), _LONGEST_GAP) * SPEECH_RATE)))
        self._position, self._since, self.started_at = position, now, now

    def chime(self, pcm24k: np.ndarray) -> None:
        """It is not kept: what is recorded are the words."""

    def pause(self) -> None:
        if self._running.is_set():
            self._position = self.played
            self._since = self._loop.time() if self._loop else 0.0
            self._running.clear()

    def resume(self) -> None:
        if not self._running.is_set():
            if self._loop and self._position < self.written:
                self._begin(self._loop.time())
            self._running.set()

    def clear(self) -> None:
        heard = self.played
        self._chunks = [np.concatenate([*self._chunks, np.empty(0, np.float32)])[:heard]]
        self.written = self._position = heard
        self._since = self._loop.time() if self._loop else 0.0
        self._running.set()

    async def drained(self) -> None:
        while (left := self.written - self.played) > 0:
            await self._running.wait()
            await asyncio.sleep(left / SPEECH_RATE)

    def audio(self) -> np.ndarray:
        """What was heard until now, with the shortened silences: mono float32 at 24 kHz."""
        sound = np.concatenate([*self._chunks, np.empty(0, np.float32)])[: self.played]
        parts, last = [], 0
        for position, gap in self._gaps:
            parts += [sound[last:position], np.zeros(gap, np.float32)]
            last = position
        return np.concatenate([*parts, sound[last:]])

    def save(self, path: Path) -> None:
        """Write `audio` as WAV. Raises AssistantError."""
        write_wav(path, self.audio(), SPEECH_RATE)

    def close(self) -> None:
        """Stop; what was not played by now is not heard any more."""
        with contextlib.suppress(RuntimeError):
            self.clear()
