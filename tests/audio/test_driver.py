"""PortAudio's thread: calls that hang."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import replace
from types import SimpleNamespace

import pytest

from assistant.audio import devices, sound_server
from assistant.audio.devices import Device
from assistant.audio.driver import Driver
from assistant.audio.sound_server import SoundServer
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


def test_a_stream_is_not_started_again_when_what_it_was_opened_on_is_gone(monkeypatch):
    """PortAudio's call would never come back, and the process would end when the stream is closed."""
    server, started = ["first"], []
    monkeypatch.setattr(SoundServer, "behind", lambda self, device: (server[0], None))
    stream = SimpleNamespace(start=lambda: started.append(server[0]), opened_on=("first", None))
    device = Device(0, "speaker", "ALSA", 0, 2, 48_000.0, False, True)

    async def starts() -> None:
        driver = Driver()
        await driver.start(stream, device)
        server[0] = "second"
        with pytest.raises(DeviceError):
            await driver.start(stream, device)

    asyncio.run(starts())
    assert started == ["first"]


def test_a_stream_knows_what_it_was_opened_on(monkeypatch, tmp_path):
    monkeypatch.setattr(SoundServer, "_asked", lambda self, question: None)  # no sound server: by the card alone
    cards = tmp_path / "card1"
    cards.mkdir()
    monkeypatch.setattr(sound_server, "_CARDS", str(tmp_path / "card"))
    usb = Device(3, "USB Audio: - (hw:1,0)", "ALSA", 0, 2, 48_000.0, False, True)
    server = SoundServer()
    before = server.behind(usb)
    assert server.behind(usb) == before
    cards.rename(tmp_path / "gone")
    assert server.behind(usb) != before
    assert server.behind(replace(usb, name="default")) == (None, None)
