"""`assistant tools list`: the servers, their tools, and what may run."""

from __future__ import annotations

import argparse

HELP = "the servers, their tools, and what may run (what `assistant tools` alone shows)"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="as JSON, for scripts")


def run(args: argparse.Namespace) -> int:
    import asyncio
    import json

    from assistant.cli import load_settings, notice
    from assistant.cli.models import table
    from assistant.cli.tools import connected

    servers = load_settings(args).settings.mcp
    if not servers and not args.json:
        print("There are no servers of tools; add a table [mcp.NAME] to config.toml, see docs/TOOLS.md.")
        return 0

    async def gather() -> list[dict]:
        async with connected(servers, notice) as (tools, why):
            return [
                {
                    "server": server.name,
                    "from": server.url or " ".join([server.command, *server.args]),
                    "problem": why[server.name],
                    "tools": [
                        {
                            "name": offer.tool.name,
                            "permission": offer.permission,
                            "changed": offer.changed,
                            "description": offer.tool.description,
                        }
                        for offer in tools.offers(server.name)
                    ],
                }
                for server in servers
            ]

    found = asyncio.run(gather())
    if args.json:
        print(json.dumps(found, indent=2, ensure_ascii=False))
    else:
        for server in found:
            print(f"{server['server']}: {server['from']}")
            if server["problem"]:
                print(f"  cannot be used now: {server['problem']}")
            if server["tools"]:
                table([("tool", "permission", "what it does"), *map(_row, server["tools"])])
    return 1 if any(server["problem"] for server in found) else 0


def _row(tool: dict) -> tuple[str, str, str]:
    permission = f"{tool['permission']} (it has changed)" if tool["changed"] else tool["permission"]
    description = " ".join(tool["description"].split())
    return tool["name"], permission, description if len(description) <= 80 else f"{description[:79]}…"
