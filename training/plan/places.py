"""Where else a training run could go, in hours and money: Colab's free GPU and rented ones, beside this machine.

Estimates: nothing of this was measured on these GPUs.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from training.plan import memory
from training.plan.shape import Shape
from training.recipe import Recipe

SET_UP = 600.0
"""Seconds until training begins elsewhere: a machine starts, torch and the model are fetched there."""
_ENOUGH = 3600.0  # s here that are not worth a machine elsewhere
_REACHED = 0.3  # of a GPU's TFLOPS, in training
_EACH = 0.15  # s of a step that no GPU shortens: its kernels are started one by one
_COUNTED = 0.95  # of a GPU's memory


@dataclass(frozen=True)
class Gpu:
    name: str
    """As SkyPilot calls it."""
    where: str
    memory: float
    """GB."""
    tflops: float
    price: float
    """Dollars an hour; 0 = it is lent."""
    date: str
    source: str


@dataclass(frozen=True)
class Offer:
    gpu: Gpu
    seconds: float
    """With what comes before training."""

    @property
    def dollars(self) -> float:
        return self.gpu.price * self.seconds / 3600


@cache
def gpus() -> tuple[Gpu, ...]:
    table = tomllib.loads(Path(__file__).with_name("places.toml").read_text(encoding="utf-8"))
    return tuple(Gpu(**row) for row in table["gpu"])


def offers(shape: Shape, recipe: Recipe, row: int, steps: int, tokens: float) -> list[Offer]:
    """Those that hold it, in the order of the table. ``row``: tokens of the longest row; ``tokens``: of all steps.

    6 floating-point operations for each weight and token (Kaplan et al. 2020, section 2.1), and a third more because
    activations are computed again. Colab's notebook trains over 4-bit weights, whatever the recipe's method is.
    """
    found = []
    for gpu in gpus():
        so = replace(recipe, method="qlora") if gpu.where == "Colab" and recipe.method == "lora" else recipe
        need = memory.training(shape, so, row, gpu=True, unsloth=True)[0]
        if need.bytes <= _COUNTED * gpu.memory * memory.GB:
            work = 8 * shape.parameters * tokens / (_REACHED * gpu.tflops * 1e12)
            found.append(Offer(gpu, SET_UP + work + _EACH * steps))
    return found


def advice(here: float | None, found: Sequence[Offer], rows_speak_against: bool) -> str:
    """One sentence. ``here``: seconds on this machine; infinite = it does not fit, None = it was not measured."""
    if rows_speak_against:
        return "Don't: what speaks against training on these rows stands below; no machine mends that."
    if here is None:
        return "Don't rent before you know what this machine needs: it fits here, and was not measured."
    if not found and here == math.inf:
        return "Don't: it fits none of these GPUs; take a smaller --base, or --method qlora."
    if not found or here <= max(_ENOUGH, min(one.seconds for one in found)):
        return "Don't rent: this machine does it in the time, for nothing."
    rented = min((one for one in found if one.dollars), key=lambda one: one.dollars, default=None)
    lent = next((one for one in found if not one.dollars), None)
    if lent is not None and (rented is None or lent.seconds <= 4 * 3600):
        return "Don't rent: Colab's lent GPU does it for nothing (`assistant train notebook`), while one is free."
    assert rented is not None  # one of them is there
    return (
        f"Rent: {rented.gpu.name} at {rented.gpu.where} costs least, about ${rented.dollars:.2f} "
        f"(assistant rent up --training --gpu {rented.gpu.name}, then train fit --on)."
    )
