from __future__ import annotations

import io
import os
import resource
import stat
import struct
import threading
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.audio import files
from assistant.errors import AssistantError, UsageError
from tests.data import speech_clips

TONE = 440.0


def tone(rate: int, seconds: float = 1.0, channels: int = 1) -> np.ndarray:
    wave = 0.5 * np.sin(2 * np.pi * TONE * np.arange(round(rate * seconds)) / rate)
    return np.repeat(wave[:, None], channels, axis=1)


def frequency(audio: np.ndarray, rate: int) -> float:
    return float(np.argmax(np.abs(np.fft.rfft(audio))) * rate / len(audio))


@pytest.mark.parametrize(
    "name, rate, channels, subtype",
    [
        ("phone.wav", 8_000, 1, "PCM_16"),
        ("cd.wav", 44_100, 2, "PCM_16"),
        ("studio.wav", 48_000, 6, "PCM_24"),
        ("float.wav", 96_000, 1, "FLOAT"),
        ("old.wav", 11_025, 1, "PCM_U8"),
        ("telephone.wav", 8_000, 1, "ULAW"),
        ("a.flac", 44_100, 2, None),
        ("a.ogg", 48_000, 1, "VORBIS"),
        ("opus.ogg", 48_000, 2, "OPUS"),
        ("a.mp3", 44_100, 2, None),
        ("a.aiff", 22_050, 1, None),
    ],
)
def test_any_format_rate_and_channels_become_mono_at_16_khz(tmp_path, name, rate, channels, subtype):
    soundfile.write(tmp_path / name, tone(rate, 2.0, channels), rate, subtype=subtype)
    audio = files.read(tmp_path / name)
    assert audio.dtype == np.float32 and audio.shape == pytest.approx((32_000,), abs=1_600)
    assert frequency(audio, 16_000) == pytest.approx(TONE, abs=2)
    assert np.abs(audio[4_000:-4_000]).max() == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize("name, codec", [("memo.m4a", "aac"), ("clip.mp4", "aac"), ("old.wma", "wmav2")])
def test_formats_of_phones_and_videos_are_read_without_an_ffmpeg_program(tmp_path, monkeypatch, name, codec):
    monkeypatch.setenv("PATH", "")
    encode(tmp_path / name, codec)
    audio = files.read(tmp_path / name)
    assert len(audio) == pytest.approx(32_000, abs=3_200) and frequency(audio, 16_000) == pytest.approx(TONE, abs=2)


def encode(path, codec: str) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=44_100)
        stream.layout, stream.bit_rate = "stereo", 96_000
        pcm = np.ascontiguousarray(tone(44_100, 2.0, 2).T, np.float32)
        frame = av.AudioFrame.from_ndarray(pcm, format="fltp", layout="stereo")
        frame.sample_rate = 44_100
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            container.mux(packet)


def test_speech_is_read_sample_by_sample():
    clip = speech_clips()[0]
    assert np.array_equal(files.read(clip.path), clip.audio())


def test_samples_beyond_full_scale_are_limited(tmp_path):
    soundfile.write(tmp_path / "loud.wav", 3 * tone(16_000), 16_000, subtype="FLOAT")
    assert np.abs(files.read(tmp_path / "loud.wav")).max() == 1.0


BAD = {
    "a missing file": (lambda path: None, "no such audio file"),
    "a folder": (lambda path: path.mkdir(), "is a folder"),
    "an empty file": (lambda path: path.touch(), r"empty \(0 bytes\)"),
    "text": (lambda path: path.write_text("not audio at all\n" * 100), "no audio|not audio"),
    "noise": (lambda path: path.write_bytes(np.random.default_rng(1).bytes(5_000)), "not audio"),
    "a header alone": (lambda path: soundfile.write(path, np.zeros(0), 16_000), "0 samples"),
    "half a header": (lambda path: path.write_bytes(b"RIFF\x24\x00\x00\x00WAVEfmt "), "not audio"),
    "not-a-number samples": (lambda path: soundfile.write(path, [0, np.nan, 0], 16_000, subtype="FLOAT"), "NaN"),
    "infinite samples": (lambda path: soundfile.write(path, [0, np.inf], 16_000, subtype="DOUBLE"), "NaN or inf"),
    "an impossible rate": (lambda path: soundfile.write(path, np.zeros(100), 3), "3 Hz"),
    "a pipe": (lambda path: os.mkfifo(path), "not an ordinary file"),
}


