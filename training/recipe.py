"""Everything that decides what a training run does; the same on a GPU and on the CPU."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal


def option(default: Any, help: str) -> Any:
    return field(default=default, metadata={"help": help})


@dataclass(frozen=True)
class Recipe:
    method: Literal["lora", "qlora", "full"] = option(
        "lora",
        "lora = small matrices beside the frozen weights; qlora = the same over 4-bit weights (GPU only); "
        "full = every weight, needs 8 times the memory",
    )
    epochs: float = option(5.0, "times every row is seen; more learns the rows better and everything else worse")
    steps: int = option(0, "optimizer steps instead of epochs; 0 = as many as the epochs make")
    batch: int = option(4, "rows per step on the device; more is smoother and needs more memory")
    accumulate: int = option(1, "batches gathered into one optimizer step; like a larger batch without its memory")
    learning_rate: float = option(3e-4, "higher learns quicker and forgets quicker; for full use a tenth")
    rank: int = option(16, "LoRA: width of the matrices; higher can hold more facts and needs more memory")
    alpha: int = option(32, "LoRA: weight of the matrices is alpha / rank")
    dropout: float = option(0.0, "LoRA: share of the inputs left out at random; higher overfits less, learns slower")
    warmup: float = option(0.05, "share of the steps in which the learning rate rises")
    length: int = option(512, "tokens per row; longer rows are refused, not cut")
    evaluate: int = option(
        0, "steps between two looks at the held-out rows; 0 = two looks per epoch, at least every 50 steps"
    )
    patience: int = option(3, "looks without a better validation loss after which training stops; 0 = never")
    forget: float = option(
        0.3,
        "share of the questions the base model knew that may be lost before training stops, "
        "beyond the chance of which were asked; 1 = never",
    )
    seed: int = option(0, "same seed, same machine, same result")
