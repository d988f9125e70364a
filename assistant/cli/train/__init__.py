"""`assistant train ...`: fine-tune the model that the assistant speaks with. The work is done by the package `training`.

One file per action, like the commands themselves: ``HELP``, ``add_arguments(parser)``, ``run(args) -> int``.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

HELP = "fine-tune the assistant's own model: make and check data, train, export, talk to the result"

ACTIONS = ("make", "check", "probe", "plan", "fit", "ask", "export", "use", "list", "notebook", "autotrain", "openai")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from assistant.cli import add_actions

    add_actions(parser, __name__, ACTIONS)


def run(args: argparse.Namespace) -> int:
    import importlib

    from assistant.cli import told
    from training.errors import TrainingError

    try:
        return importlib.import_module(f"{__name__}.{args.action}").run(args)
    except TrainingError as error:
        raise told(error) from error


def home() -> Path:
    """Where training runs lie; see training/runs.py."""
    from assistant.config import data_folder

    return data_folder() / "training"


def cache() -> Path:
    """What can be made again: base models as folders, llama.cpp's converter."""
    from assistant.config import data_folder

    return data_folder() / "cache" / "training"


def open_run(name: str):
    """The training run; a base that came with the installation is found where that lies now. Raises TrainingError."""
    from assistant.llm import gguf
    from training import runs

    run = runs.open_run(home(), name)
    if run.base.endswith(".gguf") and not Path(run.base).exists() and Path(run.base).name == gguf.bundled().name:
        run.base = str(gguf.bundled())
    return run


def need_torch() -> None:
    """Raises UsageError when the extra packages are missing."""
    import importlib.util

    from assistant.errors import UsageError

    if any(importlib.util.find_spec(name) is None for name in ("torch", "transformers", "trl", "peft", "datasets")):
        raise UsageError("this needs torch, transformers, trl and peft; run `make train`")


class Live:
    """`training.live.Live` on the assistant's own engine."""

    def __init__(self, engine) -> None:
        self._engine = engine
        self.name = engine.name

    def answer(self, messages: Sequence[dict[str, str]], temperature: float = 0.0, seed: int = 0,
               max_tokens: int = 200):
        return self._engine.answer(_messages(messages), temperature, seed, max_tokens)

    def log_probabilities(self, messages: Sequence[dict[str, str]], reply: str) -> list[float]:
        return self._engine.log_probabilities(_messages(messages), reply)

    def close(self) -> None:
        self._engine.close()


def _messages(messages: Sequence[dict[str, str]]) -> list:
    from assistant.llm import Message

    found = [Message(message["role"], message["content"]) for message in messages]
    return found if found[0].role == "system" else [Message("system", ""), *found]


def live(settings, notice: Callable[[str], None] = print, **changes: object) -> Live:
    """The engine of ``settings.llm`` with ``changes`` (model, adapter ...), loaded; only a local GGUF can be asked.

    Raises UsageError, EngineError.
    """
    from dataclasses import replace

    from assistant.errors import UsageError
    from assistant.llm import llama

    if settings.llm.engine != "llama" and "model" not in changes:
        raise UsageError("[llm] engine is an endpoint, whose probabilities cannot be seen; "
                         "set it to llama, or choose a model with --base")
    own = {"adapter": ""} if "model" in changes else {}  # it belongs to [llm] model
    return Live(llama.load(replace(settings.llm, **{"engine": "llama", **own, **changes}), notice))
