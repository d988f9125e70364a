"""Tuned models as the settings see them: which there are, which is used, and what to set for another one."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

from assistant.cli.train import home, open_run
from assistant.errors import UsageError
from training import runs
from training.runs import Run


def listed(settings) -> list[dict[str, Any]]:
    """The trained runs, oldest first, with how each was made; ``in_use`` is the kind that the settings choose, or empty."""
    return [{"name": run.name, "base": run.base_name, "base_hash": run.base_hash, "licence": run.licence, "data": run.data,
             "data_hash": run.data_hash, "rows": run.rows, "recipe": run.recipe, "trainer": run.trainer, "made": run.made,
             "system_prompt": run.system, "metrics": run.metrics, "in_use": used(run, settings),
             "exports": {kind: {**about, "file": str(_file(run, kind))} for kind, about in run.exports.items()}}
            for run in runs.all_runs(home()) if run.state == "trained"]


def recipe(values: dict[str, Any]) -> str:
    """The part of a recipe that tells most: ``lora 16, 5 epochs, 0.0003``."""
    method, steps = values.get("method", "?"), values.get("steps")
    length = f"{steps} steps" if steps else f"{values.get('epochs', 0):g} epochs"
    rank = "" if method == "full" else f" {values.get('rank', '?')}"
    return f"{method}{rank}, {length}, {values.get('learning_rate', 0):g}"


def came_out(metrics: dict[str, float]) -> str:
    parts = [f"loss {metrics['held_out_loss']:.2f}"] if "held_out_loss" in metrics else []
    for name in ("style", "known"):
        if f"{name}_after" in metrics:
            parts.append(f"{name} {metrics[f'{name}_before']:.0%} to {metrics[f'{name}_after']:.0%}")
    return ", ".join(parts) or "?"


def used(run: Run, settings) -> str:
    """The kind of the run's export that the settings choose; empty when none."""
    if settings.llm.engine != "llama":
        return ""
    chosen = settings.llm.adapter or settings.llm.model
    return next((kind for kind in run.spoken if _file(run, kind) == Path(chosen).expanduser().resolve()), "")


def choice(name: str, kind: str | None = None) -> tuple[Run, dict[str, str]]:
    """The run, and ``section.key`` -> value that make the assistant speak with it. Raises TrainingError, UsageError,
    EngineError."""
    from assistant.llm import gguf

    run = open_run(name)
    if run.trainer == "openai":
        raise UsageError(f"{name} was trained at OpenAI; to speak with it: assistant train openai --name {name} --use")
    there = run.spoken
    if not there:
        raise UsageError(f"{name} has no export that passed the parity gate; make one: assistant train export {name}")
    if kind is None:
        kind = there[0]
    if kind not in there:
        raise UsageError(f"{name} has no export {kind} that the assistant can load, but {', '.join(there)}; make it: "
                         f"assistant train export {name} --kind {kind}")
    file = _file(run, kind)
    gguf.check(file, f"(after assistant train export {name} --kind {kind}) [llm] model")
    if kind == "adapter":
        if not Path(run.base).expanduser().is_file() and _hash(gguf.bundled()) != run.base_hash:
            raise UsageError(f"{run.base}, the model that {name} was made of, is gone, and the adapter is nothing "
                             "without it; bring that file back, or take another export with --kind")
        return run, {"llm.engine": "llama", "llm.model": _base(run), "llm.adapter": str(file)}
    return run, {"llm.engine": "llama", "llm.model": str(file), "llm.adapter": ""}


def base_choice(settings) -> dict[str, str]:
    """What makes the assistant speak with an untrained model again: the one that the tuned model in use was made of."""
    from assistant.llm import gguf

    run = next((run for run in runs.all_runs(home()) if used(run, settings)), None)
    model = "bundled" if settings.llm.engine != "llama" else _base(run) if run else settings.llm.model
    if model != "bundled":
        gguf.check(gguf.locate(model, print))
    return {"llm.engine": "llama", "llm.model": model, "llm.adapter": ""}


def _base(run: Run) -> str:
    """The base as `[llm] model` takes it. A folder or hub name is nothing for llama.cpp."""
    from assistant.llm import gguf

    path = Path(run.base).expanduser()
    if not path.is_file():
        return "bundled"
    return "bundled" if path.resolve() == gguf.bundled().resolve() else os.path.abspath(path)


def _hash(path: Path) -> str:
    """As in `training.base.Base`."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:16]


def _file(run: Run, kind: str) -> Path:
    return (run.folder / run.exports[kind]["file"]).resolve()
