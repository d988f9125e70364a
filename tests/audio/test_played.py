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
