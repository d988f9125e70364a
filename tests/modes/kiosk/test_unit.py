"""The units that `assistant kiosk install` writes, judged by systemd itself where it is here."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.config import Settings
from assistant.errors import UsageError
from assistant.modes.kiosk import unit

_EXPOSURE = 2.5
_folders = unit._program_folders

pytestmark = pytest.mark.usefixtures("program_in_usr")

LOCAL = replace(
    Settings(), tts=replace(Settings().tts, engine="piper")
)  # the default takes OpenAI's when there is a key
needs_systemd = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd judges its own units")


def changed(**sections: dict) -> Settings:
    return replace(LOCAL, **{name: replace(getattr(LOCAL, name), **keys) for name, keys in sections.items()})


KINDS = {
    "loopback": LOCAL,
    "alone": changed(kiosk={"port": 0}),
    "address": changed(llm={"engine": "openai", "base_url": "http://10.1.2.3:8000/v1"}),
    "cloud": changed(tts={"engine": "openai"}),
    "button": changed(kiosk={"begin": "button"}),
}


@needs_systemd
@pytest.mark.parametrize("kind", KINDS)
def test_systemd_understands_the_unit_and_finds_it_hardened(kind, tmp_path):
    path = tmp_path / "kiosk.service"
    path.write_text(unit.system_unit(KINDS[kind], fetches=False))
    verified = subprocess.run(["systemd-analyze", "verify", path], capture_output=True, text=True)
    assert (verified.returncode, verified.stderr) == (0, "")
    judged = subprocess.run(["systemd-analyze", "security", "--offline=true", path], capture_output=True, text=True)
    exposure = re.search(r"Overall exposure level for kiosk.service: ([\d.]+)", judged.stdout)
    assert exposure and float(exposure[1]) <= _EXPOSURE


@needs_systemd
@pytest.mark.parametrize("sandbox", [True, False])
def test_systemd_understands_the_users_own_unit(sandbox, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "with a space"))
    path = tmp_path / "kiosk.service"
    path.write_text(unit.own_unit(LOCAL, fetches=False, sandbox=sandbox))
    (tmp_path / "with a space" / "voice-assistant").mkdir(parents=True)
    verified = subprocess.run(["systemd-analyze", "--user", "verify", path], capture_output=True, text=True)
    assert (verified.returncode, verified.stderr) == (0, "")
    assert (f'"-{tmp_path}/with a space/voice-assistant"' in path.read_text()) == sandbox


@pytest.mark.parametrize(
    ("kind", "lines"),
    [
        ("loopback", ["IPAddressDeny=any", "IPAddressAllow=localhost"]),
        ("alone", ["PrivateNetwork=yes", "IPAddressDeny=any"]),
        ("address", ["IPAddressDeny=any", "IPAddressAllow=localhost 10.1.2.3"]),
        ("cloud", ["Wants=network-online.target"]),
    ],
)
def test_the_network_is_what_the_settings_need(kind, lines):
    found = unit.system_unit(KINDS[kind], fetches=False).splitlines()
    of_network = ("IPAddress", "PrivateNetwork", "Wants")
    assert sorted(line for line in found if line.startswith(of_network)) == sorted(lines)


@pytest.mark.parametrize(
    ("settings", "hosts"),
    [
        (LOCAL, set()),
        (changed(llm={"engine": "openai", "preset": "ollama"}), set()),
        (changed(llm={"engine": "openai", "preset": "xai"}), {"api.x.ai"}),
        (changed(tts={"engine": "openai"}), {"api.openai.com"}),
        (changed(tts={"engine": "openai", "openai_base_url": "http://[::1]:9000/v1"}), set()),
        (changed(rag={"enabled": True, "url": "http://library:8000"}), {"library"}),
        (changed(rag={"url": "http://library:8000"}), set()),
    ],
)
def test_only_what_is_used_needs_other_machines(settings, hosts):
    assert unit.needed_hosts(settings) == hosts


def test_a_service_that_may_fetch_models_reaches_the_network():
    assert "IPAddressDeny" not in unit.system_unit(LOCAL, fetches=True)


def test_a_button_may_be_a_device_of_its_own():
    found = unit.system_unit(KINDS["button"], fetches=False)
    assert "SupplementaryGroups=audio input\n" in found and "DeviceAllow=char-input r\n" in found
    assert "char-input" not in unit.system_unit(LOCAL, fetches=False)


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        (changed(llm={"model": "/home/ann/models/big.gguf"}), r"\[llm\] model"),
        (changed(rag={"path": "~/documents"}), r"\[rag\] path"),
        (changed(kiosk={"wake_words": "alexa, /home/ann/hey.tflite"}), r"\[kiosk\] wake_words"),
        (changed(journal={"path": "/srv/journal.jsonl"}), "/srv"),
    ],
)
def test_what_the_services_user_cannot_reach_is_refused(settings, key, monkeypatch):
    monkeypatch.setenv("HOME", "/home/ann")
    with pytest.raises(UsageError, match=key):
        unit.system_unit(settings, fetches=False)


def test_the_programs_folders_hold_interpreter_packages_and_this_program():
    for needed in (sys.prefix, os.path.realpath(sys.executable), pytest.__file__, unit.__file__):
        assert any(Path(needed).resolve().is_relative_to(folder) for folder in _folders())


def test_a_program_in_a_closed_folder_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(unit, "_program_folders", lambda: [tmp_path / "opt"])
    (tmp_path / "opt").mkdir()
    tmp_path.chmod(0o700)
    with pytest.raises(UsageError, match=f"^{tmp_path}.*may not look into it"):
        unit.system_unit(LOCAL, fetches=False)


def test_a_program_in_a_home_folder_is_all_that_is_seen_of_it(tmp_path, monkeypatch):
    folder = tmp_path / "100% mine"
    folder.mkdir()
    monkeypatch.setattr(unit, "_HOMES", (tmp_path,))
    monkeypatch.setattr(unit, "_program_folders", lambda: [folder, Path("/usr")])
    found = [line for line in unit.system_unit(LOCAL, fetches=False).splitlines() if line.startswith("BindReadOnly")]
    assert found == [f'BindReadOnlyPaths="{tmp_path}/100%% mine"']
