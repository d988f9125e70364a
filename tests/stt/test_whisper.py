"""The real faster-whisper engine on a toy model that knows eight phrases by heart (see tests/toy_whisper)."""

from __future__ import annotations

import asyncio
import json
import shutil
from contextlib import suppress
from pathlib import Path

import ctranslate2
import numpy as np
import pytest
import soundfile

from assistant.config import SttSettings
from assistant.errors import EngineError, UsageError
from assistant.stt import whisper

TOY = Path(__file__).parent.parent / "toy_whisper"
MODEL = TOY / "model"
RATE = 16_000
PHRASES = [json.loads(line) for line in (TOY / "samples" / "manifest.jsonl").read_text(encoding="utf-8").splitlines()]
HISS = np.random.default_rng(3).normal(0, 0.02, 3 * RATE).astype(np.float32)
TONE = (0.3 * np.sin(2 * np.pi * 1000 * np.arange(5 * RATE) / RATE)).astype(np.float32)


def open_engine(folder: Path = MODEL, **settings) -> whisper.Whisper:
    """float32 rounds alike everywhere, to some 1e-5 in a logit. Sums of int8 products saturate on processors without
    VNNI (AVX2), which moves the toy's logits by up to 3.7, more than parts its phrases."""
    common = {"model": str(folder), "device": "cpu", "threads": 1, "compute_type": "float32"}
    return whisper.Whisper(SttSettings(**common | settings), folder)


@pytest.fixture(scope="module")
def engine():
    """It encodes 30 s, as the toy learned; for less see test_window.py."""
    engine = open_engine()
    engine.short_windows = False
    yield engine
    engine.close()


@pytest.fixture
def without_voice_detector(engine, monkeypatch):
    """Whisper's own gates alone: whatever comes is one piece."""
    monkeypatch.setattr(engine, "_pieces", lambda audio, _longest: [audio])
    monkeypatch.setattr(engine, "_known", lambda piece, decode: decode(piece))
    return engine


def sample(row: dict) -> np.ndarray:
    audio, rate = soundfile.read(TOY / "samples" / row["file"], dtype="float32")
    assert rate == RATE
    return audio


def transcribe(engine, audio: np.ndarray):
    return asyncio.run(engine.transcribe(audio))


@pytest.mark.parametrize("row", PHRASES, ids=lambda row: row["text"])
def test_phrases_are_transcribed_exactly_in_the_language_spoken(engine, row):
    transcript = transcribe(engine, sample(row))
    assert (transcript.text, transcript.language) == (row["text"], row["language"])
    assert 0.8 < transcript.confidence <= 1


@pytest.mark.parametrize("row", [PHRASES[2], PHRASES[4], PHRASES[6]], ids=lambda row: row["text"])
def test_auto_is_int8_on_a_cpu_and_understands(row):
    engine = open_engine(compute_type="auto")  # phrases whose tokens lead by 5.1 and more, with VNNI and without
    assert engine._model.model.compute_type.startswith("int8")
    transcript = transcribe(engine, sample(row))
    assert (transcript.text, transcript.language) == (row["text"], row["language"])
    engine.close()


def test_a_fixed_language_is_not_detected():
    german = PHRASES[-1]
    assert german["language"] == "de"
    engine = open_engine(language="en", min_log_probability=-10.0)
    assert transcribe(engine, sample(german)).language == "en"
    engine.close()


@pytest.mark.parametrize(
    "audio",
    [np.zeros(0, np.float32), np.zeros(4 * RATE, np.float32), HISS, TONE],
    ids=["nothing", "silence", "hiss", "tone"],
)
def test_what_is_no_speech_is_no_text(engine, audio):
    transcript = transcribe(engine, audio)
    assert (transcript.text, transcript.confidence) == ("", None)


def test_made_up_words_are_stopped_by_the_no_speech_gate(without_voice_detector):
    engine = without_voice_detector
    for audio in (HISS, np.zeros(3 * RATE, np.float32)):
        assert transcribe(engine, audio).text == ""
    engine._settings = SttSettings(no_speech_threshold=1.0)
    try:
        assert transcribe(engine, HISS).text == "Thanks for watching."
    finally:
        engine._settings = SttSettings()


def test_a_loop_is_bounded_and_stopped_by_the_repetition_gate(without_voice_detector, monkeypatch):
    assert transcribe(without_voice_detector, TONE).text == ""
    monkeypatch.setattr(whisper, "_REPETITIVE", 1e9)
    loop = transcribe(without_voice_detector, TONE).text.split()
    assert set(loop) == {"ha"} and 40 <= len(loop) <= 16 + 20 * 5


def test_unlikely_text_is_dropped_by_the_log_probability_gate():
    engine = open_engine(min_log_probability=0.0)
    assert transcribe(engine, sample(PHRASES[0])).text == ""
    engine.close()


def test_long_audio_is_taken_piece_by_piece(engine):
    pause = np.zeros(28 * RATE, np.float32)
    rows = PHRASES[:3]
    transcript = transcribe(engine, np.concatenate([part for row in rows for part in (sample(row), pause)]))
    assert transcript.text == " ".join(row["text"] for row in rows)


