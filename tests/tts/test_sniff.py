"""What a speech server sends, whatever it calls it: sound is decoded as it arrives, anything else is never heard."""

from __future__ import annotations

import asyncio
import io
import struct
from collections.abc import AsyncIterator

import av
import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from assistant.tts import SAMPLE_RATE
from assistant.tts.openai.decoders import NotSound
from assistant.tts.openai.sniff import sound
from tests.tts.test_realtime import SENTENCES
from tests.tts.test_realtime import pcm as spoken

_RATE = 22_050
_TONE = (0.3 * np.sin(np.arange(3 * _RATE) * 0.05)).astype(np.float32)
_S16 = (_TONE * 32767).astype("<i2").tobytes()


def encoded(container: str, codec: str, rate: int = _RATE) -> bytes:
    file = io.BytesIO()
    with av.open(file, "w", format=container) as out:
        stream = out.add_stream(codec, rate=rate, layout="mono")
        frame = av.AudioFrame.from_ndarray((_TONE * 32767).astype(np.int16)[None], format="s16", layout="mono")
        frame.sample_rate = _RATE
        resampler = av.AudioResampler(format=stream.format, layout="mono", rate=rate)
        for part in [*resampler.resample(frame), None]:
            out.mux(stream.encode(part))
    return file.getvalue()


def written(form: str, subtype: str) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, _TONE, _RATE, format=form, subtype=subtype)
    return file.getvalue()


def unending(wav: bytes, length: int) -> bytes:
    at = wav.index(b"data") + 4
    return wav[:4] + struct.pack("<I", length) + wav[8:at] + struct.pack("<I", length) + wav[at + 4 :]


def heard(data: bytes, kind: str = "audio/pcm", block: int = 700) -> list[np.ndarray]:
    async def blocks() -> AsyncIterator[bytes]:
        for begin in range(0, len(data), block):
            yield data[begin : begin + block]

    async def collect() -> list[np.ndarray]:
        return [piece async for piece in sound(blocks(), kind)]

    return asyncio.run(collect())


_WAV = written("WAV", "PCM_16")
_MP3 = encoded("mp3", "libmp3lame")
FORMATS = {
    "wav": _WAV,
    "wav 8": written("WAV", "PCM_U8"),
    "wav 24": written("WAV", "PCM_24"),
    "wav float": written("WAV", "FLOAT"),
    "wav while it is spoken": unending(_WAV, 0xFFFFFFFF),
    "wav of no length": unending(_WAV, 0),
    "wav with a list after it": _WAV + b"LIST" + struct.pack("<I", 400) + np.random.default_rng(0).bytes(400),
    "mp3": _MP3,
    "mp3 without a tag": _MP3[_MP3.index(b"\xff\xf3") :],
    "flac": written("FLAC", "PCM_16"),
    "vorbis": written("OGG", "VORBIS"),
    "opus": encoded("ogg", "libopus", 24_000),
}


@pytest.mark.parametrize("kind", ["audio/pcm", "audio/mpeg", "text/html", ""])
@pytest.mark.parametrize("name", FORMATS)
def test_sound_is_decoded_whatever_it_is_called(name: str, kind: str) -> None:
    pieces = heard(FORMATS[name], kind)
    audio = np.concatenate(pieces)
    assert audio.dtype == np.float32 and len(audio) / SAMPLE_RATE == pytest.approx(3.0, abs=0.09)
    middle = audio[SAMPLE_RATE : 2 * SAMPLE_RATE]
    tone = np.abs(np.fft.rfft(middle * np.hanning(len(middle))))
    assert np.argmax(tone) == pytest.approx(0.05 * _RATE / 2 / np.pi, abs=2)
    assert np.sqrt(2 * np.mean(middle**2)) == pytest.approx(0.3, abs=0.03)
    assert len(pieces) > (1 if name == "vorbis" else 2), "it comes as it arrives; a page of Vorbis is long"


@pytest.mark.parametrize("name", FORMATS)
def test_blocks_may_be_cut_anywhere(name: str) -> None:
    data = FORMATS[name]
    whole, bytewise = (
        np.concatenate(heard(data, block=block)) for block in (len(data), 1 if len(data) < 40_000 else 77)
    )
    assert len(whole) == len(bytewise) and np.abs(whole - bytewise).max() < 1e-3


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (_S16, "audio/pcm;rate=22050"),
        (_S16, 'audio/pcm; rate="22050"'),
        (_S16, "audio/L16; rate=22050; channels=1"),
        (np.frombuffer(_S16, "<i2").astype(">i2").tobytes(), "audio/L16;rate=22050"),
        (np.repeat(np.frombuffer(_S16, "<i2"), 2).tobytes(), "application/octet-stream; rate=22050; channels=2"),
    ],
)
def test_pcm_is_taken_at_its_rate_and_in_its_byte_order(data: bytes, kind: str) -> None:
    audio = np.concatenate(heard(data, kind, block=333))
    assert len(audio) == pytest.approx(3 * SAMPLE_RATE, abs=10) and 0.29 < audio.max() < 0.31


@pytest.mark.parametrize(
    ("data", "kind", "what"),
    [
        (b"<!doctype html><html><body>Bad gateway</body></html>", "audio/pcm", "text"),
        (b'{"error": {"message": "no such voice"}}', "audio/pcm", "JSON"),
        (_S16, "application/json", "text"),
        (np.random.default_rng(0).bytes(100_000), "audio/pcm", "noise"),
        (np.random.default_rng(0).bytes(100_000), "audio/mpeg", "audio/mpeg"),
        (_S16, "audio/mpeg", "audio/mpeg"),
        (_MP3[701:], "audio/pcm", "noise"),
        (FORMATS["opus"][5001:], "audio/pcm", "noise"),
        (_TONE.tobytes(), "audio/pcm", "noise"),
        ((_TONE * 127 + 128).astype("u1").tobytes(), "audio/pcm", "noise"),
        (np.frombuffer(_S16, "<i2").astype(">i2").tobytes(), "audio/pcm;rate=22050", "noise"),
        (_S16, "audio/pcm;rate=-5", "at 0 Hz"),
        (_S16, "audio/pcm;rate=99999999999", "at 0 Hz"),
        (_WAV[:24] + b"\0\0\0\0" + _WAV[28:], "audio/wav", "at 0 Hz"),
        (b"OggS" + bytes(2000), "audio/ogg", "Ogg"),
        (b"fLaC" + np.random.default_rng(0).bytes(50_000), "audio/flac", "cannot be decoded"),
    ],
)
def test_what_is_no_sound_is_refused(data: bytes, kind: str, what: str) -> None:
    with pytest.raises(NotSound, match=what):
        heard(data, kind)


def test_no_voice_is_taken_for_noise() -> None:
    for sentence in [*SENTENCES[::10], "She sells sea shells, stressed: ssss, shhh, tsk!"]:
        loud = np.frombuffer(spoken(sentence), "<i2").astype(np.float32)
        loud = (loud * (32767 / np.abs(loud).max())).astype("<i2")
        assert sum(map(len, heard(loud.tobytes()))) == len(loud)


@given(st.binary(max_size=3000), st.sampled_from([b"", b"RIFFxxxxWAVE", b"OggS", b"fLaC", b"ID3", b"\xff\xfb\x90\x00"]))
def test_any_bytes_are_quiet_or_refused(data: bytes, head: bytes) -> None:
    try:
        audio = np.concatenate([*heard(head + data), np.zeros(1, np.float32)])
    except NotSound:
        return
    assert np.isfinite(audio).all() and np.abs(audio).max() <= 1
