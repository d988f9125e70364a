"""Any bytes called a recording: sound, or one sentence; FFmpeg and libsndfile must not take the program down."""

from __future__ import annotations

import io
from pathlib import Path

import av
import numpy as np
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from assistant.audio import files
from assistant.errors import UsageError
from tests.fuzz.examples import damaged, examples

TONE = (0.3 * np.sin(np.arange(1600) * 0.05)).astype(np.float32)


def written(form: str, subtype: str) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, TONE, 16_000, format=form, subtype=subtype)
    return file.getvalue()


def encoded(container: str, codec: str, rate: int = 48_000) -> bytes:
    file = io.BytesIO()
    with av.open(file, "w", format=container) as out:
        stream = out.add_stream(codec, rate=rate, layout="mono")
        frame = av.AudioFrame.from_ndarray((TONE * 32767).astype(np.int16)[None], format="s16", layout="mono")
        frame.sample_rate = 16_000
        resampler = av.AudioResampler(format=stream.format, layout="mono", rate=rate)
        for part in [*resampler.resample(frame), None]:
            out.mux(stream.encode(part))
    return file.getvalue()


FORMATS = {
    "wav": [written("WAV", "PCM_16"), written("WAV", "PCM_24"), written("WAV", "FLOAT"), written("RF64", "PCM_16")],
    "flac": [written("FLAC", "PCM_16")],
    "mp3": [encoded("mp3", "libmp3lame")],
    "ogg": [written("OGG", "VORBIS"), encoded("ogg", "libopus")],
    "m4a": [encoded("ipod", "aac")],
    "webm": [encoded("webm", "libopus")],
    "aiff": [written("AIFF", "PCM_16"), written("AU", "PCM_16"), written("CAF", "PCM_16"), written("W64", "PCM_16")],
}


@examples(150)
@given(st.data())
def test_a_damaged_recording(tmp_path: Path, data: st.DataObject) -> None:
    ending = data.draw(st.sampled_from(sorted(FORMATS)))
    path = tmp_path / f"recording.{ending}"
    path.write_bytes(data.draw(damaged(FORMATS[ending]) | st.binary(max_size=64)))
    try:
        audio = files.read(path)
    except UsageError as error:
        assert str(path) in str(error)
        return
    assert audio.dtype == np.float32 and audio.ndim == 1 and np.isfinite(audio).all() and np.abs(audio).max() <= 1.0
