"""A few real steps, to know what a training run will take before it is started."""

from __future__ import annotations

import os
import shutil
import statistics
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from training.fit import weights
from training.fit.base import Base
from training.plan import memory
from training.recipe import Recipe
from training.rows import Row

_STEPS = 3
_IDLE = 0.9  # share of its threads' time that a process gets on an idle machine; below, others took it


@dataclass(frozen=True)
class Trial:
    trainer: str
    step: float
    """Seconds per optimizer step, accumulation included, on rows of middle length."""
    single: float | None
    """The same on one thread, where other programs took so much of the CPU's time that this is a fifth quicker."""
    quiet: float | None
    """The same, were nothing else running, at best: the work of one thread, shared evenly by all of them. None where
    nothing else ran, or that is no less."""
    tokens: float
    """Per second, prompt and answer, padding not counted."""
    peak: float
    """Most bytes in use: of GPU memory on a GPU, else of this process."""


def run(base: Base, recipe: Recipe, rows: Sequence[Row], system: str) -> Trial:
    """The first step takes the longest rows (the most memory, and the warming up), the others rows of middle length. On
    a busy machine one more is taken on one thread: threads that wait for each other burn time that is no work.

    Raises TrainingError. Leaves no files.
    """
    from training.chat import Chat, tokenizer_of
    from training.fit import trainer as setup

    weights.quiet()
    import torch

    watched = _watched()
    torch.set_num_threads(weights.threads())
    name, _ = setup.chosen(recipe)
    model = setup.model_for(base, recipe, name)
    tokenizer = tokenizer_of(base.folder)
    encoded = sorted(setup.encode(Chat(tokenizer), rows, system, recipe.length), key=lambda row: -len(row["input_ids"]))
    some = [row for batch in _batches(encoded, recipe.batch) for row in (list(batch) * recipe.batch)[: recipe.batch]]
    folder = Path(tempfile.mkdtemp(prefix="assistant-trial-"))
    try:
        arguments = setup.config(replace(recipe, steps=_STEPS + 1, accumulate=1), len(some), folder)
        arguments.train_sampling_strategy = "sequential"
        clock = _clock(watched)
        trainer = setup.trainer_for(model, tokenizer, arguments, some, [], [clock])
        with _Peak() as peak:
            trainer.train()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    timed = clock.seconds[1:_STEPS]
    tokens = sum(len(row["input_ids"]) for row in some[recipe.batch : _STEPS * recipe.batch])
    quiet, single = (took and took * recipe.accumulate for took in _alone(clock, weights.threads()))
    return Trial(name, statistics.mean(timed) * recipe.accumulate, single, quiet, tokens / sum(timed), peak.bytes)


def _batches(rows: Sequence[dict], size: int) -> list[Sequence[dict]]:
    """The longest of ``rows``, which are in that order, then twice those of middle length; the last ones once more."""
    start = max(0, (len(rows) - 2 * size) // 2)
    middle = rows[start : start + 2 * size]
    return [rows[:size], middle[:size], middle[-size:], middle[-size:]]


def _watched() -> int:
    """The threads that train, when more threads wanted to run in the last minute than there are cores: only then does a
    low use of the CPU mean that others took it. 0 otherwise, on a GPU, and where the system does not tell."""
    if memory.gpu() or not hasattr(os, "getloadavg") or os.getloadavg()[0] <= (os.cpu_count() or 1):
        return 0
    return weights.threads()


def _alone(clock, threads: int) -> tuple[float | None, float | None]:
    """Seconds of a step if nothing else ran, and on one thread, where they are less than those of the step before it on
    the same rows; see `Trial`."""
    if len(clock.seconds) <= _STEPS:
        return None, None
    quiet, single, before = clock.used[-1] / threads, clock.seconds[-1], clock.seconds[-2]
    return (quiet if quiet < before else None), (single if single < 0.8 * before else None)


def _clock(threads: int):
    import torch
    from transformers import TrainerCallback

    class Clock(TrainerCallback):
        """``threads``: see `_watched`."""

        def __init__(self) -> None:
            self.seconds: list[float] = []
            self.used: list[float] = []
            """Of all threads together."""
            self._began = self._cpu = 0.0

        def on_step_begin(self, *_: object, **__: object) -> None:
            self._began, self._cpu = time.perf_counter(), time.process_time()

        def on_step_end(self, args, state, control, **kwargs):
            if memory.gpu():
                torch.cuda.synchronize()
            self.seconds.append(time.perf_counter() - self._began)
            self.used.append(time.process_time() - self._cpu)
            if len(self.seconds) == _STEPS:
                if threads and sum(self.used[1:]) < _IDLE * threads * sum(self.seconds[1:]):
                    torch.set_num_threads(1)
                else:
                    control.should_training_stop = True
            return control

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
