"""Where a training run stands, for the screen."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class FitProgress:
    step: int
    total: int
    of: str = "step"
    """What is counted: ``step``, or ``question`` while the base model is asked before the first step."""
    loss: float | None = None
    held_out_loss: float | None = None
    known: tuple[int, int] = (0, 0)
    """Questions still answered, of those that the base model knew."""
    tokens_per_second: float = 0.0
    """Prompt and answer, in steps; looks and checkpoints are not counted."""
    seconds_left: float | None = None
    """Steps and looks, or questions, as fast as those until now."""
    doing: str = ""
    """``starts``, ``looked`` or what takes long beside the steps; empty after a step."""
