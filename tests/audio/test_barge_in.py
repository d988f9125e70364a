"""What the barge-in benchmark reads out of recordings, and what the speaker keeps of what was not heard."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.audio.output import Queue
from assistant.bench import barge_in

RATE = 16_000


def sound(seconds: float, level: float = 0.3) -> np.ndarray:
    return level * np.random.default_rng(0).standard_normal(round(seconds * RATE)).astype(np.float32)


def silence(seconds: float) -> np.ndarray:
    return np.zeros(round(seconds * RATE), np.float32)


def test_speech_sets_in_after_the_room_a_breath_and_a_click():
    room = sound(0.5, 0.002)
    room[1600:1760] += sound(0.01)  # a click
    room[4000:4800] += sound(0.05, 0.01)  # a breath
    assert barge_in.onset(np.concatenate([room, sound(1.0)])) == pytest.approx(0.5, abs=0.011)


def test_speech_that_begins_with_the_recording_sets_in_at_once():
    assert barge_in.onset(sound(1.0)) == 0.0


@pytest.mark.parametrize(
    "reply, silent_after",
    [
        ([sound(1.3), silence(1.0)], 0.3),
        ([sound(1.1), silence(0.2), sound(0.2), silence(1.0)], 0.5),  # 0.2 s is a pause between words
        ([sound(0.9), silence(0.5), sound(0.5), silence(0.5)], 0.0),  # it was silent before
        ([sound(3.0)], None),
    ],
)
def test_silence_is_where_the_reply_ends_not_where_it_draws_breath(reply, silent_after):
    recording = SimpleNamespace(audio=np.concatenate(reply), start=100.0)
    found = barge_in._until_silent(recording, 101.0)
    assert found == (None if silent_after is None else pytest.approx(silent_after, abs=0.011))


@given(st.lists(st.integers(1, 50), min_size=1, max_size=8), st.lists(st.integers(1, 40), max_size=8), st.floats(0, 1))
def test_what_was_taken_but_not_heard_comes_again(chunks, takes, share):
    queue, total = Queue(1000), sum(chunks)
    samples = np.arange(total, dtype=np.float32)
    queue.chunks.extend(np.split(samples, np.cumsum(chunks)[:-1]))
    for number, count in enumerate(takes):
        queue.take(np.zeros(count, np.float32), float(number))
    heard = round(share * (queue.position - 1000))
    queue.put_back(1000 + heard)
    assert queue.position == 1000 + heard
    rest = np.zeros(total - heard, np.float32)
    assert queue.take(rest, 99.0) == total - heard
    assert rest.tolist() == samples[heard:].tolist()
    assert queue.heard(1000.0) == 1000 + total
