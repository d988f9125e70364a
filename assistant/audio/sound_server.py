"""Where PulseAudio, or PipeWire in its place, has put this process's sound.

When a device is unplugged they move its streams to another one and tell nobody: a microphone's stream to what the
speaker plays, when there is no other microphone, a speaker's stream to one that nobody hears. PortAudio sees sound come
and go as ever, and the assistant would listen to itself.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol, TypeVar

from assistant.audio.devices import NOUN, Device, Kind
from assistant.errors import DeviceError

_CARDS = "/proc/asound/card"
_CARD = re.compile(r"\(hw:(\d+),")
_NOBODY_HEARS = "auto_null"  # what both name the speaker that stands in for none


class Stream(Protocol):
    """An open PortAudio stream, see capture.Input and output.Output."""

    opened_on: object
    """See `SoundServer.behind`."""

    def close(self) -> None: ...


S = TypeVar("S", bound=Stream)
T = TypeVar("T")


class Adrift(DeviceError):
    """A stream was opened, but there is no device behind it."""


class SoundServer:
    """One connection, made anew when it is lost. Call it from one thread at a time; calls may block."""

    def __init__(self) -> None:
        self._server: Any = None

    def confirmed(self, kind: Kind, stream: S, device: Device) -> S:
        """``stream``, just opened on ``device``; it is closed, and Adrift raised, when there is none behind it."""
        if kind in self.adrift():
            stream.close()
            raise Adrift(f"there is no {NOUN[kind]} on this machine; plug one in")
        stream.opened_on = self.behind(device)
        return stream

    def adrift(self) -> set[Kind]:
        """What this process records from or plays to though there is no such device. Empty without such a server."""
        return self._asked(self._adrift) or set()

    def behind(self, device: Device) -> tuple[object, object]:
        """What a stream on ``device`` hangs on: another one than before when the sound server was started anew since,
        or the card was plugged out. A stream of PortAudio that is started then never comes back."""
        return self._asked(lambda: self._server.server_info().cookie), _folder_number(device.name)

    def _asked(self, question: Callable[[], T]) -> T | None:
        """None without such a server."""
        try:
            import pulsectl
        except (ImportError, OSError):  # not on Linux, or without libpulse
            return None
        try:
            if self._server is None:
                self._server = pulsectl.Pulse("assistant", connect=False)
                self._server.connect(autospawn=False)
            return question()
        except (pulsectl.PulseError, AttributeError):  # AttributeError: of a device that vanishes while it is listed
            self.close()
            return None

    def _adrift(self) -> set[Kind]:
        sinks = {sink.index: sink for sink in self._server.sink_list()}
        playing = [sinks.get(stream.sink) for stream in self._server.sink_input_list() if _is_own(stream)]
        recording = {stream.source for stream in self._server.source_output_list() if _is_own(stream)}
        mirrors = [sink.monitor_source for sink in (*playing, *sinks.values()) if _repeats(sink, playing)]
        found: set[Kind] = set()
        if any(sink and sink.name == _NOBODY_HEARS for sink in playing):
            found.add("output")
        if recording & set(mirrors):
            found.add("input")
        return found

    def close(self) -> None:
        if self._server is not None:
            with contextlib.suppress(Exception):  # a connection that is lost may fail in any way
                self._server.close()
            self._server = None


def confirmed(kind: Kind, stream: S, device: Device) -> S:
    """The same over a connection of its own."""
    server = SoundServer()
    try:
        return server.confirmed(kind, stream, device)
    finally:
        server.close()


def _folder_number(device: str) -> int | None:
    """Of the folder that the kernel keeps for the card: another one when the card comes back, None without one."""
    card = _CARD.search(device)
    try:
        return Path(_CARDS + card[1]).stat().st_ino if card else None
    except OSError:
        return None


def _is_own(stream: Any) -> bool:
    return stream.proplist.get("application.process.id") == str(os.getpid())


def _repeats(sink: Any, playing: list[Any]) -> bool:
    """Whether who records from it hears what this process plays, or nothing."""
    return sink is not None and (sink.name == _NOBODY_HEARS or sink in playing)
