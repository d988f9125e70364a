"""Base and tuned model side by side, before anything is exported."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from training.chat import Chat, tokenizer_of
from training.errors import TrainingUsageError
from training.fit import weights
from training.fit.base import Base
from training.rows import Row
from training.runs import Run


@dataclass(frozen=True)
class Compared:
    question: str
    base: str
    tuned: str


def answers(
    run: Run, base: Base, questions: Sequence[str], system: str, most: int, notice: Callable[[str], None]
) -> list[Compared]:
    """Greedy answers of at most ``most`` tokens; blocks. A run that is not through is asked by its best weights so far.

    Raises TrainingError.
    """
    found = tuned_weights(run)
    notice("Loading torch and transformers ...")
    weights.quiet()
    import torch

    torch.set_num_threads(weights.threads())
    chat = Chat(tokenizer_of(base.folder))
    rows = [Row(({"role": "user", "content": text}, {"role": "assistant", "content": ""})) for text in questions]
    notice(f"Loading {base.name} ...")
    model = weights.load(base.folder)
    before = weights.answers(model, chat, rows, system, most)
    if (found / "adapter_config.json").exists():
        from peft import PeftModel

        model = PeftModel.from_pretrained(model, str(found))
    else:
        del model  # never two whole models at once
        model = weights.load(found)
    after = weights.answers(model, chat, rows, system, most)
    return [Compared(*three) for three in zip(questions, before, after, strict=True)]


def tuned_weights(run: Run) -> Path:
    """The folder of what was trained: the result, or the best so far. Raises TrainingError when there is nothing."""
    best = sorted((run.folder / "checkpoints").glob("best-*"), key=lambda path: int(path.name.partition("-")[2]))
    for folder in (run.folder / "adapter", run.folder / "model", *reversed(best)):
        if any(folder.glob("*.safetensors")):
            return folder
    raise TrainingUsageError(
        f"{run.name} has no trained weights yet; go on with: assistant train fit --resume --name {run.name}"
    )
