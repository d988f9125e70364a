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


def test_a_driver_that_hangs_while_it_ends_a_stream_is_a_device_that_is_gone(monkeypatch):
    driver = SimpleNamespace(OutputStream=Stream, CallbackAbort=Abort, PortAudioError=OSError)
    monkeypatch.setattr(playback, "portaudio", lambda: driver)
    monkeypatch.setattr(playback, "format_for", lambda *_: (24_000, 1))
    monkeypatch.setattr(playback, "_SILENT_DEVICE", 0.0)
    monkeypatch.setattr(playback, "_REST_AFTER", 0.0)
    speaker = playback.OutputSpeaker(Device(0, "Card", "ALSA", 0, 2, 24_000, False, True), 0.06)
    moment = SimpleNamespace(outputBufferDacTime=0.06, currentTime=0.0)
    with pytest.raises(Abort):  # there is nothing to say: it goes to rest
        speaker._callback(np.zeros((480, 1), np.float32), 480, moment, None)
    speaker.write(np.ones(2400, np.float32))

    async def heard() -> None:
        async with asyncio.timeout(5.0):
            await speaker.drained()

    with pytest.raises(DeviceError, match="Card"):
        asyncio.run(heard())
