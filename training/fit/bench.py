"""What our training costs against the bare trainer under it, with the same recipe, rows and weights."""

from __future__ import annotations

import dataclasses
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from training.chat import Chat, tokenizer_of
from training.fit import trainer, weights
from training.fit.base import Base
from training.recipe import Recipe
from training.rows import Row


@dataclass(frozen=True)
class Rate:
    rate: float
    """Tokens per second, prompt and answer."""
    cpu_rate: float
    """... and per second of processor time."""


@dataclass(frozen=True)
class Overhead:
    trainer: str
    rows: int
    steps: int
    """Timed, of each side and round."""
    bare: float
    """Tokens per second, prompt and answer; the median over the rounds."""
    ours: float
    """The same with progress, TensorBoard logs and a checkpoint every two minutes; without looks at held-out rows."""
    ratio: float
    """The median over the rounds of ours / bare, measured one right after the other."""
    cpu_ratio: float
    """The same in tokens per second of processor time, which other programs on the machine do not change."""


def run(base: Base, rows: Sequence[Row], system: str, recipe: Recipe, steps: int = 12, rounds: int = 3) -> Overhead:
    """Train a fresh model for ``steps`` steps, bare and as `training.fit.run` does it, in turn; blocks.

    Raises TrainingError. The first two steps of each are left out: they load and allocate.
    """
    import torch

    name, _ = trainer.chosen(recipe)
    weights.quiet()
    torch.set_num_threads(weights.threads())
    tokenizer = tokenizer_of(base.folder)
    encoded = trainer.encode(Chat(tokenizer), rows, system, recipe.length)
    recipe = dataclasses.replace(recipe, steps=steps)
    pairs = []
    for number in range(rounds):
        rates = {}
        for side in (_bare, _ours) if number % 2 == 0 else (_ours, _bare):  # a warming machine favours neither
            rates[side] = side(base, recipe, name, tokenizer, encoded)
        pairs.append((rates[_bare], rates[_ours]))
    median = statistics.median
    return Overhead(
        name,
        len(rows),
        steps - 2,
        median(bare.rate for bare, _ in pairs),
        median(ours.rate for _, ours in pairs),
        median(ours.rate / bare.rate for bare, ours in pairs),
        median(ours.cpu_rate / bare.cpu_rate for bare, ours in pairs),
    )


def _bare(base: Base, recipe: Recipe, name: str, tokenizer: Any, encoded: list[dict]) -> Rate:
    with tempfile.TemporaryDirectory() as folder:
        taught = trainer.trainer_for(
            trainer.model_for(base, recipe, name),
            tokenizer,
            trainer.config(recipe, len(encoded), Path(folder)),
            encoded,
            encoded[:1],
            [_clock(2, recipe.steps)],
        )
        return _rate(taught)


def _ours(base: Base, recipe: Recipe, name: str, tokenizer: Any, encoded: list[dict]) -> Rate:
    from training.fit import run as fit
    from training.fit import watch

    with tempfile.TemporaryDirectory() as name_of:
        folder = Path(name_of)
        watcher = watch.Watch(
            folder, recipe, recipe.steps + 1, recipe.steps + 1, 0, lambda _: 0, watch.Record(), lambda progress: None
        )
        taught = trainer.trainer_for(
            trainer.model_for(base, recipe, name),
            tokenizer,
            trainer.config(recipe, len(encoded), folder),
            encoded,
            encoded[:1],
            [watcher, fit.board(folder / "logs", None), _clock(2, recipe.steps)],
        )
        watcher.log = taught.log
        return _rate(taught)


def _rate(taught: Any) -> Rate:
    taught.train()
    clock = next(one for one in taught.callback_handler.callbacks if type(one).__name__ == "Clock")
    return Rate(clock.tokens / clock.seconds, clock.tokens / clock.cpu)


def _clock(after: int, last: int) -> Any:
    """Counts the time and the tokens from the end of step ``after`` to the end of step ``last``, with all that
    callbacks and logs do in between."""
    from transformers import TrainerCallback

    class Clock(TrainerCallback):
        seconds, cpu, tokens = 0.0, 0.0, 0

        def on_log(self, args, state, control, logs=None, **kwargs):
            if not logs or "loss" not in logs:
                return
            if state.global_step == after:
                self.seconds, self.cpu = -time.perf_counter(), -time.process_time()
                self.tokens = -int(logs["num_tokens"])
            if state.global_step == last:
                self.seconds, self.cpu = self.seconds + time.perf_counter(), self.cpu + time.process_time()
                self.tokens += int(logs["num_tokens"])

    return Clock()