def test_a_cancelled_transcription_leaves_the_engine_free(engine, monkeypatch):
    audio, decode, decoded = sample(PHRASES[0]), engine._decode, []

    async def interrupted():
        loop, begun = asyncio.get_running_loop(), asyncio.Event()

        def report(*arguments):
            decoded.append(decode(*arguments))
            loop.call_soon_threadsafe(begun.set)
            return decoded[-1]

        monkeypatch.setattr(engine, "_decode", report)
        monkeypatch.setattr(engine, "_known", lambda piece, decode: decode(piece))
        monkeypatch.setattr(engine, "_pieces", lambda audio, _longest: [audio] * (50 if len(audio) > 10 * RATE else 1))
        task = asyncio.create_task(engine.transcribe(np.tile(audio, 20)))
        await begun.wait()
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        return await engine.transcribe(audio)

    assert asyncio.run(interrupted()).text == PHRASES[0]["text"]
    assert len(decoded) <= 15


def encoded(engine, monkeypatch) -> list[int]:
    """A list of how many frames of 10 ms each encoder pass gets from now on."""
    encode, frames = engine._model.encode, []

    def counting(features):
        frames.append(features.shape[-1])
        return encode(features)

    monkeypatch.setattr(engine._model, "encode", counting)
    return frames


def test_what_came_before_is_not_decoded_again(engine, monkeypatch):
    audio = np.concatenate([sample(PHRASES[2]), np.zeros(28 * RATE, np.float32), sample(PHRASES[0])])
    frames = encoded(engine, monkeypatch)
    engine._known = type(engine._known)()
    transcript = transcribe(engine, audio)
    assert len(frames) == 2
    assert transcribe(engine, np.concatenate([audio, np.zeros(RATE, np.float32)])) == transcript
    assert len(frames) == 2


def test_a_call_cancelled_behind_the_encoder_is_not_decoded(engine, monkeypatch):
    frames = encoded(engine, monkeypatch)
    assert engine._decode(sample(PHRASES[0]), lambda: bool(frames)) is None
    assert frames == [3000]


def one_sentence(caught) -> str:
    message = str(caught.value)
    assert "\n" not in message and len(message) < 400
    return message


def test_a_folder_without_weights_is_refused(tmp_path):
    with pytest.raises(UsageError) as caught:
        open_engine(tmp_path)
    assert f"{tmp_path}: is not a Whisper model" in one_sentence(caught) and "model.bin" in one_sentence(caught)


@pytest.mark.parametrize("damage", ["truncated", "empty", "text", "no vocabulary", "bad tokenizer"])
def test_a_damaged_model_is_one_sentence(tmp_path, damage):
    folder = tmp_path / "model"
    shutil.copytree(MODEL, folder)
    weights = folder / "model.bin"
    match damage:
        case "truncated":
            weights.write_bytes(weights.read_bytes()[:200_000])
        case "empty":
            weights.write_bytes(b"")
        case "text":
            weights.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 145000000\n" * 20)
        case "no vocabulary":
            (folder / "vocabulary.json").unlink()
        case "bad tokenizer":
            (folder / "tokenizer.json").write_text('{"version": "1.0"')
    with pytest.raises(EngineError) as caught:
        open_engine(folder)
    assert str(folder) in one_sentence(caught)


def test_cuda_without_a_gpu_is_refused(monkeypatch):
    monkeypatch.setattr(ctranslate2, "get_cuda_device_count", lambda: 0)
    with pytest.raises(UsageError, match="no CUDA GPU"):
        open_engine(device="cuda")
    open_engine(device="auto").close()


def test_a_number_format_the_processor_lacks_is_refused(monkeypatch):
    monkeypatch.setattr(ctranslate2, "get_supported_compute_types", lambda _device: {"int8", "float32"})
    with pytest.raises(UsageError) as caught:
        open_engine(compute_type="float16")
    assert "possible are: auto, float32, int8" in one_sentence(caught)


def test_an_unknown_language_is_refused():
    with pytest.raises(UsageError, match="'english' is no language"):
        open_engine(language="english")


def test_an_english_only_model_refuses_other_languages(engine, monkeypatch):
    from faster_whisper import WhisperModel

    monkeypatch.setattr(WhisperModel, "supported_languages", property(lambda _self: ["en"]))
    with pytest.raises(UsageError, match="understands English only, but language is de"):
        open_engine(language="de")


@pytest.mark.parametrize(
    "error, words",
    [
        (MemoryError(), "not enough memory"),
        (RuntimeError("CUDA failed with error out of memory"), "not enough memory"),
        (RuntimeError("Library libcublas.so.12 is not found or cannot be loaded"), "cuBLAS"),
    ],
)
def test_what_the_library_says_becomes_advice(monkeypatch, error, words):
    import faster_whisper

    def fail(*_args, **_named):
        raise error

    monkeypatch.setattr(faster_whisper, "WhisperModel", fail)
    with pytest.raises(EngineError) as caught:
        open_engine()
    assert words in one_sentence(caught)
