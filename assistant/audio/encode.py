"""Speech into a file of any common format, a pipe or a device, while it is made; no ffmpeg program is needed."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np

from assistant.errors import AssistantError, UsageError
from assistant.tts import SAMPLE_RATE
from rag import output

FORMATS = {
    "wav": ("wav", "pcm_s16le"),
    "mp3": ("mp3", "libmp3lame"),
    "opus": ("opus", "libopus"),
    "aac": ("adts", "aac"),
    "flac": ("flac", "flac"),
    "pcm": ("s16le", "pcm_s16le"),
}
"""By the ending: FFmpeg's names of container and codec. ``pcm`` is bare samples: 24 kHz, 16 bits, mono."""
_BITS_PER_SECOND = 64_000  # of those that lose something


class Encoder:
    """Takes mono float32 at 24 kHz, bit by bit."""

    def __init__(self, file: IO[bytes], format: str) -> None:
        import av

        container, codec = FORMATS[format]
        # A device may say that it can seek; what somebody wrote before must not be written over.
        whole = stat.S_ISREG(os.fstat(file.fileno()).st_mode) and file.seekable() and file.tell() == 0
        self._container = av.open(file if whole else _Through(file), "w", format=container)
        lossy: dict[str, Any] = {} if codec in ("pcm_s16le", "flac") else {"bit_rate": _BITS_PER_SECOND}
        self._stream: Any = self._container.add_stream(codec, rate=SAMPLE_RATE, layout="mono", **lossy)
        self._samples = 0

    def write(self, pcm24k: np.ndarray) -> None:
        import av

        if not len(pcm24k):
            return
        samples = (np.clip(pcm24k, -1.0, 1.0) * 32767).round().astype(np.int16)
        frame = av.AudioFrame.from_ndarray(samples[None], format="s16", layout="mono")
        frame.sample_rate, frame.pts = SAMPLE_RATE, self._samples
        self._samples += len(samples)
        self._container.mux(self._stream.encode(frame))

    def close(self) -> None:
        self._container.mux(self._stream.encode(None))
        self._container.close()


class _Through:
    """A file that is only written, front to back; lengths in its header stay open."""

    def __init__(self, file: IO[bytes]) -> None:
        self.write = file.write


def format_of(out: Path, given: str | None) -> str:
    """What ``out`` is to hold. Raises UsageError, before anything is spoken, when it cannot be meant."""
    if str(out) == "-":
        if output.is_terminal(out):
            raise UsageError("-o -: the sound would go to the terminal; pipe it on, e.g. ... -o - | aplay")
        return given or "wav"
    if wrong := output.problem(out):
        raise UsageError(f"-o {out}: {wrong}")
    ending = out.suffix.lower().removeprefix(".")
    if given or not ending or output.is_special(out):
        return given or "wav"
    if ending not in FORMATS:
        raise UsageError(f"-o {out}: the ending must be one of {', '.join(FORMATS)}; or say which with --format")
    return ending


@contextmanager
def encoder(out: Path, format: str) -> Iterator[Encoder]:
    """A regular file appears whole at the end of the block, or not at all; ``-`` is standard output.

    Raises AssistantError when it cannot be written, BrokenPipeError when nobody reads it any more.
    """
    try:
        with output.opened(out) as file:
            yield from _encoded(file, format)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise AssistantError(
            f"{out}: cannot be written ({error.strerror or error}); free some space, or choose another place"
        ) from None


def _encoded(file: IO[bytes], format: str) -> Iterator[Encoder]:
    encoder = Encoder(file, format)
    yield encoder
    encoder.close()
