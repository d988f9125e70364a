"""`assistant tools`: the servers of tools in config.toml, what they offer, and what of it may run.

One file per action, like the commands themselves: ``HELP``, ``add_arguments(parser)``, ``run(args) -> int``.
"""

from __future__ import annotations

import argparse
import importlib
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from assistant.config import Settings
    from assistant.settings.mcp import McpSettings
    from assistant.tools.toolbox import Tools

HELP = "show, try and permit the tools of MCP servers"

ACTIONS = ("list", "try", "allow", "ask", "never", "login")

_MODULES = {"try": "trial", "allow": "permit", "ask": "permit", "never": "permit"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from assistant.cli import add_actions

    parser.add_argument("--json", action="store_true", help="the list as JSON, for scripts")
    add_actions(parser, __name__, ACTIONS, _MODULES, required=False)


def run(args: argparse.Namespace) -> int:
    action = args.action or "list"
    return importlib.import_module(f"{__name__}.{_MODULES.get(action, action)}").run(args)


@asynccontextmanager
async def connected(
    servers: Sequence[McpSettings], notice: Callable[[str], None] = lambda text: None
) -> AsyncIterator[tuple[Tools, dict[str, str]]]:
    """Their tools, once all have told them or failed, and why (empty = it works), by name. ``notice`` gets what is to
    be said of servers that work."""
    import asyncio

    from assistant.tools.toolbox import Tools

    told: list[str] = []
    tools = Tools(servers, notice=told.append)
    tools.start()
    try:
        why = await asyncio.gather(*(tools.settled(server.name) for server in servers))
        for text in told:
            if "cannot be used now" not in text:  # which stands in `why`
                notice(text)
        yield tools, dict(zip((server.name for server in servers), why))
    finally:
        await asyncio.to_thread(tools.close)


def named(settings: Settings, name: str) -> McpSettings:
    """The server of that name, or the one whose tool is called so. Raises UsageError."""
    from assistant.errors import UsageError

    server = name.partition("/")[0]
    found = [held for held in settings.mcp if held.name == server]
    found = found or [held for held in settings.mcp if name.startswith(f"{held.name}_")]
    if not found:
        known = ", ".join(held.name for held in settings.mcp)
        raise UsageError(
            f"{name}: no server in config.toml has such a tool; "
            + (
                f"there are the servers {known}"
                if known
                else "there is none; add a table [mcp.NAME], see docs/TOOLS.md"
            )
        )
    return max(found, key=lambda held: len(held.name))


def find(tools: Tools, server: McpSettings, name: str, why: str) -> Any:
    """The offer that ``name`` means: as the model is shown it, or SERVER/TOOL. Raises AssistantError, UsageError."""
    import difflib

    from assistant.errors import AssistantError, UsageError

    if why:
        raise AssistantError(f"{server.name} cannot be used now: {why}")
    offers = tools.offers(server.name)
    own = name.partition("/")[2]
    found = next((offer for offer in offers if name == offer.tool.name or own == offer.name), None)
    if found is None:
        close = difflib.get_close_matches(name, [offer.tool.name for offer in offers], n=1)
        raise UsageError(
            f"{name}: {server.name} has no such tool; "
            + (f"did you mean {close[0]}?" if close else "`assistant tools` lists them")
        )
    return found
