"""Where the tests find speech, noise and a tiny model.

``ASSISTANT_TEST_DATA`` names a folder with ``speech/{dev,commands,noise}/manifest.jsonl`` and
``llm/stories260K-f32.gguf``; without it the few samples in tests/samples are used.
"""

from __future__ import annotations

import os
from pathlib import Path

from assistant.bench.clips import Clip, load

SAMPLES = Path(__file__).parent / "samples"
_ROOT = Path(os.environ["ASSISTANT_TEST_DATA"]) if os.environ.get("ASSISTANT_TEST_DATA") else None


def speech_clips() -> list[Clip]:
    return load((_ROOT / "speech" if _ROOT else SAMPLES) / "dev")


def noise_clips() -> list[Clip]:
    return load((_ROOT / "speech" if _ROOT else SAMPLES) / "noise")


def tiny_gguf() -> Path:
    """A 260,000-parameter story-writing model (about 1 MB)."""
    return _ROOT / "llm" / "stories260K-f32.gguf" if _ROOT else SAMPLES / "stories260K-f32.gguf"
