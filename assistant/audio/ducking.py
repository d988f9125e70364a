"""Other programs' sound is lowered while somebody talks with the assistant, and restored however that ends.

A small process of its own holds the old volumes. It restores them when it is told to, and when its standard input
closes, which even ``kill -9`` of the assistant brings about. PulseAudio and PipeWire (pipewire-pulse); without either
nothing happens. Run as a program (by its path, so that it imports nothing of the assistant), this file is that process.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_RETRY_SECONDS = 1.0
_SAME = 0.005  # of 1.0; sound servers round volumes


class Ducking:
    """``factor`` is what volumes are multiplied with (as on a volume slider, 0 to 1); 1 = nothing is ever done.

    No method raises or waits for the sound server, but `close`, which waits for the volumes' return at most a second.
    """

    def __init__(self, factor: float) -> None:
        self._child: subprocess.Popen | None = None
        if factor >= 1.0 or not sys.platform.startswith("linux"):
            return
        with contextlib.suppress(OSError):
            self._child = subprocess.Popen(
                [sys.executable, "-P", __file__, str(factor)],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                bufsize=0,
                start_new_session=True,  # Ctrl-C is for the assistant
            )
            os.set_blocking(_input(self._child).fileno(), False)

    def lower(self) -> None:
        """Lower what other programs play, also what they begin to play from now on. Idempotent."""
        self._tell(b"lower\n")

    def restore(self) -> None:
        """Give back the volumes that nobody else has changed since. Idempotent."""
        self._tell(b"restore\n")

    def close(self) -> None:
        if self._child is not None:
            with contextlib.suppress(OSError):
                _input(self._child).close()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._child.wait(1.0)
            self._child = None

    def _tell(self, line: bytes) -> None:
        if self._child is not None:
            with contextlib.suppress(OSError):  # it has ended, or waits for the sound server and will be told again
                _input(self._child).write(line)


def _input(child: subprocess.Popen) -> Any:
    assert child.stdin is not None  # it is a pipe
    return child.stdin


# ---- the process -----------------------------------------------------------------------------------------------------


def _serve(factor: float) -> None:
    """Do what standard input says, line by line, until it closes."""
    volumes = _Volumes(factor, os.getppid())
    while said := os.read(0, 4096):
        lower = said.split()[-1:] == [b"lower"]
        while lower and not volumes.lower_until_told() and not select.select([0], [], [], _RETRY_SECONDS)[0]:
            pass
        if not lower:
            volumes.restore()
    volumes.restore()


@dataclass(frozen=True)
class _Change:
    """Volumes of each channel, 1.0 = 100 %."""

    before: list[float]
    after: list[float]


class _Volumes:
    """``own`` is the process whose streams are left alone."""

    def __init__(self, factor: float, own: int) -> None:
        self._factor = factor
        self._own = str(own)
        self._server: Any = None
        self._streams: dict[int, _Change] = {}
        self._programs: dict[str, _Change] = {}
        """By the name under which the server remembers a program's volume: it gives it to the next stream, too."""
        self._new = False  # whether a stream has begun since the last look

    def lower_until_told(self) -> bool:
        """Lower all streams, and new ones as they come, until standard input has something; False without a server."""
        import pulsectl

        try:
            with self._connected() as pulse:
                pulse.event_mask_set("sink_input")
                pulse.event_callback_set(lambda event: self._noticed(pulse, event))
                pulse.set_poll_func(lambda entries, seconds: _poll_with_input(pulse, entries, seconds))
                while not select.select([0], [], [], 0)[0]:
                    self._new = False
                    self._lower(pulse)
                    if not self._new:
                        pulse.event_listen()
                return True
        except (pulsectl.PulseError, pulsectl.PulseDisconnected):
            return False

    def _noticed(self, pulse: Any, event: Any) -> None:
        if event.t == "new":
            self._new = True
            pulse.event_listen_stop()

    def restore(self) -> None:
        import pulsectl

        if not self._streams and not self._programs:
            return
        with contextlib.suppress(pulsectl.PulseError, pulsectl.PulseDisconnected), self._connected() as pulse:
            for stream in pulse.sink_input_list():
                change = self._streams.get(stream.index)
                if change and _same(stream.volume.values, change.after):
                    _set(pulse, stream, change.before)
            self._streams.clear()
            self._restore_remembered(pulse)
            self._programs.clear()

    def _lower(self, pulse: Any) -> None:
        for stream in pulse.sink_input_list():
            if stream.index in self._streams or stream.proplist.get("application.process.id") == self._own:
                continue
            before, program = list(stream.volume.values), stream.proplist.get("module-stream-restore.id", "")
            change = self._programs.get(program)
            if change is None or not _same(before, change.after):
                change = _Change(before, [volume * self._factor for volume in before])
                _set(pulse, stream, change.after)
            self._streams[stream.index] = change
            if program:
                self._programs[program] = change

    def _restore_remembered(self, pulse: Any) -> None:
        """A program whose stream ended while it was lowered would stay quiet for ever."""
        for entry in pulse.stream_restore_list():
            change = self._programs.get(entry.name)
            if change and _same(entry.volume.values, change.after):
                entry.volume.values = change.before
                pulse.stream_restore_write(entry, mode="replace")

    @contextlib.contextmanager
    def _connected(self) -> Iterator[Any]:
        import pulsectl

        with pulsectl.Pulse("voice-assistant", connect=False) as pulse:
            pulse.connect(autospawn=False)  # with a time-out it would always take as long as that
            server = pulse.server_info().cookie
            if server != self._server:  # streams are numbered anew
                self._streams.clear()
                self._server = server
            yield pulse


def _set(pulse: Any, stream: Any, volumes: list[float]) -> None:
    import pulsectl

    with contextlib.suppress(pulsectl.PulseOperationFailed):  # it ended just now
        pulse.volume_set(stream, pulsectl.PulseVolumeInfo(list(volumes)))


def _same(some: list[float], others: list[float]) -> bool:
    return len(some) == len(others) and all(abs(one - other) < _SAME for one, other in zip(some, others))


def _poll_with_input(pulse: Any, entries: list[Any], seconds: float) -> int:
    """poll(2) for libpulse that also wakes up for standard input."""
    poll = select.poll()
    for entry in entries:
        poll.register(entry.fd, entry.events)
    poll.register(0, select.POLLIN)
    found = dict(poll.poll(seconds * 1000 if seconds >= 0 else None))
    for entry in entries:
        entry.revents = found.get(entry.fd, 0)
    if 0 in found:
        pulse.event_listen_stop()
    return sum(bool(entry.revents) for entry in entries)


if __name__ == "__main__":
    # systemd signals all processes of a service; the end of the input is what ends this one.
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGABRT, signal.SIGQUIT):
        signal.signal(number, signal.SIG_IGN)
    with contextlib.suppress(ImportError, OSError):  # OSError: no libpulse
        import pulsectl as _  # noqa: F401  # before somebody waits for it

        _serve(float(sys.argv[1]))
