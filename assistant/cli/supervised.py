"""A command in a process of its own: when native code crashes, or the system kills it for its memory, it starts again.

The parent is forked before anything heavy is imported. It only waits, passes signals on, and mends the terminal.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections.abc import Callable
from typing import NamedTuple

from assistant.concurrency import restarts
from assistant.concurrency.parent import end_with
from assistant.errors import AssistantError

_CRASHES = ("SIGSEGV", "SIGABRT", "SIGBUS", "SIGILL", "SIGFPE", "SIGKILL")  # the last one when memory runs out
_MOST, _WITHIN = 5, 600.0  # so many times within so many seconds it is started again
_UNREADY = 2  # crashes in a row before it was ready: the next would crash, too
_PASSED_ON = ("SIGINT", "SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2")
_SHOW_CURSOR = "\x1b[?25h\x1b[0m\r\n"


class _Life(NamedTuple):
    status: int
    """As `os.waitpid` gives it."""
    ready: bool
    conversation: str

    @property
    def crash(self) -> str:
        """The signal's name, or an empty text when it ended by itself."""
        name = signal.Signals(os.WTERMSIG(self.status)).name if os.WIFSIGNALED(self.status) else ""
        return name if name in _CRASHES else ""


def supervised(work: Callable[[], int]) -> int:
    """Run ``work`` in a child process, again after each crash, and return its exit code.

    Without `fork` (Windows), below systemd, which watches itself, or where threads run, it is simply called. Raises
    AssistantError when it crashes again and again.
    """
    if not hasattr(os, "fork") or "NOTIFY_SOCKET" in os.environ or threading.active_count() > 1:
        return work()
    mend_terminal = _terminal()
    signals = [getattr(signal, name) for name in (*_PASSED_ON, "SIGCHLD")]
    # Blocked, they wait until the parent takes them: none is lost, also while there is no child. SIGTTOU would stop a
    # parent that mends the terminal of another foreground process.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [*signals, signal.SIGTTOU])
    signal.signal(signal.SIGCHLD, lambda *_: None)  # else the system may drop it
    crashes: list[float] = []
    unready, crash, conversation = 0, "", ""
    while True:
        reader, writer = os.pipe()
        parent = os.getpid()
        child = os.fork()
        if child == 0:
            os.close(reader)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
            end_with(parent)  # it must not keep the microphone open
            restarts.born(writer, crash, conversation)
            return work()
        os.close(writer)
        life = _watch(child, reader, signals)
        if not life.crash:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
            return _exit_code(life.status)
        mend_terminal()
        crash, conversation = life.crash, life.conversation or conversation
        unready = 0 if life.ready else unready + 1
        now = time.monotonic()
        crashes = [*(at for at in crashes if now - at < _WITHIN), now]
        if unready >= _UNREADY:
            raise AssistantError(
                f"The assistant crashed {unready} times before it was ready ({crash}); `assistant doctor` shows what "
                "is wrong, or choose another engine in config.toml"
            )
        if len(crashes) > _MOST:
            raise AssistantError(
                f"The assistant crashed {len(crashes)} times within {_WITHIN / 60:.0f} minutes ({crash}); choose other "
                "engines in config.toml, or see with --debug what they say"
            )


def _watch(child: int, reader: int, signals: list[signal.Signals]) -> _Life:
    """Pass signals on until the child has ended."""
    while True:
        number, by_terminal = _next_signal(signals)
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            break
        # The terminal tells both of them, but that it goes away only the leader of the session.
        alone = number == signal.SIGHUP and os.getsid(0) == os.getpid()
        if number != signal.SIGCHLD and (alone or not by_terminal):
            os.kill(child, number)
    os.set_blocking(reader, False)  # a process that the child started may still hold the other end
    with contextlib.suppress(BlockingIOError):
        told = os.read(reader, 200).decode(errors="replace")
        os.close(reader)
        return _Life(status, "\n" in told, told.partition("\n")[0])
    os.close(reader)
    return _Life(status, False, "")


def _next_signal(signals: list[signal.Signals]) -> tuple[int, bool]:
    """The next signal, and whether it came from the terminal, which sends it to all processes in the foreground."""
    if hasattr(signal, "sigwaitinfo"):
        info = signal.sigwaitinfo(signals)
        return info.si_signo, info.si_code > 0
    number = signal.sigwait(signals)  # macOS does not tell where it came from
    return number, number in (signal.SIGINT, signal.SIGHUP) and os.isatty(0)


def _exit_code(status: int) -> int:
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)  # end in the same way: whoever started this process sees the same
        with contextlib.suppress(OSError, ValueError):
            signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
        return 128 + number
    return os.WEXITSTATUS(status)


def _terminal() -> Callable[[], None]:
    """Call what is returned to bring the terminal back into the state in which it is now."""
    try:
        import termios

        before = termios.tcgetattr(0)
    except (ImportError, OSError, termios.error):
        return lambda: None

    def mend() -> None:
        termios.tcsetattr(0, termios.TCSANOW, before)
        if os.isatty(1):
            os.write(1, _SHOW_CURSOR.encode())

    return mend
