"""`assistant tools allow`, `ask`, `never`: what a tool may do, written into config.toml."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from assistant.tools import Permission

if TYPE_CHECKING:
    from assistant.settings.mcp import McpSettings

HELP = "let a tool run at once (allow), after you said yes (ask), or not at all (never)"

_MEANT: dict[str, Permission] = {"allow": "always", "ask": "ask", "never": "never"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "name", metavar="NAME", help="as `assistant tools` shows it, SERVER/TOOL, or SERVER/PATTERN with *"
    )


def run(args: argparse.Namespace) -> int:
    import asyncio

    from assistant.cli import load_settings, write_settings
    from assistant.cli.tools import named
    from assistant.tools import permissions

    loaded = load_settings(args)
    server = named(loaded.settings, args.name)
    pattern = args.name.partition("/")[2]
    pattern = asyncio.run(_known(server, args.name, pattern, args.action == "allow"))
    wanted = _MEANT[args.action]
    changes = permissions.lists_with(server, pattern, wanted)
    if changes:
        write_settings(loaded, {f"mcp.{server.name}.{key}": names for key, names in changes.items()})
    else:
        print(f"{server.name}/{pattern}: config.toml says so already.")
    return 0


async def _known(server: McpSettings, name: str, pattern: str, allowed: bool) -> str:
    """The server's own name for the tool, or the pattern; what is ``allowed`` is known to the user as it is now. What a
    server that cannot be reached has is not known: it may be forbidden all the same."""
    from fnmatch import fnmatchcase

    from assistant.cli import notice
    from assistant.cli.tools import connected, find
    from assistant.errors import AssistantError
    from assistant.tools.permissions import Seen, is_pattern

    async with connected([server]) as (tools, why):
        if why[server.name] and pattern and not allowed:
            notice(f"whether {server.name} has such a tool is not known, as it cannot be used now: {why[server.name]}")
            return pattern
        if is_pattern(pattern) and not why[server.name]:
            meant = [offer for offer in tools.offers(server.name) if fnmatchcase(offer.name, pattern)]
            if not meant and allowed:
                raise AssistantError(
                    f"{server.name} has no tool that is called {pattern}; `assistant tools` lists them"
                )
            if not meant:
                notice(f"{server.name} has no tool that is called {pattern}: this counts for those that it may get")
        else:
            meant = [find(tools, server, name, why[server.name])]
            pattern = meant[0].name
    if allowed:
        Seen().agree(server.name, {offer.name: offer.digest for offer in meant})
    return pattern
