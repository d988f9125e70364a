"""PortAudio's thread: calls that hang."""

from __future__ import annotations

import asyncio
import threading

import pytest

from assistant.audio import devices
from assistant.audio.devices import Device
from assistant.audio.driver import Driver
from assistant.errors import DeviceError

DEVICE = Device(0, "Card", "Scripted", 1, 1, 48_000.0, True, True)


class Stream:
    def __init__(self) -> None:
        self.closed = threading.Event()

    def close(self) -> None:
        self.closed.set()


def test_a_call_that_hangs_is_left_to_its_fate_and_the_next_one_is_done(monkeypatch):
    went_on, rescans = threading.Event(), []
    monkeypatch.setattr(devices, "rescan", lambda: rescans.append(1))

    async def calls() -> None:
        driver = Driver()
        with pytest.raises(DeviceError, match="does not answer"):
            await driver.call(went_on.wait, limit=0.05)
        assert driver.hanging == 1
        await driver.rescan()
        assert not rescans  # PortAudio would close what the hanging call has open
        assert await driver.call(lambda: 5) == 5
        went_on.set()
        while driver.hanging:
            await asyncio.sleep(0)
        await driver.rescan()
        assert rescans

    asyncio.run(calls())


def test_a_stream_that_is_opened_too_late_is_closed(monkeypatch):
    monkeypatch.setattr("assistant.audio.driver._LIMIT", 0.05)
    went_on, stream = threading.Event(), Stream()

    def opened(device: Device) -> Stream:
        went_on.wait()
        return stream

    async def calls() -> None:
        driver = Driver()
        with pytest.raises(DeviceError):
            await driver.open("input", opened, DEVICE)
        went_on.set()
        assert await asyncio.to_thread(stream.closed.wait, 5.0)

    asyncio.run(calls())


def test_other_devices_are_noticed_by_a_process_of_its_own(card, monkeypatch):
    for name, value in card.environment.items():
        monkeypatch.setenv(name, value)
    seen = [("default", True), ("pulse", False)]

    async def changed(listed) -> bool:
        monkeypatch.setattr(Driver, "listed", staticmethod(lambda kind: listed))
        return await Driver().changed("input")

    found = [asyncio.run(changed(listed)) for listed in (sorted(seen), sorted(seen, reverse=True), [], seen[:1])]
    assert sorted(found) == [False, True, True, True]  # one of both orders is what there is
    card.kill_server()
    assert not asyncio.run(changed(seen))
