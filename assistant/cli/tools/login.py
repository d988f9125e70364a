"""`assistant tools login`: agree in the browser that the assistant may use a server."""

from __future__ import annotations

import argparse

HELP = "agree in the browser that the assistant may use a server"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="SERVER", help="its name in config.toml")
    parser.add_argument("--forget", action="store_true", help="forget the login instead")


def run(args: argparse.Namespace) -> int:
    import asyncio

    from assistant.cli import load_settings
    from assistant.cli.tools import named
    from assistant.errors import UsageError
    from assistant.tools import login

    server = named(load_settings(args).settings, args.name)
    if not server.url:
        raise UsageError(
            f"{server.name} is a program, which needs no login; its keys go through [mcp.{server.name}] env"
        )
    if args.forget:
        print("The login is forgotten." if login.forget(server) else f"There was no login at {server.name}.")
        return 0
    asyncio.run(login.ask(server, lambda address: print(f"Agree in the browser, at:\n{address}", flush=True)))
    print(f"The assistant may use {server.name} now.")
    return 0
