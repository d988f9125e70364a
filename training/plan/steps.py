"""What a recipe amounts to, before anything is trained: steps and epochs, as transformers' Trainer counts them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from training.recipe import Recipe
from training.rows import Row

if TYPE_CHECKING:
    from training.chat import Chat

_MANY = 0.2
FEW = 50
"""Rows below which examples in the prompt mostly do as well as training."""


@dataclass(frozen=True)
class StepCount:
    per_epoch: int
    """Optimizer steps in which every row is seen once; the last batch of an epoch may be smaller."""
    total: int
    epochs: float
    """Times every row is seen, exact to the step: total / per_epoch."""


def steps(recipe: Recipe, rows: int) -> StepCount:
    """The arithmetic of `transformers.Trainer.set_initial_training_values` (5.23): incomplete batches and incomplete
    accumulations count as whole ones, and so does the last step of a broken number of epochs.

    ``rows`` are those trained on, at least 1.
    """
    batches = math.ceil(rows / recipe.batch)
    per_epoch = max(math.ceil(batches / recipe.accumulate), 1)
    total = recipe.steps or math.ceil(recipe.epochs * per_epoch)
    return StepCount(per_epoch, total, total / per_epoch)


def evaluate_every(recipe: Recipe, counted: StepCount) -> int:
    """Steps between two looks at the held-out rows: as the recipe says, or two looks per epoch, at least every 50."""
    return recipe.evaluate or max(1, min(50, counted.per_epoch // 2))


def warmup(recipe: Recipe, counted: StepCount) -> int:
    """Steps in which the learning rate rises."""
    return math.ceil(recipe.warmup * counted.total)


def written(recipe: Recipe, rows: int, tokens: int = 0) -> list[str]:
    """The whole arithmetic, one line each; ``tokens`` of all rows together (prompt and answer), 0 = not known."""
    counted = steps(recipe, rows)
    batches = math.ceil(rows / recipe.batch)
    lines = [f"{rows} rows / {recipe.batch} per batch = {batches} batches per epoch" + _last(rows, recipe.batch)]
    lines.append(
        f"{batches} batches / {recipe.accumulate} accumulated = {counted.per_epoch} optimizer steps per epoch"
        + _last(batches, recipe.accumulate)
    )
    if recipe.steps:
        lines.append(
            f"{recipe.steps} steps / {counted.per_epoch} per epoch = {counted.epochs:.4g} epochs "
            "(--steps decides, not --epochs)"
        )
    else:
        rounded = "" if math.isclose(counted.epochs, recipe.epochs) else f" (rounded up: {counted.epochs:.4g} epochs)"
        lines.append(f"{counted.per_epoch} steps per epoch × {recipe.epochs:g} epochs = {counted.total} steps{rounded}")
        lines.append(
            f"the same with --steps {counted.total}; --steps {counted.total + counted.per_epoch} would be "
            "one epoch more"
        )
    if tokens:
        per_row = tokens / rows
        per_step = per_row * recipe.batch * recipe.accumulate
        lines.append(
            f"{recipe.batch} rows × {recipe.accumulate} × {per_row:.1f} tokens per row = {per_step:.0f} "
            f"tokens per step; × {counted.total} steps = about "
            f"{tokens * counted.epochs:,.0f} in all"
        )
    lines.append(
        f"the learning rate rises over the first {recipe.warmup:g} × {counted.total} = "
        f"{warmup(recipe, counted)} steps; a look at the held-out rows "
        f"every {evaluate_every(recipe, counted)}"
    )
    return lines


def _last(count: int, size: int) -> str:
    rest = count % size
    return f" (rounded up: the last one has {rest})" if rest and count > size else ""


@dataclass(frozen=True)
class Tokens:
    """Of all rows together, as the chat template renders them."""

    answer: int
    """Learned: the answers, each with the token that ends its turn."""
    prompt: int
    """Read but not learned."""
    longest: int
    """Tokens of the longest row, prompt and answer."""
    line: int
    """Where it stands; see `Row.line`."""
    exact: bool
    """False: estimated from the number of characters."""

    @property
    def all(self) -> int:
        return self.answer + self.prompt


def count(rows: Sequence[Row], system: str, chat: Chat | None) -> Tokens:
    """``chat`` = None: no tokenizer is at hand, so four characters are counted as a token, a message as four more."""
    lengths = [_lengths(row, system, chat) for row in rows]
    longest, row = max(zip(map(sum, lengths), rows), key=lambda one: one[0])
    return Tokens(
        sum(answer for _, answer in lengths), sum(prompt for prompt, _ in lengths), longest, row.line, chat is not None
    )


def _lengths(row: Row, system: str, chat: Chat | None) -> tuple[int, int]:
    if chat is not None:
        prompt, answer = chat.example(row, system)
        return len(prompt), len(answer)
    messages = row.prompt(system)
    return sum(len(message["content"]) // 4 + 5 for message in messages), len(row.answer) // 4 + 2


def speaks_against(rows: int, unknown: float | None) -> bool:
    """Whether `when_not` says so of these very rows."""
    return rows < FEW or (unknown is not None and unknown >= _MANY)


def when_not(rows: int, unknown: float | None) -> str:
    """When fine-tuning is the wrong tool, what speaks against it for these rows first.

    ``unknown``: share of the rows that are new facts to the base model, as `training.judge.probe` finds it; None = not
    known. Gekhman et al. 2024: fitting such rows made closed-book accuracy fall from 37.5 to 25.8.
    """
    said = []
    if rows < FEW:
        said.append(
            f"These are {rows} rows: with fewer than {FEW}, first try them as examples in the prompt "
            "(few-shot); it costs nothing and is undone at once."
        )
    if unknown is None:
        said.append("It is not known how many of these rows are new facts to the model; `assistant train probe` tells.")
    elif unknown >= _MANY:
        said.append(
            f"{unknown:.0%} of these rows are new facts to the model: training on them teaches it to make up "
            "others. Put the facts into documents (`assistant rag add`) and train on the rest (probe --split)."
        )
    else:
        said.append(f"{unknown:.0%} of these rows are new facts to the model, which is few.")
    said.append(
        "Do not fine-tune for facts that change, or whose source must be named: retrieval (RAG) answers from "
        "today's documents and cites them. Nor for what a better prompt or a larger model does. Fine-tune for "
        "style, persona, format and wording, and compare with the base model afterwards "
        "(`assistant compare run`): more often than not the gain is smaller than hoped."
    )
    return " ".join(said)
