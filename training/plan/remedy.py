"""What does not fit, in a sentence each, and the nearest recipes that would."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from training.plan import memory
from training.plan.memory import GB, Need
from training.plan.shape import Shape
from training.recipe import Recipe


def needs(
    shape: Shape, recipe: Recipe, row: int, kinds: Sequence[str], gpu: bool, unsloth: bool, base: bool
) -> list[Need]:
    """Everything from the first step to the last exported file; the parameters are those of `training.plan.memory`."""
    return [
        *memory.training(shape, recipe, row, gpu, unsloth),
        *memory.merging(shape, recipe),
        *memory.exporting(shape),
        memory.disk(shape, recipe, kinds, base),
    ]


def refused(wanted: Sequence[Need], there: dict[str, float]) -> list[str]:
    """A sentence for each need that is larger than what is free; none when all fits."""
    return [
        f"to {need.what}, {need.bytes / GB:.1f} GB of {need.place} are needed and "
        f"{there.get(need.place, 0) / GB:.1f} GB are free"
        for need in wanted
        if not memory.fits(need, there)
    ]


def would_fit(
    shape: Shape,
    recipe: Recipe,
    row: int,
    kinds: Sequence[str],
    there: dict[str, float],
    gpu: bool,
    unsloth: bool,
    base: bool,
) -> list[str]:
    """Single changes after which all of it fits, the least painful first; a smaller model when no other does."""

    def fit(changed: Recipe, row: int = row, kinds: Sequence[str] = kinds, shape: Shape = shape) -> bool:
        return all(memory.fits(need, there) for need in needs(shape, changed, row, kinds, gpu, unsloth, base))

    found = []
    batch = memory.largest(lambda batch: fit(replace(recipe, batch=batch)), recipe.batch - 1)
    if batch:
        same = -(-recipe.batch * recipe.accumulate // batch)
        found.append(f"--batch {batch} --accumulate {same} (about the same steps, less memory)")
    length = memory.largest(lambda length: fit(recipe, row=length), row - 1)
    if length >= 32:
        found.append(f"rows of at most {length} tokens (the longest has {row})")
    if recipe.method == "full" and fit(replace(recipe, method="lora")):
        found.append("--method lora instead of full")
    if recipe.method != "qlora" and gpu and fit(replace(recipe, method="qlora")):
        found.append("--method qlora, over 4-bit weights")
    fewer = [kind for kind in ("adapter", "q4_k_m", "q8_0") if kinds != [kind] and fit(recipe, kinds=[kind])]
    if fewer:
        found.append(f"exporting {fewer[0]} only (--export {fewer[0]})")
    if batch != 1 and recipe.batch > 1:
        smallest = replace(recipe, batch=1, accumulate=recipe.batch * recipe.accumulate)
        smallest = smallest if smallest.method != "full" else replace(smallest, method="lora")
        if not found and fit(smallest):
            found.append(f"--method {smallest.method} --batch 1 --accumulate {smallest.accumulate} together")
    if not found:
        found.append(_smaller(shape, lambda other: fit(replace(recipe, batch=1), shape=other)))
    return found


def _smaller(shape: Shape, fit: Callable[[Shape], bool]) -> str:
    """The same build with fewer weights in every part; what is left without any model is named, too."""
    percent = memory.largest(lambda percent: fit(_scaled(shape, percent / 100)), 99)
    if not percent:
        return "no model at all: free memory or disk first, or let a GPU elsewhere do it (`assistant train notebook`)"
    millions = _scaled(shape, percent / 100).parameters / 1e6
    return (
        f"a model of at most about {millions:,.0f} million weights with --batch 1, or a GPU elsewhere "
        "(`assistant train notebook`)"
    )


def _scaled(shape: Shape, share: float) -> Shape:
    """Weights grow with the square of the width."""
    side = share**0.5
    return replace(
        shape,
        parameters=int(shape.parameters * share),
        hidden=int(shape.hidden * side),
        feed_forward=int(shape.feed_forward * side),
        heads=max(1, int(shape.heads * side)),
    )
