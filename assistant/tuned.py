"""Tuned models, the one door from the assistant to the package `training`: where runs lie, the live model as training
asks it, which tuned models there are, which is used, and what to set for another one."""

from __future__ import annotations

import hashlib
import importlib.util
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Literal

from assistant.config import Settings
from assistant.errors import UsageError
from assistant.folders import data_folder, how_to_install
from assistant.llm import Completion, Message
from rag.text import clean
from training import runs
from training.runs import Run

if TYPE_CHECKING:
    from assistant.llm.llama import Llama
    from training.plan.shape import Tensor


def home() -> Path:
    """Where training runs lie; see training/runs.py."""
    return data_folder() / "training"


def cache() -> Path:
    """What can be made again: base models as folders, llama.cpp's converter."""
    return data_folder() / "cache" / "training"


def open_run(name: str) -> Run:
    """The training run; a base that came with the installation is found where that lies now. Raises TrainingError."""
    from assistant.llm import gguf

    run = runs.open_run(home(), name)
    if run.base.endswith(".gguf") and not Path(run.base).exists() and Path(run.base).name == gguf.bundled().name:
        run.base = str(gguf.bundled())
    return run


def need_torch() -> None:
    """Raises UsageError when the extra packages are missing, or cannot write where runs are kept."""
    if any(importlib.util.find_spec(name) is None for name in ("torch", "transformers", "trl", "peft", "datasets")):
        raise UsageError(f"this needs torch, transformers, trl and peft; {how_to_install('train')}")
    if clean(str(home())) != str(home()):
        raise UsageError(f"{home()}: its name is no UTF-8, as torch and its like need it; set XDG_DATA_HOME to another")


_ROLES: dict[str, Literal["system", "user", "assistant"]] = {
    "system": "system",
    "user": "user",
    "assistant": "assistant",
}


class LiveEngine:
    """`training.live.LiveModel` on the assistant's own engine."""

    def __init__(self, engine: Llama) -> None:
        self._engine = engine
        self.name = engine.name

    def answer(
        self, messages: Sequence[dict[str, str]], temperature: float = 0.0, seed: int = 0, max_tokens: int = 200
    ) -> Completion:
        return self._engine.answer(_messages(messages), temperature, seed, max_tokens)

    def log_probabilities(self, messages: Sequence[dict[str, str]], reply: str) -> list[float]:
        return self._engine.log_probabilities(_messages(messages), reply)

    def close(self) -> None:
        self._engine.close()


def _messages(messages: Sequence[dict[str, str]]) -> list[Message]:
    found = [Message(_ROLES[message["role"]], message["content"]) for message in messages]
    return found if found[0].role == "system" else [Message("system", ""), *found]


def live(settings: Settings, notice: Callable[[str], None] = print, **changes: Any) -> LiveEngine:
    """The engine of ``settings.llm`` with ``changes`` (model, adapter ...), loaded; only a local GGUF can be asked.

    Raises UsageError, EngineError.
    """
    from assistant.llm import llama

    if settings.llm.engine != "llama" and "model" not in changes:
        raise UsageError(
            "[llm] engine is an endpoint, whose probabilities cannot be seen; "
            "set it to llama, or choose a model with --base"
        )
    own = {"adapter": ""} if "model" in changes else {}  # it belongs to [llm] model
    return LiveEngine(llama.load(replace(settings.llm, **{"engine": "llama", **own, **changes}), notice))


def listed(settings: Settings) -> list[dict[str, Any]]:
    """The trained runs, oldest first, with how each was made; ``in_use`` is the kind that the settings choose, or
    empty."""
    return [
        {
            "name": run.name,
            "base": run.base_name,
            "base_hash": run.base_hash,
            "licence": run.licence,
            "data": run.data,
            "data_hash": run.data_hash,
            "rows": run.rows,
            "recipe": run.recipe,
            "trainer": run.trainer,
            "made": run.made,
            "system_prompt": run.system,
            "metrics": run.metrics,
            "in_use": used(run, settings),
            "exports": {kind: {**about, "file": str(_file(run, kind))} for kind, about in run.exports.items()},
        }
        for run in runs.all_runs(home())
        if run.state == "trained"
    ]


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


def used(run: Run, settings: Settings) -> str:
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
        raise UsageError(
            f"{name} has no export {kind} that the assistant can load, but {', '.join(there)}; make it: "
            f"assistant train export {name} --kind {kind}"
        )
    file = _file(run, kind)
    gguf.check(file, f"(after assistant train export {name} --kind {kind}) [llm] model")
    if kind == "adapter":
        if not Path(run.base).expanduser().is_file() and _hash(gguf.bundled()) != run.base_hash:
            raise UsageError(
                f"{run.base}, the model that {name} was made of, is gone, and the adapter is nothing "
                "without it; bring that file back, or take another export with --kind"
            )
        return run, {"llm.engine": "llama", "llm.model": _base(run), "llm.adapter": str(file)}
    return run, {"llm.engine": "llama", "llm.model": str(file), "llm.adapter": ""}


def base_choice(settings: Settings) -> dict[str, str]:
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
    """As in `training.fit.base.Base`."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:16]


def _file(run: Run, kind: str) -> Path:
    return (run.folder / run.exports[kind]["file"]).resolve()


def gguf_header(file: BinaryIO) -> tuple[dict[str, Any], list[Tensor]]:
    """See `training.plan.shape.header`. Raises ValueError with a reason."""
    import struct

    from training.plan import shape

    try:
        return shape.header(file)
    except (struct.error, KeyError, TypeError, MemoryError, OverflowError):
        raise ValueError("its header is damaged or ends too early") from None


def training_memory(facts: Mapping[str, Any], parameters: int) -> dict[str, dict[str, float]]:
    """Method -> place -> bytes, on the CPU and on a GPU, for rows of 512 tokens one at a time; empty where a model
    cannot be trained here, because it is no transformer."""
    from training.plan import memory, shape
    from training.recipe import Recipe

    try:
        built = shape.of_facts(dict(facts), parameters)
    except (KeyError, TypeError, ZeroDivisionError):
        return {}
    found: dict[str, dict[str, float]] = {}
    for method in ("lora", "qlora", "full"):
        wanted = Recipe(method=method, batch=1)
        needs = memory.training(built, wanted, wanted.length, gpu=True)
        found[method] = {need.place: need.bytes for need in needs if need.place == "GPU memory"}
        if method != "qlora":
            found[method]["RAM"] = memory.training(built, wanted, wanted.length, gpu=False)[0].bytes
    return found
