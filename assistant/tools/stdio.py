"""An MCP server that is a program: it is started, spoken to by its standard streams, and ended.

The SDK has a transport like this one; it hands the server more of the environment, lets it write on the terminal, and
keeps a line in memory however long it is.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
from mcp.client.stdio import DEFAULT_INHERITED_ENV_VARS
from mcp.shared.message import SessionMessage
from mcp_types import INTERNAL_ERROR, ErrorData, JSONRPCError, JSONRPCMessage, JSONRPCNotification
from mcp_types import jsonrpc_message_adapter as parser

from assistant.errors import AssistantError
from assistant.secrets import redact
from rag.text import readable

LONGEST = 4_000_000
"""Bytes of one message; a longer one is an error of the call that it answers."""
UNREAD = ("notifications/message", "notifications/progress")
"""Notifications that nobody here reads: they are dropped where they come in, however many a server sends."""
_CHUNK = 1 << 16
_ENDS = 400  # bytes of a message that is too long, at each end, in which its id is looked for
_ID = re.compile(rb'"id"\s*:\s*(\d{1,18})')
_GRACE = 2.0  # seconds a program has to end by itself, and again after it was asked to
_LAST_LINE = 300  # characters
_LAST_WORDS = 0.5  # seconds, once it has ended


class Program:
    def __init__(self, command: str, args: Sequence[str], environment: Mapping[str, str]) -> None:
        """``environment``: what it gets beside PATH, HOME and, on Windows, what programs cannot do without."""
        self._line = [os.path.expanduser(part) for part in (command, *args)]
        names = DEFAULT_INHERITED_ENV_VARS if os.name == "nt" else ("PATH", "HOME")
        self._environment = {name: os.environ[name] for name in names if name in os.environ} | dict(environment)
        self.last_line = ""
        """The last that it wrote on its standard error, without keys."""
        self.ended = asyncio.Event()
        self._silent = asyncio.Event()

    @asynccontextmanager
    async def streams(self) -> AsyncIterator[Any]:
        """As `mcp.Client` takes them. Raises AssistantError when it cannot be started."""
        process = await self._start()
        assert process.stdin and process.stdout and process.stderr
        send, received = anyio.create_memory_object_stream[Any](0)
        to_send, sending = anyio.create_memory_object_stream[SessionMessage](0)
        try:
            async with anyio.create_task_group() as group:
                group.start_soon(self._read, process.stdout, send)
                group.start_soon(self._write, process.stdin, sending)
                group.start_soon(self._listen, process.stderr)
                try:
                    yield received, to_send
                finally:
                    with anyio.CancelScope(shield=True):
                        received.close()
                        await _end(process)
                        with anyio.move_on_after(_LAST_WORDS):
                            await self._silent.wait()
                    group.cancel_scope.cancel()
        finally:
            for stream in (send, received, to_send, sending):
                stream.close()

    async def _start(self) -> asyncio.subprocess.Process:
        try:
            return await asyncio.create_subprocess_exec(
                *self._line,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                env=self._environment,
                cwd=Path.home(),  # what lies in the folder that the user stands in must not be run
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            why = "there is no such program; install it" if isinstance(error, FileNotFoundError) else str(error)
            raise AssistantError(f"{self._line[0]} cannot be started ({why})") from None

    async def _read(self, out: asyncio.StreamReader, send: Any) -> None:
        lines = _Lines()
        async with send:
            try:
                while chunk := await out.read(_CHUNK):
                    for line in lines.feed(chunk):
                        message = _message(line)
                        if message is not None:
                            await send.send(SessionMessage(message))
                            await anyio.sleep(0)
            except (anyio.BrokenResourceError, anyio.ClosedResourceError, OSError):
                while not self.ended.is_set() and await out.read(_CHUNK):
                    pass  # it may only end once it got rid of what it writes
            finally:
                self.ended.set()

    async def _write(self, into: asyncio.StreamWriter, sending: Any) -> None:
        with contextlib.suppress(OSError, anyio.ClosedResourceError):
            async for item in sending:
                into.write(item.message.model_dump_json(by_alias=True, exclude_unset=True).encode() + b"\n")
                await into.drain()

    async def _listen(self, error: asyncio.StreamReader) -> None:
        held = b""
        while chunk := await error.read(_CHUNK):
            *_, last = [line for line in (held + chunk).splitlines() if line.strip()] or [b""]
            held = (held + chunk)[-4 * _LAST_LINE :]
            if last:
                self.last_line = redact(readable(last.decode(errors="replace")).strip())[-_LAST_LINE:]
        self._silent.set()


class _Lines:
    """Cuts a stream into lines. Of one that is longer than LONGEST only its ends are kept, as bytearray."""

    def __init__(self) -> None:
        self._held = bytearray()
        self._cut = False

    def feed(self, chunk: bytes) -> Iterator[bytes | bytearray]:
        *ended, rest = chunk.split(b"\n")
        for part in ended:
            self._add(part)
            line = self._held if self._cut else bytes(self._held)
            self._held, self._cut = bytearray(), False
            yield line
        self._add(rest)

    def _add(self, part: bytes) -> None:
        self._held += part
        if len(self._held) > LONGEST or self._cut:
            self._cut = True
            del self._held[_ENDS:-_ENDS]


def _message(line: bytes | bytearray) -> JSONRPCMessage | None:
    """None for what is no message, or one that nobody reads."""
    if isinstance(line, bytearray):
        found = _ID.search(line[:_ENDS]) or _ID.search(line[-_ENDS:])
        if not found:
            return None
        why = f"the answer has more than {LONGEST // 1_000_000} MB"
        return JSONRPCError(jsonrpc="2.0", id=int(found[1]), error=ErrorData(code=INTERNAL_ERROR, message=why))
    try:
        message = parser.validate_json(line, by_name=False)
    except ValueError:
        return None
    return None if isinstance(message, JSONRPCNotification) and message.method in UNREAD else message


async def _end(process: asyncio.subprocess.Process) -> None:
    """Close its input and wait; then ask it and all that it started to end; then end them."""
    assert process.stdin
    with contextlib.suppress(OSError):
        process.stdin.close()
    for ending in (signal.SIGTERM, getattr(signal, "SIGKILL", signal.SIGTERM)):
        if await _gone(process):
            break
        _signal(process, ending)
    else:
        await _gone(process)
    _signal(process, getattr(signal, "SIGKILL", signal.SIGTERM))  # what it left behind
    process._transport.close()  # type: ignore[attr-defined]  # a child of it may hold the pipes for ever


async def _gone(process: asyncio.subprocess.Process) -> bool:
    """Not by wait(), which also waits for pipes that its children hold."""
    with anyio.move_on_after(_GRACE):
        while process.returncode is None:
            await anyio.sleep(0.02)
    return process.returncode is not None


def _signal(process: asyncio.subprocess.Process, number: int) -> None:
    with contextlib.suppress(OSError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, number)  # a group of its own: start_new_session
        elif process.returncode is None:
            process.send_signal(number)
