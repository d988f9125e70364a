"""Which size of Whisper `model = auto` means here, and English-only models beside another language."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from assistant import hub, stt
from assistant.config import SttSettings
from assistant.errors import UsageError
from assistant.stt import moonshine, sizes, whisper
from tests.data import speech_clips
from tests.fake_hub import Hub, serve
from tests.stt.test_load import machine  # noqa: F401
from tests.stt.test_whisper import transcribe
from tests.test_hub import cache, point_to  # noqa: F401


@pytest.fixture(autouse=True)
def speed(monkeypatch, tmp_path):
    """Seconds for Moonshine, and how often they were measured."""
    found = {"seconds": 0.04, "times": 0}

    def measured(_settings):
        found["times"] += 1
        return found["seconds"]

    monkeypatch.setattr(moonshine, "seconds", measured)
    monkeypatch.setattr(sizes, "data_folder", lambda: tmp_path / "data")
    return found


@pytest.mark.parametrize(
    ("seconds", "language", "names"),
    [
        (0.04, "de", ["base", "tiny", "small", "large-v3-turbo"]),
        (0.04, "en", ["base.en", "tiny.en", "small.en", "large-v3-turbo"]),
        (0.008, "de", ["small", "base", "tiny", "large-v3-turbo"]),
        (0.002, "auto", ["large-v3-turbo", "small", "base", "tiny"]),
        (0.5, "de", ["base", "tiny", "small", "large-v3-turbo"]),
    ],
)
def test_the_largest_that_is_quick_enough_comes_first_the_slower_ones_last(speed, seconds, language, names):
    speed["seconds"] = seconds
    assert sizes.ordered(SttSettings(language=language, device="cpu")) == names


def test_a_gpu_takes_the_largest_and_is_not_measured(speed, monkeypatch):
    monkeypatch.setattr(sizes, "has_gpu", lambda _settings: True)
    assert sizes.ordered(SttSettings(language="en"))[0] == "large-v3-turbo" and speed["times"] == 0


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"another machine": 1.0}'])
def test_the_machine_is_measured_once_for_each_number_of_threads(speed, tmp_path, damage):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "speed.json").write_text(damage)
    for threads in (1, 1, 2, 2, 1):
        sizes.ordered(SttSettings(language="de", threads=threads))
        speed["seconds"] = 1.0
    assert speed["times"] == 2
    kept = json.loads((tmp_path / "data" / "speed.json").read_text())
    assert sorted(kept.values())[:2] == [0.04, 1.0]


def test_a_measurement_that_cannot_be_kept_counts_all_the_same(speed, monkeypatch):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(sizes, "write_text", full)
    assert sizes.ordered(SttSettings(language="de"))[0] == "base"


def test_a_real_measurement_takes_some_time(monkeypatch):
    monkeypatch.undo()
    assert 0 < moonshine.seconds(SttSettings(threads=1)) < 60


def test_the_choice_is_said_in_one_line(machine):  # noqa: F811
    machine.reachable = True
    assert machine.load(language="de") == "whisper in fetched"
    assert machine.fetched == ["Systran/faster-whisper-base"]
    assert machine.notices == [
        "Fetching Whisper base from the hub, this once, the largest that is quick enough here",
        "Using Whisper base, the largest that is quick enough here",
    ]


@pytest.mark.parametrize(("present", "taken"), [("tiny small", "tiny"), ("small large-v3-turbo", "small")])
def test_without_hub_the_best_of_what_was_fetched_by_hand_is_taken(machine, monkeypatch, present, taken):  # noqa: F811
    folders = {f"Systran/faster-whisper-{size}": Path(size) for size in present.split()}
    monkeypatch.setattr(hub, "cached", lambda repo, file=None, only=(): folders.get(repo))
    assert machine.load(language="de") == f"whisper in {taken}"
    assert machine.notices == [f"Using Whisper {taken}, the best that is here"]


def test_without_hub_and_weights_moonshine_is_taken_and_that_is_said(machine):  # noqa: F811
    assert machine.load(language="de") == "moonshine"
    assert "Whisper base is not on this machine" in machine.notices[0]


def test_a_chosen_whisper_takes_the_same_size(machine):  # noqa: F811
    assert machine.load(engine="whisper", language="en") == "whisper in fetched"
    assert machine.fetched == ["Systran/faster-whisper-base.en"]


@pytest.mark.parametrize("engine", ["auto", "whisper"])
def test_an_english_only_model_gives_way_to_the_multilingual_one(machine, engine):  # noqa: F811
    machine.reachable = True
    assert machine.load(engine=engine, model="small.en", language="de") == "whisper in fetched"
    assert machine.fetched == ["Systran/faster-whisper-small"]
    assert machine.notices[-1] == "Using Whisper small, since small.en understands English only"


def test_one_without_a_multilingual_brother_is_refused_before_it_is_fetched(machine):  # noqa: F811
    with pytest.raises(UsageError, match="understands English only, but language is de"):
        machine.load(model="distil-small.en", language="de")
    assert machine.fetched == []


def test_what_doctor_says_of_it(machine):  # noqa: F811
    assert whisper.found(SttSettings()) == ("not needed", "")
    assert whisper.found(SttSettings(language="de"))[0] == "base is not on this machine"
    assert whisper.found(SttSettings(engine="whisper")) == (
        "base is not on this machine yet",
        "it is fetched on first use",
    )


def test_a_reachable_hub_changes_nothing_for_english_on_a_cpu(cache, monkeypatch):  # noqa: F811
    clips = speech_clips()[:5]
    heard = []
    for reachable in (False, True):
        with serve(Hub({"config.json": b"{}"})) as server:
            point_to(server.url if reachable else "http://127.0.0.1:9", monkeypatch)
            monkeypatch.setattr(hub, "_reached", None)
            notices: list[str] = []
            engine = stt.load(SttSettings(device="cpu"), notices.append)
            heard.append([engine.name, notices, *(transcribe(engine, clip.audio()) for clip in clips)])
            engine.close()
            assert server.requests == [] and hub.reachable() is reachable
    assert heard[0] == heard[1] and heard[1][0].startswith("moonshine")
