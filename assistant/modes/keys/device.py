"""Keys of a device itself, by Linux' evdev: a keyboard of a bare console, a pedal, a button, a presenter, a headset.

Devices are never grabbed: others get their keys, too.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.errors import UsageError
from assistant.modes.keys.held import Held
from assistant.modes.keys.input_devices import InputDevice, input_devices
from assistant.modes.keys.names import MODIFIERS, Chord, keys_of, linux_names
from assistant.modes.keys.source import Notice, Source, running
from assistant.settings.modes import PushToTalkSettings

if TYPE_CHECKING:
    import evdev

_SCAN = 2.0  # seconds between two looks for what was plugged in
_KEY, _SYN, _DROPPED = 1, 0, 3  # of input-event-codes.h: EV_KEY, EV_SYN, SYN_DROPPED
_REPEATS = 2


@asynccontextmanager
async def opened(chord: Chord, settings: PushToTalkSettings, source: Source, notice: Notice) -> AsyncIterator[None]:
    if not sys.platform.startswith("linux"):
        raise UsageError("only Linux lets a program read keyboards and buttons by name: use another source")
    watch = _Watch(chord, settings.device, source, notice)
    watch.begin(waits=settings.source == "device")
    try:
        async with running(watch.scan_for_ever()):
            yield
    finally:
        watch.close()


class _Watch:
    """The devices that are read."""

    def __init__(self, chord: Chord, wanted: str, source: Source, notice: Notice) -> None:
        self._wanted = wanted
        self._source = source
        self._notice = notice
        self._chord = chord
        self._held = Held(chord)
        self._names = _codes((*keys_of(chord.key), *MODIFIERS))
        self._key = set(_codes(keys_of(chord.key)))
        if not self._key:
            raise UsageError(
                f"devices have no key {chord.key}: Linux names keys as on a US keyboard; choose another "
                "[push_to_talk] key, such as f9, or one of input-event-codes.h, such as btn_side"
            )
        self._all = self._key | set(_codes([name for one in chord.modifiers for name in keys_of(one)]))
        self._open: dict[Path, tuple[str, evdev.InputDevice]] = {}
        self._down: dict[Path, set[str]] = {}
        self._lost: set[str] = set()
        self._waits = False

    def begin(self, waits: bool) -> None:
        fitting = self._fitting()
        self._scan(fitting)
        if self._open:
            return
        if refused := [device for device in fitting if not device.readable]:
            raise UsageError(
                f'this user may not read "{refused[0].name}": run `sudo usermod -aG input $USER` and log in again '
                "(members of the group input can read every keyboard; docs/KEYS.md shows a rule for one device only)"
            )
        named = f'called "{self._wanted}" ' if self._wanted else ""
        if not waits:
            raise UsageError(f"no device {named}has the key {self._chord.key}; `assistant devices` lists what has keys")
        self._waits = True
        self._notice(f"There is no device {named}with the key {self._chord.key}; it is used once it is plugged in")

    async def scan_for_ever(self) -> None:
        while True:
            await asyncio.sleep(_SCAN)
            self._scan(self._fitting())

    def close(self) -> None:
        for path in list(self._open):
            self._forget(path)

    def _fitting(self) -> list[InputDevice]:
        found = [device for device in input_devices() if self._wanted.lower() in device.name.lower()]
        return [device for device in found if device.has(self._all)] if any(d.has(self._key) for d in found) else []

    def _scan(self, fitting: list[InputDevice]) -> None:
        for device in fitting:
            if device.readable and device.path not in self._open:
                with contextlib.suppress(OSError):  # unplugged, or its permissions are not set yet: the next look tells
                    self._open[device.path] = (device.name, open_device(device.path))
                    self._down[device.path] = set()
                    asyncio.get_running_loop().add_reader(self._open[device.path][1].fd, self._read, device.path)
                    if self._waits or device.name in self._lost:
                        self._notice(f'"{device.name}" is there: its {self._chord.key} is heard')
                    self._waits = False
                    self._lost.discard(device.name)

    def _read(self, path: Path) -> None:
        name, device = self._open[path]
        try:
            for event in device.read():
                if event.type == _KEY and event.value != _REPEATS and event.code in self._names:
                    self._change(path, self._names[event.code], event.value == 1)
                elif event.type == _SYN and event.code == _DROPPED:  # events were lost: what is down now?
                    now = {self._names[code] for code in device.active_keys() if code in self._names}
                    for key in self._down[path] ^ now:
                        self._change(path, key, key in now)
        except BlockingIOError:
            return
        except OSError:
            self._forget(path)
            if name not in self._lost:
                self._lost.add(name)
                self._notice(f'"{name}" is gone; it is used again once it is plugged in')

    def _change(self, path: Path, key: str, down: bool) -> None:
        (self._down[path].add if down else self._down[path].discard)(key)
        self._source.set(self._held.change(key, down))

    def _forget(self, path: Path) -> None:
        for key in list(self._down.get(path, ())):
            self._change(path, key, False)
        _, device = self._open.pop(path)
        asyncio.get_running_loop().remove_reader(device.fd)
        device.close()


def _codes(keys: tuple[str, ...] | list[str]) -> dict[int, str]:
    """Linux' numbers of the keys, and their names."""
    from evdev import ecodes

    known = {linux: key for key in keys for linux in linux_names(key) if linux in ecodes.ecodes}
    return {ecodes.ecodes[linux]: key for linux, key in known.items()}


def open_device(path: Path) -> evdev.InputDevice:
    import evdev

    return evdev.InputDevice(path)
