"""Microphone and speaker together, as a sound card that heals itself: a device that is lost is opened again, for ever.

PortAudio sees new devices only when it is started anew, with every stream closed: that is why both belong to one owner.
"""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from assistant.audio.capture import Input, InputMicrophone
from assistant.audio.devices import Device, Kind, find, vanished
from assistant.audio.driver import Driver
from assistant.audio.output import Output
from assistant.audio.playback import OutputSpeaker
from assistant.audio.sound_server import Adrift, confirmed
from assistant.errors import AssistantError, DeviceError
from assistant.settings import AudioSettings

Told = Callable[[Literal["microphone", "speaker"], bool, str], None]
"""Called with the device, whether it works, and a sentence; empty = it was opened again before anybody missed it."""

_TICK = 0.1  # seconds between looks at both
_LONGEST_LOOK = 10.0  # seconds one may take; more is a process that was stopped for a while
_WAITS = (0.2, 0.5)  # seconds until a lost device is tried again; the last one is repeated
_WAIT_HANGING, _HANGING = 30.0, 3  # the same while so many calls hang: each try may cost one more thread
_LOOK_EVERY = 1.0  # seconds between looks for other devices while one is lost; each costs 0.1 s of a core
_FOLLOW_EVERY = 5.0  # the same for another default device, or for the one that the settings name
_FOLLOWS = sys.platform in ("darwin", "win32")  # elsewhere sound servers move our streams to a new default device
_ADRIFT_EVERY = 0.5  # seconds between looks at where the sound server has put our streams
_ADRIFT_SPEAKING = 0.1  # the same while a reply plays: some words of it would be taken for the user's
_ZEROS = 5.0  # seconds of exact zeros after which a microphone is opened again at first ...
_ZEROS_LONGEST = 300.0  # ... and at last: a muted one gives nothing else
_ZEROS_OF_GATES = 60.0  # the first for one that was muted before, or that gives zeros whenever nobody speaks
_SLEPT = 1.0  # seconds of suspension after which both are opened again
_HARDWARE = re.compile(r"\s*\(hw:\d+,\d+\)$")  # ALSA counts anew when devices come back


@dataclass(eq=False)
class _Part:
    kind: Kind
    device: InputMicrophone | OutputSpeaker
    opened: Callable[[Device], Any]
    wanted: str
    """As in the settings, "" = the default."""
    noun: Literal["microphone", "speaker"]
    due: float = 0.0
    """When it is tried again, in seconds of the event loop's clock."""
    failures: int = 0
    said: bool = False
    """Whether the user was told that it does not work."""
    looking: asyncio.Task[bool] | None = None
    look_at: float = 0.0


