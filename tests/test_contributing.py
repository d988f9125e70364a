"""CONTRIBUTING's recipe for an engine, followed: three files, and everything else knows the new voice."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import soundfile

ROOT = Path(__file__).parents[1]
BEEP = '''"""A voice that beeps: one tone a sentence."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable

import numpy as np

from assistant.tts import SAMPLE_RATE, SpeechChunk, TtsSettings, Voice


class Beep:
    def __init__(self, pitch: int) -> None:
        self.name = f"beep {pitch} Hz"
        self.language = "en"
        self._tone = 0.3 * np.sin(2 * np.pi * pitch * np.arange(SAMPLE_RATE // 2) / SAMPLE_RATE)

    async def speak(self, text: str) -> AsyncGenerator[SpeechChunk, None]:
        yield SpeechChunk(self._tone.astype(np.float32), len(text))

    def close(self) -> None: ...


def load(settings: TtsSettings, notice: Callable[[str], None]) -> Beep:
    return Beep(settings.beep_pitch)


def found(settings: TtsSettings) -> tuple[str, str]:
    return f"beep {settings.beep_pitch} Hz", ""


def voices(settings: TtsSettings) -> list[Voice]:
    return [Voice("beep", str(pitch), "", licence="MIT") for pitch in (440, 1000)]


def fetch(name: str) -> None: ...
'''
ROW = """
    EngineInfo(
        "beep", "a beep", "assistant.tts.beep", ("numpy",), "MIT", "all", note="one tone a sentence", voice="beep_pitch"
    ),"""


@pytest.fixture(scope="module")
def checkout(tmp_path_factory) -> Path:
    """A copy of the program in which the recipe was followed."""
    copy = tmp_path_factory.mktemp("checkout")
    for name in ("assistant", "rag", "training"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__", "samples"))
    (copy / "assistant/tts/beep.py").write_text(BEEP, encoding="utf-8")
    table = copy / "assistant/tts/__init__.py"
    text = table.read_text(encoding="utf-8")
    text = text.replace("ENGINES = (", "ENGINES = (" + ROW, 1)
    key = '    beep_pitch: int = option(440, "beep: pitch in Hz.", low=50, high=5000)\n'
    text = text.replace("    espeak_voice: str", key + "    espeak_voice: str", 1)
    table.write_text(text, encoding="utf-8")
    shutil.copy(ROOT / "pyproject.toml", copy)  # a checkout's settings count without being agreed to
    (copy / "config.toml").write_text('[tts]\nengine = "beep"\nbeep_pitch = 1000\n', encoding="utf-8")
    return copy


def run(checkout: Path, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "assistant", *arguments], cwd=checkout, capture_output=True, text=True, check=False
    )
    assert "Traceback" not in done.stderr
    return done.stdout + done.stderr


def test_the_recipe_names_the_three_files_it_takes():
    recipe = (
        (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").partition("## Add an engine")[2].partition("\n## ")[0]
    )
    for named in (
        "assistant/tts/NAME.py",
        "assistant/tts/__init__.py",
        "config.toml",
        "`found(settings)`",
        "`voices(settings)`",
        "`fetch(name)`",
        "make docs",
    ):
        assert named in recipe


def test_the_new_voice_speaks_with_its_own_key(checkout, tmp_path):
    run(checkout, "say", "Good morning.", "--out", str(tmp_path / "beep.wav"))
    sound, rate = soundfile.read(tmp_path / "beep.wav")
    run(checkout, "say", "Good morning.", "--voice", "500", "--out", str(tmp_path / "low.wav"))
    low, _ = soundfile.read(tmp_path / "low.wav")
    assert _pitch(sound, rate) == pytest.approx(1000, abs=10) and _pitch(low, rate) == pytest.approx(500, abs=10)


def test_everything_else_knows_it(checkout):
    assert "must be one of auto, beep, openai, " in run(checkout, "config", "--set", "tts.engine=nonsense")
    checks = {check["name"]: check for check in json.loads(run(checkout, "doctor", "--no-sound", "--json"))}
    assert (checks["Voice"]["status"], checks["Voice"]["found"]) == ("ok", "beep 1000 Hz")
    assert "* beep/1000 any MIT yes" in " ".join(run(checkout, "voices", "--engine", "beep").split())
    assert "voice-beep" in {row["name"] for row in json.loads(run(checkout, "models", "--json"))["table"]}


def _pitch(sound, rate: int) -> float:
    import numpy as np

    loud = sound[np.flatnonzero(np.abs(sound) > 0.05)[0] :][: rate // 4]
    return float(np.argmax(np.abs(np.fft.rfft(loud))) * rate / len(loud))
