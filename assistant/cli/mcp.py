"""`assistant mcp`: other programs speak, listen and search the documents through this one."""

from __future__ import annotations

import argparse

HELP = "offer say, listen, ask_aloud and search_documents to other programs (an MCP server)"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--http", action="store_true", help="on a port of this machine, not by stdin and stdout")
    parser.add_argument("--port", type=int, default=8791, metavar="N", help="for --http (default 8791)")


def run(args: argparse.Namespace) -> int:
    import asyncio

    from assistant.cli import load_settings, notice
    from assistant.errors import UsageError
    from assistant.modes import mcp

    settings = load_settings(args).settings
    if not 1 <= args.port <= 65535:
        raise UsageError(f"--port {args.port}: must be from 1 to 65535")
    asyncio.run(mcp.serve_http(settings, args.port, notice) if args.http else mcp.serve_stdio(settings, notice))
    return 0
