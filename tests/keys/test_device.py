"""Devices with keys: /sys and /dev of the test's own, and nodes that are pipes, read by evdev's own reader."""

from __future__ import annotations

import asyncio
import os
import struct
import sys
from pathlib import Path

import pytest

from assistant.cli import main as cli
from assistant.errors import UsageError
from assistant.modes.keys import device, input_devices
from tests.keys.recorded import recorded

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="evdev is Linux'")

F9, CTRL, PLAY, SIDE = 67, 29, 164, 0x113
KEY, SYN, DROPPED = 1, 0, 3


class Machine:
    """/sys/class/input and /dev/input, into which devices are plugged."""

    def __init__(self, root: Path) -> None:
        self.sys, self.dev = root / "sys", root / "dev"
        self.sys.mkdir()
        self.dev.mkdir()
        self.writers: dict[int, int] = {}
        self.active: dict[str, list[int]] = {}
        self.refused: set[Path] = set()

    def plug(self, number: int, name: str, *codes: int, readable: bool = True) -> None:
        folder = self.sys / f"event{number}" / "device"
        (folder / "capabilities").mkdir(parents=True)
        (folder / "name").write_text(f"{name}\n")
        mask = sum(1 << code for code in codes)
        words = [f"{mask >> shift & (1 << 64) - 1:x}" for shift in range(0, mask.bit_length() or 1, 64)]
        (folder / "capabilities/key").write_text(" ".join(reversed(words)) + "\n")
        node = self.dev / f"event{number}"
        os.mkfifo(node)
        self.writers[number] = os.open(node, os.O_RDWR)
        if not readable:
            self.refused.add(node)

    def unplug(self, number: int) -> None:
        folder = self.sys / f"event{number}" / "device"
        for file in (folder / "name", folder / "capabilities/key", self.dev / f"event{number}"):
            file.unlink()
        for empty in (folder / "capabilities", folder, folder.parent):
            empty.rmdir()
        self.send(number, 0xFFFF, 0, 0)  # FakeDevice takes it for what Linux says of a device that is gone
        os.close(self.writers.pop(number))

    def send(self, number: int, *event: int) -> None:
        kind, code, value = event
        os.write(self.writers[number], struct.pack("llHHi", 0, 0, kind, code, value))

    def key(self, number: int, code: int, *values: int) -> None:
        for value in values:
            self.send(number, KEY, code, value)


@pytest.fixture
def machine(tmp_path, monkeypatch):
    from evdev.eventio_async import EventIO

    made = Machine(tmp_path)

    class FakeDevice(EventIO):
        """evdev's reader of events, without the ioctls of a real node."""

        def __init__(self, path: Path) -> None:
            self.path = path
            self.fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK)

        def read(self):
            events = list(super().read())
            if any(event.type == 0xFFFF for event in events):
                raise OSError(19, "No such device")
            return events

        def active_keys(self) -> list[int]:
            return made.active[self.path.name]

        def close(self) -> None:
            os.close(self.fd)

    monkeypatch.setattr(input_devices, "SYS", made.sys)
    monkeypatch.setattr(input_devices, "DEV", made.dev)
    monkeypatch.setattr(input_devices, "_DIGITS", 16)
    monkeypatch.setattr(device, "open_device", FakeDevice)
    monkeypatch.setattr(device, "_SCAN", 0.02)
    access = os.access
    monkeypatch.setattr(os, "access", lambda path, how: path not in made.refused and access(path, how))
    yield made
    for writer in made.writers.values():
        os.close(writer)


def test_a_key_of_any_of_several_devices_goes_down_repeats_and_comes_up(machine):
    machine.plug(2, "Keyboard", CTRL, F9)
    machine.plug(10, "Mouse", SIDE)
    machine.plug(3, "Foot pedal", F9)

    async def main():
        async with recorded("f9", "device") as heard:
            machine.key(2, F9, 1, 2, 2, 0)
            assert await heard.next(2) == [True, False]
            machine.key(3, F9, 1, 0)
            assert await heard.next(2) == [True, False]
            machine.key(2, CTRL, 1)
            machine.key(2, F9, 1, 0)  # ctrl+f9 is another key
            machine.key(2, CTRL, 0)
            machine.key(2, F9, 1)
            assert await heard.next() == [True]
            assert heard.notices == []

    asyncio.run(main())


def test_only_the_device_named_is_listened_to(machine):
    machine.plug(0, "Keyboard", F9)
    machine.plug(1, "ACME Foot Pedal", F9)

    async def main():
        async with recorded("f9", "device", device="foot pedal") as heard:
            machine.key(0, F9, 1)
            await asyncio.sleep(0)
            machine.key(1, F9, 1, 0)
            assert await heard.next(2) == [True, False]

    asyncio.run(main())


def test_unplugged_while_the_key_is_down_it_comes_up_and_works_again_once_it_is_back(machine):
    machine.plug(1, "Pedal", PLAY)

    async def main():
        async with recorded("play_pause", "device") as heard:
            for _ in range(2):
                machine.key(1, PLAY, 1)
                assert await heard.next() == [True]
                machine.unplug(1)
                assert await heard.next() == [False]
                machine.plug(1, "Pedal", PLAY)
                back = await heard.noticed("is there")
                heard.notices.remove(back)
            assert heard.notices == ['"Pedal" is gone; it is used again once it is plugged in'] * 2

    asyncio.run(main())


def test_a_device_named_that_is_not_there_yet_is_waited_for(machine):
    async def main():
        async with recorded("btn_side", "device") as heard:
            assert "once it is plugged in" in heard.notices[0]
            machine.plug(1, "Mouse", SIDE)
            await heard.noticed('"Mouse" is there')
            machine.key(1, SIDE, 1, 0)
            assert await heard.next(2) == [True, False]

    asyncio.run(main())


def test_what_was_lost_while_the_program_was_busy_is_looked_up(machine):
    machine.plug(1, "Pedal", PLAY)

    async def main():
        async with recorded("play_pause", "device") as heard:
            machine.key(1, PLAY, 1)
            machine.active["event1"] = []
            machine.send(1, SYN, DROPPED, 0)
            assert await heard.next(2) == [True, False]
            machine.active["event1"] = [PLAY]
            machine.send(1, SYN, DROPPED, 0)
            assert await heard.next() == [True]

    asyncio.run(main())


def test_what_this_user_may_not_read_is_explained(machine, capsys):
    machine.plug(1, "Keyboard", F9, readable=False)

    async def main():
        with pytest.raises(UsageError, match='"Keyboard".*group input'):
            async with recorded("f9", "device"):
                pass

    asyncio.run(main())
    cli(["devices"])
    assert "!     Keyboard" in capsys.readouterr().out


@pytest.mark.parametrize("key, said", [("ä", "no key ä"), ("btn_nonsense", "no key btn_nonsense")])
def test_a_key_that_linux_does_not_know_is_told_of(key, said, machine):
    async def main():
        with pytest.raises(UsageError, match=said):
            async with recorded(key, "device"):
                pass

    asyncio.run(main())
