"""Recordings for the benchmarks: a folder with ``manifest.jsonl``, a line each: file, text, kind, seconds, speaker."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from assistant.audio import SAMPLE_RATE
from assistant.errors import UsageError

_BLOCK = SAMPLE_RATE // 100


LEVEL = 0.003
"""RMS of 10 ms (see `levels`) that counts as sound; the virtual card is silent otherwise."""


@dataclass(frozen=True)
class Clip:
    path: Path
    text: str
    kind: str
    seconds: float
    speaker: str = field(default="", kw_only=True)

    def audio(self) -> np.ndarray:
        """Mono float32 at 16 kHz, shape (samples,)."""
        from assistant.audio import files

        return files.read(self.path)


def load(folder: Path) -> list[Clip]:
    """Raises UsageError when there is no manifest, or it is not what it should be."""
    manifest = folder / "manifest.jsonl"
    try:
        rows = [json.loads(line) for line in manifest.read_text(encoding="utf-8").splitlines()]
        return [
            Clip(
                folder / row["file"],
                row.get("text") or "",
                row.get("kind") or "",
                row["seconds"],
                speaker=row.get("speaker") or "",
            )
            for row in rows
        ]
    except FileNotFoundError:
        raise UsageError(
            f"{manifest}: there is no such list of clips; name a folder that holds one with --data"
        ) from None
    except (ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{manifest}: a line is not a clip with file and seconds ({error}); mend it") from None


def loud(audio: np.ndarray, level: float = LEVEL) -> np.ndarray:
    """Which 10 ms of mono audio at 16 kHz hold sound."""
    return np.flatnonzero(levels(audio) > level)


def levels(audio: np.ndarray) -> np.ndarray:
    """The RMS of each 10 ms of mono audio at 16 kHz."""
    blocks = audio[: len(audio) // _BLOCK * _BLOCK].reshape(-1, _BLOCK)
    return np.sqrt(np.mean(blocks.astype(np.float64) ** 2, axis=1))
