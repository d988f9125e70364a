"""Piper's voices on a model of their architecture, built small: cut in two, heard bit by bit, word by word."""

from __future__ import annotations

import asyncio
import re
import threading
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from assistant.config import TtsSettings
from assistant.errors import AssistantError
from assistant.reply.heard import SpokenReply
from assistant.tts import SAMPLE_RATE, SpeechChunk
from assistant.tts.piper import engine as piper
from assistant.tts.piper import graph as piper_graph
from assistant.tts.piper.engine import Piper
from assistant.tts.piper.network import Network
from tests.tts import tiny_piper

_SENTENCE = "The quick brown fox jumps over the lazy dog."


@pytest.fixture(scope="module", autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory):
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("cache")
        patch.setattr(piper, "cache_folder", lambda: folder)
        yield folder / "piper"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_piper.build(tmp_path_factory.mktemp("voice"))


@pytest.fixture(scope="module")
def voice(model: Path):
    voice = load(model)
    yield voice
    voice.close()


def load(model: Path, notices: list[str] | None = None, **settings) -> Piper:
    told = [] if notices is None else notices
    return piper.load(TtsSettings(**{"piper_voice": str(model)} | settings), told.append)


def say(voice: Piper, text: str) -> list[SpeechChunk]:
    async def speak() -> list[SpeechChunk]:
        return [chunk async for chunk in voice.speak(text)]

    return asyncio.run(speak())


def joined(chunks: list[SpeechChunk]) -> np.ndarray:
    return np.concatenate([chunk.pcm24k for chunk in chunks])


@pytest.mark.parametrize("speakers", [1, 3])
@pytest.mark.parametrize("count", [4, 20, 90, 300])
def test_what_is_decoded_in_steps_is_the_same_as_the_whole(tmp_path: Path, speakers: int, count: int) -> None:
    path = tiny_piper.build(tmp_path, speakers=speakers)
    parts = tmp_path / "parts"
    piper_graph.cut(path, parts)
    ids = np.random.default_rng(count).integers(0, len(tiny_piper.SYMBOLS), count)
    given = {"input": ids[None], "input_lengths": np.array([count]), "scales": np.array([0, 1.3, 0], np.float32)}
    if speakers > 1:
        given["sid"] = np.array([2])
    whole = onnxruntime.InferenceSession(str(path)).run(None, given)[0].reshape(-1)
    speech = Network(path, parts).speak(ids, (0.0, 1.3, 0.0), speaker=2)
    steps = list(speech.sound)
    frames = tiny_piper.frames(ids, 1.3)
    assert len(whole) == frames.sum() * 256 and whole.std() > 0.01
    assert np.allclose(np.concatenate(steps), whole, rtol=0, atol=1e-5)
    assert [len(step) // 256 for step in steps[:2]] == [
        min(24, frames.sum()),
        *[min(96, frames.sum() - 24)] * (len(steps) > 1),
    ]
    assert speech.ends is not None and list(speech.ends) == list(np.cumsum(frames) * 256)


def test_every_word_has_its_mark_where_its_last_phoneme_ends(voice: Piper) -> None:
    chunks = say(voice, _SENTENCE)
    ends = [match.end() for match in re.finditer(r"\S+", _SENTENCE)]
    assert list(dict.fromkeys(chunk.spoken for chunk in chunks)) == ends
    config = tiny_piper.config()["phoneme_id_map"]
    at = 0
    heard = {}
    for chunk in chunks:
        at += len(chunk.pcm24k)
        heard.setdefault(chunk.spoken, at)
    # "ðə kwˈɪk": each phoneme and the pad behind it; the small voice is loud from its first sample on
    first = [config[symbol][0] for symbol in "^_ð_ə_"]
    second = [config[symbol][0] for symbol in " _k_w_ˈ_ɪ_k_"]
    for end, ids in ((3, first), (9, first + second)):
        samples = tiny_piper.frames(np.array(ids)).sum() * 256 * SAMPLE_RATE / 22050
        assert heard[end] == pytest.approx(samples, abs=2)


