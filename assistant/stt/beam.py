"""Beam search: the most probable rows of tokens, where the likeliest token each time finds but one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

Follow = Callable[[Sequence[int], Sequence[int]], np.ndarray]
"""Which of the rows that were followed last go on, and each one's new token -> the natural logarithms of how likely
each token is behind them, of shape (rows, tokens)."""


@dataclass(frozen=True)
class Row:
    tokens: tuple[int, ...]
    """Without the end."""
    logs: tuple[float, ...]
    """Natural logarithm of each token's probability, and of the end's."""

    @property
    def log_probability(self) -> float:
        return sum(self.logs)

    def and_then(self, token: int, log: float) -> Row:
        return Row((*self.tokens, token), (*self.logs, log))

    def ended(self, log: float) -> Row:
        return Row(self.tokens, (*self.logs, log))


def search(
    follow: Follow, begin: int, end: int, width: int, least: float, most: float, cancelled: Callable[[], bool]
) -> list[Row] | None:
    """Up to ``width`` rows that came to their ``end``, the most probable first; None when it was cancelled.

    ``least``: log-odds against the most probable, below which a row is given up. ``most``: tokens of a row.
    """
    done: list[Row] = []
    rows, came = [Row((), ())], [0]
    while rows and len(rows[0].tokens) < most:
        if cancelled():
            return None
        logs = follow(came, [row.tokens[-1] if row.tokens else begin for row in rows])
        likeliest = np.argpartition(-logs, width, axis=1)[:, : width + 1]
        tried = sorted(
            (
                (row.log_probability + float(logs[at, token]), at, int(token))
                for at, row in enumerate(rows)
                for token in likeliest[at]
            ),
            reverse=True,
        )
        tried = [one for one in tried[: 2 * width] if one[0] >= tried[0][0] + 2 * least]
        done += [rows[at].ended(float(logs[at, token])) for _, at, token in tried if token == end]
        done = sorted(done, key=lambda row: -row.log_probability)[:width]
        bound = done[0].log_probability + least if done else -np.inf
        if len(done) == width:
            bound = max(bound, done[-1].log_probability)
        going = [(at, token) for total, at, token in tried if token != end and total > bound][:width]
        rows, came = (
            [rows[at].and_then(token, float(logs[at, token])) for at, token in going],
            [at for at, _ in going],
        )
    return [row for row in done if row.log_probability >= done[0].log_probability + least]
