"""The bytes of a sound file -> samples, by what they are: neither its name nor its header is believed.

libsndfile reads plain samples, FFmpeg's libraries inside PyAV what is compressed, and what libsndfile does not know: of
files that were joined or cut off libsndfile gives the first one, or nothing.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from assistant.audio import riff
from assistant.errors import UsageError

Sound = tuple[np.ndarray, int]
"""Samples of shape (n, channels), float32, and their rate."""

_COMPRESSED = ("FLAC", "MP3", "MPEG", "OGG")  # libsndfile's names
_MOST_SECONDS = 30 * 60
_MOST_SAMPLES = 500_000_000  # of all channels, at their own rate: 2 GB
_RATES = (1_000, 768_000)
_HEAD = 512  # bytes that tell text from sound
_UNMARKED = {".g722": "g722", ".gsm": "gsm"}  # formats that only a name tells, and what FFmpeg calls them
# A file that names others must not make FFmpeg open them: there is no protocol of this name. RF64 is read to its end.
_OPTIONS = {"protocol_whitelist": "none", "ignore_length": "1"}


def decode(path: Path, content: bytes) -> list[Sound]:
    """The sounds that were joined to one file, mostly one. Raises UsageError, with ``path``'s name, when they are none
    or too long."""
    if content[:4] == b".snd" and content[8:12] == bytes(4):  # AU: a recorder that was cut off has not written the size
        content = content[:8] + b"\xff" * 4 + content[12:]
    sounds = [_decoded(path, part) for part in riff.parts(content)]
    _check_length(path, sum(round(len(audio) / rate * 1_000) for audio, rate in sounds), 1_000)
    return sounds


def _decoded(path: Path, content: bytes) -> Sound:
    import soundfile

    empty = False
    try:
        with soundfile.SoundFile(io.BytesIO(content)) as file:
            plain = file.format not in _COMPRESSED
            empty = plain and file.frames == 0
            if plain and 0 < file.frames < 1 << 62:
                _check_length(path, file.frames, file.samplerate, file.channels)
                return file.read(dtype="float32", always_2d=True), file.samplerate
    except (soundfile.SoundFileError, MemoryError, ValueError, TypeError):
        pass
    if _is_text(content[:_HEAD]):
        raise UsageError(f"{path}: is not audio but text; name a sound file")
    sound = _with_ffmpeg(path, content)
    if sound is None and (unmarked := _UNMARKED.get(path.suffix.lower())):
        sound = _with_ffmpeg(path, content, unmarked)
    if sound is None and empty:
        return np.empty((0, 1), np.float32), _RATES[0]
    if sound is None:
        raise UsageError(
            f"{path}: is not audio, or it is damaged; listen to it in another program and export it as WAV"
        )
    return sound


def _with_ffmpeg(path: Path, content: bytes, form: str | None = None) -> Sound | None:
    """The first track that is not silent, as far as it can be read; None when nothing can."""
    import av

    silent: Sound | None = None
    track, tracks = 0, 1
    while track < tracks:
        try:
            with av.open(io.BytesIO(content), format=form, options=_OPTIONS, metadata_errors="replace") as container:
                tracks = len(container.streams.audio)
                if not tracks:
                    raise UsageError(f"{path}: holds no audio; name a sound file")
                sound = _track(path, container, container.streams.audio[track])
        except (av.FFmpegError, ValueError, MemoryError):
            sound = None
        if sound and sound[0].any():
            return sound
        silent = silent or sound
        track += 1
    return silent


def _track(path: Path, container: Any, stream: Any) -> Sound | None:
    import av

    rate, layout, kind = 0, "", None
    resampler: Any = None
    parts: list[np.ndarray] = []
    length = 0
    for frame in _frames(container, stream):
        if not rate:
            rate, layout = frame.sample_rate, frame.layout.name
            _check_length(path, round((container.duration or 0) / av.time_base * rate), rate)
        if kind != (kind := (frame.format.name, frame.layout.name, frame.sample_rate)):
            resampler = av.AudioResampler(format="fltp", layout=layout, rate=rate)
        for piece in resampler.resample(frame):
            parts.append(piece.to_ndarray())
            length += parts[-1].shape[1]
            _check_length(path, length, rate, len(parts[-1]))
    parts += [piece.to_ndarray() for piece in resampler.resample(None)] if resampler else []
    return (np.concatenate(parts, axis=1).T, rate) if parts else None


def _frames(container: Any, stream: Any) -> Iterator[Any]:
    """What can be decoded. Raises ValueError when most of it cannot: such a file only looks like sound."""
    import av

    good = bad = 0
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets)
        except (StopIteration, av.FFmpegError):  # the latter where the file was cut off
            break
        try:
            yield from packet.decode()
            good += 1
        except av.FFmpegError:
            bad += 1
    if bad > good:
        raise ValueError("damaged")


def _is_text(head: bytes) -> bool:
    return all(byte >= 32 or byte in b"\t\r\n\f\x1b" for byte in head) and b"\x7f" not in head and _decodes(head)


def _decodes(head: bytes) -> bool:
    try:
        head[:-3].decode()
    except UnicodeDecodeError:
        return False
    return True


def _check_length(path: Path, frames: int, rate: int, channels: int = 1) -> None:
    if not _RATES[0] <= rate <= _RATES[1]:
        raise UsageError(f"{path}: claims a sample rate of {rate} Hz, which no recording has; export it again")
    if frames > _MOST_SECONDS * rate:
        raise UsageError(
            f"{path}: is {frames / rate / 60:.0f} minutes long, more than the {_MOST_SECONDS // 60} that "
            "fit; cut it into shorter files"
        )
    if frames * channels > _MOST_SAMPLES:
        raise UsageError(f"{path}: holds {frames * channels:.0e} samples, too many; export it with one channel")