class Card:
    """``told`` hears once of each loss and of its end."""

    def __init__(self, settings: AudioSettings, told: Told, driver: Driver | None = None) -> None:
        self._driver = driver or Driver()
        self._told = told
        self.microphone = InputMicrophone(self.close)
        self.speaker = OutputSpeaker(self._driver, settings.output_latency, self.close)
        self._input = _Part("input", self.microphone, Input, settings.input, "microphone")
        self._output = _Part("output", self.speaker, self.speaker.opened, settings.output, "speaker")
        self._parts = (self._input, self._output)
        self._zeros, self._muted = _ZEROS, False
        self._gated = False  # whether the microphone was seen to give zeros while nobody speaks, as some do
        self._slept = self._driver.slept()
        self._next: dict[str, float] = {}
        self._task: asyncio.Task[None] | None = None

    def open(self) -> None:
        """Open both, now. Raises DeviceError, or UsageError for a wrong name in the settings."""
        try:
            for part in self._parts:
                device = find(part.kind, part.wanted)
                self._attach(part, device, confirmed(part.kind, part.opened(device), device))
        except AssistantError:
            self.close()
            raise

    def watch(self) -> None:
        """Heal both from now on, in the running event loop; what is not open is opened as soon as it can be."""
        self._task = asyncio.get_running_loop().create_task(self._watch())
        self._task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled():
            self.microphone.broken = task.exception()  # rather a program that ends than one that is deaf

    def close(self) -> None:
        """Close both, and heal nothing any more. Idempotent."""
        for task in (self._task, self._input.looking, self._output.looking):
            if task:
                task.cancel()
        for part in self._parts:
            if stream := part.device.detach():
                self._driver.end(stream)

    async def _watch(self) -> None:
        while True:
            began = self._now()
            await asyncio.sleep(_TICK)
            every = _ADRIFT_SPEAKING if self.speaker.written > self.speaker.played else _ADRIFT_EVERY
            adrift = await self._driver.adrift() if self._is_time("adrift", every) else set()
            slept, self._slept = self._driver.slept() - self._slept, self._driver.slept()
            for part in self._parts:
                if part.device.stream is None:
                    await self._mend(part)
                elif part.kind in adrift:
                    await self._drop(part)
                    self._tell_lost(part)
                elif part.device.is_lost(_TICK) or slept > _SLEPT:
                    await self._drop(part)
                    await self._mend(part)
            if self.speaker.stream is None:
                self.speaker.away += min(self._now() - began, _LONGEST_LOOK)
            await self._look_for_zeros()
            if self._is_time("follow", _FOLLOW_EVERY):
                await self._follow()

    def _is_time(self, what: str, every: float) -> bool:
        now = self._now()
        if now < self._next.setdefault(what, now + every):
            return False
        self._next[what] = now + every
        return True

    # ---- healing -------------------------------------------------------------------------------------------------

    async def _mend(self, part: _Part) -> None:
        """Try once to open what is lost, if it is time."""
        if self._now() < part.due:
            return
        error = await self._open_any(part)
        if error and not isinstance(error, Adrift) and await self._others(part):
            await self._rescan()
            error = await self._open_any(part)
        if error is None:
            part.failures, part.due = 0, 0.0
            return
        if part.failures:
            self._tell_lost(part, error)
        wait = _WAIT_HANGING if self._driver.hanging >= _HANGING else _WAITS[min(part.failures, len(_WAITS) - 1)]
        part.due = self._now() + wait
        part.failures += 1

    async def _open_any(self, part: _Part) -> AssistantError | None:
        """Open the first of what may be opened in its place; gives the first refusal when there is none."""
        refusal: AssistantError | None = None
        for device in self._candidates(part):
            error = await self._open(part, device)
            if error is None:
                return None
            refusal = refusal or error
        return refusal or DeviceError(f"there is no {part.noun} on this machine; plug one in")

    async def _open(self, part: _Part, device: Device) -> AssistantError | None:
        """Open ``device`` in place of what is open or was; gives the refusal."""
        try:
            stream = await self._driver.open(part.kind, part.opened, device)
        except AssistantError as error:
            return error
        await self._drop(part)
        before = part.device.device
        self._attach(part, device, stream)
        self._tell_back(part, before)
        return None

    def _candidates(self, part: _Part) -> list[Device]:
        """What the settings name, what was open last, and, unless it comes back at once, the default device."""
        names = [part.wanted]
        if part.device.device:
            names += [part.device.device.name, _HARDWARE.sub("", part.device.device.name)]
        if part.failures > 1 or not part.device.device:
            names.append("")
        found = [self._driver.find(part.kind, name) for name in names]
        return list(dict.fromkeys(device for device in found if device))

    def _attach(self, part: _Part, device: Device, stream: Any) -> None:
        part.device.attach(device, stream)
        if part.looking:
            part.looking.cancel()  # what it saw is of no use next time
            part.looking = None
        if part.wanted.isdigit():
            part.wanted = device.name  # numbers change when devices come and go

    async def _drop(self, part: _Part) -> None:
        if stream := part.device.detach():
            await self._driver.close(stream)
            if isinstance(stream, Output):
                self.speaker.take_back(stream)

    async def _others(self, part: _Part) -> bool:
        """Whether there may be other devices than PortAudio knows; looks beside everything else and answers later. When
        it knows none and has none open, PortAudio itself may look."""
        if not self._candidates(part) and not any(part.device.stream for part in self._parts):
            return self._is_time("rescan", _LOOK_EVERY)
        if part.looking and part.looking.done():
            changed, part.looking = part.looking.result(), None
            return changed
        if part.looking is None and self._now() >= part.look_at:
            part.look_at = self._now() + _LOOK_EVERY
            part.looking = asyncio.create_task(self._driver.changed(part.kind))
        return False

    async def _rescan(self) -> None:
        """Let PortAudio look for devices again; what is open is closed for it and opened again at once."""
        parts = [part for part in self._parts if part.device.stream]
        for part in parts:
            await self._drop(part)
        await self._driver.rescan()
        for part in parts:
            await self._mend(part)

    # ---- what no stream tells ------------------------------------------------------------------------------------

    async def _look_for_zeros(self) -> None:
        stream = self.microphone.stream
        if stream is None or not stream.calls:
            return
        if not stream.zeros:
            self._zeros = _ZEROS_OF_GATES if self._gated else _ZEROS
            if self._muted:
                self._muted, self._gated = False, True
                self._tell_back(self._input, self.microphone.device)
        elif stream.zeros >= self._zeros:
            if self._zeros > _ZEROS and not self._gated:  # to open it again was of no use
                self._muted = True
                self._tell_lost(
                    self._input,
                    DeviceError(
                        f"the microphone {self.microphone.name!r} gives nothing but silence; unmute it, or choose "
                        "another one with [audio] input (see `assistant devices`)"
                    ),
                )
            self._zeros = min(2 * self._zeros, _ZEROS_LONGEST)
            await self._drop(self._input)
            await self._mend(self._input)

    async def _follow(self) -> None:
        """While nobody speaks, change to the device that the settings name, or that is the default one now."""
        if self.speaker.written > self.speaker.played:
            return
        for part in self._parts:
            named = self._driver.find(part.kind, part.wanted) if part.wanted else None
            there = named is not None and named.name == part.device.name  # of two that are called so, this one stays
            if part.device.stream is None or there or not (part.wanted or _FOLLOWS):
                continue
            if named and await self._open(part, named) is None:
                return
            if await self._driver.changed(part.kind):
                await self._rescan()
                return

    # ---- telling -------------------------------------------------------------------------------------------------

    def _tell_lost(self, part: _Part, error: AssistantError | None = None) -> None:
        if part.said:
            return
        part.said = True
        muted = part is self._input and self._muted
        if part.device.device and not muted:
            error = vanished(part.device.device, part.kind)
        self._told(part.noun, False, str(error))

    def _tell_back(self, part: _Part, before: Device | None) -> None:
        if part is self._input and self._muted:
            return  # nobody knows yet
        device = part.device.device
        text = ""
        if device and part.wanted and self._driver.find(part.kind, part.wanted) != device:
            text = f"the {part.noun} {device.name!r} is used until {part.wanted!r} is there"
        elif before and device and before.name != device.name:
            text = f"the {part.noun} {device.name!r} is used from now on"
        elif part.said:
            text = f"the {part.noun} {part.device.name!r} works now"
        part.said = False
        self._told(part.noun, True, text)

    def _now(self) -> float:
        return asyncio.get_running_loop().time()
