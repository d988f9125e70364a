"""`assistant rag ...`: the documents that answers are grounded in. The work is done by the package `rag`.

One file per action, like the commands themselves: ``HELP``, ``add_arguments(parser)``, ``run(args, settings) -> int``.
"""

from __future__ import annotations

import argparse

HELP = "add your own documents, search them, and measure how well that works"

ACTIONS = ("add", "remove", "list", "search", "stats", "rebuild", "eval")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from assistant.cli import add_actions

    add_actions(parser, __name__, ACTIONS)


def run(args: argparse.Namespace) -> int:
    import importlib

    from assistant.cli import as_assistant_error, load_settings
    from assistant.knowledge import check_installed
    from rag.errors import RagError

    settings = load_settings(args).settings.rag
    check_installed()
    try:
        return importlib.import_module(f"{__name__}.{args.action}").run(args, settings)
    except RagError as error:
        raise as_assistant_error(error) from error
