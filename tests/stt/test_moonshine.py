"""Moonshine on real speech: what it must understand, and what it must not make up."""

from __future__ import annotations

import asyncio
import shutil
from contextlib import suppress

import numpy as np
import pytest

from assistant.bench.wer import wer
from assistant.config import SttSettings
from assistant.errors import EngineError
from assistant.stt import moonshine
from tests.data import noise_clips, speech_clips

RATE = 16_000


@pytest.fixture(scope="module")
def engine():
    engine = moonshine.Moonshine(SttSettings(threads=1))
    yield engine
    engine.close()


def transcribe(engine, *audio: np.ndarray):
    async def all_of_them():
        return [await engine.transcribe(one) for one in audio]

    return asyncio.run(all_of_them())


def test_real_speech_is_understood(engine):
    clips = speech_clips()[::2]
    heard = transcribe(engine, *(clip.audio() for clip in clips))
    assert wer([clip.text for clip in clips], [transcript.text for transcript in heard]) <= 0.13
    for clip, transcript in zip(clips, heard):
        assert transcript.text and 0.4 < transcript.confidence <= 1, clip.path


def test_noise_rarely_becomes_text(engine):
    clips = [clip for clip in noise_clips() if "babble" not in clip.kind and "singing" not in clip.kind]
    heard = transcribe(engine, *(clip.audio() for clip in clips))
    assert clips and [transcript.text for transcript in heard if transcript.text] == []


def test_noise_would_become_text_without_the_gates(engine):
    noise = noise_clips()[0].audio()[:3 * RATE]
    assert engine._decode(noise, lambda: False).text != ""


@pytest.mark.parametrize("audio", [
    np.zeros(0, np.float32), np.zeros(1, np.float32), np.zeros(RATE // 10, np.float32), np.zeros(3 * RATE, np.float32),
    np.random.default_rng(0).normal(0, 0.1, 2 * RATE).astype(np.float32),
    0.5 * np.sin(np.arange(2 * RATE) / 6).astype(np.float32), np.full(RATE, np.nan, np.float32),
], ids=["nothing", "one sample", "0.1 s of silence", "silence", "hiss", "tone", "not numbers"])
def test_what_is_no_speech_is_no_text(engine, audio):
    [transcript] = transcribe(engine, audio)
    assert (transcript.text, transcript.confidence) == ("", None)


def test_long_audio_is_cut_at_pauses_and_understood_whole(engine):
    clips = [clip for clip in speech_clips() if clip.kind in ("read", "command", "question", "command (short)")][:12]
    pause = np.zeros(RATE // 2, np.float32)
    once = np.concatenate([part for clip in clips for part in (clip.audio(), pause)])
    times = int(np.ceil(35 * RATE / len(once)))
    [transcript] = transcribe(engine, np.tile(once, times))
    assert wer([" ".join([clip.text for clip in clips] * times)], [transcript.text]) <= 0.15


def test_a_long_silence_before_and_after_changes_nothing(engine):
    clip = speech_clips()[0]
    silence = np.zeros(20 * RATE, np.float32)
    [alone, surrounded] = transcribe(engine, clip.audio(), np.concatenate([silence, clip.audio(), silence]))
    assert surrounded.text == alone.text


def test_a_cancelled_transcription_leaves_the_engine_free(engine, monkeypatch):
    clip = speech_clips()[0]
    minutes = np.tile(clip.audio(), 40)
    [alone] = transcribe(engine, clip.audio())
    decode, decoded = engine._decode, []

    async def interrupted():
        loop, begun = asyncio.get_running_loop(), asyncio.Event()

        def report(*arguments):
            decoded.append(decode(*arguments))
            loop.call_soon_threadsafe(begun.set)
            return decoded[-1]

        monkeypatch.setattr(engine, "_decode", report)
        task = asyncio.create_task(engine.transcribe(minutes))
        await begun.wait()
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        return await engine.transcribe(clip.audio())

    assert asyncio.run(interrupted()) == alone
    assert 2 <= len(decoded) <= 5  # not the ten pieces of two minutes


def test_a_loop_is_cut_to_one_turn():
    assert moonshine._repetition([5, 6, 7, 8] * 3) == 8
    assert moonshine._repetition([1, 2, 3, 5, 5, 5]) == 0
    assert moonshine._repetition([5] * 9) == 8
    assert moonshine._repetition([1, 2, 3, 1, 2, 3]) == 0


def test_token_lengths_take_one_byte_or_two():
    long = b"x" * 300
    assert moonshine._read_tokens(b"\x03<s>\x00" + bytes([128 | 300 & 127, 300 >> 7]) + long) == [b"<s>", b"", long]


def test_a_package_without_the_model_says_what_to_do(monkeypatch):
    monkeypatch.setattr(moonshine.importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(EngineError, match="make setup"):
        moonshine.Moonshine(SttSettings())


def test_a_broken_model_is_one_sentence(tmp_path, monkeypatch):
    folder = moonshine._folder()
    for file in ("decoder_model_merged.ort", "tokenizer.bin"):
        shutil.copy(folder / file, tmp_path / file)
    (tmp_path / "encoder_model.ort").write_bytes((folder / "encoder_model.ort").read_bytes()[:100_000])
    monkeypatch.setattr(moonshine, "_folder", lambda: tmp_path)
    with pytest.raises(EngineError) as caught:
        moonshine.Moonshine(SttSettings())
    assert str(tmp_path) in str(caught.value) and "\n" not in str(caught.value)
