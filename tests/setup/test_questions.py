"""The questions, answered by typed lines."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from assistant.audio import devices
from assistant.audio.devices import Device
from assistant.errors import DeviceError
from assistant.setup import questions, state
from assistant.setup.questions import Asker
from assistant.setup.state import Measured, State
from assistant.tts import TtsSettings


@pytest.fixture(autouse=True)
def data(tmp_path, monkeypatch):
    monkeypatch.setattr(state, "data_folder", lambda: tmp_path)
    return tmp_path


def typing(*lines: str) -> tuple[Asker, list[str]]:
    left, said = list(lines), []

    def line(question: str) -> str:
        said.append(question)
        return left.pop(0)

    return Asker(line, said.append), said


SILENT = Asker(lambda question: pytest.fail(question), lambda text: None, silent=True)


def test_enter_takes_the_default_and_anything_else_is_asked_again() -> None:
    asker, said = typing("nine", "0", "99", "h1", "2")
    assert asker.choose("Which?", ["one", "two"], 0) == 1
    assert said.count("Please type a number from 1 to 2, or only Enter.") == 4
    asker, said = typing("")
    assert asker.choose("Which?", ["one", "two"], 1) == 1
    assert "Number, or Enter for 2: " in said


def test_an_answer_is_kept_and_not_asked_for_again() -> None:
    asker, _ = typing("2", "3")
    kept = State()
    assert questions.language(asker, kept) == "de"
    assert questions.pace(asker, kept) == 3.0
    assert state.load().answers == {"language": "de", "pace": "good"}
    assert (questions.language(SILENT, state.load()), questions.pace(SILENT, state.load())) == ("de", 3.0)


def test_nobody_is_asked_when_the_defaults_are_wanted(monkeypatch) -> None:
    monkeypatch.setattr(questions.locale, "getlocale", lambda: ("fr_FR", "UTF-8"))
    assert questions.language(SILENT, State()) == "fr"
    assert questions.pace(SILENT, State()) == 1.5
    engine, voice = questions.voice(SILENT, State(), TtsSettings(), "en", lambda engine, one: None)
    assert (engine.name, voice.name) == ("piper", "en_US-joe-medium")


def test_a_microphone_is_taken_by_its_name(monkeypatch) -> None:
    found = [_device(0, "desk", 1), _device(1, "speaker", 0), _device(2, "headset", 1), _device(3, "headset", 1)]
    monkeypatch.setattr(devices, "devices", lambda: found)
    asker, said = typing("3")
    assert questions.device(asker, State(), "input") == "headset"
    assert [text for text in said if text.startswith("  ")] == [
        "  1  the system's default",
        "  2  desk",
        "  3  headset",
    ]


def test_without_devices_it_says_so_and_asks_nothing(monkeypatch) -> None:
    monkeypatch.setattr(devices, "devices", list)
    asker, said = typing()
    assert questions.device(asker, State(), "output") == ""
    assert said == ["There is no speaker on this machine; plug one in, and the assistant takes it."]

    def broken() -> Sequence[Device]:
        raise DeviceError("the PortAudio library is missing")

    monkeypatch.setattr(devices, "devices", broken)
    assert questions.device(asker, State(), "output") == ""
    assert said[-1] == "the PortAudio library is missing"


def test_a_voice_is_heard_before_it_is_taken_and_one_that_is_not_here_is_not_played() -> None:
    rows = questions.voices(TtsSettings(), "en")
    away = next(number for number, (_, one) in enumerate(rows, 1) if not one.here)
    here = next(number for number, (_, one) in enumerate(rows, 1) if one.here)
    asker, said = typing(f"h{here}", f"h {away}", str(here))
    heard = []
    engine, voice = questions.voice(asker, State(), TtsSettings(), "en", lambda engine, one: heard.append(one.name))
    assert heard == [voice.name] and voice.here
    assert any("It is to be fetched first" in text for text in said)


def test_offline_voices_of_the_language_are_offered_those_that_are_here_first() -> None:
    for language in questions.LANGUAGES:
        rows = questions.voices(TtsSettings(), language)
        assert any(engine.name == "espeak" and one.here for engine, one in rows), language
        assert all(not engine.leaves and one.language.startswith(language) for engine, one in rows)
        for engine, _ in rows:
            here = [one.here for other, one in rows if other is engine]
            assert len(here) <= 3 and here == sorted(here, reverse=True)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"machine": 1}', '{"answers": 3, "machine": "x"}'])
def test_a_state_that_cannot_be_read_is_as_none(text) -> None:
    state.path().write_text(text)
    assert state.load() == State()


def test_what_another_machine_measured_does_not_count(monkeypatch) -> None:
    kept = State({"pace": "good"}, {"model": Measured(0.5, 0.6)}, {"model": 1.5})
    kept.save()
    assert state.load() == kept
    monkeypatch.setattr(state, "machine", lambda: "another")
    assert state.load() == State({"pace": "good"})


def _device(number: int, name: str, inputs: int) -> Device:
    return Device(number, name, "ALSA", inputs, 1 - inputs, 48000.0, number == 0, number == 1)
