"""Three real steps, to know what a training run will take before it is started."""

from __future__ import annotations

import shutil
import statistics
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from training import memory
from training.base import Base
from training.recipe import Recipe
from training.rows import Row

_STEPS = 3


@dataclass(frozen=True)
class Trial:
    trainer: str
    step: float
    """Seconds per optimizer step, accumulation included, on rows of middle length."""
    tokens: float
    """Per second, prompt and answer, padding not counted."""
    peak: float
    """Most bytes in use: of GPU memory on a GPU, else of this process."""


def run(base: Base, recipe: Recipe, rows: Sequence[Row], system: str) -> Trial:
    """The first step takes the longest rows (the most memory, and the warming up), the others rows of middle length.

    Raises TrainingError. Leaves no files.
    """
    from training import trainer as setup
    from training import weights
    from training.chat import Chat, tokenizer_of

    weights.quiet()
    import torch

    torch.set_num_threads(weights.threads())
    name, _ = setup.chosen(recipe)
    model = setup.model_for(base, recipe, name)
    tokenizer = tokenizer_of(base.folder)
    encoded = sorted(setup.encode(Chat(tokenizer), rows, system, recipe.length), key=lambda row: -len(row["input_ids"]))
    middle = max(0, (len(encoded) - 2 * recipe.batch) // 2)
    batches = [encoded[:recipe.batch], encoded[middle:][:recipe.batch], encoded[middle:][-recipe.batch:]]
    some = [row for batch in batches for row in (batch * recipe.batch)[:recipe.batch]]
    folder = Path(tempfile.mkdtemp(prefix="assistant-trial-"))
    try:
        arguments = setup.config(replace(recipe, steps=_STEPS, accumulate=1), len(some), folder)
        arguments.train_sampling_strategy = "sequential"
        clock = _clock()
        trainer = setup.trainer_for(model, tokenizer, arguments, some, [], [clock])
        with _Peak() as peak:
            trainer.train()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    timed = clock.seconds[1:]
    tokens = sum(len(row["input_ids"]) for row in some[recipe.batch:])
    return Trial(name, statistics.mean(timed) * recipe.accumulate, tokens / sum(timed), peak.bytes)


def _clock():
    from transformers import TrainerCallback

    class Clock(TrainerCallback):
        def __init__(self) -> None:
            self.seconds: list[float] = []
            self._began = 0.0

        def on_step_begin(self, *_: object, **__: object) -> None:
            self._began = time.perf_counter()

        def on_step_end(self, *_: object, **__: object) -> None:
            if memory.gpu():
                import torch

                torch.cuda.synchronize()
            self.seconds.append(time.perf_counter() - self._began)

    return Clock()


class _Peak:
    """Samples this process's memory 50 times a second; on a GPU, torch's allocator keeps the peak itself."""

    def __enter__(self) -> _Peak:
        import psutil

        self.bytes = 0.0
        self._gpu, self._over, self._process = memory.gpu(), threading.Event(), psutil.Process()
        if self._gpu:
            import torch

            torch.cuda.reset_peak_memory_stats()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def _watch(self) -> None:
        while not self._over.wait(0.02):
            self.bytes = max(self.bytes, self._process.memory_info().rss)

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        self.bytes = max(self.bytes, self._process.memory_info().rss)
        if self._gpu:
            import torch

            self.bytes = float(torch.cuda.max_memory_reserved())
