"""A trained run -> files that other programs run: merged weights and GGUFs, each kept only when it passes the gate."""

from __future__ import annotations

import dataclasses
import gc
import os
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rag.atomic import sync, write_text
from training import runs
from training.chat import Chat, tokenizer_of
from training.errors import TrainingError, TrainingUsageError
from training.export import build, converter, merged, modelfile, parity
from training.export.build import QUANTISED, ExportProgress
from training.fit import baseline, weights
from training.fit.base import Base
from training.judge.score import Style
from training.live import LiveModel
from training.plan import memory, shape
from training.rows import Row
from training.runs import Run

KINDS = ("adapter", "merged", "f16", *QUANTISED)
_TRAINED, _ANSWER = 20, 64  # trained questions asked again; tokens of the base model's answers to them

Open = Callable[["Path | None", "Path | None"], LiveModel]
"""(model, adapter) -> the live chat with them; model None = the adapter's own base."""


@dataclass(frozen=True)
class Outcome:
    kind: str
    file: Path
    """What was kept; of a refused export, where it would have been."""
    bytes: int
    seconds: float
    parity: parity.Parity | None
    """None for the merged weights, which the others are measured against."""


@dataclass
class ExportReport:
    outcomes: list[Outcome] = dataclasses.field(default_factory=list)
    trained: int = 0
    """Questions of the training data that were asked again."""
    base: tuple[float, float] = (0.0, 0.0)
    """Style score and share of right answers to them, of the base model ..."""
    merged: tuple[float, float] = (0.0, 0.0)
    """... and of the merged weights."""

    @property
    def refused(self) -> list[Outcome]:
        return [outcome for outcome in self.outcomes if outcome.parity and outcome.parity.differences]


def choose(run: Run, base: Base, wanted: Sequence[str]) -> list[str]:
    """The kinds to make, in the order of `KINDS`; the defaults when none is wanted. Raises TrainingError with the
    reason when one of them cannot be or would be no good."""
    own = build.type_of(base.gguf)
    lora = (run.folder / "adapter").is_dir()
    if not wanted:
        wanted = [*(["adapter"] if lora and base.gguf else []), "f16" if own == "q8_0" else "q8_0"]
    for kind in wanted:
        if base.gguf is not None and kind == own and kind != "f16":
            raise TrainingUsageError(
                f"{kind} is the type of the base model {base.gguf.name}: its weights lie on that grid already, "
                f"so rounding "
                "to it again would remove most of what was trained; take "
                f"{'q8_0' if own != 'q8_0' else 'f16'}{' or adapter' if lora else ''}"
            )
        if kind not in KINDS:
            raise TrainingUsageError(f"{kind} is not a kind of export; there are {', '.join(KINDS)}")
    if "adapter" in wanted and not lora:
        raise TrainingUsageError(f"{run.name} was trained whole (method full), so there is no adapter; export q8_0")
    if "adapter" in wanted and base.gguf is None:
        raise TrainingUsageError(
            f"the base of {run.name} is not a GGUF file, so there is nothing for an adapter GGUF "
            f"to lie over; export q8_0 (PEFT's adapter is in {run.folder / 'adapter'})"
        )
    return [kind for kind in KINDS if kind in wanted]


