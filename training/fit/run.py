"""Fine-tune a base model on rows, so that it can be interrupted at any moment and gone on with."""

from __future__ import annotations

import dataclasses
import datetime
import json
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rag.atomic import write_text
from training import rows
from training.chat import Chat, tokenizer_of
from training.errors import TrainingError, TrainingUsageError
from training.fit import baseline, parallel, weights
from training.fit.base import Base
from training.fit.progress import FitProgress
from training.plan import memory, remedy, shape
from training.plan import steps as plan
from training.recipe import Recipe
from training.rows import Row, data_hash
from training.runs import Run

_KEPT_AT_ONCE = 8
"""Answers of the base model in a batch: what a kill may cost."""

Say = Callable[[str], None]


def begin(
    run: Run,
    base: Base,
    asked_for: str,
    data: Path,
    train: Sequence[Row],
    held_out: Sequence[Row],
    system: str,
    recipe: Recipe,
) -> None:
    """Put on record what is to be done. ``asked_for``: what `base.prepare` was given. Raises TrainingError."""
    if not train or not held_out:
        raise TrainingUsageError(
            f"{data} leaves {len(train)} rows to train and {len(held_out)} held out; both are needed: add rows"
        )
    run.base, run.base_name, run.base_hash, run.licence = asked_for, base.name, base.hash, base.licence
    run.system, run.data, run.data_hash = system, str(data), data_hash([*train, *held_out])
    run.rows, run.held_out, run.recipe = len(train), len(held_out), dataclasses.asdict(recipe)
    with _sentences(run):
        rows.write(run.folder / "data" / "train.jsonl", train)
        rows.write(run.folder / "data" / "held-out.jsonl", held_out)
        run.save()


def recipe_of(run: Run) -> Recipe:
    known = {field.name for field in dataclasses.fields(Recipe)}
    return Recipe(**{name: value for name, value in run.recipe.items() if name in known})


def load_libraries(recipe: Recipe, notice: Callable[[str], None]) -> tuple[str, str]:
    """(trainer, why it); see `trainer.chosen`. Before anything else that imports transformers, which Unsloth patches.

    Takes 5 to 20 seconds. Raises TrainingError when the recipe cannot be run on this machine.
    """
    from training.fit import trainer

    notice("Loading torch, transformers and TRL ...")
    chosen = trainer.chosen(recipe)
    weights.quiet()
    import trl  # noqa: F401

    return chosen


def fit(
    run: Run,
    base: Base,
    train: Sequence[Row],
    held_out: Sequence[Row],
    general: Sequence[Row],
    notice: Callable[[str], None],
    progress: Callable[[FitProgress], None],
) -> None:
    """Train, from the newest checkpoint when there is one; blocks for minutes to hours. The run's record says the rest.

    ``general``: questions that any model may know, asked at every look. ``notice`` gets sentences, ``progress`` what
    follows each step. Raises TrainingError, and KeyboardInterrupt once a checkpoint is written.
    """
    with _alone(run), _sentences(run), parallel.together(weights.on_gpu()):
        if run.base_hash != base.hash:
            raise TrainingUsageError(
                f"{run.base} is no longer the model that {run.name} began with (weights "
                f"{base.hash}, then {run.base_hash}); start a new run"
            )
        _fit(run, base, list(train), list(held_out), list(general), notice, progress)


