from __future__ import annotations

from collections import deque

import numpy as np
import pytest

from assistant.audio import FRAME_SECONDS
from assistant.audio.played import FrameClock, Played


def test_frames_that_come_later_from_some_moment_on_are_of_the_same_time():
    clock = FrameClock(100.0)
    times = [clock(100.0 + number * FRAME_SECONDS + (0.031 if number > 150 else 0.0)) for number in range(1, 400)]
    assert np.allclose(np.diff(times), FRAME_SECONDS, atol=0.00021)
    assert times[-1] == pytest.approx(100.0 + 399 * FRAME_SECONDS, abs=0.001)


def test_frames_after_lost_ones_are_of_later_times():
    clock = FrameClock(100.0)
    times = [
        clock(100.0 + number * FRAME_SECONDS + (0.031 if number > 150 else 0.0), number == 151)
        for number in range(1, 400)
    ]
    assert times[-1] == pytest.approx(100.031 + 399 * FRAME_SECONDS, abs=0.001)


def test_a_stream_whose_first_blocks_are_reported_wrong_is_lined_up_by_the_later_ones():
    """As PulseAudio reports them: the first block 60 ms too late, three more put behind it, then the truth."""
    sound = np.sin(np.arange(40 * 480) / 7).astype(np.float32).reshape(40, 480)
    late = [0.06 - 0.013, -0.013, -0.013, -0.013] + [0.0] * 36
    reference = deque((100.0 + number * 0.02 + wrong, block) for number, (block, wrong) in enumerate(zip(sound, late)))
    played = Played(reference)
    taken = np.concatenate([played.take(100.0 + number * 0.02, 480) for number in range(40)])
    assert np.array_equal(taken[480:], sound.reshape(-1)[480:])


def test_blocks_that_a_stall_brought_together_and_that_are_reported_late_follow_each_other():
    """As PulseAudio reports them, when nothing was interrupted."""
    sound = np.sin(np.arange(60 * 480) / 7).astype(np.float32).reshape(60, 480)
    late = [0.0] * 30 + [0.102, 0.077, 0.017, 0.017, 0.017] + [0.0] * 25
    assert np.array_equal(taken_of(sound, late), sound.reshape(-1))


@pytest.mark.parametrize("gap", [0.05, 0.1, 0.5])
def test_a_gap_in_what_is_played_is_one(gap):
    sound = np.sin(np.arange(60 * 480) / 7).astype(np.float32).reshape(60, 480)
    taken = taken_of(sound, [0.0] * 30 + [gap] * 30)
    before, silent = sound[:30].reshape(-1), round(gap * 24_000)
    assert np.array_equal(taken[: len(before)], before)
    assert not taken[len(before) :][:silent].any()
    assert np.array_equal(taken[len(before) + silent :], sound[30:].reshape(-1)[: len(taken) - len(before) - silent])


def taken_of(sound: np.ndarray, late: list[float]) -> np.ndarray:
    """What is taken of blocks that are reported so many seconds ``late``, 0.1 s before they are heard."""
    reference: deque[tuple[float, np.ndarray]] = deque()
    played = Played(reference)
    taken = []
    for number in range(-5, len(sound)):
        if number + 5 < len(sound):
            reference.append((100.0 + (number + 5) * 0.02 + late[number + 5], sound[number + 5]))
        taken.append(played.take(100.0 + number * 0.02, 480))
    return np.concatenate(taken[5:])
