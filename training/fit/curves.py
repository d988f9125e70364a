"""The curves of a training run as a picture."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path


def draw(curves: Sequence[dict[str, float]], best_step: int, name: str, target: Path) -> None:
    """``curves`` as in `training.fit.watch.Record`; a PNG, replaced in one step. Raises OSError."""
    import matplotlib
    from matplotlib.figure import Figure  # not pyplot: no window system is asked for

    matplotlib.rcdefaults()  # a matplotlibrc in the folder that one stands in is read while it is imported

    figure = Figure(figsize=(8, 5), dpi=120, layout="constrained")
    losses = figure.subplots()
    trained = [(point["step"], point["loss"]) for point in curves if "loss" in point]
    looks = [(point["step"], point["held_out_loss"]) for point in curves if "held_out_loss" in point]
    known = [(point["step"], point["known"]) for point in curves if "known" in point]
    lines = []
    if trained:
        lines += losses.plot(*zip(*trained), color="#9ab8d8", linewidth=1, label="training loss, each step")
        lines += losses.plot(*zip(*_smooth(trained)), color="#1f5fa8", linewidth=2, label="training loss, smoothed")
    if looks:
        lines += losses.plot(
            *zip(*looks), color="#d1602a", linewidth=2, marker="o", markersize=4, label="validation loss"
        )
    losses.set_xlabel("optimizer step")
    losses.set_ylabel("loss (nats per answer token)")
    losses.set_ylim(bottom=0)
    losses.grid(alpha=0.25)
    if known:
        share = losses.twinx()
        lines += share.plot(
            *zip(*known),
            color="#3a8a4f",
            linewidth=2,
            linestyle="--",
            marker="s",
            markersize=4,
            label="questions the base knew, still answered",
        )
        share.set_ylim(-0.02, 1.05)
        share.yaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
        share.set_ylabel("still answered")
    if best_step:
        kept = f"kept: step {best_step}"
        lines.append(losses.axvline(best_step, color="#555555", linewidth=1, linestyle=":", label=kept))
    losses.set_title(name)
    losses.legend(handles=lines, loc="upper center", bbox_to_anchor=(0.5, -0.13), ncols=2, frameon=False)
    part = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        figure.savefig(part, format="png")
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def _smooth(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """The mean over the last tenth of the steps."""
    width = max(1, len(points) // 10)
    return [
        (step, sum(value for _, value in points[max(0, place - width + 1) : place + 1]) / min(width, place + 1))
        for place, (step, _) in enumerate(points)
    ]
