"""Other programs' sound is lowered while somebody talks with the assistant, and restored however that ends.

A small process of its own holds the old volumes. It restores them when it is told to, and when its standard input
closes, which even ``kill -9`` of the assistant brings about. PulseAudio and PipeWire (pipewire-pulse); without either
nothing happens. Run as a program (by its path, so that it imports nothing of the assistant), this file is that process.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys


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
                [sys.executable, "-I", __file__, str(factor)],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                bufsize=0,
                start_new_session=True,  # Ctrl-C is for the assistant
            )

    def lower(self) -> None:
        """Lower what other programs play, also what they begin to play from now on. Idempotent."""
        self._tell(b"lower\n")

    def restore(self) -> None:
        """Give back the volumes that nobody else has changed since. Idempotent."""
        self._tell(b"restore\n")

    def close(self) -> None:
        if self._child is not None and self._child.stdin is not None:
            with contextlib.suppress(OSError):
                self._child.stdin.close()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._child.wait(1.0)
            self._child = None

    def _tell(self, line: bytes) -> None:
        if self._child is not None and self._child.stdin is not None:
            with contextlib.suppress(OSError):  # it has ended: there is no sound server
                self._child.stdin.write(line)
