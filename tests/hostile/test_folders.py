"""Every command of the program in folders that somebody prepared: no key and no word goes to an address that the user
did not choose, nothing that lies there is run, and nothing is written there.

ASSISTANT_HOSTILE=all python -m pytest tests/hostile/test_folders.py       # the slow commands in each of them, too
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.fake_openai import FakeOpenAI
from tests.hostile import every_command
from tests.hostile.folders import FOLDERS, Folder
from tests.hostile.listening import Listening

ROOT = Path(__file__).parents[2]
KEYS = {
    "LLM_API_KEY": "llm-key-of-the-user",
    "OPENAI_API_KEY": "sk-openai-key-of-the-user",
    "XAI_API_KEY": "xai-key-of-the-user",
    "HF_TOKEN": "hf_token_of_the_user",
}
CHOSEN = {"api.openai.com", "api.github.com", "huggingface.co", "127.0.0.1:8790"}
"""What the program asks by itself, and the user knows of."""
_SETTINGS = """
[llm]
engine = "openai"
preset = "custom"
base_url = "{url}"
model = "m"
[tts]
engine = "openai"
openai_base_url = "{url}"
"""
_STUB = '#!/bin/sh\necho "$0 $PWD" >> {log}\necho "[]"\nexit {code}\n'


@dataclass
class Place:
    here: Path
    """Where the user stands."""
    own: Path
    good: FakeOpenAI
    evil: Listening

    @property
    def mark(self) -> Path:
        return self.own / "mark"

    def run(self, *commands: list[str], also: tuple[int, ...] = ()) -> list[dict]:
        job = {"commands": commands, "ports": [int(self.good.url.split(":")[2].split("/")[0]), *also]}
        names = {name: str(self.own / name.lower()) for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME")}
        silent = {"PULSE_SERVER": "/nowhere", "PIPEWIRE_REMOTE": "/nowhere"}
        environment = {
            **KEYS, **names, **silent,
            "HOME": str(self.own),
            "PATH": f"{self.own / 'bin'}:{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "HF_ENDPOINT": self.good.url.removesuffix("/v1"),
        }  # fmt: skip
        done = subprocess.run(
            [sys.executable, "-P", "-m", "tests.hostile.child"],
            input=json.dumps(job),
            cwd=self.here,
            env=environment,
            capture_output=True,
            text=True,
        )
        rows = [json.loads(line) for line in done.stdout.splitlines()]
        assert len(rows) == len(commands), (commands[len(rows)], done.returncode, done.stderr[-2000:])
        return rows


@pytest.fixture(scope="module")
def good():
    with FakeOpenAI(chat=["The ", "eggs."], speech=bytes([0, 16]) * 12_000, models=["m"]) as server:
        yield server


@pytest.fixture
def place(good: FakeOpenAI, tmp_path: Path):
    here, own = tmp_path / "here", tmp_path / "own"
    for folder in (here, own, own / "bin", settings := own / "xdg_config_home" / "voice-assistant"):
        folder.mkdir(parents=True)
    (settings / "config.toml").write_text(_SETTINGS.format(url=good.url))
    for name in ("sky", "systemctl", "ssh", "npx", "uvx"):
        (stub := own / "bin" / name).write_text(_STUB.format(log=own / "stubs.log", code=0 if name == "sky" else 1))
        stub.chmod(0o755)
    every_command.prepare(own)
    good.requests.clear()
    with Listening() as evil:
        yield Place(here, own, good, evil)


def lying(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_no_command_is_forgotten() -> None:
    tried = {*every_command.QUICK, *every_command.SLOW}
    assert tried == set(every_command.known())


@pytest.mark.slow
@pytest.mark.parametrize("name", FOLDERS)
def test_nothing_goes_where_nobody_chose(name: str, place: Place) -> None:
    folder = FOLDERS[name]
    _stand_in(folder, place)
    before = lying(place.here)
    slow = every_command.SLOW if os.environ.get("ASSISTANT_HOSTILE") == "all" else {}
    rows = place.run(*every_command.lines({**every_command.QUICK, **slow}, place.own))
    assert place.evil.heard == [] and not place.mark.exists()
    assert {host for row in rows for host in row["wanted"]} <= CHOSEN
    assert lying(place.here) == before
    keys = {request.headers.get("authorization", "Bearer none") for request in place.good.requests}
    assert keys <= {f"Bearer {KEYS['LLM_API_KEY']}", f"Bearer {KEYS['HF_TOKEN']}", "Bearer none"}
    said = " ".join(row["printed"] for row in rows)
    assert not any(key in said for key in KEYS.values()) and "of-somebody-else" not in said
    asked = [request.json for request in place.good.requests if request.path.endswith("/chat/completions")]
    assert any("gardener" in json.dumps(body) for body in asked), "words go to the address that the user chose"
    assert str(place.here) not in (place.own / "stubs.log").read_text().split()


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name, folder in FOLDERS.items() if folder.bait and name != "a home"])
def test_once_the_user_has_agreed_it_would(name: str, place: Place) -> None:
    """Not a home, which is asked beside everything else: the answer may be over first."""
    folder = FOLDERS[name]
    folder.make(place.here, place.evil.url, place.mark)
    before = lying(place.here)
    words = [*folder.bait, *(["--out", str(place.own / "a.wav")] if folder.bait[0] == "say" else []), "--trust"]
    place.run(words, also=(place.evil.port,))
    keys = {request.headers.get("authorization") for request in place.good.requests}
    assert place.evil.heard or place.mark.exists() or lying(place.here) != before or "Bearer of-somebody-else" in keys


def _stand_in(folder: Folder, place: Place) -> None:
    if folder.before:
        folder.make_first(place.here, place.evil.url, place.mark)
        place.run(["config", "--trust"])
    folder.make(place.here, place.evil.url, place.mark)
