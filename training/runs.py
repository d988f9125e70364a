"""Where a fine-tuned model lies, and what is on record of how it was made.

HOME/NAME/run.json            the record below
HOME/NAME/data/               train.jsonl, held-out.jsonl: the rows it learned from, and those it did not
HOME/NAME/checkpoints/        while it trains, and to go on from
HOME/NAME/adapter/            LoRA: PEFT's adapter; full: model/ with all weights
HOME/NAME/logs/               for TensorBoard
HOME/NAME/curves.png
HOME/NAME/export/             GGUF files, Modelfile
"""

from __future__ import annotations

import dataclasses
import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rag.atomic import write_text
from training.errors import TrainingError, TrainingUsageError

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_SPOKEN = ("adapter", "q8_0", "f16", "q4_k_m", "q4_0")


@dataclass
class Run:
    folder: Path
    base: str = ""
    """What `training.fit.base.prepare` was given: a GGUF file, a folder or a hub name."""
    base_name: str = ""
    base_hash: str = ""
    """Of the weights: two runs with the same one start from the same model."""
    licence: str = ""
    """Of the base model, as its file tells; the tuned model is bound by it."""
    system: str = ""
    """The system prompt of rows that bring none; use the tuned model with the same one."""
    data: str = ""
    data_hash: str = ""
    rows: int = 0
    held_out: int = 0
    recipe: dict[str, Any] = field(default_factory=dict)
    trainer: str = ""
    """``unsloth 2026.10.9`` or ``trl 1.16.0``."""
    state: str = "new"
    """``new``, ``training``, ``stopped`` (can be resumed) or ``trained``."""
    made: str = ""
    """ISO 8601, when training ended."""
    seconds: float = 0.0
    """Spent training, over all resumed parts."""
    steps: int = 0
    metrics: dict[str, float] = field(default_factory=dict)
    """Of the weights kept: ``loss``, ``held_out_loss``, ``known_before``, ``known_after``, ``style_before``,
    ``style_after``."""
    exports: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Kind (``q8_0``, ``adapter`` ...) -> ``file`` (relative to the folder), ``bytes`` and the parity gate's
    numbers."""

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def spoken(self) -> list[str]:
        """The kinds of its exports that the assistant can load, the one to take first.

        The adapter: under it lie the base's own weights, in the number format they have on this machine, so that
        nothing but the tuning is different; and it is small. Then what loses least at the base's speed.
        """
        return [kind for kind in _SPOKEN if kind in self.exports]

    def save(self) -> None:
        """Raises OSError."""
        record = {field.name: getattr(self, field.name) for field in dataclasses.fields(self) if field.name != "folder"}
        write_text(self.folder / "run.json", json.dumps(record, indent=2, ensure_ascii=False) + "\n")


def open_run(home: Path, name: str) -> Run:
    """Raises TrainingError when there is none of that name, or its record is damaged."""
    folder = home / checked(name)
    try:
        record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        names = ", ".join(run.name for run in all_runs(home))
        raise TrainingUsageError(
            f"there is no training run {name}; "
            + (f"there are: {names}" if names else "start one with: assistant train fit DATA --name " + name)
        ) from None
    except (OSError, ValueError) as error:
        raise TrainingError(
            f"{folder / 'run.json'} cannot be read ({error}); the files of the run are still in {folder}"
        ) from None
    known = {field.name for field in dataclasses.fields(Run)}
    return Run(folder, **{key: value for key, value in record.items() if key in known and key != "folder"})


def new_run(home: Path, name: str) -> Run:
    """Raises TrainingError when the name is taken or cannot be one."""
    folder = home / checked(name)
    if (folder / "run.json").exists():
        raise TrainingUsageError(
            f"there is a training run {name} already; choose another --name, go on with it "
            f"(--resume), or delete {folder}"
        )
    folder.mkdir(parents=True, exist_ok=True)
    return Run(folder)


def all_runs(home: Path) -> list[Run]:
    """Those with a readable record, oldest first."""
    found = []
    for record in sorted(home.glob("*/run.json"), key=lambda path: path.stat().st_mtime) if home.is_dir() else []:
        try:
            found.append(open_run(home, record.parent.name))
        except TrainingError:
            continue
    return found


def checked(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise TrainingUsageError(f"{name!r} cannot be the name of a run; use letters, digits, dots and dashes")
    return name
