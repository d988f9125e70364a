"""A voice over the reply is noticed at its onset, with an echo and without, and the reply's own echo is not one."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest

from assistant.audio import FRAME_SAMPLES, FRAME_SECONDS
from assistant.audio.onset import EchoRest, Onset
from assistant.audio.vad import Vad
from assistant.config import Settings
from tests.audio.echo_room import LEAD, RoomMicrophone, microphone_in, recorded

_HISS = 0.001


def onsets(near: np.ndarray, reply24k: np.ndarray) -> list[float]:
    """Seconds after the beginning of the reply at which a voice may have set in."""
    microphone, vad = microphone_in(RoomMicrophone(near, reply24k)), Vad(Settings().vad)
    is_speech = microphone.heard_by(vad)

    async def listen() -> list[bool]:
        return [is_speech(frame) or vad.onset or microphone.onset async for frame in microphone.frames()]

    return [number * FRAME_SECONDS - LEAD for number, onset in enumerate(asyncio.run(listen()), 1) if onset]


@pytest.mark.parametrize(("decibels", "delay"), [(0, 0.02), (0, 0.25), (-6, 0.1), (-12, 0.25), (-20, 0.02)])
def test_an_echo_is_no_onset(reply24k, decibels, delay):
    assert onsets(recorded(reply24k, delay, decibels), reply24k) == []


@pytest.mark.parametrize(("decibels", "delay"), [(0, 0.1), (-6, 0.02), (-12, 0.25), (-20, 0.1)])
def test_a_voice_over_an_echo_that_was_learned_is_an_onset_at_once(reply24k, user, decibels, delay):
    assert 4.0 < onsets(recorded(reply24k, delay, decibels, user, at=4.0), reply24k)[0] < 4.12


@pytest.mark.parametrize(
    ("decibels", "delay", "at"),
    [(None, 0.1, 0.2), (None, 0.1, 0.4), (-6, 0.1, 0.4), (-12, 0.25, 0.2), (-20, 0.1, 0.2), (-20, 0.1, 0.4)],
)
def test_a_voice_over_the_first_words_of_a_first_reply_is_an_onset(reply24k, user, decibels, delay, at):
    assert at < onsets(recorded(reply24k, delay, decibels, user, at), reply24k)[0] < at + 0.3


def frames(seconds: float, level: float) -> list[np.ndarray]:
    chance = np.random.default_rng(0)
    return [
        (level * chance.standard_normal(FRAME_SAMPLES)).astype(np.float32)
        for _ in range(round(seconds / FRAME_SECONDS))
    ]


def test_two_loud_voiced_frames_in_a_row_are_an_onset():
    onset = Onset()
    assert not any(onset(frame, voiced=False) for frame in frames(0.5, _HISS))
    assert [onset(frame, voiced=True) for frame in frames(0.06, 0.1)] == [False, True, True]
    assert not onset(frames(0.02, 0.1)[0], voiced=False)


def test_what_is_as_loud_as_the_rest_of_an_echo_is_no_onset():
    onset = Onset()
    assert not any(onset(frame, voiced=True, echo=0.2) for frame in frames(0.5, 0.1))
    assert any(onset(frame, voiced=True, echo=0.2) for frame in frames(0.5, 0.5))


def test_how_much_is_left_of_an_echo_is_learned_within_a_second_and_fades_with_it():
    rest = EchoRest()
    first, *levels = [rest(echo, 0.03 * echo) for echo in frames(2.0, 0.1)]
    assert first > 0.1 and levels[-1] < 0.03
    after = [rest(silence, silence) for silence in frames(0.4, 0.0)]
    assert after[-1] < 0.2 * levels[-1]
