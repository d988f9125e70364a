"""PortAudio's calls, in a thread of their own: when a sound server dies they may hang, and a conversation must not."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

from assistant.audio import device_names, devices
from assistant.audio.devices import Device, Kind
from assistant.audio.output import Output
from assistant.audio.sound_server import S, SoundServer, Stream
from assistant.concurrency.worker import Worker
from assistant.errors import AssistantError, DeviceError

_LIMIT = 4.0  # seconds; a Bluetooth headset that changes its profile takes up to 3
_SHORT_LIMIT = 1.0  # the same for what takes milliseconds when nothing hangs
_LIST_LIMIT = 5.0  # seconds
_LIST = [sys.executable, "-P", device_names.__file__]
Listed = list[tuple[str, bool]]
"""Names of devices, and whether each is the default one."""


T = TypeVar("T")


class Driver:
    """A call that takes longer than its limit is left to its fate, and a new thread does what comes after it."""

    def __init__(self) -> None:
        self._worker = Worker("sound-card")
        self._hanging: list[threading.Event] = []  # each is set when its call comes back after all
        self._server = SoundServer()

    async def call(self, function: Callable[..., T], *args: Any, limit: float | None = None) -> T:
        """Raises DeviceError when it takes longer than ``limit`` seconds (None: as long as
        opening a device may take), and whatever ``function`` raises."""
        worker, begun, ended = self._worker, threading.Event(), threading.Event()

        def work() -> T:
            begun.set()
            try:
                return function(*args)
            finally:
                ended.set()

        try:
            async with asyncio.timeout(limit or _LIMIT):
                return await worker.call(work)
        except TimeoutError:
            if begun.is_set():
                self._hanging.append(ended)
            if worker is self._worker:
                self._worker = Worker("sound-card")
                worker.close(timeout=0.0)  # once its call comes back
            raise DeviceError("the sound system does not answer; restart it if this goes on") from None

    @property
    def hanging(self) -> int:
        """Calls that have not come back until now."""
        self._hanging = [ended for ended in self._hanging if not ended.is_set()]
        return len(self._hanging)

    async def open(self, kind: Kind, opened: Callable[[Device], S], device: Device) -> S:
        """Call ``opened(device)``; a stream that it opens too late is closed. Raises DeviceError."""
        given_up = threading.Event()

        def work() -> S:
            stream = self._server.confirmed(kind, opened(device), device)
            if given_up.is_set():
                stream.close()
            return stream

        try:
            return await self.call(work)
        except BaseException:
            given_up.set()
            raise

    async def start(self, stream: Output, device: Device) -> None:
        """Start again what was halted. Raises DeviceError, also when what it was opened on is gone: PortAudio would
        wait for it for ever, and could not close the stream any more."""

        def work() -> None:
            if stream.opened_on != self._server.behind(device):
                raise DeviceError("what it was opened on is gone")
            stream.start()

        await self.call(work)

    async def close(self, stream: Stream) -> None:
        with contextlib.suppress(DeviceError):
            await self.call(stream.close, limit=_SHORT_LIMIT)

    def end(self, stream: Stream) -> None:
        """Close the stream when nothing comes after it; does not wait for one that hangs."""
        thread = threading.Thread(target=stream.close, daemon=True)
        thread.start()
        thread.join(_SHORT_LIMIT)

    async def rescan(self) -> None:
        """Look for devices again; every stream must be closed. Does nothing while a call hangs: PortAudio would first
        close what that call has open."""
        if not self.hanging:
            await self.call(devices.rescan)

    async def adrift(self) -> set[Kind]:
        """Of what this process has open, what the sound server has no device for, see SoundServer."""
        if self.hanging:
            return set()
        try:
            return await self.call(self._server.adrift, limit=_SHORT_LIMIT)
        except DeviceError:
            self._server = SoundServer()
            return set()

    async def changed(self, kind: Kind) -> bool:
        """Whether there are other devices now, or another default one, than PortAudio found when it was started. A
        process of its own looks: here all streams would have to be closed for it."""
        try:
            found, defaults = json.loads(await _output_of(*_LIST))
        except (TimeoutError, OSError, ValueError):
            return False
        default = defaults[kind == "output"]
        now = [(raw["name"], number == default) for number, raw in enumerate(found) if raw[f"max_{kind}_channels"]]
        return bool(now) and now != self.listed(kind)  # without any, the old list is the better one

    @staticmethod
    def listed(kind: Kind) -> Listed:
        """As PortAudio found them when it was started."""
        return [(device.name, device.is_default(kind)) for device in devices.devices() if device.channels(kind)]

    @staticmethod
    def find(kind: Kind, wanted: str) -> Device | None:
        """The device that ``wanted`` means among those that PortAudio knows; None = there is none. Of several that are
        called so any will do: it is what was in use before."""
        try:
            return devices.find(kind, wanted)
        except AssistantError:
            known = [device for device in devices.devices() if device.channels(kind) and device.name == wanted]
            return next(iter(known), None)

    @staticmethod
    def slept() -> float:
        """Seconds that this computer has been suspended since it was started; 0 where it is not told."""
        clock = getattr(time, "CLOCK_BOOTTIME", None)
        return 0.0 if clock is None else time.clock_gettime(clock) - time.clock_gettime(time.CLOCK_MONOTONIC)


async def _output_of(*command: str) -> bytes:
    """Raises OSError when it cannot be started, TimeoutError when it takes too long."""
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        async with asyncio.timeout(_LIST_LIMIT):
            return (await process.communicate())[0]
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
