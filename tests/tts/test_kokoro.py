"""Kokoro, on a graph small enough to predict its sound; on the real one where ASSISTANT_KOKORO names its folder."""

from __future__ import annotations

import asyncio
import errno
import os
import re
import threading
from contextlib import aclosing
from pathlib import Path

import huggingface_hub.constants
import numpy as np
import onnxruntime
import pytest

from assistant import hub
from assistant.config import TtsSettings
from assistant.errors import EngineError, ModelError, UsageError
from assistant.tts import SAMPLE_RATE, SpeechChunk
from assistant.tts.kokoro import engine as kokoro
from assistant.tts.kokoro.engine import Kokoro
from assistant.tts.kokoro.phonemes import mapped, tokens
from assistant.tts.phonemes import phonemes
from tests.fake_hub import Hub, serve
from tests.tts import tiny_networks

_LONG = "I never thought that it would come to this, but here we are, and there is no way back."


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """As on the hub."""
    (tmp_path / "onnx").mkdir()
    (tmp_path / "voices").mkdir()
    tiny_networks.kokoro(tmp_path / "onnx" / "model.onnx")
    tiny_networks.styles().tofile(tmp_path / "voices" / "af_heart.bin")
    return tmp_path


def voice(folder: Path, name: str = "af_heart") -> Kokoro:
    return Kokoro(TtsSettings(kokoro_model=str(folder), kokoro_voice=name))


def say(voice: Kokoro, text: str) -> list[SpeechChunk]:
    async def speak() -> list[SpeechChunk]:
        return [chunk async for chunk in voice.speak(text)]

    return asyncio.run(speak())


def joined(chunks: list[SpeechChunk]) -> np.ndarray:
    return np.concatenate([chunk.pcm24k for chunk in chunks])


def test_every_word_ends_where_the_models_durations_say(folder: Path) -> None:
    text = "Out of the blue."
    chunks = say(voice(folder), text)
    assert [text[: chunk.spoken] for chunk in chunks] == ["Out", "Out of", "Out of the", text, text]
    [clause] = phonemes(text, "en-us")
    begin, places = 0, []
    for end, _ in clause.words:  # a mark and a blank last, too
        lasting = [1 + id % 3 for id in tokens(clause.ipa[begin:end], "en-us")]
        places.append(sum(lasting) * tiny_networks.FRAME)
        begin = end
    lengths = [len(chunk.pcm24k) for chunk in chunks[:4]]
    assert lengths[1:3] == places[1:3] and 0 <= lengths[0] - places[0] <= 0.01 * SAMPLE_RATE
    assert lengths[3] == pytest.approx(places[3], abs=0.02 * SAMPLE_RATE) and chunks[0].pcm24k.dtype == np.float32


def test_the_style_is_that_of_the_number_of_phonemes(folder: Path) -> None:
    for text in ("Yes.", "Yes, of course."):
        [clauses] = ["".join(clause.ipa + clause.mark for clause in phonemes(text, "en-us"))]
        count = len(tokens(clauses, "en-us")) + text.count(", ")
        assert np.abs(joined(say(voice(folder), text))).max() == pytest.approx(0.1 + count / 1000, abs=0.0005)


@pytest.mark.parametrize(
    ("network", "chunks"),
    [({"ids": "tokens"}, 5), ({"whole_speed": True}, 5), ({"rounds": False}, 2)],
    ids=["older names", "whole speed", "without durations"],
)
def test_other_exports_speak_the_same(folder: Path, network: dict, chunks: int) -> None:
    text = "Out of the blue."
    expected = joined(say(voice(folder), text))
    tiny_networks.kokoro(folder / "onnx" / "model.onnx", **network)
    spoken = say(voice(folder), text)
    np.testing.assert_allclose(joined(spoken), expected, atol=1e-6)
    assert len(spoken) == chunks and spoken[-1].spoken == len(text)


