"""How far a comparison is, and what is left."""

from __future__ import annotations

import pytest
import rich.progress

from assistant.cli.compare.progress import progress_bar
from assistant.compare.run import CompareProgress


@pytest.fixture
def bars(monkeypatch):
    """The bars that are made, and their clock."""
    clock, bars = [0.0], []

    class Bar(rich.progress.Progress):
        def __init__(self, *columns, **options) -> None:
            super().__init__(*columns, **options, get_time=lambda: clock[0])
            bars.append(self)

    monkeypatch.setattr(rich.progress, "Progress", Bar)
    return bars, clock


def test_time_left_is_reckoned_from_this_session_alone(bars):
    bars, clock = bars
    with progress_bar() as show:
        for seconds, done in ((0, 50), (10, 50), (20, 51), (30, 52), (40, 53)):
            clock[0] = seconds
            show(CompareProgress("asking rag", done, 100))
        (task,) = bars[0].tasks
        assert (task.completed, task.total, task.time_remaining) == (53, 100, 470)


def test_the_judges_time_is_reckoned_from_its_own_pairs_and_not_those_on_record(bars):
    bars, clock = bars
    with progress_bar() as show:
        for seconds, state in (
            (0, CompareProgress("asking rag", 99, 100)),
            (1, CompareProgress("asking rag", 100, 100)),
            (10, CompareProgress("judging", 60, 80)),
            (20, CompareProgress("judging", 61, 80)),
            (30, CompareProgress("judging", 62, 80)),
        ):
            clock[0] = seconds
            show(state)
        (task,) = bars[0].tasks
        assert (task.completed, task.total, task.time_remaining) == (62, 80, 180)
