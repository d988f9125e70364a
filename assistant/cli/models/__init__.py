"""`assistant models`: what is installed, what would be better, what fits, and switching between them.

One file per action, like the commands themselves: ``HELP``, ``add_arguments(parser)``, ``run(args) -> int``.
"""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Sequence

HELP = "show, fetch, measure and switch models"

ACTIONS = ("list", "get", "use", "fit", "try", "pin", "refresh")

_MODULES = {"try": "trial"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from assistant.cli import add_actions

    parser.add_argument("--json", action="store_true", help="the list as JSON, for scripts")
    add_actions(parser, __name__, ACTIONS, _MODULES, required=False)


def run(args: argparse.Namespace) -> int:
    action = args.action or "list"
    return importlib.import_module(f"{__name__}.{_MODULES.get(action, action)}").run(args)


def table(rows: Sequence[Sequence[str]], first: Sequence[str] = ()) -> list[str]:
    """The first row is the heading. ``first``: headings of the columns that are shown where a terminal is too narrow
    for all, the most important first; returned is what was left out. A file or a pipe gets everything.
    """
    from rich.text import Text

    from assistant import terminal

    shown = terminal.console(highlight=False, soft_wrap=True)
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    columns = [*range(len(widths))]
    if first and shown.is_terminal:
        columns = _fitting(widths, [rows[0].index(name) for name in first], shown.width)
    for number, row in enumerate(rows):
        line = "  " + "  ".join(row[column].ljust(widths[column]) for column in columns).rstrip()
        shown.print(Text(line, "dim" if number == 0 else ""))
    return [name for column, name in enumerate(rows[0]) if column not in columns]


def _fitting(widths: Sequence[int], order: Sequence[int], room: int) -> list[int]:
    """The columns for which there is room, each taken in its turn where it still fits; from left to right."""
    columns: set[int] = set()
    for column in order:
        needed = widths[column] + 2
        if needed <= room or not columns:
            columns.add(column)
            room -= needed
    return sorted(columns)


def figures(value: float) -> str:
    """Three of them, and never as 1.18e+03."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
