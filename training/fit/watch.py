"""What happens beside the training steps: progress, looks at held-out rows, checkpoints, and when to stop.

Imported only where training runs: it needs transformers.
"""

from __future__ import annotations

import json
import shutil
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from transformers import TrainerCallback

from rag.atomic import sync, write_text
from training.fit import baseline, parallel, trainer
from training.fit.progress import FitProgress
from training.recipe import Recipe

_CHECKPOINT_EVERY = 120.0  # seconds of work that a power cut may cost
_RECORD = "watch.json"  # written into a checkpoint last: one that has it is complete


@dataclass
class Record:
    """What must outlive an interruption, beside what transformers keeps itself."""

    best_step: int = 0
    best_loss: float = float("inf")
    best_known: int = 0
    """Of the questions that the base model knew, those that the best weights still know."""
    worse: int = 0
    """Looks since the validation loss last fell."""
    seconds: float = 0.0
    """Spent in steps, looks and checkpoints until here."""
    stopped: str = ""
    """Why training ended before its last step."""
    curves: list[dict[str, float]] = field(default_factory=list)
    """``step`` with ``loss``, or with ``held_out_loss`` and ``known`` (share of the questions that the base knew)."""


def newest(checkpoints: Path) -> Path | None:
    """The newest complete checkpoint; what a kill left half-written is removed."""
    found = []
    for folder in checkpoints.glob("checkpoint-*"):
        if (folder / _RECORD).exists():
            found.append(folder)
        else:
            shutil.rmtree(folder, ignore_errors=True)
    return max(found, key=lambda folder: int(folder.name.rpartition("-")[2]), default=None)


def record_of(checkpoint: Path) -> Record:
    return Record(**json.loads((checkpoint / _RECORD).read_text(encoding="utf-8")))


