"""The most probable rows of tokens, over tables of which each row's probability can be worked out by hand."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from assistant.stt import beam

BEGIN, END = 0, 1
NEXT = {
    (): {2: 0.6, 3: 0.4},
    (2,): {4: 0.5, 5: 0.45, END: 0.05},
    (3,): {4: 0.95, END: 0.05},
    (2, 4): {END: 1.0},
    (2, 5): {END: 1.0},
    (3, 4): {END: 1.0},
}
"""The likeliest first token is 2, the most probable row 3, 4."""


class Table:
    def __init__(self) -> None:
        self.rows: list[tuple[int, ...]] = [()]
        self.runs = 0

    def __call__(self, came: Sequence[int], tokens: Sequence[int]) -> np.ndarray:
        self.runs += 1
        if list(tokens) != [BEGIN]:
            self.rows = [(*self.rows[at], token) for at, token in zip(came, tokens)]
        scores = np.full((len(self.rows), 12), 1e-9)
        for at, row in enumerate(self.rows):
            for token, probability in NEXT.get(row, {END: 1.0}).items():
                scores[at, token] = probability
        return np.log(scores)


def search(width: int = 4, least: float = -2.0, most: float = 9, cancelled=lambda: False):
    return beam.search(Table(), BEGIN, END, width, least, most, cancelled)


def test_the_most_probable_row_comes_first_though_its_first_token_is_not_the_likeliest():
    assert [row.tokens for row in search()] == [(3, 4), (2, 4), (2, 5)]
    assert [row.log_probability for row in search()] == [
        pytest.approx(np.log(probability)) for probability in (0.38, 0.3, 0.27)
    ]


def test_a_beam_of_one_takes_the_likeliest_token_each_time():
    assert [row.tokens for row in search(width=1)] == [(2, 4)]


def test_what_is_far_less_probable_is_left_out():
    assert [row.tokens for row in search(least=-0.3)] == [(3, 4), (2, 4)]


def test_rows_that_never_end_are_none():
    assert search(most=1) == []


def test_a_cancelled_search_ends_within_a_step():
    table, asked = Table(), iter((False, True))
    assert beam.search(table, BEGIN, END, 4, -2.0, 9, lambda: next(asked)) is None
    assert table.runs == 1
