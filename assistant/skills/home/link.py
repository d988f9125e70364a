"""Keeps the home's registry as Home Assistant has it, over its WebSocket API."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from typing import Any

import aiohttp

from assistant.errors import EngineError
from assistant.skills.home import asking, problems
from assistant.skills.home.address import Address
from assistant.skills.home.registry import Registry, read

_EVENTS = (
    "entity_registry_updated", "device_registry_updated", "area_registry_updated", "floor_registry_updated",
    "homeassistant_started",
)  # fmt: skip
"""States are asked for when somebody wants to know: they change too often to be told each time."""

_MOST_MESSAGES = 2000
"""Between a question and its answer; more is a flood."""


class Link(threading.Thread):
    """In a thread and a loop of its own: a server that floods, hangs or dies costs the conversation nothing."""

    def __init__(self, place: Address, changed: Callable[[Registry], None]) -> None:
        """``changed`` is called in this thread, with each registry that was read."""
        super().__init__(name="home", daemon=True)
        self.problem = problems.CONNECTING
        """What keeps it from the home, to be spoken; empty = nothing."""
        self.first_wait = 1.0
        self.longest_wait = 60.0
        """Seconds before it connects again: the first time, and at most."""
        self.settles = 2.0
        """Seconds from a change to reading the registry: more of them may come."""
        self._place = place
        self._changed = changed
        self._loop = asyncio.new_event_loop()
        self._main: asyncio.Task[None] | None = None

    def run(self) -> None:
        with contextlib.suppress(asyncio.CancelledError), contextlib.closing(self._loop):
            self._main = self._loop.create_task(self._stay())
            self._loop.run_until_complete(self._main)

    def stop(self) -> None:
        """It ends soon, and answers nothing more."""
        with contextlib.suppress(RuntimeError):  # it has ended
            self._loop.call_soon_threadsafe(self._end)

    def _end(self) -> None:
        if self._main:
            self._main.cancel()

    async def _stay(self) -> None:
        wait = self.first_wait
        while True:
            try:
                async with asking.session(self._place) as session, self._opened(session) as socket:
                    connection = _Connection(socket)
                    await connection.sign_in(self._place.token)
                    for event in _EVENTS:
                        await connection.ask("subscribe_events", event_type=event)
                    while True:
                        self._changed(await _registry(connection))
                        self.problem, wait = "", self.first_wait
                        await connection.event()
                        await asyncio.sleep(self.settles)
            except (TimeoutError, aiohttp.ClientError, EngineError, OSError, ValueError) as error:
                self.problem = asking.sentence(error)
            await asyncio.sleep(wait)
            wait = min(2 * wait, self.longest_wait)

    @contextlib.asynccontextmanager
    async def _opened(self, session: aiohttp.ClientSession) -> Any:
        async with asyncio.timeout(asking.TIMEOUT):
            socket = await session.ws_connect(
                f"{self._place.url}/api/websocket", max_msg_size=asking.MOST_BYTES, heartbeat=30
            )
        try:
            yield socket
        finally:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(1):  # a dead server answers no farewell
                    await socket.close()


class _Connection:
    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._asked = 0
        self._has_event = False

    async def sign_in(self, token: str) -> None:
        async with asyncio.timeout(asking.TIMEOUT):
            if (await self._message()).get("type") != "auth_required":
                raise EngineError(problems.STRANGE)
            await self._socket.send_json({"type": "auth", "access_token": token})
            if (await self._message()).get("type") != "auth_ok":
                raise EngineError(problems.REFUSED)

    async def ask(self, type: str, **values: Any) -> Any:
        """The result; None when it is refused."""
        self._asked += 1
        async with asyncio.timeout(asking.TIMEOUT):
            await self._socket.send_json({"id": self._asked, "type": type, **values})
            for _ in range(_MOST_MESSAGES):
                message = await self._message()
                if message.get("type") == "event":
                    self._has_event = True
                elif message.get("type") == "result" and message.get("id") == self._asked:
                    return message.get("result") if message.get("success") else None
        raise EngineError(problems.TOO_MUCH)

    async def event(self) -> None:
        """Returns when there was one since it returned before."""
        while not self._has_event:
            self._has_event = (await self._message()).get("type") == "event"
        self._has_event = False

    async def _message(self) -> dict[str, Any]:
        message = await self._socket.receive()
        if message.type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSING, aiohttp.WSMsgType.CLOSED):
            too_big = self._socket.close_code == aiohttp.WSCloseCode.MESSAGE_TOO_BIG
            raise EngineError(problems.TOO_MUCH if too_big else problems.UNREACHABLE)
        if message.type is aiohttp.WSMsgType.ERROR:
            raise EngineError(problems.UNREACHABLE)
        content = message.json() if message.type is aiohttp.WSMsgType.TEXT else None
        if not isinstance(content, dict):
            raise EngineError(problems.STRANGE)
        return content


async def _registry(connection: _Connection) -> Registry:
    states = await connection.ask("get_states")
    exposed = await _exposed(connection)
    entries = await connection.ask("config/entity_registry/get_entries", entity_ids=exposed)
    devices = await connection.ask("config/device_registry/list")
    areas = await connection.ask("config/area_registry/list")
    floors = await connection.ask("config/floor_registry/list")
    return read(states, exposed, entries, devices, areas, floors)


async def _exposed(connection: _Connection) -> list[str]:
    """Only an administrator's token may see the list; for others, the entities' own settings say it, too."""
    found = await connection.ask("homeassistant/expose_entity/list")
    if isinstance(found, dict) and isinstance(rows := found.get("exposed_entities"), dict):
        return sorted(id for id, row in rows.items() if isinstance(row, dict) and row.get("conversation") is True)
    entries = await connection.ask("config/entity_registry/list")
    if not isinstance(entries, list):
        raise EngineError(problems.STRANGE)
    return sorted(row["entity_id"] for row in entries if _is_exposed(row))


def _is_exposed(row: Any) -> bool:
    try:
        return row["options"]["conversation"]["should_expose"] is True and isinstance(row["entity_id"], str)
    except (KeyError, TypeError):
        return False