class Watch(TrainerCallback):
    def __init__(
        self,
        folder: Path,
        recipe: Recipe,
        total: int,
        every: int,
        known: int,
        still_known: Callable[[Any], int],
        record: Record,
        progress: Callable[[FitProgress], None],
    ) -> None:
        """``folder``: where checkpoints and the best weights go. ``every``: steps between two looks. ``known``: how
        many questions the base model knew; ``still_known`` asks the model for them and counts.
        """
        self.record, self.log = record, lambda logs: None
        self.interrupted = False  # by a signal to this process
        self.stopping = False  # agreed on by all of them
        self._folder, self._recipe, self._total, self._every = folder, recipe, total, every
        self._known, self._still_known, self._progress = known, still_known, progress
        self._stands = FitProgress(0, total)
        self._began = self._saved = time.monotonic()
        self._before = record.seconds
        self._step_began = 0.0
        self._stepping = 0.0  # seconds in steps of this process, and the tokens and steps they took
        self._tokens = self._first_tokens = -1
        self._steps = 0
        self._looking, self._looks, self._step_ended = 0.0, 0, 0.0  # seconds from a step's end to the look's end

    # ---- called by the trainer, in this order ----

    def on_train_begin(self, args, state, control, **kwargs):
        self._stands.step = state.global_step
        self._tell("starts")

    def on_step_begin(self, args, state, control, **kwargs):
        self._step_began = time.monotonic()

    def on_step_end(self, args, state, control, **kwargs):
        self._step_ended = now = time.monotonic()
        self._stepping += now - self._step_began
        self._steps += 1
        self._stands.step = state.global_step
        if state.global_step % self._every == 0 or state.global_step >= self._total:
            control.should_evaluate = control.should_save = True
        self.stopping, due = parallel.agreed(lambda: (self.interrupted, now - self._saved > _CHECKPOINT_EVERY))
        if self.stopping:
            control.should_save = control.should_training_stop = True
        if due:
            control.should_save = True
        return control

    def on_log(self, args, state, control, logs=None, **kwargs):
        if not logs or "loss" not in logs:
            return
        self.record.curves.append({"step": state.global_step, "loss": logs["loss"]})
        if (tokens := logs.get("num_tokens")) is not None:
            if self._first_tokens < 0:  # the first step also loads and allocates; its tokens and time are left out
                self._first_tokens, self._stepping, self._steps = tokens, 0.0, 0
            self._tokens = tokens
        self._stands.loss = logs["loss"]
        if self._steps and self._stepping:
            self._stands.tokens_per_second = (self._tokens - self._first_tokens) / self._stepping
            self._stands.seconds_left = self._left(state.global_step)
        self._tell("")

    def on_prediction_step(self, args, state, control, **kwargs):
        self._tell("looks at the held-out rows")

    def on_evaluate(self, args, state, control, metrics=None, model=None, **kwargs):
        record, loss = self.record, metrics["eval_loss"]
        self._tell("asks what the base model knew")
        known = parallel.agreed(lambda: self._still_known(model)) if state.global_step else self._known
        look = {"step": state.global_step, "held_out_loss": loss}
        if self._known:
            look["known"] = known / self._known
            self.log({"eval_known": look["known"]})
        record.curves.append(look)
        self._stands.held_out_loss, self._stands.known = loss, (known, self._known)
        self._tell("looked")
        if not state.global_step:
            return control
        self._looking, self._looks = self._looking + time.monotonic() - self._step_ended, self._looks + 1
        forgot = baseline.forgotten(self._known - known, self._known, self._recipe.forget)
        if loss < record.best_loss and not forgot:
            record.worse = 0
            self._take(model, state.global_step, loss, known)
        elif not forgot:
            record.worse += 1
        if forgot:
            record.stopped = (
                f"{self._known - known} of the {self._known} questions that the base model knew are "
                f"lost, surely more than --forget {self._recipe.forget:g} allows"
            )
            if not record.best_step:  # nothing better is there to keep
                self._take(model, state.global_step, loss, known)
        elif self._recipe.patience and record.worse >= self._recipe.patience:
            record.stopped = f"the validation loss has not fallen for {record.worse} looks"
        if record.stopped and state.global_step < self._total:
            control.should_training_stop = control.should_save = True
        return control

    def on_save(self, args, state, control, **kwargs):
        parallel.agreed(lambda: None)  # each process has written its part of the checkpoint
        if not parallel.first():
            return
        self.record.seconds = self._before + time.monotonic() - self._began
        checkpoint = self._folder / f"checkpoint-{state.global_step}"
        sync(checkpoint)
        write_text(checkpoint / _RECORD, json.dumps(asdict(self.record)))
        for old in self._folder.glob("best-*"):
            if old.name != f"best-{self.record.best_step}":
                shutil.rmtree(old, ignore_errors=True)
        self._saved = time.monotonic()

    def _take(self, model: Any, step: int, loss: float, known: int) -> None:
        """The weights of this step are the best until now."""
        self.record.best_step, self.record.best_loss, self.record.best_known = step, loss, known
        if parallel.first():
            trainer.save(model, self._folder / f"best-{step}")

    def _left(self, step: int) -> float:
        """Seconds for the steps and looks to come, were they as long as those until now."""
        looks = -(-self._total // self._every) - step // self._every
        return (self._total - step) * self._stepping / self._steps + looks * self._looking / max(1, self._looks)

    def _tell(self, doing: str) -> None:
        self._stands.doing = doing
        self._progress(self._stands)


class Interrupts:
    """The first Ctrl-C (or SIGTERM) lets the running step, and a look that is due, end and a checkpoint be written; the
    second stops at once."""

    def __init__(self, watch: Watch, notice: Callable[[str], None]) -> None:
        self._watch, self._notice = watch, notice
        self._earlier: dict[int, Any] = {}

    def __enter__(self) -> None:
        if threading.current_thread() is threading.main_thread():
            for which in (signal.SIGINT, signal.SIGTERM):
                self._earlier[which] = signal.signal(which, self._handle)

    def __exit__(self, *_: object) -> None:
        for which, earlier in self._earlier.items():
            signal.signal(which, earlier)

    def _handle(self, number: int, frame: object) -> None:
        if self._watch.interrupted:
            raise KeyboardInterrupt
        self._watch.interrupted = True
        self._notice("Stopping after this step, to save it; Ctrl-C again stops at once, at the last checkpoint.")
