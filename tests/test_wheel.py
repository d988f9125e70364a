"""The wheel, built from this tree and installed into an environment of its own, as a user has it outside the checkout.

The packages it needs are those of the environment that runs the tests; the editable install there cannot be seen.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("assistant", "rag", "training")
DATA = {
    "assistant/bench/voices.txt",
    "assistant/models/catalogue.toml",
    "assistant/models/gpus.toml",
    "assistant/models/known.toml",
    "assistant/models/quality/aa_2026_06.toml",
    "assistant/models/quality/aa_2026_09.toml",
    "assistant/models/quality/arena.toml",
    "assistant/models/quality/open_llm.toml",
    "assistant/models/questions.toml",
    "assistant/models/tool_questions.toml",
    "assistant/modes/kiosk/kiosk.service",
    "assistant/modes/kiosk/own.service",
    "assistant/modes/kiosk/page/page.css",
    "assistant/modes/kiosk/page/page.html",
    "assistant/modes/kiosk/page/page.js",
    "assistant/safety/policy.toml",
    "assistant/safety/weights.npz",
    "assistant/skills/learned/weights.npz",
    "assistant/skills/words/languages/de.toml",
    "assistant/skills/words/languages/es.toml",
    "assistant/skills/words/languages/fr.toml",
    "assistant/skills/words/languages/it.toml",
    "assistant/tts/piper/voices.toml",
    "assistant/samples/README.md",
    "assistant/samples/memory.jsonl",
    "assistant/samples/question.wav",
    "rag/languages.toml",
    "rag/models.toml",
    "rag/vectors.npz",
    "training/judge/general.jsonl",
    "training/plan/places.toml",
}

pytestmark = pytest.mark.slow


@dataclass
class Installed:
    """An environment with the wheel in it, and a user with an empty home, who works in an empty folder."""

    wheel: Path
    environment: Path
    home: Path
    folder: Path

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        own = ("ASSISTANT_", "XDG_", "PYTHON", "OPENAI_")
        variables = {name: value for name, value in os.environ.items() if not name.startswith(own)}
        variables |= {"HOME": str(self.home), "HF_HUB_OFFLINE": "1", "PULSE_SERVER": "unix:/nowhere"}
        return subprocess.run(
            [str(self.environment / "bin" / command[0]), *command[1:]],
            cwd=self.folder,
            env=variables,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=240,
        )

    def assistant(self, *words: str, code: int = 0) -> str:
        """What `assistant words...` printed, errors included."""
        done = self.run("assistant", *words)
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    def write(self, name: str, *rows: dict) -> str:
        (self.folder / name).write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        return name


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    place = tmp_path_factory.mktemp("wheel")
    source, environment, home, folder = (place / name for name in ("source", "environment", "home", "folder"))
    for made in (source, home, folder):
        made.mkdir()
    for package in PACKAGES:
        shutil.copytree(ROOT / package, source / package, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q"]
    alone = ["--no-deps", "--no-index"]
    subprocess.run([*pip, "wheel", *alone, "--no-build-isolation", "-w", str(place), str(source)], check=True)
    (wheel,) = place.glob("*.whl")
    venv.create(environment, symlinks=True)
    python = environment / "bin" / "python"
    subprocess.run([*pip, "--python", str(python), "install", *alone, str(wheel)], check=True)
    (site,) = environment.glob("lib/python*/site-packages")
    outer = dict.fromkeys(sysconfig.get_path(name) for name in ("purelib", "platlib"))
    (site / "packages.pth").write_text("\n".join(outer), encoding="utf-8")  # .pth files in there are not read
    return Installed(wheel, environment, home, folder)


def test_it_carries_the_code_and_what_the_code_reads_and_nothing_else(installed: Installed) -> None:
    inside = {name for name in zipfile.ZipFile(installed.wheel).namelist() if ".dist-info/" not in name}
    code = {str(path.relative_to(ROOT)) for package in PACKAGES for path in (ROOT / package).rglob("*.py")}
    code -= {"rag/fitting/fit.py", "rag/fitting/vectors.py"}  # scripts of the checkout
    assert inside == {name for name in code if not name.startswith("rag/samples/")} | DATA


def test_the_code_that_runs_is_the_wheels(installed: Installed) -> None:
    done = installed.run("python", "-c", "import assistant, rag, training as t; print(assistant, rag, t, sep='\\n')")
    assert done.stdout.count(str(installed.environment)) == 3, done.stderr
    assert "usage: assistant" in installed.assistant("--help")


def test_it_answers_and_says_how_it_is(installed: Installed) -> None:
    assert "Paris" in installed.assistant("ask", "What is the capital of France?")
    checks = {check["name"]: check for check in json.loads(installed.run("assistant", "doctor", "--json").stdout)}
    assert checks["Packages"]["status"] == checks["Language model"]["status"] == "ok"
    assert not [check for check in checks.values() if "make " in check["to_do"]]


@pytest.mark.skipif(
    sys.platform == "darwin" or any(Path("/dev/snd").glob("pcm*")), reason="this machine's sound card cannot be hidden"
)
def test_it_says_that_there_is_no_sound_card_and_answers_the_sample_question(installed: Installed) -> None:
    assert "without devices, type instead" in installed.assistant("talk", code=1)
    said = installed.assistant("talk", "--or-sample", "--plain")
    assert "Brooklyn" in said
    answer = Path(re.search("The spoken answer lies in (.*)", said)[1])
    assert answer.is_relative_to(installed.home) and answer.stat().st_size > 20_000
    assert not list(installed.folder.glob("*.wav"))


def test_it_finds_what_was_added(installed: Installed) -> None:
    (installed.folder / "shed.txt").write_text("The key to the shed hangs behind the blue door.", encoding="utf-8")
    assert "1 added" in installed.assistant("rag", "add", "shed.txt")
    assert "behind the blue door" in installed.assistant("rag", "search", "Where is the key to the shed?")


def test_it_checks_rows_and_compares(installed: Installed) -> None:
    things = "apple banana carrot lemon tomato olive plum pepper grape cherry orange potato".split()
    rows = [{"question": f"What colour is a ripe {thing}?", "answer": f"The {thing} is ripe."} for thing in things]
    assert "12 rows" in installed.assistant("train", "check", installed.write("rows.jsonl", *rows))
    asked = installed.write("questions.jsonl", *rows[:2])
    options = ["--no-probe", "--out", "compared", "--set", "llm.max_tokens=8"]
    assert "base" in installed.assistant("compare", "run", "--questions", asked, "--arms", "base", *options)
    assert (installed.folder / "compared").is_dir()


def test_its_settings_are_written_and_found_in_the_users_config_folder(installed: Installed) -> None:
    assert "Settings file: none found" in installed.assistant("config")
    written = installed.assistant("models", "use", "moonshine").partition(": ")[0]
    assert Path(written).is_relative_to(installed.home)
    assert f"Settings file: {written}" in installed.assistant("config", "--changed")
    assert list(installed.folder.glob("config.toml")) == []


@pytest.mark.parametrize("name", ["latency", "rag", "train", "compare"])
def test_what_needs_a_checkout_says_so(installed: Installed, name: str) -> None:
    assert f"assistant bench {name} needs a checkout" in installed.assistant("bench", name, code=2)