def export(
    run: Run,
    base: Base,
    kinds: Sequence[str],
    general: Sequence[Row],
    prompts: int,
    cache: Path,
    open_live: Open,
    sampler: Callable[[], merged.LiveSampler],
    notice: Callable[[str], None],
    progress: ExportProgress,
) -> ExportReport:
    """Make ``kinds`` (see `choose`), each put on record in the run as soon as it has passed the gate; blocks.

    ``general``: questions that any model may know. ``prompts``: how many are asked, of those and the held-out ones.
    ``progress`` gets each step as it begins, and then how far it is. Earlier exports stay until a new one of the same
    kind has passed. Raises TrainingError.
    """
    _check(run, base, kinds)
    progress("loading torch and the base model", 0, 0)
    folder = run.folder / "export"
    converter_folder = cache if list(kinds) == ["merged"] else converter.folder(cache, notice)
    report = ExportReport()
    with _scratch(folder) as scratch, _full_disk(folder):
        held_out, train = (_rows(run, name) for name in ("held-out.jsonl", "train.jsonl"))
        asked, trained = _asked(held_out, general, prompts), baseline.spread(train, _TRAINED)
        report.trained = len(trained)
        tokenizer = tokenizer_of(base.folder)
        reference, judge = _reference(
            run, base, scratch / "merged", tokenizer, asked, trained, sampler, report, progress
        )
        gc.collect()  # the merged weights, before the exports are loaded
        for kind in kinds:
            began = time.monotonic()
            made = build.make(run, base, kind, scratch, converter_folder, progress)
            result = None
            if kind != "merged":
                build.check_metadata(run, kind, made, tokenizer)
                said = _ask(kind, made, open_live, [*asked, *trained], run.system, reference, progress)
                result = parity.compare(kind, asked, trained, reference, said, judge)
            target = folder / made.name
            outcome = Outcome(kind, target, _size(made), time.monotonic() - began, result)
            report.outcomes.append(outcome)
            if not (result and result.differences):
                _keep(run, outcome, made, base, tokenizer, report)
    return report


def _check(run: Run, base: Base, kinds: Sequence[str]) -> None:
    """Raises TrainingError for what can be known before any work."""
    if run.state != "trained":
        raise TrainingUsageError(
            f"{run.name} is not trained yet ({run.state}); go on with: assistant train fit --resume --name {run.name}"
        )
    if run.base_hash != base.hash:
        raise TrainingUsageError(
            f"{run.base} is no longer the model that {run.name} was trained on (weights "
            f"{base.hash}, then {run.base_hash}); put the old file back, or train again"
        )
    if not (run.folder / "adapter").is_dir() and not (run.folder / "model").is_dir():
        raise TrainingError(f"{run.folder} holds neither adapter/ nor model/: the weights of {run.name} are gone")
    size, there = shape.of(base.folder), memory.free(run.folder)
    needed = sum(size.parameters * memory.gguf_bits(size, kind) / 8 for kind in kinds if kind != "adapter")
    needed += size.parameters * 2 * (1 + ("f16" not in kinds and bool(set(kinds) & set(QUANTISED))))
    if there["disk"] < needed:
        raise TrainingError(
            f"exporting {', '.join(kinds)} needs {needed / 1e9:.1f} GB in {run.folder}, and "
            f"{there['disk'] / 1e9:.1f} GB are free; free some space, or export fewer kinds"
        )


@contextmanager
def _scratch(folder: Path) -> Iterator[Path]:
    """A folder for what is not finished; what a killed export left there goes."""
    import psutil

    for old in folder.glob(".making-*"):
        if not psutil.pid_exists(int(old.name.rpartition("-")[2])):
            shutil.rmtree(old, ignore_errors=True)
    scratch = folder / f".making-{os.getpid()}"
    try:
        scratch.mkdir(parents=True, exist_ok=True)
        yield scratch
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


@contextmanager
def _full_disk(folder: Path) -> Iterator[None]:
    try:
        yield
    except TrainingError:
        raise
    except Exception as error:  # safetensors and torch wrap the system's error in their own
        if weights.disk_full(error):
            raise TrainingError(
                f"the disk of {folder} is full; what was exported before is whole: free some space and export again"
            ) from None
        if weights.out_of_memory(error):
            raise TrainingError(
                "out of memory while the weights were merged; close other programs, or export on a "
                "machine with more memory (copy the run's folder)"
            ) from None
        raise


def _rows(run: Run, name: str) -> list[Row]:
    from training.data import formats

    path = run.folder / "data" / name
    return formats.read(path).rows if path.exists() else []