def test_without_room_for_a_copy_it_speaks_all_the_same(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(source: Path, target: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("assistant.tts.onnx_output.shutil.copyfile", full)
    assert len(say(voice(folder), "Out of the blue.")) == 2


def test_the_first_clause_is_heard_before_the_next_is_begun_and_a_listener_who_leaves_stops_it(folder: Path) -> None:
    spoken = voice(folder)
    waiting = threading.Event()
    runs: list[onnxruntime.RunOptions] = []
    network = spoken._session

    class Watched:
        def run(self, outputs, inputs, options):
            runs.append(options)
            if len(runs) == 2:
                waiting.wait(10)
            return network.run(outputs, inputs, options)

    spoken._session = Watched()

    async def leave() -> None:
        async with aclosing(spoken.speak(_LONG)) as chunks:
            assert (await anext(chunks)).spoken == 1

    asyncio.run(leave())
    assert 1 <= len(runs) <= 2 and runs[0].terminate
    waiting.set()
    spoken._session = network
    assert len(say(spoken, "Yes.")) == 2


@pytest.mark.parametrize(
    ("language", "text", "letters"),
    [
        ("en-us", "Now it is a little water, oh boy", "nˈW ɪT ɪz ə lˈɪTᵊl wˈɔTəɹ ˈO bˈY"),
        ("en-us", "church judge bird along button", "ʧˈɜɹʧ ʤˈʌʤ bˈɜɹd əlˈɔŋ bˈʌtᵊn"),
        ("en-gb", "Oh, no bird there", "ˈQ nˈQ bˈɜːd ðˈɛː"),
        ("es", "mucho, hay", "mˈuʧo ˈI"),
        ("fr-fr", "les amis, bon", "lez amˈi bˈɔ\u0303"),
        ("it", "grazie, giorno", "ɡrˈaʦje ʤˈorno"),
        ("pt-br", "dia", "ʤˈiæ"),
    ],
)
def test_phonemes_become_those_that_the_model_was_trained_on(language: str, text: str, letters: str) -> None:
    assert " ".join(mapped(clause.ipa, language) for clause in phonemes(text, language)) == letters


def test_all_voices_are_listed_with_language_and_sex(folder: Path) -> None:
    rows = {row.name: row for row in kokoro.voices(TtsSettings(kokoro_model=str(folder)))}
    english = [row for row in rows.values() if row.language in ("en-us", "en-gb")]
    assert len(rows) == 41 and len(english) == 28
    assert rows["af_heart"].here and not rows["bm_george"].here
    assert (rows["ff_siwis"].language, rows["ff_siwis"].sex) == ("fr-fr", "female")
    assert all(phonemes("No.", language) for language in {row.language for row in rows.values()})


def test_one_archive_of_all_voices_will_do(folder: Path) -> None:
    expected = joined(say(voice(folder), "Yes."))
    (folder / "voices" / "af_heart.bin").unlink()
    with (folder / "voices-v1.0.bin").open("wb") as file:
        np.savez(file, af_heart=tiny_networks.styles()[:, None])
    np.testing.assert_array_equal(joined(say(voice(folder), "Yes.")), expected)
    with pytest.raises(ModelError, match="this is not the Kokoro voice bf_emma of version 1.0 .*; delete the file"):
        voice(folder, "bf_emma")


@pytest.mark.parametrize(
    ("name", "near"), [("af_hart", "af_heart"), ("emma", "bf_emma"), ("jf_alpha", "hf_alpha"), ("", "af_heart")]
)
def test_an_unknown_voice_is_answered_with_near_ones(name: str, near: str) -> None:
    with pytest.raises(UsageError, match=f"has no voice '{name}'; the nearest are .*{near}"):
        Kokoro(TtsSettings(kokoro_voice=name))
    with pytest.raises(UsageError, match=near):
        kokoro.found(TtsSettings(kokoro_voice=name))


def _cut(folder: Path) -> None:
    model = folder / "onnx" / "model.onnx"
    model.write_bytes(model.read_bytes()[:-300])


_BROKEN = {
    "no onnx": (lambda folder: (folder / "onnx" / "model.onnx").write_text("<html>"), "model cannot be loaded"),
    "empty": (lambda folder: (folder / "onnx" / "model.onnx").write_bytes(b""), "model cannot be loaded"),
    "cut": (_cut, "model cannot be loaded"),
    "another model": (lambda folder: tiny_networks.jets(folder / "onnx" / "model.onnx"), "takes text instead of"),
    "none": (lambda folder: (folder / "onnx" / "model.onnx").unlink(), "there is no .onnx file; name the"),
    "two": (
        lambda folder: [(folder / "onnx" / "model.onnx").rename(folder / "a.onnx"), (folder / "b.onnx").touch()],
        "there are a.onnx, b.onnx; name the Kokoro model's file",
    ),
    "voice of another version": (
        lambda folder: (folder / "voices" / "af_heart.bin").write_bytes(b"1234" * 99),
        "version",
    ),
    "no voice": (lambda folder: (folder / "voices" / "af_heart.bin").unlink(), "put af_heart.bin of onnx-community"),
}


@pytest.mark.parametrize("broken", _BROKEN)
def test_broken_files_are_named_with_what_to_do(folder: Path, broken: str) -> None:
    damage, said = _BROKEN[broken]
    damage(folder)
    with pytest.raises(ModelError) as caught:
        voice(folder)
    assert said in str(caught.value) and str(folder) in str(caught.value) and "\n" not in str(caught.value)


def test_a_silent_model_is_told(folder: Path) -> None:
    tiny_networks.kokoro(folder / "onnx" / "model.onnx", loud=0)
    with pytest.raises(EngineError, match="kokoro: the model made no sound for 'Yes.'"):
        say(voice(folder), "Yes.")


def test_it_is_fetched_from_the_hub(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(hub, "_reached", None)
    monkeypatch.setattr(kokoro, "REPO", "owner/model")
    files = {name: (folder / name).read_bytes() for name in ("onnx/model.onnx", "voices/af_heart.bin")}
    with serve(Hub(files)) as server:
        monkeypatch.setattr(huggingface_hub.constants, "ENDPOINT", server.url)
        template = server.url + "/{repo_id}/resolve/{revision}/{filename}"
        monkeypatch.setattr(huggingface_hub.constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
        assert kokoro.found(TtsSettings()) == (
            "kokoro af_heart is not on this machine yet",
            "it is fetched on first use",
        )
        kokoro.fetch("af_heart")
        with pytest.raises(EngineError, match="owner/model on the hub has no file voices/bf_emma.bin"):
            kokoro.fetch("bf_emma")
    assert kokoro.found(TtsSettings()) == ("kokoro af_heart, model.onnx", "")
    assert [row.name for row in kokoro.voices(TtsSettings()) if row.here] == ["af_heart"]
    assert say(Kokoro(TtsSettings()), "Yes.")


def test_without_the_hub_one_sentence_tells_it_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(hub, "_reached", False)
    with pytest.raises(EngineError, match="onnx/model.onnx is not on this machine and the hub .* cannot be reached"):
        Kokoro(TtsSettings())


@pytest.mark.skipif("ASSISTANT_KOKORO" not in os.environ, reason="ASSISTANT_KOKORO names no folder with the weights")
def test_the_real_voice_is_understood() -> None:
    import soxr

    from assistant.config import SttSettings
    from assistant.stt.moonshine import Moonshine

    text = "The capital of France is Paris. It is a very beautiful city."
    chunks = say(voice(Path(os.environ["ASSISTANT_KOKORO"])), text)
    audio = joined(chunks)
    recogniser = Moonshine(SttSettings())
    try:
        transcript = asyncio.run(recogniser.transcribe(soxr.resample(audio, SAMPLE_RATE, 16_000)))
    finally:
        recogniser.close()
    assert re.findall(r"\w+", transcript.text.lower()) == re.findall(r"\w+", text.lower())
    assert np.abs(np.diff(audio)).max() < 0.9 and 0.3 < np.abs(audio).max() < 0.95
    ends = [match.end() for match in re.finditer(r"\S+", text)]
    assert list(dict.fromkeys(chunk.spoken for chunk in chunks)) == ends
