"""Pieces -> chapters of even loudness -> the audiobook.

A chapter is encoded once, under a hash of its pieces. As ADTS (AAC frames one after the other) chapters are joined
without being encoded again, and a mark is exactly as many frames from the start as lie before it. Nothing longer than a
piece is ever in memory.
"""

from __future__ import annotations

import hashlib
import os
import re
import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from assistant.books import Book, ffmpeg
from assistant.books.pieces import Part
from assistant.books.store import Store
from assistant.errors import AssistantError
from assistant.tts import SAMPLE_RATE
from rag import output
from rag.text import clean, openable

_LOUDNESS = -20.0  # LUFS; audiobook shops want -18 to -23
_MOST_GAIN = 30.0  # dB: what is softer is no speech
_PEAK = 0.82  # -1.7 dB: the encoder overshoots by some tenths
_FADE = 4  # ms at both ends of a piece, against clicks
_FRAME = 1024  # samples of an AAC frame
_VERSION = 1  # raise it when the same pieces are joined in another way
_CODECS = {
    "aac": ("-c:a", "aac", "-aac_coder", "fast", "-b:a", "64k", "-f", "adts"),
    "mp3": ("-c:a", "libmp3lame", "-b:a", "64k", "-f", "mp3"),
}
_SPECIAL, _ESCAPED = re.compile(r"([=;#\\\n])"), r"\\\1"  # in ffmetadata
_RAW = ("-f", "s16le", "-ar", str(SAMPLE_RATE), "-ac", "1", "-i", "pipe:0")


@dataclass(frozen=True)
class Encoded:
    part: Part
    path: Path
    """ADTS or MP3 without tags."""

    @property
    def key(self) -> str:
        """The same for the same sound."""
        return self.path.stem


def check(out: Path) -> None:
    """Raise AssistantError, before anything is spoken, when the audiobook could not be made in the end."""
    from assistant.errors import UsageError

    if os.path.lexists(out) and not out.is_dir() and (wrong := output.problem(out)):
        raise UsageError(f"-o {out}: {wrong}")
    if output.is_special(out) and not out.is_dir():
        if output.is_terminal(out):
            raise UsageError("-o -: the sound would go to the terminal; name a file, or pipe it on")
        ffmpeg.program()
        return
    if out.suffix.lower() not in ("", ".m4b", ".m4a") and not out.is_dir():
        raise UsageError(
            f"-o {out}: name it {out.with_suffix('.m4b').name} for one file with chapters, or {out.stem} for a folder "
            "with one MP3 per chapter"
        )
    if (
        not Path(os.path.realpath(out)).parent.is_dir()
        or (out.suffix and out.is_dir())
        or (not out.suffix and out.is_file())
    ):
        raise UsageError(f"-o {out}: name a file (.m4b), or a folder for MP3s, in a folder that exists")
    ffmpeg.program()


def encode(part: Part, store: Store, codec: str) -> Encoded:
    """The chapter as a file in the store's folder; at once when it is there already. Raises AssistantError."""
    recipe = [f"{_VERSION} {codec} {_LOUDNESS} {_PEAK}"]
    recipe += [f"{store.key(piece.words)} {piece.pause}" for piece in part.pieces]
    path = store.folder / f"{hashlib.sha256(repr(recipe).encode()).hexdigest()[:32]}.{codec}"
    if not path.is_file():
        # The limiter sees four times the rate: what lies between two samples may be louder (BS.1770, annex 2).
        level = (
            f"volume={_gain(part, store):.2f}dB,aresample={4 * SAMPLE_RATE},"
            f"alimiter=limit={_PEAK}:level=false:latency=true,aresample={SAMPLE_RATE}"
        )
        ffmpeg.write(path, [*_RAW, "-af", level, *_CODECS[codec]], _sound(part, store))
    return Encoded(part, path)


