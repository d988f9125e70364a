"""A machine whose sound devices come and go when a test says so, on the virtual clock: a PortAudio made of timers,
under the real Input, Output and Card."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Literal

import numpy as np
import pytest

from assistant.audio import capture, devices, output, playback
from assistant.audio.card import Card
from assistant.audio.devices import Device, Kind
from assistant.audio.sound_server import Adrift
from assistant.errors import AssistantError, DeviceError
from assistant.settings import AudioSettings
from tests import virtual_clock

RATE = 24_000


def ramp(seconds: float) -> np.ndarray:
    """No two samples alike: what is lost or repeated shows."""
    return np.linspace(0.1, 0.9, round(seconds * RATE), dtype=np.float32)


class Abort(Exception):
    pass


class Refused(Exception):
    """PortAudio's own error."""


class Machine:
    """Devices are named; microphones begin with "mic"."""

    def __init__(self, *plugged: str) -> None:
        self.plugged = list(plugged)
        """What is there, the default ones first."""
        self.busy: set[str] = set()
        """What is listed and does not work."""
        self.dies: Literal["silently", "with its stream"] = "silently"
        self.level = 0.1
        """What microphones record."""
        self.adrift: set[Kind] = set()
        self.slept = 0.0
        self.opened: list[tuple[float, str]] = []
        self.rescans = 0
        self.streams: list[_Stream] = []
        self.heard: list[tuple[float, np.ndarray]] = []
        """What speakers played that was not silent, and when it is, or was, heard."""
        self.hangs = 0.0
        """Seconds until a call to open a device is given up."""
        self.look = 0.25
        """Seconds that it takes a process of its own to look for devices."""
        self.told: list[tuple[float, str, bool, str]] = []
        self.known = self.listed()
        """The devices that PortAudio found when it was started."""

    def listed(self) -> list[Device]:
        first: dict[Kind, str] = {kind: next(iter(self.of(kind)), "") for kind in ("input", "output")}
        return [
            Device(number, name, "Scripted", int(kind == "input"), int(kind == "output"), 48_000.0,
                   name == first["input"], name == first["output"])
            for number, name in enumerate(self.plugged)
            for kind in [_kind(name)]
        ]  # fmt: skip

    def of(self, kind: Kind) -> list[str]:
        return [name for name in self.plugged if _kind(name) == kind]

    def unplug(self, *names: str) -> None:
        self.plugged = [name for name in self.plugged if name not in names]

    def plug_in(self, *names: str) -> None:
        self.plugged += names

    def sound_heard(self) -> np.ndarray:
        return np.concatenate([np.empty(0, np.float32), *(block for _, block in self.heard)])

    def fall_silent(self) -> None:
        """What the speaker's buffer holds is not heard any more."""
        now = asyncio.get_running_loop().time()
        self.heard = [(at, block) for at, block in self.heard if at <= now]


def _kind(name: str) -> Kind:
    return "input" if name.startswith("mic") else "output"


class _Stream:
    kind: Kind
    machine: Machine

    def __init__(self, device: int, blocksize: int, samplerate: float, callback, latency: float, **_) -> None:
        self.name, self._block, self._rate = self.machine.known[device].name, blocksize, samplerate
        self._callback, self.latency = callback, latency
        if self.name not in self.machine.plugged or self.name in self.machine.busy:
            raise Refused("Device unavailable")
        self.machine.opened.append((asyncio.get_running_loop().time(), self.name))
        self.machine.streams.append(self)
        self._there, self._timer = True, None

    active = False

    def start(self) -> None:
        self.active = True
        self._timer = asyncio.get_running_loop().call_later(self._block / self._rate, self._tick)

    def _tick(self) -> None:
        self._there = self._there and self.name in self.machine.plugged and self.name not in self.machine.busy
        if not self._there:
            if self.kind == "output":
                self.machine.fall_silent()
            self.active = self.machine.dies == "silently"
            return
        block = np.full((self._block, 1), self.machine.level if self.kind == "input" else 0.0, np.float32)
        moment = SimpleNamespace(outputBufferDacTime=self.latency, currentTime=0.0)
        try:
            self._callback(block, self._block, moment, SimpleNamespace(input_overflow=False))
        except Abort:
            self.abort()
            return
        if self.kind == "output" and block.any():
            self.machine.heard.append((asyncio.get_running_loop().time() + self.latency, block[:, 0]))
        self._timer = asyncio.get_running_loop().call_later(self._block / self._rate, self._tick)

    def stop(self, ignore_errors: bool = True) -> None:
        self.active = False

    def abort(self, ignore_errors: bool = True) -> None:
        self.active = False
        if self._timer:
            self._timer.cancel()
        if self.kind == "output":
            self.machine.fall_silent()

    def close(self, ignore_errors: bool = True) -> None:
        if self in self.machine.streams:
            self.machine.streams.remove(self)


