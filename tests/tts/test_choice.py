"""Which voice is taken: with and without keys, packages and files, on quick and on slow machines."""

from __future__ import annotations

import asyncio
import importlib.util
import json

import pytest

from assistant import tts
from assistant.cli import main
from assistant.errors import EngineError, UsageError
from assistant.tts import TtsSettings, Voice, choice, measured
from assistant.tts.espeak import Espeak
from assistant.tts.silent import Silent
from tests.tts.fake_engines import FakeEngine, install

HERE, AWAY = Voice("", "ann", "en-us"), Voice("", "ann", "en-us", here=False)

FETCHING = "fetching the voice small/ann, this once"


@pytest.fixture(autouse=True)
def no_key(monkeypatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)


@pytest.fixture
def without_an_offline_voice(monkeypatch) -> None:
    find = importlib.util.find_spec
    offline = {package for engine in tts.ENGINES if not engine.leaves for package in engine.packages}
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *rest: None if name in offline else find(name, *rest))


def loaded(settings: TtsSettings) -> tuple[str, list[str]]:
    """The voice's name, and the notices."""
    notices: list[str] = []
    voice = tts.load(settings, notices.append)
    voice.close()
    return voice.name, notices


def test_auto_takes_the_cloud_voice_with_its_key_or_its_address_only(monkeypatch, tmp_path) -> None:
    settings = install(monkeypatch, tmp_path, FakeEngine("local", (HERE,), quick=True))
    rows = (
        tts.EngineInfo("openai", "", "", (), "", "", leaves="all", key="OPENAI_API_KEY", address="openai_base_url"),
    )
    monkeypatch.setattr(choice, "ENGINES", (*rows, *tts.ENGINES))
    assert tts.chosen(settings()).name == "local"
    assert tts.chosen(settings(openai_base_url="http://localhost:1/v1")).name == "openai"
    monkeypatch.setenv("OPENAI_API_KEY", "sk-0123456789abcdef")
    assert tts.chosen(settings()).name == "openai"
    assert tts.chosen(settings("espeak")).name == "espeak"


def test_the_best_voice_that_is_here_is_measured_once_and_kept(monkeypatch, tmp_path) -> None:
    large, small = FakeEngine("large", (HERE,)), FakeEngine("small", (HERE,), quick=True)
    settings = install(monkeypatch, tmp_path, large, small)
    assert loaded(settings()) == ("large ann", [])
    assert measured.known("large/ann").factor == 0.1 and measured.known("small/ann").factor is None
    monkeypatch.setattr(measured, "_speak", None)
    assert loaded(settings()) == ("large ann", [])
    assert small.loaded == ["ann", "ann"]  # to stand in


def test_a_voice_that_does_not_keep_up_gives_way_and_gets_three_chances(monkeypatch, tmp_path) -> None:
    large, small = FakeEngine("large", (HERE,), factor=0.7), FakeEngine("small", (HERE,), quick=True)
    settings = install(monkeypatch, tmp_path, large, small)
    for _ in range(3):
        assert tts.chosen(settings()).name == "large"
        assert loaded(settings()) == ("small ann", ["large ann is too slow for this machine; another voice speaks"])
    assert tts.chosen(settings()).name == "small"
    assert loaded(settings()) == ("small ann", []) and large.loaded == ["ann"] * 3
    assert loaded(settings("large"))[0] == "large ann"  # whoever wants it has it


def test_one_busy_moment_does_not_decide(monkeypatch, tmp_path) -> None:
    large = FakeEngine("large", (HERE,), factor=0.7)
    settings = install(monkeypatch, tmp_path, large)
    assert loaded(settings())[0] == "espeak en-us"
    large.factor = 0.5
    assert loaded(settings()) == loaded(settings()) == ("large ann", [])


def test_a_voice_that_is_named_is_never_measured(monkeypatch, tmp_path) -> None:
    settings = install(monkeypatch, tmp_path, FakeEngine("large", (HERE,)), FakeEngine("small", (HERE,), quick=True))
    monkeypatch.setattr(measured, "_speak", None)
    assert loaded(settings("large")) == ("large ann", [])


def test_only_a_quick_voice_is_fetched_unasked_and_only_when_somebody_sees_it(monkeypatch, tmp_path) -> None:
    large, small = FakeEngine("large", (AWAY,)), FakeEngine("small", (AWAY,), quick=True)
    settings = install(monkeypatch, tmp_path, large, small)
    assert tts.chosen(settings()).name == "espeak" and loaded(settings()) == ("espeak en-us", [])
    monkeypatch.setattr(choice, "_is_watched", lambda: True)
    assert loaded(settings()) == ("small ann", [FETCHING])
    assert large.fetched == large.loaded == [] and small.fetched == ["ann"]
    assert tts.chosen(settings()).name == "small"