def _fit(
    run: Run,
    base: Base,
    train: list[Row],
    held_out: list[Row],
    general: list[Row],
    notice: Callable[[str], None],
    progress: Callable[[FitProgress], None],
) -> None:
    recipe = recipe_of(run)
    from training.fit import trainer

    run.trainer, why = trainer.chosen(recipe)
    weights.quiet()
    import torch
    from transformers import set_seed

    from training.fit import watch

    torch.set_num_threads(weights.threads())
    set_seed(recipe.seed)
    tokenizer = tokenizer_of(base.folder)
    chat = Chat(tokenizer)
    encoded = trainer.encode(chat, train, run.system, recipe.length)
    encoded_held_out = trainer.encode(chat, held_out, run.system, recipe.length)
    where = torch.cuda.get_device_name() if weights.on_gpu() else f"the CPU with {torch.get_num_threads()} threads"
    where = f"{parallel.processes()} x {where}" if parallel.processes() > 1 else where
    notice(f"Training {base.name} with {run.trainer} on {where}: {why}.")
    for line in plan.written(recipe, len(train), sum(len(row["input_ids"]) for row in encoded)):
        notice(f"  {line}")

    counted = plan.steps(recipe, len(train))
    folder = run.folder / "checkpoints"
    folder.mkdir(parents=True, exist_ok=True)
    _room(run, base, recipe, max(len(row["input_ids"]) for row in [*encoded, *encoded_held_out]))
    model = trainer.model_for(base, recipe, run.trainer)
    run.state = "training"
    _keep(run)

    def answer(
        rows: Sequence[Row],
        most: int,
        progress: baseline.Answered = lambda answered: None,
        keep: baseline.Keep | None = None,
    ) -> list[str]:
        batch, keep = (32, lambda *_: None) if keep is None else (_KEPT_AT_ONCE, keep)
        with trainer.answering(model, run.trainer):
            return weights.answers(model, chat, rows, run.system, most, batch, progress, keep)

    def asking(answered: int, of: int, share: float) -> None:
        left = (time.monotonic() - began) * (1 - share) / share if share else None
        progress(FitProgress(answered, of, "question", seconds_left=left, doing="asks the base model"))

    checkpoint = parallel.agreed(lambda: watch.newest(folder))
    record = watch.record_of(checkpoint) if checkpoint else watch.Record()
    asked = baseline.questions(general, train, held_out)
    if not (folder / "base.json").exists():
        notice(f"Asking the base model {len(asked)} general questions, and some of the rows' own ...")
    began = time.monotonic()
    before = parallel.agreed(lambda: baseline.learn(asked, train, held_out, answer, folder / "base.json", asking))
    known = [asked[position] for position in before.known]
    notice(f"The base model answers {len(known)} of {before.asked} general questions.")
    if known and recipe.forget < 1:
        notice(f"Training stops when surely more than {recipe.forget:.0%} of what it knew is lost.")

    watcher = watch.Watch(
        folder,
        recipe,
        counted.total,
        plan.evaluate_every(recipe, counted),
        len(known),
        lambda _: baseline.still_known(known, answer),
        record,
        progress,
    )
    callbacks = [watcher, board(run.folder / "logs", checkpoint)] if parallel.first() else [watcher]
    arguments = trainer.config(recipe, len(train), folder)
    # Not by `evaluate` before `train`: a model that was evaluated is not wrapped for several processes any more.
    arguments.eval_on_start = not checkpoint
    taught = trainer.trainer_for(model, tokenizer, arguments, encoded, encoded_held_out, callbacks)
    watcher.log = taught.log
    if checkpoint:
        notice(f"Going on from step {checkpoint.name.rpartition('-')[2]}.")
    finished = bool(record.stopped) or bool(checkpoint and checkpoint.name == f"checkpoint-{counted.total}")
    if not finished:
        with watch.Interrupts(watcher, notice):
            try:
                taught.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
            except Exception as error:
                if weights.out_of_memory(error):
                    raise TrainingError(_out_of_memory(recipe)) from None
                raise
        run.seconds = record.seconds
        if watcher.stopping and taught.state.global_step < counted.total and not record.stopped:
            run.state, run.steps = "stopped", taught.state.global_step
            _keep(run)
            raise KeyboardInterrupt
    if parallel.first():
        _finish(run, recipe, model, record, before, train, held_out, answer, notice)


