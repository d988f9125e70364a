"""`assistant tools try`: call one tool, and see what the language model would read."""

from __future__ import annotations

import argparse

HELP = "call one tool, and see what the model would read of it"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="as `assistant tools` shows it, or SERVER/TOOL")
    parser.add_argument("arguments", metavar="JSON", nargs="?", default="{}", help="""e.g. '{"a": 1}'""")


def run(args: argparse.Namespace) -> int:
    import asyncio
    import json

    from assistant.cli import load_settings
    from assistant.cli.tools import connected, find, named
    from assistant.errors import AssistantError, UsageError
    from assistant.llm import ToolCall

    settings = load_settings(args).settings
    try:
        arguments = json.loads(args.arguments)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{args.arguments[:60]}: is no JSON ({error}); write it like '{{\"a\": 1}}'") from None
    if not isinstance(arguments, dict):
        raise UsageError(f"{args.arguments[:60]}: is no JSON object; write it like '{{\"a\": 1}}'")
    server = named(settings, args.name)

    async def call() -> str:
        async with connected([server]) as (tools, why):
            offer = find(tools, server, args.name, why[server.name])
            if offer.permission == "never":
                raise AssistantError(f"{args.name} may never run; allow it with: assistant tools allow {args.name}")
            return await tools.call(ToolCall("1", offer.tool.name, arguments))

    given = asyncio.run(call())
    print(given)
    return 1 if given.startswith("Error:") else 0
