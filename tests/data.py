"""Where the tests find speech, noise and a tiny model.

``ASSISTANT_TEST_DATA`` names a folder with ``speech/{dev,commands,noise}/manifest.jsonl`` and
``llm/stories260K-f32.gguf``; without it the few samples in tests/samples are used.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

SAMPLES = Path(__file__).parent / "samples"
_ROOT = Path(os.environ["ASSISTANT_TEST_DATA"]) if os.environ.get("ASSISTANT_TEST_DATA") else None


@dataclass(frozen=True)
class Clip:
    path: Path
    text: str
    kind: str
    seconds: float

    def audio(self) -> np.ndarray:
        """Mono float32 at 16 kHz, shape (samples,)."""
        import soundfile

        audio, rate = soundfile.read(self.path, dtype="float32")
        assert rate == 16_000 and audio.ndim == 1, self.path
        return audio


def speech_clips() -> list[Clip]:
    return _clips("dev")


def noise_clips() -> list[Clip]:
    return _clips("noise")


def tiny_gguf() -> Path:
    """A 260,000-parameter story-writing model (about 1 MB)."""
    return _ROOT / "llm" / "stories260K-f32.gguf" if _ROOT else SAMPLES / "stories260K-f32.gguf"


def _clips(kind: str) -> list[Clip]:
    folder = (_ROOT / "speech" if _ROOT else SAMPLES) / kind
    rows = [json.loads(line) for line in (folder / "manifest.jsonl").read_text(encoding="utf-8").splitlines()]
    return [Clip(folder / row["file"], row.get("text") or "", row.get("kind") or "", row["seconds"]) for row in rows]
