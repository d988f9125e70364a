"""The speaker on a driver that misbehaves; how it behaves on a real one is in test_sound_card.py."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest

from assistant.audio.card import Card
from assistant.audio.playback import OutputSpeaker
from assistant.audio.watch import Watch
from assistant.errors import DeviceError
from tests.audio.scripted_machine import Machine, converse, ramp


def alone(card: Card) -> OutputSpeaker:
    """A speaker that nobody heals, on the card's machine."""
    speaker = OutputSpeaker(card._driver, 0.06)
    device = card._driver.find("output", "speaker two")
    speaker.attach(device, speaker.opened(device))
    return speaker


def test_a_speaker_that_nobody_heals_ends_with_a_sentence():
    machine = Machine("mic", "speaker", "speaker two")

    async def script(card: Card) -> None:
        speaker = alone(card)
        speaker.write(ramp(1.0))
        machine.unplug("speaker two")
        with pytest.raises(DeviceError, match="the speaker 'speaker two' has stopped working"):
            await speaker.drained()
        speaker.close()

    converse(machine, script)


def test_a_driver_that_hangs_while_it_ends_a_stream_is_a_device_that_is_gone():
    machine = Machine("mic", "speaker", "speaker two")

    async def script(card: Card) -> None:
        speaker = alone(card)
        speaker.stream.halted = True  # the callback has ended the stream, and it is active nevertheless
        machine.unplug("speaker two")
        speaker.write(ramp(1.0))
        with pytest.raises(DeviceError, match="speaker two"):
            await speaker.drained()
        speaker.close()

    converse(machine, script)


def test_pauses_are_counted_and_not_the_time_in_which_the_process_was_stopped():
    watch = Watch()
    assert not any(watch.is_lost(True, 100, 0.1) for _ in range(5))
    assert not watch.is_lost(True, 101, 0.1)
    assert [watch.is_lost(True, 101, 0.1) for _ in range(6)] == [False] * 5 + [True]
    assert Watch().is_lost(False, 0, 0.1)


def test_a_stream_that_has_just_begun_may_take_its_time():
    watch = Watch()
    assert [watch.is_lost(True, 0, 1.0) for _ in range(4)] == [False] * 3 + [True]


def test_a_chime_sounds_over_the_reply_at_once_and_is_not_counted():
    machine = Machine("mic", "speaker", "speaker two")

    async def script(card: Card) -> None:
        speaker = alone(card)
        output = speaker.stream

        def played() -> np.ndarray:
            return output._render(480, asyncio.get_running_loop().time())

        speaker.chime(np.full(600, 0.25, np.float32))
        assert (played() == 0.25).all() and speaker.started_at is None
        speaker.write(np.full(960, 0.5, np.float32))
        block = played()
        assert block[119] > 0.7 and (block[120:] == 0.5).all()  # what was left of the chime, then the reply alone
        assert speaker.started_at is not None and speaker.written == 960
        played()
        speaker.chime(np.full(600, 0.25, np.float32))
        speaker.chime(np.full(480, -0.25, np.float32))  # the newer one
        assert (played() == -0.25).all() and not played().any()
        assert speaker.reference[-2][1][0] == -0.25  # the echo canceller knows it
        speaker.close()

    converse(machine, script)
