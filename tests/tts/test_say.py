"""`assistant say` writes what it would speak, and says in one sentence what it cannot do."""

from __future__ import annotations

import argparse
import io
import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
import soundfile

from assistant.audio import files
from assistant.cli import say
from assistant.errors import AssistantError, DeviceError, UsageError

_HERE = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.chdir(tmp_path)


def run(*text: str, **options: object) -> int:
    defaults = {
        "text": list(text),
        "out": None,
        "format": None,
        "engine": "espeak",
        "voice": None,
        "config": None,
        "set": [],
    }
    return say.run(argparse.Namespace(**{**defaults, **options}))


def test_text_becomes_a_wav_file(tmp_path: Path) -> None:
    assert run("Good", "morning.", "**How** are you? 😀", out=tmp_path / "a.wav") == 0
    audio, rate = soundfile.read(tmp_path / "a.wav")
    assert rate == 24_000 and audio.ndim == 1 and 1.2 * rate < len(audio) < 4 * rate and np.abs(audio).max() > 0.4


def test_text_comes_from_stdin_and_the_voice_from_a_flag(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lengths = []
    for voice in ("en-us", "de+croak"):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO("Guten Morgen. \xe4 \xff".encode("latin-1"))))
        assert run(out=tmp_path / "b.wav", voice=voice) == 0
        lengths.append(len(soundfile.read(tmp_path / "b.wav")[0]))
    assert lengths[0] != lengths[1]


@pytest.mark.parametrize(
    ("text", "script", "voice"), [("你好", "Chinese", "cmn"), ("Привет, мир", "Cyrillic", "ru"), ("สวัสดี", "Thai", "th")]
)
def test_letters_that_the_voice_does_not_read_are_an_error(text: str, script: str, voice: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=f"en-us does not read {script} letters.*--voice {voice}"):
        run(text, out=tmp_path / "a.wav")
    assert run(text, out=tmp_path / "a.wav", voice=voice) == 0
    assert run("The word", text, "means hello in another language.", out=tmp_path / "a.wav") == 0


@pytest.mark.parametrize("ending", [".mp3", ".opus", ".aac", ".flac", ".wav"])
def test_the_ending_chooses_the_format(ending: str, tmp_path: Path) -> None:
    assert run("Good morning to you.", out=tmp_path / f"a{ending}") == 0
    seconds = len(files.read(tmp_path / f"a{ending}")) / 16_000
    assert 0.8 < seconds < 3
    assert len(list(tmp_path.iterdir())) == 1


def test_standard_output_gets_the_same_sound(capfdbinary: pytest.CaptureFixture[bytes], tmp_path: Path) -> None:
    for format in ("wav", "pcm", "flac"):
        run("Good morning.", out=Path("-"), format=format)
        (tmp_path / f"a.{format}").write_bytes(capfdbinary.readouterr().out)
    pcm = np.frombuffer((tmp_path / "a.pcm").read_bytes(), "<i2")
    lengths = [len(files.read(tmp_path / "a.wav")), len(files.read(tmp_path / "a.flac")), len(pcm) * 2 / 3]
    assert max(lengths) < 1.02 * min(lengths)  # espeak does not say it quite the same each time


def test_a_pipe_is_written_through_and_stays_a_pipe(tmp_path: Path) -> None:
    pipe, got = tmp_path / "pipe", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: got.append(pipe.read_bytes()), daemon=True)
    reader.start()
    assert run("Good morning.", out=pipe, format="mp3") == 0
    reader.join()
    assert got[0][:3] == b"ID3" and pipe.is_fifo()


