"""All tools together: the skills' own and those of the servers in config.toml."""

from __future__ import annotations

import asyncio
import concurrent.futures
import difflib
import threading
from collections.abc import Awaitable, Callable, Collection, Coroutine, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from assistant.errors import AssistantError
from assistant.llm import Tool, ToolCall
from assistant.settings.mcp import McpSettings
from assistant.tools import Permission, results

if TYPE_CHECKING:
    from assistant.tools.connection import Connection
    from assistant.tools.offered import Offer

Run = Callable[[Mapping[str, Any]], Awaitable[str]]
"""What a skill's tool does; gives what would be said. AssistantError is told in its own words."""

_OWN = 8  # skills' tools that the model is shown with a question: it reads them all each time
_BUDGET = 1500  # characters of a skill's answer
_CLOSING = 5.0  # seconds until servers that do not end are left to themselves


class Tools:
    """A `Toolbox`. The servers live in a thread with an event loop of its own, so that nothing that one sends, and none
    that starts slowly, holds up a conversation."""

    def __init__(
        self,
        servers: Sequence[McpSettings] = (),
        own: Sequence[tuple[Tool, Run]] = (),
        destructive: Collection[str] = (),
        reading: Collection[str] = (),
        notice: Callable[[str], None] = lambda text: None,
    ) -> None:
        """``own``: the skills' tools, of which ``destructive`` ask first and ``reading`` change nothing. ``notice``
        gets a sentence for the user, in that thread."""
        self._servers = servers
        self._own = {tool.name: (tool, run) for tool, run in own}
        self._destructive, self._reading = frozenset(destructive), frozenset(reading)
        self._notice = notice
        self._offers: dict[str, tuple[Offer, ...]] = {}  # by server; replaced, never changed, as two threads read it
        self._connections: dict[str, Connection] = {}
        self._told: set[str] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._started = threading.Event()

    def start(self) -> None:
        """Start the servers; returns at once."""
        if self._servers and self._thread is None:
            self._thread = threading.Thread(target=self._serve, name="tools", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """End them; blocks for some seconds at most. Idempotent."""
        thread, self._thread = self._thread, None
        if thread is not None:
            self._started.wait(_CLOSING)
            if self._loop is not None and not self._loop.is_closed():
                self._loop.call_soon_threadsafe(self._over.set)
            thread.join(_CLOSING)

    def tools(self, question: str = "") -> list[Tool]:
        from assistant.tools.offered import chosen, suited

        found = suited([tool for tool, _ in self._own.values()], _OWN, question)
        for server in self._servers:
            usable = [offer for offer in self._offers.get(server.name, ()) if offer.permission != "never"]
            found += [offer.tool for offer in chosen(usable, server.tools, question)]
        return found

    def permission(self, name: str) -> Permission:
        if name in self._own:
            return "ask" if name in self._destructive else "always"
        offer = self.offer(name)
        return offer.permission if offer else "never"

    def question(self, call: ToolCall) -> str:
        offer = self.offer(call.name)
        return results.question(offer.title if offer else results.imperative(call.name), call.arguments)

    def reads(self, name: str) -> bool:
        offer = self.offer(name)
        return name in self._reading or offer is not None and offer.reads

    def cancellable(self, name: str) -> bool:
        offer = self.offer(name)
        return name in self._reading or offer is not None and offer.repeatable

    async def call(self, call: ToolCall) -> str:
        try:
            if call.name in self._own:
                _, run = self._own[call.name]
                return results.marked(call.name, results.cut(await run(call.arguments), _BUDGET))
            offer = self.offer(call.name)
            if offer is None or offer.permission == "never":
                return results.failed(f"there is no tool {call.name[:80]}")
            connection = self._connections[offer.server.name]
            result = await self._elsewhere(connection.call(offer.name, call.arguments))
            words = results.marked(call.name, results.text(result, offer.server.budget))
            return f"Error: {words}" if result.is_error else words
        except AssistantError as error:
            return results.failed(str(error))
        except Exception as error:  # a skill's or the SDK's fault: the conversation goes on
            return results.failed(f"{call.name} failed ({type(error).__name__}: {str(error)[:200]})")

    def offer(self, name: str) -> Offer | None:
        return next((offer for offer in self.offers() if offer.tool.name == name), None)

    def offers(self, server: str = "") -> list[Offer]:
        """Those of all servers, or of one, whatever their permission."""
        return [offer for name, held in list(self._offers.items()) if not server or name == server for offer in held]

    async def settled(self, server: str) -> str:
        """Wait until a server has told its tools, or failed: why, empty = it has not."""
        return await self._elsewhere(self._settled(server))

    async def ready(self, seconds: float) -> None:
        """Wait until all servers have told their tools, or failed; ``seconds`` at most: then the notice says so."""
        waiting = {asyncio.ensure_future(self.settled(server.name)): server.name for server in self._servers}
        late = (await asyncio.wait(waiting, timeout=seconds))[1] if waiting else ()
        for task in late:
            task.cancel()
        if late:
            names = ", ".join(waiting[task] for task in late)
            self._notice(f"No tools of {names} are there after {seconds:g} seconds; the answer does without them")

    async def _settled(self, server: str) -> str:
        return await self._connections[server].settled()

    # ---- in the thread -------------------------------------------------------------------------------------------

    def _serve(self) -> None:
        try:
            asyncio.run(self._live())
        except Exception as error:
            self._notice(f"No tools of other programs can be used: {type(error).__name__}: {error}")
        finally:
            self._started.set()

    async def _live(self) -> None:
        from assistant.tools.connection import Connection
        from assistant.tools.http import hush
        from assistant.tools.permissions import Seen

        hush()
        seen = Seen()
        self._over = asyncio.Event()
        for server in self._servers:
            self._connections[server.name] = Connection(server, self._taker(server, seen), self._notice)
        self._loop = asyncio.get_running_loop()
        self._started.set()
        tasks = [asyncio.create_task(connection.run()) for connection in self._connections.values()]
        await self._over.wait()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _taker(self, server: McpSettings, seen: Any) -> Callable[[tuple], None]:
        def take(theirs: tuple) -> None:
            from assistant.tools.offered import offers

            others = [offer.tool.name for name, held in self._offers.items() if name != server.name for offer in held]
            found = offers(server, theirs, seen, {*self._own, *others})
            self._offers = {**self._offers, server.name: tuple(found)}
            self._tell(server, found, len(theirs) - len(found))
            self._tell_idle(server, [tool.name for tool in theirs])

        return take

    def _tell(self, server: McpSettings, found: Sequence[Offer], too_large: int) -> None:
        shown = sum(offer.permission != "never" for offer in found)
        if shown > server.tools:
            self._once(
                f"{server.name} has {shown} tools; the model is shown {server.tools} with a question, by its words, "
                f"and {shown - server.tools} are left out ([mcp.{server.name}] tools)"
            )
        if too_large:
            self._once(f"{server.name}: {too_large} of its tools are left out, because their description is too long")
        if changed := [offer.tool.name for offer in found if offer.changed and offer.permission == "ask"]:
            names = ", ".join(changed[:5]) + (" ..." if len(changed) > 5 else "")
            one = changed[0] if len(changed) == 1 else "NAME"
            self._once(f"{server.name} has changed {names}: it asks first, until you say: assistant tools allow {one}")

    def _tell_idle(self, server: McpSettings, names: Sequence[str]) -> None:
        from assistant.tools.permissions import idle

        for name in idle(server, names) if names else ():
            close = difflib.get_close_matches(name.removeprefix(f"{server.name}_"), names, n=1)
            self._once(
                f"[mcp.{server.name}] names {name}, but {server.name} has no such tool, so that nothing is "
                f"permitted or "
                f"forbidden by it; {f'did you mean {close[0]}?' if close else '`assistant tools` lists them'}"
            )

    def _once(self, text: str) -> None:
        if text not in self._told:
            self._told.add(text)
            self._notice(text)

    async def _elsewhere(self, work: Coroutine[Any, Any, Any]) -> Any:
        """``work``, done in the thread; cancelled there when it is cancelled here."""
        if not self._started.is_set():
            await asyncio.to_thread(self._started.wait)
        if self._loop is None or self._loop.is_closed():
            work.close()
            raise AssistantError("the tools of other programs were closed")
        running: concurrent.futures.Future = asyncio.run_coroutine_threadsafe(work, self._loop)
        return await asyncio.wrap_future(running)
