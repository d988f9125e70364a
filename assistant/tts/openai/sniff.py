"""What a speech server sent -> samples, as it arrives. Its bytes are looked at; what it calls them is not believed."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator

import numpy as np
import soxr

from assistant.tts import SAMPLE_RATE
from assistant.tts.openai.decoders import Decoder, Flac, Mp3, NotSound, Ogg, Pcm, Wav, mp3_frame

_WINDOW = 480  # samples that are judged together
_LOUD = 0.35  # root mean square; random bytes read as samples have 0.58, the loudest hiss of a voice 0.2
_LOUDEST = 0.75  # root mean square of what no voice has: a sine at full scale has 0.71, bytes read in pairs 0.99
_SMOOTH = 0.5  # correlation of neighbouring samples; voiced speech has 0.8 and more, random bytes have 0
_ENOUGH = 64  # bytes that tell text from sound
_LONGEST_TAG = 1 << 20  # bytes
_RAW = (
    "",
    "audio/pcm",
    "audio/x-pcm",
    "audio/l16",
    "audio/x-l16",
    "audio/raw",
    "audio/x-raw",
    "application/octet-stream",
    "binary/octet-stream",
)
_RATES = range(4_000, 192_001)


async def sound(blocks: AsyncIterator[bytes], kind: str = "") -> AsyncGenerator[np.ndarray, None]:
    """WAV, MP3, Ogg (Opus, Vorbis), FLAC or bare PCM -> mono float32 at 24 kHz, each piece as soon as it is decoded.

    ``kind``: the Content-Type; it tells the rate of PCM (24 kHz when it does not). Raises NotSound for anything else,
    before any sample of it is given.
    """
    head, decoder = b"", None
    judge = _Judge()
    async for block in blocks:
        if decoder is None:
            head += block
            decoder, block = _decoder(head, kind, ended=False), head
        if decoder is not None and len(pcm := judge.passed(decoder.feed(block), decoder.rate)):
            yield pcm
    if decoder is None and head:
        decoder = _decoder(head, kind, ended=True)
        assert decoder is not None
        if len(pcm := judge.passed(decoder.feed(head), decoder.rate)):
            yield pcm
    if decoder is None:
        return
    rest = decoder.finish()
    if not decoder.rate:
        raise NotSound("sound that cannot be decoded")
    if len(pcm := judge.passed(rest, decoder.rate, last=True)):
        yield pcm


def _decoder(head: bytes, kind: str, ended: bool) -> Decoder | None:
    """What decodes bytes that begin with ``head``; None when more of them are needed to know."""
    if len(head) < _ENOUGH and not ended:
        return None
    if head[:4] in (b"RIFF", b"RF64") and head[8:12] == b"WAVE":
        return Wav()
    if head[:4] == b"fLaC":
        return Flac()
    if head[:4] == b"OggS":
        return Ogg()
    frames = head[_tag(head) :]
    second = mp3_frame(frames)
    if head[:3] == b"ID3" and not second and len(frames) < 4 and not ended:
        return None
    if second and len(frames) < second + 4 and not ended:
        return None
    if second and mp3_frame(frames[second:]):
        return Mp3()
    base, _, parameters = kind.partition(";")
    base = base.strip().lower()
    if base.startswith("text/") or base.endswith("json") or _is_text(head):
        raise NotSound("JSON" if head.lstrip()[:1] in (b"{", b"[") else "text")
    if base not in _RAW:
        raise NotSound(f"bytes called {base[:40]} that are no WAV, MP3, Ogg or FLAC")
    values = dict(part.strip().lower().replace('"', "").partition("=")[::2] for part in parameters.split(";"))
    rate, channels = _number(values.get("rate"), SAMPLE_RATE), _number(values.get("channels"), 1)
    if rate not in _RATES or channels not in (1, 2):
        raise NotSound(f"PCM of {channels} channels at {rate} Hz")
    # RFC 2586 wants audio/L16 big-endian; most servers send it little-endian.
    return Pcm(rate, channels, either_order=base.endswith("l16"))


def _tag(head: bytes) -> int:
    """The length of the ID3 tag that ``head`` begins with (its size is written in seven bits a byte)."""
    if head[:3] != b"ID3" or len(head) < 10:
        return 0
    size = head[6] << 21 | head[7] << 14 | head[8] << 7 | head[9]
    if size > _LONGEST_TAG:
        raise NotSound("a damaged MP3 file")
    return 10 + size


def _is_text(head: bytes) -> bool:
    return all(32 <= byte < 127 or byte in b"\t\r\n" for byte in head[:_ENOUGH])


def _number(value: str | None, default: int) -> int:
    if value is None:
        return default
    return int(value) if value.isdecimal() and len(value) < 8 else 0


class _Judge:
    """Lets samples pass as mono at 24 kHz, and never noise: bytes that are no sound are loud and without any form."""

    def __init__(self) -> None:
        self._held = np.zeros(0, np.float32)
        self._resample: soxr.ResampleStream | None = None

    def passed(self, audio: np.ndarray, rate: int, last: bool = False) -> np.ndarray:
        """``audio``: mono float32 at ``rate``. Raises NotSound."""
        audio = np.concatenate([self._held, audio])
        whole = len(audio) if last else len(audio) // _WINDOW * _WINDOW
        audio, self._held = audio[:whole], audio[whole:]
        if any(_is_noise(part) for part in np.split(audio, [len(audio) // _WINDOW * _WINDOW])):
            raise NotSound("noise, bytes that are not the sound they are called,")
        if rate != SAMPLE_RATE and (whole or last):
            self._resample = self._resample or soxr.ResampleStream(rate, SAMPLE_RATE, 1, dtype="float32")
            audio = self._resample.resample_chunk(audio, last=last)
        return np.clip(audio, -1.0, 1.0)


def _is_noise(audio: np.ndarray) -> bool:
    """Whether any window of it is; ``audio``: whole windows, or less than one."""
    if len(audio) < 2:
        return not np.isfinite(audio).all()
    windows = audio.reshape(-1, min(len(audio), _WINDOW))
    power = np.einsum("ij,ij->i", windows, windows) / windows.shape[1]
    if (~np.isfinite(power) | (power > _LOUDEST**2)).any():
        return True
    windows, power = windows[power > _LOUD**2], power[power > _LOUD**2]
    form = np.einsum("ij,ij->i", windows[:, 1:], windows[:, :-1]) / (windows.shape[1] - 1)
    return bool((form < _SMOOTH * power).any())