def test_heard_words_are_those_that_left_the_speaker(voice: Piper) -> None:
    reply = SpokenReply()
    reply.written = _SENTENCE
    reply.begin(_SENTENCE, _SENTENCE, "en", 0)
    marks = []
    for chunk in say(voice, _SENTENCE):
        reply.add(chunk)
        marks.append((reply._sentences[-1].end, chunk.spoken))
    reply.complete()
    for end, spoken in marks:
        assert reply.heard(end) == _SENTENCE[:spoken]
    after = next(end for end, spoken in marks if spoken == len("The quick"))
    assert reply.heard(after - 1) == "The"


@pytest.mark.parametrize(
    "text",
    [
        "On January 5th, 2024, 3.14 percent of 1,000.5 dollars; naïve café – über. And so on!",
        "Is it? Yes! “No.” Well… perhaps: who knows",
        "word " * 200,
        "x" * 1000,
        "Ω ≈ ç \ud800 \0 end",
        "a\nb\tc",
    ],
    ids=lambda text: ascii(text[:12]),
)
def test_marks_grow_up_to_the_end_whatever_the_text(voice: Piper, text: str) -> None:
    marks = [chunk.spoken for chunk in say(voice, text)]
    assert marks == sorted(marks) and marks[-1] == len(text.rstrip())


@pytest.mark.parametrize("text", ["", " ", "...", "\0", "“”"])
def test_nothing_to_say_makes_no_sound(voice: Piper, text: str) -> None:
    assert say(voice, text) == []


