"""The speaker on a driver that misbehaves; how it behaves on a real one is in test_sound_card.py."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import numpy as np
import pytest

from assistant.audio import playback
from assistant.audio.devices import Device
from assistant.errors import DeviceError


class Stream:
    """One whose thread never comes back from ending it."""

    active = True
    latency = 0.06

    def __init__(self, **_) -> None:
        pass

    def start(self) -> None:
        pass


class Abort(Exception):
    pass


MOMENT = SimpleNamespace(outputBufferDacTime=0.06, currentTime=0.0)


@pytest.fixture
def speaker(monkeypatch):
    driver = SimpleNamespace(OutputStream=Stream, CallbackAbort=Abort, PortAudioError=OSError)
    monkeypatch.setattr(playback, "portaudio", lambda: driver)
    monkeypatch.setattr(playback, "format_for", lambda *_: (24_000, 1))
    return playback.OutputSpeaker(Device(0, "Card", "ALSA", 0, 2, 24_000, False, True), 0.06)


def test_a_driver_that_hangs_while_it_ends_a_stream_is_a_device_that_is_gone(monkeypatch, speaker):
    monkeypatch.setattr(playback, "_SILENT_DEVICE", 0.0)
    monkeypatch.setattr(playback, "_REST_AFTER", 0.0)
    with pytest.raises(Abort):  # there is nothing to say: it goes to rest
        speaker._callback(np.zeros((480, 1), np.float32), 480, MOMENT, None)
    speaker.write(np.ones(2400, np.float32))

    async def heard() -> None:
        async with asyncio.timeout(5.0):
            await speaker.drained()

    with pytest.raises(DeviceError, match="Card"):
        asyncio.run(heard())


def test_a_chime_sounds_over_the_reply_at_once_and_is_not_counted(speaker):
    def played() -> np.ndarray:
        block = np.zeros((480, 1), np.float32)
        speaker._callback(block, 480, MOMENT, None)
        return block[:, 0]

    async def play() -> None:
        speaker.chime(np.full(600, 0.25, np.float32))
        assert (played() == 0.25).all() and speaker.started_at is None
        speaker.write(np.full(960, 0.5, np.float32))
        block = played()
        assert block[119] > 0.7 and (block[120:] == 0.5).all()  # what was left of the chime, then the reply alone
        assert speaker.started_at is not None and speaker.written == 960
        speaker.chime(np.full(600, 0.25, np.float32))
        speaker.chime(np.full(480, -0.25, np.float32))  # the newer one
        assert (played() == 0.25).all() and not played().any()
        assert speaker.reference[-2][1][0] == 0.25  # the echo canceller knows it

    asyncio.run(play())
