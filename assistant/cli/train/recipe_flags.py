"""Every field of the recipe as a flag, for `fit`, `plan` and whatever else runs or writes down a recipe."""

from __future__ import annotations

import argparse
import dataclasses
import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args, get_type_hints

from assistant.errors import UsageError
from training.recipe import Recipe

if TYPE_CHECKING:
    from assistant.config import Settings

_BOUNDS: dict[str, tuple[float, float]] = {
    "epochs": (0.01, 1000),
    "steps": (0, 10_000_000),
    "batch": (1, 4096),
    "accumulate": (1, 4096),
    "learning_rate": (1e-8, 1.0),
    "rank": (1, 1024),
    "alpha": (1, 4096),
    "dropout": (0.0, 0.9),
    "warmup": (0.0, 1.0),
    "length": (16, 131_072),
    "evaluate": (0, 10_000_000),
    "patience": (0, 10_000),
    "forget": (0.0, 1.0),
    "seed": (0, 2**31 - 1),
}
_FULL_RATE = 0.1  # every weight moves, so each may move less


def add(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("recipe")
    hints = get_type_hints(Recipe)
    for field in dataclasses.fields(Recipe):
        flag, help = "--" + field.name.replace("_", "-"), field.metadata["help"].replace("%", "%%")
        if choices := get_args(hints[field.name]):
            group.add_argument(flag, choices=choices, help=f"{help} (default {field.default})")
        else:
            group.add_argument(flag, metavar="N", help=f"{help} (default {field.default:g})")


def given(args: argparse.Namespace) -> dict[str, Any]:
    """Only the fields that stand on the command line, checked. Raises UsageError that says what fits."""
    hints = get_type_hints(Recipe)
    found = {}
    for field in dataclasses.fields(Recipe):
        text = getattr(args, field.name)
        if text is None:
            continue
        found[field.name] = text if get_args(hints[field.name]) else _number(field.name, hints[field.name], text)
    if found.get("steps") and "epochs" in found:
        raise UsageError("--steps and --epochs: give one of them; `assistant train plan` shows what either makes")
    if "epochs" in found and "steps" not in found:
        found["steps"] = 0  # so that --epochs also replaces the steps of a recipe kept from before
    return found


def recipe(args: argparse.Namespace, before: Recipe | None = None) -> Recipe:
    """The recipe of this command line; what it leaves open is taken from ``before``, else the default. Raises
    UsageError."""
    before = before or Recipe()
    changes = given(args)
    if changes.get("method") == "full" and before.method != "full" and "learning_rate" not in changes:
        changes["learning_rate"] = float(f"{before.learning_rate * _FULL_RATE:.6g}")
    return dataclasses.replace(before, **changes)


def add_base(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--base",
        metavar="MODEL",
        help="what is trained: a .gguf file, a Hugging Face folder or a hub "
        "name (default: [llm] model, which the assistant speaks with)",
    )


def base(args: argparse.Namespace, settings: Settings, notice: Callable[[str], None]) -> str:
    """What `training.fit.base.prepare` is given. Raises UsageError, EngineError."""
    from assistant.llm import gguf

    if args.base and args.base != "bundled":
        path = Path(args.base).expanduser()  # the run remembers it, and is used from other folders later
        return str(path.absolute()) if path.exists() else args.base
    if not args.base and settings.llm.engine != "llama":
        raise UsageError(
            "[llm] engine is an endpoint, whose model cannot be trained here; choose one with --base, "
            "e.g. --base bundled"
        )
    return str(gguf.locate(args.base or settings.llm.model, notice))


def name_of(data: Path) -> str:
    """A name for what is learned from ``data``: the file's, in letters that a run's name may have."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", data.stem).strip("-._")[:64] or "tuned"


def _number(name: str, kind: type, text: str) -> float | int:
    flag, (low, high) = "--" + name.replace("_", "-"), _BOUNDS[name]
    try:
        value = kind(text)
    except ValueError:
        what = "a whole number" if kind is int else "a number"
        raise UsageError(f"{flag} {text}: must be {what} from {low:g} to {high:.12g}") from None
    if not math.isfinite(value) or not low <= value <= high:
        raise UsageError(f"{flag} {text}: must be from {low:g} to {high:.12g}")
    return value
