"""JETS on a model of its architecture that nobody trained: what it says is noise, when and how is not."""

from __future__ import annotations

import asyncio
from pathlib import Path

import huggingface_hub.constants
import numpy as np
import onnxruntime
import pytest
import yaml

from assistant import hub
from assistant.config import TtsSettings
from assistant.errors import EngineError, ModelError
from assistant.tts import SAMPLE_RATE, SpeechChunk
from assistant.tts.jets import engine as jets
from assistant.tts.jets.arpabet import arpabet
from assistant.tts.jets.engine import Jets
from assistant.tts.phonemes import phonemes
from tests.fake_hub import Hub, serve
from tests.tts import tiny_networks

_HOP = 256


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    tiny_networks.jets(tmp_path / "model.onnx")
    (tmp_path / "config.yaml").write_text(yaml.safe_dump({"token": {"list": tiny_networks.ARPABET}}))
    return tmp_path


def say(voice: Jets, text: str) -> list[SpeechChunk]:
    async def speak() -> list[SpeechChunk]:
        return [chunk async for chunk in voice.speak(text)]

    return asyncio.run(speak())


@pytest.mark.parametrize(
    ("text", "symbols"),
    [
        ("Hello, world!", "HH AH0 L OW1 , W ER1 L D !"),
        ("The church is little; you water it.", "DH AH0 CH ER1 CH IH1 Z L IH1 T AH0 L , Y UW1 W AO1 T ER0 IH1 T ."),
        ("I judge pleasure… why?", "AY1 JH AH1 JH P L EH1 ZH ER0 . W AY1 ?"),
        ("Good morning to the boys", "G UH1 D M AO1 R N IH0 NG T AH0 DH AH0 B OY1 Z"),
        ("information", "IH2 N F ER0 M EY1 SH AH0 N"),
    ],
)
def test_phonemes_become_those_of_the_dictionary(text: str, symbols: str) -> None:
    said = []
    for clause in phonemes(text, "en-us"):
        begins = [0, *(end for end, _ in clause.words)]
        for begin, (end, _) in zip(begins, clause.words):
            said += arpabet(clause.ipa[begin:end])
        said += arpabet(clause.mark)
    assert " ".join(said) == symbols
    assert set(said) <= set(tiny_networks.ARPABET)


def test_a_sentence_becomes_sound_at_the_assistants_rate_with_a_mark_for_each_word(folder: Path) -> None:
    text = "Good morning to the boys."
    voice = Jets(TtsSettings(jets_voice=str(folder)))
    chunks = say(voice, text)
    assert [text[: chunk.spoken] for chunk in chunks] == [
        "Good",
        "Good morning",
        "Good morning to",
        "Good morning to the",
        text,
        text,
    ]
    ids = [tiny_networks.ARPABET.index(symbol) for symbol in "G UH1 D M AO1 R N IH0 NG T AH0 DH AH0 B OY1 Z .".split()]
    session = onnxruntime.InferenceSession(folder / "model.onnx")
    wav, dur = session.run(["wav", "dur"], {"text": np.array(ids)})
    assert len(wav) == dur.sum() * _HOP
    second = len(chunks[1].pcm24k)  # M AO1 R N IH0 NG
    assert second == pytest.approx(dur[3:9].sum() * _HOP * SAMPLE_RATE / 22_050, abs=2)
    assert sum(len(chunk.pcm24k) for chunk in chunks[:-1]) == pytest.approx(len(wav) * SAMPLE_RATE / 22_050, rel=0.05)
    assert (voice.name, voice.language) == (f"jets {folder.name}", "en")


def test_nothing_to_say_makes_no_sound(folder: Path) -> None:
    assert say(Jets(TtsSettings(jets_voice=str(folder))), "...") == []


def _tokens(folder: Path, listed: object) -> None:
    (folder / "config.yaml").write_text(yaml.safe_dump(listed))


_BROKEN = {
    "no onnx": (lambda folder: (folder / "model.onnx").write_text("<html>"), "the JETS model cannot be loaded"),
    "another model": (lambda folder: tiny_networks.kokoro(folder / "model.onnx"), "this is no JETS model"),
    "other inputs": (lambda folder: tiny_networks.jets(folder / "model.onnx", text="ids"), "of ids instead of wav"),
    "no list": (lambda folder: _tokens(folder, {"token": {}}), "the list of the model's tokens cannot be read"),
    "no yaml": (lambda folder: (folder / "config.yaml").write_text("{"), "the list of the model's tokens cannot be"),
    "other tokens": (lambda folder: _tokens(folder, {"token": {"list": ["a", "b"]}}), "does not read English in ARPA"),
    "no config": (lambda folder: (folder / "config.yaml").unlink(), "has no config.yaml; name the folder of both"),
}


@pytest.mark.parametrize("broken", _BROKEN)
def test_broken_files_are_named_with_what_to_do(folder: Path, broken: str) -> None:
    damage, said = _BROKEN[broken]
    damage(folder)
    with pytest.raises(ModelError) as caught:
        Jets(TtsSettings(jets_voice=str(folder)))
    assert said in str(caught.value) and str(folder) in str(caught.value) and "\n" not in str(caught.value)


def test_a_silent_model_is_told(folder: Path) -> None:
    tiny_networks.jets(folder / "model.onnx", loud=0)
    with pytest.raises(EngineError, match="jets: the model made no sound for 'Yes.'"):
        say(Jets(TtsSettings(jets_voice=str(folder))), "Yes.")


def test_it_is_fetched_from_the_hub(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = TtsSettings(jets_voice="owner/model")
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(hub, "_reached", None)
    with serve(Hub({name: (folder / name).read_bytes() for name in ("model.onnx", "config.yaml")})) as server:
        monkeypatch.setattr(huggingface_hub.constants, "ENDPOINT", server.url)
        template = server.url + "/{repo_id}/resolve/{revision}/{filename}"
        monkeypatch.setattr(huggingface_hub.constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
        assert jets.found(settings) == ("owner/model is not on this machine yet", "it is fetched on first use")
        jets.fetch("owner/model")
    assert jets.found(settings) == ("jets owner/model", "")
    assert [(row.name, row.here) for row in jets.voices(settings)] == [(jets.REPO, False), ("owner/model", True)]
    assert len(say(Jets(settings), "Yes.")) == 2
    monkeypatch.setattr(hub, "_reached", False)
    with pytest.raises(EngineError, match="owner/other/model.onnx is not on this machine and the hub .* cannot be"):
        jets.fetch("owner/other")