def converse(
    machine: Machine,
    script: Callable[[Card], Awaitable[None]],
    settings: AudioSettings | None = None,
    before: Callable[[Card], Awaitable[None]] | None = None,
) -> None:
    """Run ``script`` with a card on the machine, on the virtual clock, once it has opened both devices, and ``before``
    before that. What the card tells is in ``machine.told``."""
    library = SimpleNamespace(
        InputStream=type("InputStream", (_Stream,), {"kind": "input", "machine": machine}),
        OutputStream=type("OutputStream", (_Stream,), {"kind": "output", "machine": machine}),
        PortAudioError=Refused,
        CallbackAbort=Abort,
    )

    async def main() -> None:
        clock = asyncio.get_running_loop().time

        def told(part: str, works: bool, text: str) -> None:
            machine.told.append((clock(), part, works, text))

        with pytest.MonkeyPatch.context() as patch:
            for module in (capture, output, devices):
                patch.setattr(module, "portaudio", lambda: library)
            for module in (capture, output):
                patch.setattr(module, "format_for", lambda device, kind, rate: (rate, 1))
            for module in (capture, output, playback):
                patch.setattr(module, "time", SimpleNamespace(monotonic=clock))
            card = Card(settings or AudioSettings(), told, _Driver(machine))
            card.watch()
            async with asyncio.timeout(3600.0):
                if before:
                    await before(card)
                while card.microphone.stream is None or card.speaker.stream is None:
                    await asyncio.sleep(0.01)
                await asyncio.sleep(0.2)
                machine.told.clear()
                await script(card)
            card.close()
            assert not machine.streams

    virtual_clock.run(main())


class _Driver:
    """As the real one, without a thread."""

    hanging = 0

    def __init__(self, machine: Machine) -> None:
        self._machine = machine

    async def call(self, function, *args, limit: float = 0.0):
        return function(*args)

    async def open(self, kind: Kind, opened, device: Device):
        if self._machine.hangs:
            await asyncio.sleep(self._machine.hangs)
            raise DeviceError("it does not answer")
        stream = opened(device)
        if kind in self._machine.adrift:
            stream.close()
            raise Adrift("there is no device")
        return stream

    async def start(self, stream, device) -> None:
        stream.start()

    async def close(self, stream) -> None:
        stream.close()

    def end(self, stream) -> None:
        stream.close()

    async def rescan(self) -> None:
        assert not self._machine.streams, "PortAudio was started anew while streams were open"
        self._machine.rescans += 1
        self._machine.known = self._machine.listed()

    async def changed(self, kind: Kind) -> bool:
        await asyncio.sleep(self._machine.look)
        now, known = (
            [(device.name, device.is_default(kind)) for device in found if device.channels(kind)]
            for found in (self._machine.listed(), self._machine.known)
        )
        return bool(now) and now != known

    def find(self, kind: Kind, wanted: str) -> Device | None:
        fitting = [device for device in self._machine.known if device.channels(kind)]
        if not wanted:
            return next(iter(fitting), None)
        try:
            return devices.choose(fitting, wanted, "", "")
        except AssistantError:
            return None

    async def adrift(self) -> set[Kind]:
        return {stream.kind for stream in self._machine.streams} & self._machine.adrift

    def slept(self) -> float:
        return self._machine.slept
