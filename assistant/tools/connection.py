"""One MCP server: started, kept running, asked which tools it has, called."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from typing import Any

import httpx2
from mcp import Client, MCPError
from mcp.client.streamable_http import streamable_http_client
from mcp_types import CallToolResult, ToolListChangedNotification
from mcp_types import Tool as Offered
from mcp_types.version import MODERN_PROTOCOL_VERSIONS
from pydantic import ValidationError

from assistant import secrets
from assistant.concurrency.patience import TooLate, within
from assistant.errors import AssistantError, first_leaf
from assistant.settings.mcp import McpSettings
from assistant.tools import http, login, sifting
from assistant.tools.stdio import Program
from rag import proxies
from rag.text import readable

MOST_TOOLS = 1000
"""Of one server; what it lists beyond is not looked at."""
_STARTING = 60.0  # seconds until a server must have told its tools: npx may fetch it first
_WAITS = (1.0, 2.0, 5.0, 15.0, 60.0)  # seconds before it is started again, the more often it failed in a row
_LASTED = 60.0  # seconds after which a connection counts as one that worked
_CALM = 0.5  # seconds between two looks at tools that change
_LONGEST_WHY = 300  # characters of a server's own words on what is wrong
_GONE = ("Session terminated", "Connection closed")  # the SDK's, whose code servers use for errors of theirs


class Connection:
    """Lives in one event loop; `run` there until it is cancelled."""

    def __init__(
        self, server: McpSettings, taken: Callable[[tuple[Offered, ...]], None], notice: Callable[[str], None]
    ) -> None:
        """``taken`` gets its tools, first and whenever they change."""
        self.server = server
        self.why = "it is still starting"
        """Why it cannot be called; empty = it can."""
        self._taken, self._notice = taken, notice
        self._client: Client | None = None
        self._settled = asyncio.Event()  # ready, or failed once
        self._stale = asyncio.Event()
        self._over = asyncio.Event()
        self._sooner = asyncio.Event()
        self._told = False
        self._program: Program | None = None
        self._refused = False
        self._left_out = ""

    async def run(self) -> None:
        failed = 0
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            try:
                await self._connected()
            except Exception as error:
                self.why = self._explained(first_leaf(error))
            self._client = None
            self._settled.set()
            failed = 1 if loop.time() - began > _LASTED else failed + 1
            if not self._told:  # since it last worked
                self._told = True
                self._notice(f"The tools of {self.server.name} cannot be used now: {self.why}; it is tried again")
            self._sooner.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_WAITS[min(failed, len(_WAITS)) - 1]):
                    await self._sooner.wait()

    async def settled(self) -> str:
        """Wait until it can be called, or failed: `why`."""
        await self._settled.wait()
        return self.why

    async def call(self, name: str, arguments: Mapping[str, Any]) -> CallToolResult:
        """Raises AssistantError."""
        server, limit = self.server, self.server.timeout
        try:
            return await within(limit, self._call(name, dict(arguments)))
        except TooLate:
            self._stale.set()  # does it answer at all?
            raise AssistantError(f"{server.name} did not answer within {limit:g} seconds") from None
        except AssistantError:
            raise
        except MCPError as error:
            if error.message in _GONE:
                self._over.set()
            raise AssistantError(f"{server.name}: {self._explained(error)}") from None
        except Exception as error:
            raise AssistantError(f"{server.name}: {self._explained(first_leaf(error))}") from None

    async def _call(self, name: str, arguments: dict[str, Any]) -> CallToolResult:
        for _ in range(2):  # what fails first may have begun to fail before this call
            if self._client is None:
                self._settled.clear()
                self._sooner.set()
                await self._settled.wait()
        if self._client is None:
            raise AssistantError(f"{self.server.name} cannot be used now: {self.why}")
        return await self._client.call_tool(name, arguments)

    async def _connected(self) -> None:
        """Until the connection ends. Raises what ended it."""
        self._refused = False
        async with AsyncExitStack() as stack:
            client = await within(_STARTING, self._open(stack))
            self._client, self.why, self._told = client, "", False
            self._settled.set()
            async with asyncio.TaskGroup() as group:
                listening = group.create_task(self._listen(client))
                try:
                    while not self._over.is_set():
                        await self._next()
                        if self._stale.is_set() and not self._over.is_set():
                            await within(self.server.timeout, self._take(client))
                            await asyncio.sleep(_CALM)
                finally:
                    self._client = None
                    listening.cancel()
        raise AssistantError(self._explained(None))

    async def _open(self, stack: AsyncExitStack) -> Client:
        self._over, self._stale, self._program = asyncio.Event(), asyncio.Event(), None
        if self.server.command:
            names = {name: secrets.secret(name) for name in self.server.env}
            if missing := [name for name, value in names.items() if value is None]:
                raise AssistantError(f"it needs {' and '.join(missing)}; put it into the environment or .env")
            environment = {name: value for name, value in names.items() if value is not None}
            self._program = Program(self.server.command, self.server.args, environment)
            self._over = self._program.ended
            transport: Any = self._program.streams()
        else:
            web = await stack.enter_async_context(
                http.client(self.server, login.quiet(self.server, self._refuse), self._refuse)
            )
            transport = streamable_http_client(self.server.url, http_client=web)
        transport = sifting.sifted(transport, lambda: client.protocol_version, self._leave_out)
        client = Client(transport, client_info=http.US, message_handler=self._hear, cache=None)
        await stack.enter_async_context(client)
        await self._take(client)
        return client

    async def _take(self, client: Client) -> None:
        self._stale.clear()
        found: list[Offered] = []
        cursor = None
        if client.server_capabilities.tools is not None:
            while len(found) < MOST_TOOLS:
                page = await client.list_tools(cursor=cursor)
                found += page.tools
                if not page.next_cursor or page.next_cursor == cursor or not page.tools:
                    break
                cursor = page.next_cursor
        self._taken(tuple(found[:MOST_TOOLS]))

    async def _next(self) -> None:
        """Wait until the tools may have changed, or the connection is over."""
        waits = [asyncio.ensure_future(event.wait()) for event in (self._stale, self._over)]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    async def _hear(self, message: Any) -> None:
        if isinstance(message, ToolListChangedNotification):
            self._stale.set()

    async def _listen(self, client: Client) -> None:
        """Since 2026-07-28 a server tells of changes only who asks for it."""
        changes = client.server_capabilities.tools
        if client.protocol_version not in MODERN_PROTOCOL_VERSIONS or not (changes and changes.list_changed):
            return
        with contextlib.suppress(Exception):  # without it the tools are as they were at the start
            async with client.listen(tools_list_changed=True) as subscription:
                async for _ in subscription:
                    self._stale.set()

    def _leave_out(self, names: list[str], why: str) -> None:
        others = f" and {len(names) - 1} more" if len(names) > 1 else ""
        text = f"{self.server.name}: its tool {names[0]}{others} cannot be used, as it breaks the protocol ({why})"
        if text != self._left_out:
            self._left_out = text
            self._notice(text)

    def _refuse(self) -> None:
        self._refused = True

    def _explained(self, error: BaseException | None) -> str:
        """In words that follow the server's name."""
        if self._refused:
            return login.needed(self.server)
        if isinstance(error, AssistantError):
            return str(error)
        last = self._program.last_line if self._program else ""
        match error:
            case TooLate():
                what = "it does not answer"
            case None:
                what = "it ended"
            case MCPError() if error.message in _GONE:
                what = "it ended"
            case httpx2.ConnectError() | httpx2.ProxyError() if through := proxies.variable(self.server.url):
                what = f"nothing answers at {self.server.url} through the proxy in {through}; correct that"
            case httpx2.ConnectError():
                what = f"nothing answers at {self.server.url}; start it, or correct [mcp.{self.server.name}] url"
            case ValidationError():
                first = error.errors(include_url=False)[0]
                what = f"it breaks the protocol ({'.'.join(map(str, first['loc']))}: {first['msg']})"
            case _:
                told = readable(str(error)[:_LONGEST_WHY]) or type(error).__name__
                what = secrets.redact(" ".join(told.split())).rstrip(". ")
        return f"{what} ({last})" if last else what