def _sound(part: Part, store: Store) -> Iterator[bytes]:
    """16-bit samples, piece by piece with its pause."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it looks for an ffmpeg of its own
        from pydub import AudioSegment
    for piece in part.pieces:
        pcm = (np.clip(store.get(piece.words), -1.0, 1.0) * 32767).round().astype("<i2")
        spoken = AudioSegment(pcm.tobytes(), sample_width=2, frame_rate=SAMPLE_RATE, channels=1)
        silence = AudioSegment.silent(round(piece.pause * 1000), SAMPLE_RATE)
        yield (spoken.fade_in(_FADE).fade_out(_FADE) + silence).raw_data


def _gain(part: Part, store: Store) -> float:
    """dB that bring the chapter to `_LOUDNESS`: ITU-R BS.1770-4, its two gates over the blocks of all pieces."""
    import pyloudnorm

    meter, blocks = pyloudnorm.Meter(SAMPLE_RATE), [np.zeros(0)]
    for piece in part.pieces:
        sound = store.get(piece.words)
        with np.errstate(divide="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a piece in which nothing passes the gate
            meter.integrated_loudness(np.pad(sound, (0, max(0, SAMPLE_RATE // 2 - len(sound)))))
        blocks.append(np.asarray(meter.blockwise_loudness, float))
    loudness = np.concatenate(blocks)
    loudness = loudness[loudness >= -70.0]
    if not loudness.size:
        return 0.0
    loudness = loudness[loudness > _mean(loudness) - 10.0]
    return float(np.clip(_LOUDNESS - _mean(loudness), -_MOST_GAIN, _MOST_GAIN))


def _mean(loudness: np.ndarray) -> float:
    return 10 * float(np.log10(np.mean(10 ** (loudness / 10))))


def join(encoded: Sequence[Encoded], book: Book, out: Path, store: Store) -> list[Path]:
    """Write the audiobook to ``out``, a file for M4B, a folder for MP3s; what was written. Raises AssistantError."""
    cover = _cover(book, store)
    if out.suffix:
        return [_m4b(encoded, book, out, store, cover)]
    try:
        output.make_folder(out)
    except OSError as error:
        raise AssistantError(f"{out}: cannot be made ({error.strerror}); choose another place") from None
    digits = max(2, len(str(len(book.chapters))))
    return [_mp3(chapter, book, out, digits, cover) for chapter in encoded]


def _m4b(encoded: Sequence[Encoded], book: Book, out: Path, store: Store, cover: list[str | Path]) -> Path:
    lines = [";FFMETADATA1", *_tags(title=book.title, album=book.title, artist=book.author, genre="Audiobook")]
    begin = 0
    for chapter in encoded:
        end = begin + frames(chapter.path) * _FRAME
        lines += ["[CHAPTER]", f"TIMEBASE=1/{SAMPLE_RATE}", f"START={begin}", f"END={end}"]
        lines += _tags(title=chapter.part.title)
        begin = end
    marks = store.folder / "chapters.txt"
    try:
        marks.write_text("\n".join(lines) + "\n", encoding="utf-8")
    except OSError as error:
        raise store.unwritable(error) from None
    options: list[str | Path] = ["-f", "aac", "-i", "pipe:0", "-i", marks, *cover]
    options += ["-map", "0:a", "-map_metadata", "1", "-map_chapters", "1", *(["-map", "2:v"] if cover else [])]
    options += ["-c", "copy", *(["-disposition:v:0", "attached_pic"] if cover else [])]
    place = Path(os.path.realpath(out))
    options += ["-movflags", "+faststart", "-f", "ipod"]
    ffmpeg.write(place, options, _blocks(encoded), output.usual(place))
    _check_whole(out, begin // _FRAME)
    return out


def _check_whole(out: Path, expected: int) -> None:
    """What is proved are the chapters' frames: all of them must be in the audiobook."""
    import av

    with av.open(f"file:{openable(out)}") as container:
        found = sum(packet.size > 0 for packet in container.demux(audio=0))
    if found != expected:
        raise AssistantError(
            f"{out}: ffmpeg wrote {found} of {expected} frames of sound; run the same command again, or take another "
            "ffmpeg"
        )


def _mp3(chapter: Encoded, book: Book, folder: Path, digits: int, cover: list[str | Path]) -> Path:
    part = chapter.part
    name = (
        re.sub(r"[\x00-\x1f/\\:*?\"<>|]+", " ", part.title)
        .strip(". ")
        .encode(errors="ignore")[:180]
        .decode(errors="ignore")
    )
    path = folder / f"{part.number:0{digits}d} {name}.mp3"
    options: list[str | Path] = ["-f", "mp3", "-i", "pipe:0"]
    options += [*cover, "-map", "0:a", *(["-map", "1:v", "-disposition:v:0", "attached_pic"] if cover else [])]
    tags = {"title": part.title, "album": book.title, "artist": book.author, "genre": "Audiobook"}
    tags["track"] = f"{part.number}/{len(book.chapters)}"
    for key, value in tags.items():
        options += ["-metadata", f"{key}={clean(value)}"] if value else []
    ffmpeg.write(
        path, [*options, "-c", "copy", "-id3v2_version", "3", "-f", "mp3"], _blocks([chapter]), output.usual(path)
    )
    return path


def _tags(**values: str) -> list[str]:
    return [f"{key}={_SPECIAL.sub(_ESCAPED, clean(value))}" for key, value in values.items() if value]


def _cover(book: Book, store: Store) -> list[str | Path]:
    """ffmpeg's options for the picture; none where the book has none, or something else."""
    kinds = {b"\xff\xd8\xff": ".jpg", b"\x89PNG": ".png"}
    kind = next((kind for begin, kind in kinds.items() if book.cover.startswith(begin)), "")
    if not kind:
        return []
    path = store.folder / f"cover{kind}"
    try:
        path.write_bytes(book.cover)
    except OSError as error:
        raise store.unwritable(error) from None
    return ["-i", path]


def _blocks(encoded: Iterable[Encoded]) -> Iterator[bytes]:
    for chapter in encoded:
        with chapter.path.open("rb") as file:
            yield from iter(partial(file.read, 1 << 16), b"")


def frames(path: Path) -> int:
    """How many AAC frames an ADTS file holds (ISO/IEC 13818-7, 6.2: 13 bits of each header tell its length)."""
    content, position, count = path.read_bytes(), 0, 0
    while position + 7 <= len(content):
        length = (content[position + 3] & 3) << 11 | content[position + 4] << 3 | content[position + 5] >> 5
        if length < 7 or position + length > len(content):
            break
        position += length
        count += 1
    return count