def test_a_hub_out_of_reach_is_asked_once_a_day(monkeypatch, tmp_path) -> None:
    small = FakeEngine("small", (AWAY,), quick=True, unreachable=True)
    settings = install(monkeypatch, tmp_path, small)
    monkeypatch.setattr(choice, "_is_watched", lambda: True)
    name, notices = loaded(settings())
    assert name == "espeak en-us" and notices[0] == FETCHING and "hub is not reachable" in notices[1]
    assert loaded(settings()) == ("espeak en-us", [])
    small.unreachable = False
    assert loaded(settings()) == ("espeak en-us", [])
    measured.keep("small/ann", failed_at=0.0)
    assert loaded(settings()) == ("small ann", [FETCHING])


def test_a_broken_voice_is_told_and_replaced_unless_it_was_named(monkeypatch, tmp_path) -> None:
    small = FakeEngine("small", (HERE,), quick=True, error=EngineError("small: ann.onnx is damaged; fetch it again"))
    settings = install(monkeypatch, tmp_path, small)
    assert loaded(settings()) == ("espeak en-us", ["small: ann.onnx is damaged; fetch it again; another voice speaks"])
    with pytest.raises(EngineError, match="damaged"):
        loaded(settings("small"))


def test_an_engine_that_is_not_installed_is_passed_by(monkeypatch, tmp_path) -> None:
    settings = install(monkeypatch, tmp_path, FakeEngine("large", (HERE,), packages=("no_such_package",)))
    assert loaded(settings()) == ("espeak en-us", [])


def test_what_is_kept_belongs_to_this_machine_and_survives_damage(monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    measured.keep("a/b", first=0.1, factor=0.2, tries=1)
    measured.keep("a/b", gain=1.5)
    assert measured.known("a/b") == measured.Measured(0.1, 0.2, 1, 1.5)
    [path] = tmp_path.rglob("voices.json")
    monkeypatch.setattr(measured.threads, "processor", lambda: "another one")
    assert measured.known("a/b") == measured.Measured()
    for damaged in ("", "[]", '{"x": 1}', "{", json.dumps({measured._machine(): {"a/b": {"first": "fast", "new": 1}}})):
        path.write_text(damaged)
        assert measured.known("a/b") == measured.Measured()
    assert measured.keep("a/b", factor=0.3).factor == measured.known("a/b").factor == 0.3


def test_espeak_keeps_up_with_any_machine(monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    voice = Espeak(TtsSettings())
    assert measured.speed("espeak/en-us", voice).keeps_up()
    voice.close()


@pytest.mark.parametrize(
    ("hangs", "told"),
    [(True, "slow made no sound within 0.02 s, as other programs"), (False, "slow gave no sound; choose")],
)
def test_a_voice_that_was_only_given_no_time_is_not_called_mute(monkeypatch, tmp_path, hangs, told) -> None:
    class Slow:
        name = "slow"

        async def speak(self, text: str):
            if hangs:
                await asyncio.Event().wait()
            for chunk in ():
                yield chunk

    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setattr(measured, "_PATIENCE", 0.02)
    monkeypatch.setattr(measured, "_since", lambda wall, work: 0.0)
    with pytest.raises(EngineError) as error:
        measured.speed("slow/one", Slow())
    assert str(error.value).startswith(told) and measured.known("slow/one") == measured.Measured()


def test_what_nobody_hears_goes_to_no_cloud(monkeypatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-0123456789abcdef")
    voice = tts.unheard(TtsSettings(engine="openai"), lambda text: None)
    voice.close()
    assert isinstance(voice, Espeak)


def test_without_an_offline_voice_an_answer_that_is_read_needs_none(
    without_an_offline_voice, monkeypatch, capsys
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-0123456789abcdef")
    assert isinstance(tts.unheard(TtsSettings(engine="openai"), lambda text: None), Silent)
    assert main(["ask", "What is the capital of France?", "--set", "tts.engine=openai"]) == 0
    assert "Paris" in capsys.readouterr().out


def test_the_silent_voice_takes_as_long_as_speech() -> None:
    async def chunks(text: str) -> list[tts.SpeechChunk]:
        return [chunk async for chunk in Silent().speak(text)]

    [chunk] = asyncio.run(chunks("Thirty characters, more or less"))
    assert len(chunk.pcm24k) / tts.SAMPLE_RATE == pytest.approx(31 / tts.CHARACTERS_PER_SECOND, abs=0.01)
    assert chunk.spoken == 31 and not chunk.pcm24k.any()
    assert asyncio.run(chunks("")) == []


def test_every_row_tells_the_truth_about_its_module() -> None:
    settings = TtsSettings()
    for engine in tts.ENGINES:
        module = engine.imported()
        assert callable(module.load) and callable(module.fetch) and all(module.found(settings)[:1])
        voices = module.voices(settings)
        assert voices and {voice.engine for voice in voices} == {engine.name}
        assert len({voice.name for voice in voices}) == len(voices)
        for key in (engine.voice, engine.address):
            assert not key or hasattr(settings, key), f"{engine.name}: [tts] has no {key}"
    last = tts.ENGINES[-1]
    assert last.quick and not last.leaves, "what stands in for all others comes last"
    with pytest.raises(UsageError):
        tts.load(TtsSettings(engine="openai"), print)