def test_devices_stay_devices() -> None:
    before = os.stat("/dev/null")
    assert run("Good morning.", out=Path("/dev/null")) == 0
    assert os.path.samestat(before, os.stat("/dev/null"))


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.mp3").write_bytes(b"old")
    (tmp_path / "link.mp3").symlink_to("a.mp3")

    def full(self, pcm24k):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch, pytest.raises(AssistantError, match="No space left"):
        patch.setattr("assistant.audio.encode.Encoder.write", full)
        run("Good morning.", out=tmp_path / "link.mp3")
    assert (tmp_path / "a.mp3").read_bytes() == b"old" and len(list(tmp_path.iterdir())) == 2
    run("Good morning.", out=tmp_path / "link.mp3")
    assert (tmp_path / "link.mp3").is_symlink() and len(files.read(tmp_path / "a.mp3")) > 10_000


def test_the_words_are_made_for_the_language_of_the_voice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def speakable(text: str, language: str = "en") -> str:
        asked.append(language)
        return text

    monkeypatch.setattr("assistant.reply.speakable.speakable", speakable)
    run("Guten Morgen.", out=tmp_path / "a.wav", voice="de")
    assert asked == ["de"]


@pytest.mark.parametrize(
    ("name", "words"),
    [("a.txt", "one of wav, mp3"), ("nowhere/a.wav", "folder that exists"), ("", "a file in a folder")],
)
def test_a_file_that_will_not_be_written_is_refused_before_anything_is_said(
    name: str, words: str, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match=words):
        run("", out=tmp_path / name)


def test_without_a_speaker_it_offers_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(_settings):
        raise DeviceError("there is no speaker")

    monkeypatch.setattr("assistant.audio.playback.open_speaker", none)
    with pytest.raises(DeviceError, match="there is no speaker; .*--out"):
        run("Hello.")


@pytest.mark.parametrize(
    ("text", "options", "words"),
    [
        ("😀 ```x```", {}, "nothing in the text"),
        ("Hello.", {"engine": "espeak", "voice": "elvish"}, "espeak has no voice"),
        ("Hello.", {"engine": "openai"}, "OPENAI_API_KEY"),
        ("Hello.", {"engine": "esspeak"}, "espeak"),
    ],
)
def test_what_cannot_be_said_is_wrong_usage(text: str, options: dict, words: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=words):
        run(text, out=tmp_path / "c.wav", **options)
    assert not (tmp_path / "c.wav").exists()


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(AssistantError, match="missing"):
        run("Hello.", out=tmp_path / "missing" / "d.wav")


@pytest.mark.parametrize("voice", ["af_heart", "kokoro/af_heart"])
def test_another_engines_voice_is_named_with_its_engine(voice: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="belongs to kokoro, not to espeak; give --engine kokoro"):
        run("Hello.", out=tmp_path / "a.wav", voice=voice)


def test_a_voice_may_have_its_engine_before_it(tmp_path: Path) -> None:
    assert run("Hello.", out=tmp_path / "a.wav", voice="espeak/en-us+f3") == 0


def test_words_without_spaces_are_told_and_the_exit_code_is_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("Good morning.", "abcdefghij" * 200, out=tmp_path / "a.wav") == 1
    assert "not read: 2,000 characters without a space" in capsys.readouterr().err and (tmp_path / "a.wav").exists()
    with pytest.raises(AssistantError, match="2,000 characters without a space"):
        run("abcdefghij" * 200, out=tmp_path / "b.wav")


def test_a_closed_standard_output_is_told() -> None:
    command = f"{sys.executable} -m assistant say --engine espeak hello -o - >&-"
    ended = subprocess.run(command, shell=True, stderr=subprocess.PIPE, text=True, check=False, cwd=_HERE)
    assert ended.returncode == 1 and ended.stderr.startswith("assistant: standard output is closed")


def test_a_reader_that_has_enough_ends_it_quietly() -> None:
    command = [sys.executable, "-m", "assistant", "say", "--engine", "espeak", "-o", "-", *["good morning to you"] * 50]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=_HERE)
    assert process.stdout is not None and process.stderr is not None
    assert process.stdout.read(4) == b"RIFF"
    process.stdout.close()
    assert process.stderr.read() == b"" and process.wait() == 1
    process.stderr.close()