def _finish(
    run: Run,
    recipe: Recipe,
    model: Any,
    record: Any,
    before: baseline.Baseline,
    train: list[Row],
    held_out: list[Row],
    answer: baseline.Answering,
    notice: Callable[[str], None],
) -> None:
    """Keep the best weights under their final name, and say how they came out."""
    from training.fit import curves, trainer

    if not record.best_step:
        raise TrainingError(
            "the validation loss was no number at any look, so there are no weights worth keeping; start "
            "a new run with a lower --learning-rate"
        )

    checkpoints = run.folder / "checkpoints"
    final = run.folder / ("model" if recipe.method == "full" else "adapter")
    best = checkpoints / f"best-{record.best_step}"
    if best.exists():
        shutil.rmtree(final, ignore_errors=True)
        best.rename(final)
    trainer.put(model, final)
    looks = [point for point in record.curves if "held_out_loss" in point]
    losses = [point["loss"] for point in record.curves if "loss" in point and point["step"] <= record.best_step]
    recent = losses[-max(1, len(losses) // 10) :]
    run.metrics = {"loss": sum(recent) / len(recent), "held_out_loss": record.best_loss}
    if before.asked:
        run.metrics["known_before"] = len(before.known) / before.asked
        run.metrics["known_after"] = record.best_known / before.asked
    run.metrics |= baseline.style(before, train, held_out, answer)
    write_text(run.folder / "curves.json", json.dumps(record.curves))
    title = f"{run.name}: {run.base_name}, {run.rows} rows"
    curves.draw(record.curves, record.best_step, title, run.folder / "curves.png")
    run.state, run.steps, run.seconds = "trained", record.best_step, record.seconds
    run.made = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    run.save()
    shutil.rmtree(checkpoints, ignore_errors=True)
    last = looks[-1]["step"]
    if record.stopped:
        notice(f"Stopped at step {last:g}: {record.stopped}.")
    if not record.best_loss < looks[0]["held_out_loss"]:  # also when it is not a number
        notice(
            "The validation loss is no lower than before training: nothing was learned that carries over to other "
            "rows. Try more rows, or another --learning-rate."
        )
    lost = len(before.known) - record.best_known
    if baseline.forgotten(lost, len(before.known), recipe.forget):
        notice(
            f"Already the first look found {lost} of {len(before.known)} known questions lost, and no better weights "
            "are there: mix in general rows, or lower --learning-rate."
        )
    notice(f"Kept the weights of step {record.best_step} of {last:g}, the best by validation loss: {final}")


def _room(run: Run, base: Base, recipe: Recipe, longest: int) -> None:
    """Raises TrainingError, before anything is loaded, when memory or disk will not do, and says what would."""
    size, there, gpu = shape.of(base.folder), memory.free(run.folder), weights.on_gpu()
    recipe = parallel.share(recipe)
    unsloth = run.trainer.startswith("unsloth")
    wanted = memory.training(size, recipe, longest, gpu, unsloth)
    trained = memory.trained(size, recipe) * 4  # bytes; a checkpoint has them, AdamW's two moments, and is one of two
    wanted.append(
        memory.Need(
            "keep checkpoints",
            "disk",
            (memory.MemoryPart("checkpoints", "", 3 * 3 * trained), memory.MemoryPart("best", "", 2 * trained)),
        )
    )
    if problems := remedy.refused(wanted, there):
        ways = remedy.would_fit(size, recipe, longest, [], there, gpu, unsloth, False)
        raise TrainingError("; ".join(problems) + f". Would fit: {'; or '.join(ways)}")


def board(logs: Path, checkpoint: Path | None) -> Any:
    """Writes TensorBoard files; what an interrupted part wrote after its last checkpoint is superseded."""
    from torch.utils.tensorboard import SummaryWriter
    from transformers.integrations import TensorBoardCallback

    step = int(checkpoint.name.rpartition("-")[2]) + 1 if checkpoint else None
    return TensorBoardCallback(SummaryWriter(str(logs), purge_step=step))


def _out_of_memory(recipe: Recipe) -> str:
    smaller = (
        f"start again with --batch {recipe.batch // 2} --accumulate {recipe.accumulate * 2} (the same result)"
        if recipe.batch > 1
        else "shorten the longest rows or choose a smaller --base"
    )
    return f"out of memory with {recipe.batch} rows of up to {recipe.length} tokens per batch; {smaller}"


@contextmanager
def _sentences(run: Run) -> Iterator[None]:
    """A full disk becomes one sentence; whatever ends training, the record does not go on saying `training`."""
    try:
        yield
    except (TrainingError, KeyboardInterrupt):
        _stopped(run)
        raise
    except Exception as error:  # safetensors and torch wrap the system's error in their own
        _stopped(run)
        if not weights.disk_full(error):
            raise
        raise TrainingError(
            f"the disk of {run.folder} is full; what was saved before is whole: free some space and go "
            f"on with: assistant train fit --resume --name {run.name}"
        ) from None


def _keep(run: Run) -> None:
    """Put its record into its folder. Raises OSError."""
    if parallel.first():
        run.save()


def _stopped(run: Run) -> None:
    if run.state == "training":
        run.state = "stopped"
        try:
            _keep(run)
        except OSError:  # the disk is full; `--resume` takes a run that says `training`, too
            pass


@contextmanager
def _alone(run: Run) -> Iterator[None]:
    """Raises TrainingError while another process trains the same run. The lock goes with the process."""
    try:
        import fcntl
    except ImportError:  # Windows
        yield
        return
    if not parallel.first():
        yield
        return
    with open(run.folder / ".lock", "w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise TrainingError(
                f"{run.name} is being trained by another process; wait for it, or stop it first"
            ) from None
        yield