def _asked(held_out: Sequence[Row], general: Sequence[Row], prompts: int) -> list[Row]:
    """Half of each, evenly taken; more of the one where the other has not enough."""
    few = baseline.spread(held_out, max(prompts - prompts // 2, prompts - len(general)))
    return [*few, *baseline.spread(general, prompts - len(few))]


def _ask(
    kind: str,
    made: Path,
    open_live: Open,
    some: Sequence[Row],
    system: str,
    reference: Sequence[parity.Said],
    progress: ExportProgress,
) -> list[parity.Said]:
    progress(f"asking {kind}", 0, len(some))
    live = open_live(None, made) if kind == "adapter" else open_live(made, None)
    try:
        return parity.answers(live, some, system, reference, lambda done: progress(f"asking {kind}", done, len(some)))
    finally:
        live.close()


def _reference(
    run: Run,
    base: Base,
    folder: Path,
    tokenizer: Any,
    asked: Sequence[Row],
    trained: Sequence[Row],
    sampler: Callable[[], merged.LiveSampler],
    report: ExportReport,
    progress: ExportProgress,
) -> tuple[list[parity.Said], Style | None]:
    """Write the merged weights to ``folder``, and ask them; the memory they took is free again afterwards."""
    weights.quiet()
    import torch

    torch.set_num_threads(weights.threads())
    chat, ends = Chat(tokenizer), merged.ends(tokenizer)
    model = build.load(base.folder, run)
    before = weights.answers(
        model,
        chat,
        trained,
        run.system,
        _ANSWER,
        progress=lambda answered: progress("asking the base model", answered, len(trained)),
    )
    try:
        judge = Style.fit([row.answer for row in trained], before)
    except TrainingError:  # too few rows to tell a style
        judge = None
    progress("merging what was trained into the base model", 0, 0)
    if (run.folder / "adapter").is_dir():
        from peft import PeftModel

        model = PeftModel.from_pretrained(model, str(run.folder / "adapter")).merge_and_unload()
    else:
        del model
        model = build.load(run.folder / "model", run)
    wide = next(model.parameters()).dtype
    build.write_merged(run, base, model, folder)  # what is asked is what is written
    model.to(wide).eval()
    live = merged.Merged(model, chat, ends, sampler)
    said = parity.answers(
        live,
        [*asked, *trained],
        run.system,
        None,
        lambda done: progress("asking the merged model", done, len(asked) + len(trained)),
    )
    answered = [parity.Said((), (), text, True, ()) for text in before]
    report.base = parity.taught(trained, answered, judge)
    report.merged = parity.taught(trained, said[len(asked) :], judge)
    return said, judge


def _keep(run: Run, outcome: Outcome, made: Path, base: Base, tokenizer: Any, report: ExportReport) -> None:
    """Move the export to its place and put it on record."""
    target = outcome.file
    sync(made)
    if made.is_dir() and target.exists():
        shutil.rmtree(target)
    os.replace(made, target)
    if outcome.kind != "merged":
        over = str(base.gguf) if outcome.kind == "adapter" else f"./{target.name}"
        adapter = f"./{target.name}" if outcome.kind == "adapter" else ""
        write_text(target.with_name(f"Modelfile-{outcome.kind}"), modelfile.text(run, tokenizer, over, adapter))
    record: dict[str, Any] = {
        "file": str(target.relative_to(run.folder)),
        "bytes": outcome.bytes,
        "seconds": round(outcome.seconds, 1),
    }
    if outcome.parity:
        numbers = {name: value for name, value in dataclasses.asdict(outcome.parity).items() if name != "differences"}
        numbers |= {"trained": report.trained, "style_merged": report.merged[0], "right_merged": report.merged[1]}
        record |= {name: round(value, 4) for name, value in numbers.items() if value == value}  # JSON has no NaN
    now = runs.open_run(run.folder.parent, run.name)  # another export may have added to it
    now.exports[outcome.kind] = run.exports[outcome.kind] = record
    now.save()


def _size(made: Path) -> int:
    return made.stat().st_size if made.is_file() else sum(path.stat().st_size for path in made.iterdir())
