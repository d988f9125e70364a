"""`assistant say` writes what it would speak, and says in one sentence what it cannot do."""

from __future__ import annotations

import argparse
import io
from pathlib import Path

import numpy as np
import pytest
import soundfile

from assistant.cli import say
from assistant.errors import AssistantError, DeviceError, UsageError


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.chdir(tmp_path)


def run(*text: str, **options: object) -> int:
    defaults = {"text": list(text), "out": None, "engine": None, "voice": None, "config": None, "set": []}
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


@pytest.mark.parametrize(("name", "words"), [("a.mp3", "only WAV.*a.wav"), ("nowhere/a.wav", "folder that exists")])
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