def test_a_long_text_comes_in_pieces_of_bounded_length(voice: Piper, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    speak = voice._network.speak

    def counted(ids, *rest):
        sizes.append(len(ids))
        return speak(ids, *rest)

    monkeypatch.setattr(voice._network, "speak", counted)
    clause = "and then the old man went home with his dog, "
    say(voice, clause * 20)
    assert sizes[0] < 250 and len(sizes) > 3 and max(sizes) < 500  # a number and a pad for each phoneme


def test_the_rate_of_the_voice_becomes_that_of_the_program(tmp_path: Path, voice: Piper) -> None:
    slow = load(tiny_piper.build(tmp_path, audio={"sample_rate": 16000}))
    lengths = [len(joined(say(each, _SENTENCE))) for each in (slow, voice)]
    slow.close()
    pause = 0.18 * SAMPLE_RATE
    assert (lengths[0] - pause) / (lengths[1] - pause) == pytest.approx(22050 / 16000, abs=0.01)


def test_a_faster_rate_shortens_every_phoneme(model: Path, voice: Piper) -> None:
    fast = load(model, piper_speed=2.0)
    assert len(joined(say(fast, _SENTENCE))) < 0.7 * len(joined(say(voice, _SENTENCE)))
    fast.close()


def test_the_speaker_is_chosen_by_name_or_number(tmp_path: Path) -> None:
    path = tiny_piper.build(tmp_path, speakers=3)
    sounds = []
    for speaker in ("", "+p1", "+1", "+2"):
        voice = load(path, piper_voice=f"{path}{speaker}")
        sounds.append(joined(say(voice, "Yes.")))
        voice.close()
    assert np.array_equal(sounds[1], sounds[2]) and not np.array_equal(sounds[0], sounds[1])
    assert not np.array_equal(sounds[1], sounds[3])


def test_letters_are_phonemes_for_voices_trained_on_them(tmp_path: Path) -> None:
    voice = load(tiny_piper.build(tmp_path, phoneme_type="text", name="uk_UA-tiny-low"))
    text = "One TWO, three. Four!"
    assert list(dict.fromkeys(chunk.spoken for chunk in say(voice, text))) == [3, 8, 15, 16, 21]
    assert voice.language == "uk"
    voice.close()


def test_a_cancelled_sentence_ends_after_the_step_under_way(voice: Piper) -> None:
    asked = []

    def cancelled() -> bool:
        asked.append(None)
        return len(asked) > 3

    samples = sum(len(chunk.pcm24k) for chunk in voice._speak(_SENTENCE * 5, cancelled))
    assert 0 < samples <= (24 + 96) * 256 * SAMPLE_RATE / 22050
    assert say(voice, "Yes.")


def test_the_two_parts_are_made_once(model: Path, voice: Piper, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = sorted(path.name for path in cache.glob("*/*"))
    monkeypatch.setattr(piper_graph, "cut", None)
    load(model).close()
    assert made == sorted(path.name for path in cache.glob("*/*")) and {"decoder.onnx", "encoder.onnx"} <= {*made}


def test_two_processes_may_make_them_at_a_time(model: Path, tmp_path: Path) -> None:
    threads = [threading.Thread(target=piper_graph.cut, args=(model, tmp_path / "parts")) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["decoder.onnx", "encoder.onnx", "parts"]


def test_what_cannot_be_cut_is_spoken_whole(tmp_path: Path) -> None:
    notices: list[str] = []
    voice = load(tiny_piper.build(tmp_path, strange=True), notices)
    chunks = say(voice, _SENTENCE)
    voice.close()
    [notice] = notices
    assert "only when a whole sentence is ready, since its decoder has a Erf" in notice
    assert [chunk.spoken for chunk in chunks[:-1]] == [None] * (len(chunks) - 1)
    assert len(chunks) < 4 and chunks[-1].spoken == len(_SENTENCE)


def test_a_full_disk_costs_the_streaming_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_args, **_more):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(piper_graph, "_simplify", full)
    monkeypatch.setattr(piper, "cache_folder", lambda: tmp_path / "cache")
    notices: list[str] = []
    voice = load(tiny_piper.build(tmp_path / "voice"), notices)
    assert say(voice, "Yes.")
    voice.close()
    assert "cannot be written (No space left on device)" in notices[0] and not list(tmp_path.rglob(".part-*"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda onnx, json: json.unlink(), "tiny.onnx.json is missing beside tiny.onnx"),
        (lambda onnx, json: json.write_text("{"), "cannot be read"),
        (lambda onnx, json: json.write_text("[]"), "is not of a Piper voice that can be spoken here"),
        (lambda onnx, json: json.write_text('{"phoneme_id_map": {}}'), "its phonemes lack ^ _ $"),
        (lambda onnx, json: json.write_text('{"audio": {"sample_rate": 22050}}'), "it has no 'phoneme_id_map'"),
        (lambda onnx, json: change(json, '"espeak"', '"pinyin"'), "of the type pinyin, and only espeak and text"),
        (lambda onnx, json: change(json, "en-us", "en-xy"), "tiny.onnx.json: espeak has no voice 'en-xy'"),
        (lambda onnx, json: change(json, "22050", '"x"'), "is not of a Piper voice"),
        (lambda onnx, json: onnx.unlink(), "there is no file"),
        (lambda onnx, json: onnx.write_bytes(b""), "damaged or no ONNX model; fetch"),
        (lambda onnx, json: onnx.write_bytes(b"no model" * 99), "damaged or no ONNX model"),
        (lambda onnx, json: onnx.write_bytes(onnx.read_bytes()[:9000]), "damaged or no ONNX model"),
        (lambda onnx, json: onnx.write_bytes(onnx.read_bytes().replace(b"CumSum", b"NoSuch")), "no ONNX model"),
        (lambda onnx, json: other(onnx), "no Piper voice: its inputs are x"),
        (lambda onnx, json: change(json, "[3]", "[999]"), "its two files do not fit together"),
    ],
)
def test_a_broken_voice_is_answered_in_one_sentence(tmp_path: Path, change, message: str) -> None:
    path = tiny_piper.build(tmp_path)
    change(path, path.with_name("tiny.onnx.json"))
    with pytest.raises(AssistantError) as caught:
        say(load(path), "Yes, it is.")
    assert message in str(caught.value) and "\n" not in str(caught.value)


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def other(path: Path) -> None:
    """A model of something else."""
    from onnx import TensorProto, helper, save

    entry = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]) for name in "xy"]
    graph = helper.make_graph([helper.make_node("Abs", ["x"], ["y"])], "other", entry[:1], entry[1:])
    save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 15)], ir_version=8), path)