@pytest.mark.parametrize("make, sentence", BAD.values(), ids=BAD.keys())
def test_a_bad_file_is_refused_in_one_sentence_that_names_it(tmp_path, make, sentence):
    path = tmp_path / "bad.wav"
    make(path)
    if path.exists() and stat.S_ISFIFO(path.stat().st_mode):
        keep_open = os.open(path, os.O_RDWR)  # else opening a pipe waits for its other end
    else:
        keep_open = None
    with pytest.raises(UsageError, match=sentence) as caught:
        files.read(path)
    if keep_open is not None:
        os.close(keep_open)
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)


def test_a_file_too_long_is_refused_by_its_header(tmp_path):
    path = tmp_path / "long.wav"
    size = 2 * 16_000 * 31 * 60
    form = struct.pack("<IHHIIHH", 16, 1, 1, 16_000, 32_000, 2, 16)
    path.write_bytes(b"RIFF" + struct.pack("<I", 36 + size) + b"WAVEfmt " + form + b"data" + struct.pack("<I", size))
    os.truncate(path, 44 + size)  # sparse: it takes no room on the disk
    with pytest.raises(UsageError, match="31 minutes"):
        files.read(path)


def test_a_file_too_large_is_refused_unread(tmp_path):
    path = tmp_path / "huge.wav"
    path.touch()
    os.truncate(path, 10**9 + 1)
    with pytest.raises(UsageError, match="1 GB"):
        files.read(path)


def test_a_file_in_a_format_that_nobody_knows_is_refused(tmp_path):
    soundfile.write(tmp_path / "a.wav", tone(16_000, 0.1), 16_000)
    content = bytearray((tmp_path / "a.wav").read_bytes())
    content[20:22] = b"\xee\xee"  # the format's number
    (tmp_path / "a.wav").write_bytes(content)
    with pytest.raises(UsageError, match="is not audio, or it is damaged"):
        files.read(tmp_path / "a.wav")


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_damaged_file_is_read_or_refused_but_never_breaks_the_program(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("damaged")
    name = data.draw(st.sampled_from(["a.wav", "a.flac", "a.ogg", "a.mp3"]))
    soundfile.write(folder / name, tone(16_000, 0.1), 16_000)
    content = bytearray((folder / name).read_bytes())
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, min(len(content) - 1, 200)))] = data.draw(st.integers(0, 255))
    (folder / name).write_bytes(content[: data.draw(st.integers(1, len(content)))])
    try:
        audio = files.read(folder / name)
    except UsageError as error:
        assert name in str(error)
    else:
        assert audio.ndim == 1 and np.isfinite(audio).all() and np.abs(audio).max() <= 1.0


def test_what_is_written_is_read_again(tmp_path):
    speech = speech_clips()[0].audio()
    files.write_wav(tmp_path / "out.wav", speech, 16_000)
    assert soundfile.info(tmp_path / "out.wav").subtype == "PCM_16"
    assert np.abs(files.read(tmp_path / "out.wav") - speech).max() < 1e-4
    assert [file.name for file in tmp_path.iterdir()] == ["out.wav"]


