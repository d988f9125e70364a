"""Which engine `auto` takes, and what it says about it. The hub and the weights are stood in for at their seams."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant import hub, stt
from assistant.config import SttSettings
from assistant.errors import EngineError, UsageError
from assistant.stt import moonshine, whisper


class Machine:
    """What is cached and reachable here, and what was asked of the hub."""

    def __init__(self, monkeypatch) -> None:
        self.cached: Path | None = None
        self.reachable = False
        self.fetch_error: str | None = None
        self.load_error: Exception | None = None
        self.fetched: list[str] = []
        self.notices: list[str] = []
        monkeypatch.setattr(hub, "cached", lambda repo, file=None, only=(): self.cached)
        monkeypatch.setattr(hub, "reachable", lambda: self.reachable)
        monkeypatch.setattr(hub, "fetch", self._fetch)
        monkeypatch.setattr(whisper, "Whisper", self._whisper)
        monkeypatch.setattr(moonshine, "Moonshine", lambda settings: "moonshine")

    def load(self, **settings):
        return stt.load(SttSettings(**settings), self.notices.append)

    def _fetch(self, repo, file=None, only=()):
        if self.fetch_error:
            raise EngineError(self.fetch_error)
        self.fetched.append(repo)
        return Path("/fetched")

    def _whisper(self, settings, folder):
        if self.load_error:
            raise self.load_error
        return f"whisper in {folder.name}"


@pytest.fixture
def machine(monkeypatch):
    return Machine(monkeypatch)


@pytest.mark.parametrize(
    ("settings", "gpus", "first"),
    [
        ({}, 0, "moonshine"),
        ({"language": "en", "model": "small"}, 0, "moonshine"),
        ({"model": "small"}, 0, "whisper"),
        ({"model": "base.en"}, 0, "moonshine"),
        ({"language": "de"}, 0, "whisper"),
        ({}, 1, "whisper"),
        ({"device": "cpu"}, 1, "moonshine"),
        ({"engine": "whisper"}, 0, "whisper"),
        ({"engine": "moonshine", "language": "de"}, 1, "moonshine"),
    ],
)
def test_auto_takes_what_measures_best_for_the_language_on_this_machine(monkeypatch, settings, gpus, first):
    monkeypatch.setattr(stt.shutil, "which", lambda name: "/usr/bin/nvidia-smi" if gpus else None)
    monkeypatch.setattr("ctranslate2.get_cuda_device_count", lambda: gpus)
    assert stt.wanted(SttSettings(**settings))[0].name == first


def test_english_on_a_cpu_asks_no_hub_and_takes_no_weights_that_are_there(machine, monkeypatch):
    monkeypatch.setattr(hub, "reachable", lambda: pytest.fail("the hub was asked"))
    machine.cached = Path("/cache")
    assert machine.load() == "moonshine" and machine.notices == [] and machine.fetched == []
    machine.load(model="small.en")
    assert machine.notices == [
        "[stt] model small.en is not used, since Moonshine hears English better on a CPU; "
        "to use it, set [stt] engine to whisper"
    ]


def test_cached_weights_are_taken_without_asking_the_hub(machine, monkeypatch):
    machine.cached = Path("/cache")
    monkeypatch.setattr(hub, "reachable", lambda: pytest.fail("the hub was asked"))
    assert machine.load(model="base") == "whisper in cache"
    assert machine.notices == ["Using Whisper base, which is on this machine"]


def test_a_reachable_hub_is_fetched_from_and_that_is_said_first(machine):
    machine.reachable = True
    assert machine.load(model="small") == "whisper in fetched"
    assert machine.fetched == ["Systran/faster-whisper-small"]
    assert machine.notices[0].startswith("Fetching Whisper small")


def test_without_hub_the_bundled_model_is_taken_and_that_is_said(machine):
    assert machine.load(model="base") == "moonshine"
    assert machine.notices == [
        "Whisper base is not on this machine and the hub cannot be reached: using the bundled Moonshine (English only)"
    ]


def test_a_failed_download_falls_back_and_says_why(machine):
    machine.reachable, machine.fetch_error = True, "the connection to the hub was cut"
    assert machine.load(model="base") == "moonshine"
    assert machine.notices[-1] == "the connection to the hub was cut: using the bundled Moonshine (English only)"


def test_weights_that_do_not_load_fall_back(machine):
    machine.cached, machine.load_error = Path("/cache"), EngineError("/cache: the Whisper model cannot be loaded")
    assert machine.load(model="base") == "moonshine"
    assert "cannot be loaded" in machine.notices[-1]


def test_wrong_settings_do_not_fall_back(machine):
    machine.cached, machine.load_error = Path("/cache"), UsageError("[stt] device is cuda")
    with pytest.raises(UsageError):
        machine.load(model="base")


def test_another_language_than_english_is_warned_of(machine):
    machine.load(language="de", model="base")
    [notice] = machine.notices
    assert "although [stt] language is de" in notice and "need a Whisper model" in notice
    machine.notices.clear()
    machine.load(engine="moonshine", language="fr")
    assert machine.notices == [
        "Moonshine understands English only, although [stt] language is fr: other languages need a Whisper model"
    ]


def test_a_chosen_moonshine_needs_no_words(machine):
    assert machine.load(engine="moonshine") == "moonshine" and machine.notices == []


def test_a_chosen_whisper_does_not_fall_back(machine):
    machine.fetch_error = "cannot be reached"
    with pytest.raises(EngineError, match="cannot be reached"):
        machine.load(engine="whisper", model="base")


@pytest.mark.parametrize(
    "model, words",
    [
        ("bsae.en", "did you mean base.en?"),
        ("xxxxxx", "known are: tiny"),
        ("/no/such/folder", "there is no such folder"),
        ("./models/mine", "there is no such folder"),
        ("a/b/c", "there is no such folder"),
    ],
)
def test_a_model_that_is_none_is_explained(machine, model, words):
    for engine, language in (("auto", "de"), ("whisper", "auto")):
        with pytest.raises(UsageError) as caught:
            machine.load(engine=engine, language=language, model=model)
        assert words in str(caught.value) and model in str(caught.value)


def test_hub_names_and_folders_are_taken_as_they_are(machine, tmp_path):
    machine.reachable = True
    assert machine.load(model="owner/model") == "whisper in fetched" and machine.fetched == ["owner/model"]
    assert machine.load(model=str(tmp_path)) == f"whisper in {tmp_path.name}"


def test_the_sizes_of_faster_whisper_are_known_with_its_repositories():
    from faster_whisper.utils import _MODELS

    assert whisper._REPOSITORIES == _MODELS
