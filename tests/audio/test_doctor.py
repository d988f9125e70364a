from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from assistant import doctor, hub
from assistant.audio import devices
from assistant.cli import doctor as command
from assistant.config import PushToTalkSettings, Settings, load

ROOT = Path(__file__).parents[2]
KEY = "sk-this-must-never-be-shown"


@pytest.fixture(autouse=True)
def no_devices_no_hub(monkeypatch):
    monkeypatch.setattr(devices, "devices", lambda: [])
    monkeypatch.setattr(hub, "reachable", lambda: False)
    for name in ("OPENAI_API_KEY", "XAI_API_KEY", "LLM_API_KEY", "HF_TOKEN"):
        monkeypatch.delenv(name, raising=False)


def check(name: str, settings: Settings | None = None) -> doctor.Check:
    found = {check.name: check for check in doctor.checks(settings or Settings(), False, lambda level: None)}
    return found[name]


def configured(**keys: object) -> Settings:
    return load(None, {name.replace("__", "."): value for name, value in keys.items()}, {}).settings


def test_on_a_working_card_the_tone_is_played_and_the_microphone_heard(card):
    arguments = [sys.executable, "-m", "assistant", "doctor", "--json"]
    with card.recording(rate=24_000) as recording:
        done = subprocess.run(arguments, cwd=ROOT, env=card.environment, capture_output=True, text=True)
    found = {check["name"]: check for check in json.loads(done.stdout)}
    assert done.returncode == 0, done.stdout
    assert found["Speaker"]["status"] == "ok" and found["Microphone"]["found"] == "default is silent"
    loud = np.flatnonzero(np.abs(recording.audio) > 0.05)
    tone = recording.audio[loud[0] : loud[-1]]
    assert np.argmax(np.abs(np.fft.rfft(tone))) * 24_000 / len(tone) == pytest.approx(440, abs=10)


def test_missing_devices_fail_with_what_to_do(capsys):
    assert command.run(SimpleNamespace(config=None, set=[], no_sound=False, json=False)) == 1
    out = capsys.readouterr().out
    assert "✗ Microphone      there is no microphone on this machine" in out and "→ plug one in" in out
    assert "Not ready: Microphone, Speaker." in out and "✓ Python" in out


def test_models_inside_the_packages_are_found():
    assert "SmolLM2" in check("Language model").found
    assert (check("Moonshine").status, check("Voice detection").status) == ("ok", "ok")
    whisper = check("Whisper", configured(stt__model="large-v3"))
    assert whisper.status == "note" and "Moonshine is used" in whisper.to_do
    assert check("Whisper").status == "ok" and "not needed" in check("Whisper").found


def test_keys_are_named_but_never_shown(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    assert "OPENAI_API_KEY set" in check("Keys").found and "HF_TOKEN not set" in check("Keys").found
    assert check("Voice").found.startswith("openai")
    assert KEY not in repr(list(doctor.checks(Settings(), False, lambda level: None)))


@pytest.mark.parametrize(
    "name, keys, found, advice",
    [
        ("Language model", {"llm__model": "nowhere/lost.gguf"}, "there is no such model file", "set [llm] model"),
        ("Language model", {"llm__engine": "openai"}, "OpenAI needs a key", "set OPENAI_API_KEY"),
        ("Voice", {"tts__engine": "openai"}, "needs a key", "set OPENAI_API_KEY"),
        ("Whisper", {"stt__engine": "whisper", "stt__model": "./nowhere"}, "nowhere", "[stt] model"),
    ],
)
def test_what_the_settings_ask_for_and_the_machine_lacks_fails_with_what_to_do(name, keys, found, advice):
    failed = check(name, configured(**keys))
    assert failed.status == "failed" and found in failed.found and advice in failed.found + failed.to_do


def test_a_full_disk_and_a_full_memory_are_failures():
    assert doctor._room("Disk", 0.1, "free", (0.2, 5.0), "free some", "more").to_do == "free some"
    statuses = [doctor._room("Disk", size, "free", (0.2, 5.0), "a", "b").status for size in (0.1, 1.0, 9.0)]
    assert statuses == ["failed", "note", "ok"]


def test_a_microphone_that_is_muted_or_too_loud_is_told_apart():
    assert [doctor._heard("Mic", level).status for level in (-120.0, -30.0, 0.0)] == ["note", "ok", "note"]
    assert "unmute" in doctor._heard("Mic", -120.0).to_do and "clips" in doctor._heard("Mic", 0.0).found


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setattr(doctor, "_PACKAGES", ("numpy", "no_such_package"))
    assert (check("Packages").status, check("Packages").found) == ("failed", "missing: no_such_package")


@pytest.mark.parametrize(("key", "status"), [("ctrl+alt+space", "ok"), ("ctrl+nosuch", "failed")])
def test_the_key_to_talk_by_is_checked(key: str, status: str) -> None:
    found = command._talk_key(Settings(push_to_talk=PushToTalkSettings(key=key)))
    assert found.status == status and key in found.found