def test_a_full_disk_is_said_and_the_old_file_stays(tmp_path):
    path = tmp_path / "out.wav"
    files.write_wav(path, np.zeros(100), 16_000)
    before = path.read_bytes()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, limits[1]))
    try:
        with pytest.raises(AssistantError, match="cannot be written .*free some space"):
            files.write_wav(path, np.zeros(100_000), 16_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert path.read_bytes() == before and list(tmp_path.iterdir()) == [path]


def test_a_folder_that_is_not_there_is_said(tmp_path):
    with pytest.raises(AssistantError, match="No such file"):
        files.write_wav(tmp_path / "nowhere" / "out.wav", np.zeros(10), 16_000)


def wav(audio: np.ndarray, path: Path) -> bytes:
    soundfile.write(path, audio, 16_000, format="WAV", subtype="PCM_16")
    return path.read_bytes()


VOICE = 0.5 * np.sin(np.arange(16_000) / 10)


@pytest.mark.parametrize("riff", [0, 36, 0xFFFFFFFF], ids=["riff 0", "riff ok", "riff all"])
def test_a_wav_that_says_that_it_is_empty_is_read_to_its_end(riff: int, tmp_path: Path) -> None:
    content = bytearray(wav(VOICE, tmp_path / "a.wav"))
    data = content.index(b"data")
    content[4:8], content[data + 4 : data + 8] = riff.to_bytes(4, "little"), bytes(4)
    (tmp_path / "a.wav").write_bytes(content)
    audio = files.read(tmp_path / "a.wav")
    assert abs(len(audio) - 16_000) < 100 and np.corrcoef(audio[:15_900], VOICE[:15_900])[0, 1] > 0.99


def sound_file(form: str, subtype: str | None = None, rate: int = 16_000) -> bytes:
    content = io.BytesIO()
    soundfile.write(content, tone(rate), rate, format=form, subtype=subtype)
    return content.getvalue()


def chunks(*parts: tuple[bytes, bytes, int | None], riff: int | None = None) -> bytes:
    """A WAV of parts with these names, contents and, where they do not tell the truth, sizes."""
    body = b"WAVE" + b"".join(
        name + struct.pack("<I", len(content) if size is None else size) + content for name, content, size in parts
    )
    return b"RIFF" + struct.pack("<I", len(body) if riff is None else riff) + body


FORM = (b"fmt ", struct.pack("<HHIIHH", 1, 1, 16_000, 32_000, 2, 16), None)
PCM = (tone(16_000)[:, 0] * 32767).astype("<i2").tobytes()
TAG = b"ID3\x04\0\0\0\0\x07\x68" + bytes(1_000)
HALF = len(PCM) // 2

ODD: dict[str, Callable[[], tuple[bytes, float]]] = {  # what is in the file, and seconds of sound
    "a size that was never written": lambda: (chunks(FORM, (b"data", PCM, 0xFFFFFFFF), riff=0xFFFFFFFF), 1),
    "half of the size": lambda: (chunks(FORM, (b"data", PCM, HALF), riff=36 + HALF), 1),
    "twice the size": lambda: (chunks(FORM, (b"data", PCM, 2 * len(PCM))), 1),
    "sound before its form": lambda: (chunks((b"data", PCM, None), FORM), 1),
    "an odd part that is not filled up": lambda: (chunks((b"odd ", b"abc", None), FORM, (b"data", PCM, None)), 1),
    "sound in two parts": lambda: (chunks(FORM, (b"data", PCM[:HALF], None), (b"data", PCM[HALF:], None)), 1),
    "a long tag behind": lambda: (chunks(FORM, (b"data", PCM, None), (b"id3 ", bytes(20_000), None)), 1),
    "a blank line in front": lambda: (b"\r\n" + sound_file("WAV"), 1),
    "a tag in front": lambda: (TAG + sound_file("WAV"), 1),
    "a tag in front of FLAC": lambda: (TAG + sound_file("FLAC"), 1),
    "FLAC that says it is shorter": lambda: (sound_file("FLAC")[:22] + b"\0\0\1\0" + sound_file("FLAC")[26:], 1),
    "two WAVs": lambda: (2 * sound_file("WAV"), 2),
    "two WAVs of different rates": lambda: (sound_file("WAV") + sound_file("WAV", rate=44_100), 2),
    "two MP3s": lambda: (2 * sound_file("MP3"), 2),
    "two Opus files": lambda: (sound_file("OGG", "OPUS", 48_000) + sound_file("OGG", "OPUS", 48_000), 2),
    "an MP3 that was cut off": lambda: (sound_file("MP3")[: len(sound_file("MP3")) // 2], 0.33),
    "a FLAC that was cut off": lambda: (sound_file("FLAC")[: len(sound_file("FLAC")) * 3 // 4], 0.51),
    "GSM 6.10": lambda: (sound_file("WAV", "GSM610", 8_000), 1),
    "ADPCM": lambda: (sound_file("WAV", "MS_ADPCM"), 1),
    "AU without a size": lambda: (sound_file("AU")[:8] + bytes(4) + sound_file("AU")[12:], 1),
    "192 kHz": lambda: (sound_file("WAV", rate=192_000), 1),
    "4 kHz": lambda: (sound_file("WAV", rate=4_000), 1),
}


@pytest.mark.parametrize("ending", ["", ".mp3", ".raw", ".GSM"])
@pytest.mark.parametrize("made", ODD.values(), ids=ODD.keys())
def test_a_file_is_taken_for_what_it_holds(made: Callable[[], tuple[bytes, float]], ending: str, tmp_path: Path):
    content, seconds = made()
    path = tmp_path / f"a{ending}"
    path.write_bytes(content)
    audio = files.read(path)
    assert len(audio) == pytest.approx(seconds * 16_000, rel=0.15)
    assert frequency(audio, 16_000) == pytest.approx(TONE, abs=3)


def test_a_track_that_is_silent_is_passed_over(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "a.mkv"), "w") as container:
        streams = [container.add_stream("pcm_s16le", rate=16_000, layout="mono") for _ in range(2)]
        for stream, level in zip(streams, (0, 1)):
            pcm = np.ascontiguousarray(level * tone(16_000).T * 32767, np.int16)
            frame = av.AudioFrame.from_ndarray(pcm, format="s16", layout="mono")
            frame.sample_rate = 16_000
            for packet in [*stream.encode(frame), *stream.encode(None)]:
                container.mux(packet)
    assert frequency(files.read(tmp_path / "a.mkv"), 16_000) == pytest.approx(TONE, abs=3)


@pytest.mark.parametrize("content", [b"ffconcat version 1.0\nfile a.wav\n", b"#EXTM3U\n#EXTINF:3,\na.wav\n" * 20])
def test_a_list_of_files_opens_none_of_them(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(sound_file("WAV"))
    (tmp_path / "list.wav").write_bytes(content)
    with pytest.raises(UsageError, match="is not audio but text"):
        files.read(tmp_path / "list.wav")


def test_samples_without_a_header_are_refused_whatever_they_are_called(tmp_path: Path) -> None:
    for name in ("a.wav", "a.mp3", "a.raw", "a.pcm"):
        (tmp_path / name).write_bytes(PCM)
        with pytest.raises(UsageError, match="is not audio, or it is damaged"):
            files.read(tmp_path / name)


@pytest.mark.parametrize(
    "mix", [(1, 0), (0, 1), (1, -1), (0.1, -1), (1, 1)], ids=["left", "right", "opposite", "uneven", "both"]
)
def test_the_voice_is_taken_from_the_channel_that_holds_it(mix: tuple[float, float], tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", VOICE[:, None] * np.array(mix), 16_000)
    assert np.abs(files.read(tmp_path / "a.wav")).max() == pytest.approx(0.5, abs=0.02)


def test_an_answer_is_written_through_pipes_devices_and_links(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "real.wav").write_bytes(b"old")
    (tmp_path / "link.wav").symlink_to("real.wav")
    got: list[bytes] = []
    reader = threading.Thread(target=lambda: got.append((tmp_path / "pipe").read_bytes()))
    reader.start()
    for name in ("pipe", "link.wav"):
        files.write_wav(tmp_path / name, VOICE, 16_000)
    reader.join()
    assert got[0][:4] == b"RIFF" and len(got[0]) == 32_044
    assert (tmp_path / "link.wav").is_symlink() and (tmp_path / "real.wav").read_bytes() == got[0]
    files.write_wav(Path("/dev/null"), VOICE, 16_000)
    assert not Path("/dev/null").is_file()
