"""The real program on a virtual sound card, watched from outside: what its microphone gets, what its speaker plays."""

from __future__ import annotations

import contextlib
import queue
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import psutil

from assistant import journal
from assistant.bench.virtual_card import VirtualCard
from assistant.errors import AssistantError, UsageError


class Program:
    """`assistant talk --plain` with ``options``, or another ``command``, as a process of its own. Use as a context
    manager; ``lines`` are what it printed."""

    def __init__(
        self,
        card: VirtualCard,
        settings: Sequence[str] = (),
        command: Sequence[str] = (),
        options: Sequence[str] = (),
        module: Sequence[str] = ("assistant",),
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """``options``: of `talk`; ``module``: what is run instead of the assistant, with words before `talk`;
        ``environment``: in addition."""
        self._folder = tempfile.TemporaryDirectory(prefix="assistant-bench-")
        self.journal = Path(self._folder.name) / "journal.jsonl"
        own = (
            f"journal.path={self.journal}",
            f"audio.rooms_path={self._folder.name}",
        )  # it knows no room unless told so
        flags = [f"--set={setting}" for setting in (*own, *settings)]
        self._command = command or [sys.executable, "-m", *module, "talk", "--plain", *options, *flags]
        self._environment = {
            **card.environment,
            "XDG_RUNTIME_DIR": self._folder.name,  # its own control socket
            **(environment or {}),
        }
        self.lines: list[str] = []
        self.times: list[float] = []
        """When each was printed, on time.monotonic."""
        self._new: queue.Queue[str | None] = queue.Queue()

    def __enter__(self) -> Program:
        self.started = time.monotonic()
        try:
            self._process = subprocess.Popen(
                self._command,
                env=self._environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                preexec_fn=_heed_ctrl_c,
            )
        except OSError as error:
            raise UsageError(f"{self._command[0]}: cannot be started ({error.strerror})") from None
        threading.Thread(target=self._read, daemon=True).start()
        return self

    def _read(self) -> None:
        assert self._process.stdout is not None  # it is a pipe
        for line in self._process.stdout:
            self.times.append(time.monotonic())
            self.lines.append(line.rstrip())
            self._new.put(self.lines[-1])
        self._new.put(None)

    def wait_for(self, text: str, seconds: float = 60.0) -> str:
        """The next line that holds ``text``. Raises AssistantError when the program ends or takes too long."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                line = self._new.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                raise AssistantError(
                    f"the program did not say {text!r} within {seconds:.0f} s; its last words: "
                    f"{' / '.join(self.lines[-8:])}"
                ) from None
            if line is None:
                raise AssistantError(f"the program ended; its last words: {' / '.join(self.lines[-3:])}")
            if text in line:
                return line

    def turns(self) -> list[dict]:
        """The journal so far."""
        return list(journal.read(self.journal))

    @property
    def state(self) -> str:
        """What the screen says it does, e.g. ``listening``."""
        states = [line.split()[2] for line in list(self.lines) if line.split()[1:2] == ["state"]]
        return states[-1] if states else "loading"

    def turn(self, number: int, seconds: float = 5.0) -> dict:
        """The journal's turn of that number, from 0, once it has ended; the screen's line may be of an earlier one."""
        deadline = time.monotonic() + seconds
        while len(turns := self.turns()) <= number:
            if time.monotonic() > deadline:
                raise AssistantError(f"the journal has {len(turns)} turns and not {number + 1}")
            time.sleep(0.02)
        return turns[number]

    def tell(self, command: str) -> float:
        """What `assistant press`, `release`, `toggle` and `stop` do; gives when it was sent, on time.monotonic."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(Path(self._folder.name) / "voice-assistant" / "control.sock"))
            sent = time.monotonic()
            connection.sendall(f"{command}\n".encode())
            answer = connection.recv(1000).decode().strip()
        if answer:
            raise AssistantError(f"the program refused {command}: {answer}")
        return sent

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    @property
    def process(self) -> psutil.Process:
        """The one that talks: a copy of the one that watches over it, see assistant/cli/supervised.py."""
        started = psutil.Process(self._process.pid)
        return next((child for child in started.children() if child.cmdline() == started.cmdline()), started)

    def interrupt(self) -> float:
        """Ctrl-C; returns the seconds until the program was gone."""
        began = time.monotonic()
        self._process.send_signal(signal.SIGINT)
        self.exit_code = self._process.wait(timeout=30)
        return time.monotonic() - began

    def wait_for_end(self) -> None:
        self.exit_code = self._process.wait(timeout=30)

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            started_by_it = psutil.Process(self._process.pid).children(recursive=True)
            self._process.kill()
            self._process.wait()
            for child in started_by_it:
                with contextlib.suppress(psutil.NoSuchProcess):
                    child.kill()
        self._folder.cleanup()


def _heed_ctrl_c() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # a program that was started in the background ignores it


def peak_memory(process: psutil.Process) -> float:
    """The most memory the process ever held, in MB (VmHWM: resident, shared libraries included)."""
    for line in Path(f"/proc/{process.pid}/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1000
    raise AssistantError("this system does not tell a process's peak memory; run the benchmark on Linux")
