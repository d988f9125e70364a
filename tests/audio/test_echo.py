from __future__ import annotations

from collections import deque

import numpy as np
import pytest

from assistant.audio import FRAME_SECONDS, SAMPLE_RATE
from assistant.audio import echo as echo_module
from assistant.audio.played import FrameClock, Played
from assistant.bench.echo import find
from tests.audio.echo_room import LEAD, RoomMicrophone, hear, judged, level, microphone_in, recorded, starts


@pytest.mark.parametrize(("decibels", "delay"), [(0, 0.02), (0, 0.25), (-6, 0.1), (-12, 0.25), (-20, 0.02)])
def test_the_assistant_does_not_hear_itself(reply24k, decibels, delay):
    near = recorded(reply24k, delay, decibels)
    recognised, detected = hear(near, reply24k)
    assert starts(detected) == []
    assert level(detected, 3.0) < level(near, 3.0) - 20
    assert level(recognised, 3.0) < level(near, 3.0) + (1 if decibels == -20 else -5)


@pytest.mark.parametrize("delay", [0.02, 0.25])
def test_a_first_block_that_is_reported_late_hides_no_echo(reply24k, delay):
    near = recorded(reply24k, delay, -6)
    _, detected = hear(near, reply24k, first_late=0.06)
    assert starts(detected) == []
    assert level(detected, 3.0) < level(near, 3.0) - 20


def test_without_cancelling_it_would(reply24k):
    assert starts(recorded(reply24k, 0.1, -12))


@pytest.mark.parametrize(("decibels", "delay"), [(None, 0.1), (-6, 0.02), (-12, 0.1), (-20, 0.25)])
@pytest.mark.parametrize("at", [1.2, 4.0])
def test_a_user_who_speaks_over_a_reply_is_heard_at_once(reply24k, user, decibels, delay, at):
    first = starts(hear(recorded(reply24k, delay, decibels, user, at), reply24k)[1])[0]
    assert at < first < at + 0.3


def test_a_user_with_a_headset_is_not_muffled(reply24k, user):
    near = recorded(reply24k, 0.1, None, user, at=1.0)
    first = round((LEAD + 0.9) / FRAME_SECONDS)
    for heard in hear(near, reply24k):
        assert np.array_equal(heard[first:], near[first:])


@pytest.mark.parametrize("decibels", [None, 0, -20])
def test_whether_there_is_an_echo_is_known_within_0_9_seconds_of_the_first_reply(reply24k, decibels):
    verdicts = judged(recorded(reply24k, 0.25, decibels), reply24k)
    known = round((LEAD + 0.9) / FRAME_SECONDS)
    assert verdicts[round(LEAD / FRAME_SECONDS)] is None
    assert set(verdicts[known:]) == {decibels is not None}


def test_a_low_echo_that_the_user_talked_over_is_found_when_the_user_is_silent(reply24k, user):
    verdicts = judged(recorded(reply24k, 0.1, -20, np.tile(user, 3)[: 4 * SAMPLE_RATE] * 2), reply24k)
    assert all(verdicts[round((LEAD + 4.7) / FRAME_SECONDS) :])


@pytest.mark.parametrize("decibels", [-6, -12])
def test_speech_recognition_gets_the_user_undistorted(reply24k, user, decibels):
    near, alone = (recorded(reply24k, 0.1, echo, user, at=4.0) for echo in (decibels, None))
    recognised, detected = hear(near, reply24k)

    def error(frames: np.ndarray) -> float:
        return level(frames - alone, 4.0) - level(alone, 4.0)

    assert error(recognised) < error(near) - 8
    assert error(recognised) < error(detected) - 3


def test_while_nothing_is_played_the_microphone_is_passed_on_as_it_is(reply24k, user, monkeypatch):
    worked = []
    monkeypatch.setattr(echo_module.EchoSuppressor, "__call__", lambda self, near, far: worked.append(near) or near * 0)
    near = recorded(reply24k, 0.1, None, user, at=-0.9)
    for heard in hear(near, np.zeros_like(reply24k)):
        assert np.array_equal(heard, near)
    assert not worked


@pytest.mark.parametrize("burst", [3, 10])
def test_frames_and_blocks_that_come_in_bursts_change_nothing(reply24k, burst):
    near = recorded(reply24k, 0.1, -6)
    recognised, detected = hear(near, reply24k, burst=burst)
    assert level(detected, 4.0) < level(near, 4.0) - 15 and level(recognised, 4.0) < level(near, 4.0) - 10


@pytest.mark.parametrize("lost", [range(100, 250), range(100, 104)])
def test_after_frames_were_lost_the_echo_is_still_found_where_it_was(reply24k, lost):
    near = recorded(reply24k, 0.1, -6)
    recognised, detected = hear(near, reply24k, lost=lost)
    rest = np.delete(near, lost, axis=0)
    assert level(detected, 6.0) < level(rest, 6.0) - 15 and level(recognised, 6.0) < level(rest, 6.0) - 10


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


def test_closing_it_closes_the_microphone(reply24k):
    microphone = RoomMicrophone(recorded(reply24k, 0.1, None), reply24k)
    microphone_in(microphone).close()
    assert microphone.closed


def test_the_clip_is_found_under_an_echo(reply24k, user):
    near = recorded(reply24k, 0.1, 0, user, at=2.5).reshape(-1)
    assert abs(find(near, user) / SAMPLE_RATE - LEAD - 2.5) < 0.002


@pytest.mark.parametrize("moved", [0.015, 0.03])
def test_a_reply_that_starts_again_at_another_delay_is_not_taken_for_the_user(reply24k, user, moved):
    """As after an interruption: the sound card's delay has changed, and the suppressor must find its way again."""
    first, second = (recorded(reply24k, delay, -6) for delay in (0.08, 0.08 + moved))
    _, detected = hear(np.concatenate([first, second]), np.concatenate([reply24k, reply24k]))
    assert starts(detected) == []
