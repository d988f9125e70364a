"""What `assistant press`, `release`, `toggle` and `stop` reach: a private socket of the assistant that runs.

One line in, one line out: the command; nothing when it was done, else one sentence why not. Any program of the same
user may write it: printf 'toggle\\n' | nc -U -N "$XDG_RUNTIME_DIR/voice-assistant/control.sock"

The first assistant that runs keeps the socket, until it ends; others run without one, and say so. A lock that the
system takes from a dead process tells whether the socket that lies there is alive.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Literal, get_args

from assistant.concurrency.failures import explained, failure
from assistant.errors import AssistantError
from assistant.folders import control_sockets
from assistant.terminal import one_line

Command = Literal["press", "release", "toggle", "stop"]
Handle = Callable[[Command], str]
"""Do it; gives nothing, or one sentence that says why it was not done."""

COMMANDS: tuple[Command, ...] = get_args(Command)
_LONGEST = 64  # bytes of a command
_PATIENCE = 2.0  # seconds in which a command must have come
_MOST = 32  # connections; of more the oldest is closed, so that many silent ones keep nobody out


@asynccontextmanager
async def serving(handle: Handle, notice: Callable[[str], None]) -> AsyncIterator[None]:
    """Take commands until left. Where that cannot be, ``notice`` is told why, and all else goes on."""
    path = control_sockets()[0]
    async with AsyncExitStack() as stack:
        try:
            stack.enter_context(_locked(path))
            server = _Server(handle)
            listening = await asyncio.start_unix_server(server.answer, path, limit=_LONGEST)
            stack.callback(path.unlink, missing_ok=True)
            stack.callback(server.close)
            stack.callback(listening.close)
            path.chmod(0o600)
        except (AssistantError, OSError) as error:
            notice(f"`assistant press` and its like do not work with this one: {_reason(error)}")
        yield


@contextmanager
def _locked(socket: Path) -> Iterator[None]:
    """Hold the folder of the socket, the user's alone. Raises AssistantError when another assistant does, OSError."""
    try:
        import fcntl
    except ImportError:
        raise AssistantError("this system's Python has no private sockets; use the key itself") from None
    socket.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    socket.parent.chmod(0o700)
    with open(socket.parent / "lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AssistantError(
                "they go to another assistant, which runs already and may hear and answer you, too; end that one first"
            ) from None
        yield


def _reason(error: Exception) -> str:
    if isinstance(error, OSError):
        return f"{control_sockets()[0]} cannot be made ({os.strerror(error.errno) if error.errno else error})"
    return str(error)


class _Server:
    def __init__(self, handle: Handle) -> None:
        self._handle = handle
        self._open: dict[asyncio.StreamWriter, None] = {}  # oldest first

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open[writer] = None
        if len(self._open) > _MOST:
            oldest = next(iter(self._open))
            del self._open[oldest]
            oldest.transport.abort()
        with suppress(OSError, ValueError, TimeoutError):  # ValueError: the line is too long
            async with asyncio.timeout(_PATIENCE):
                if line := await reader.readline():
                    writer.write(f"{one_line(self._do(line.decode(errors='replace').strip()))}\n".encode())
                    await writer.drain()
        self._open.pop(writer, None)
        writer.close()

    def _do(self, words: str) -> str:
        command = next((command for command in COMMANDS if command == words), None)
        if command is None:
            return f"there is no command {words!r}; the commands are {', '.join(COMMANDS)}"
        try:
            return self._handle(command)
        except BaseException as error:
            return explained(failure(error), words)

    def close(self) -> None:
        for writer in self._open:
            writer.transport.abort()
