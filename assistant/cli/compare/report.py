"""`assistant compare report`: the table, the verdict, and files to keep or show."""

from __future__ import annotations

import argparse
from pathlib import Path

HELP = "show a comparison again: table and verdict here, a page with plots, CSV and JSON as files"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", nargs="?", default="", metavar="RUN", help="its name or folder (default: the newest one)")
    parser.add_argument("--to", type=Path, metavar="FOLDER", help="write the files there instead of beside the answers")
    parser.add_argument("--json", action="store_true", help="print JSON instead of the table")


def run(args: argparse.Namespace) -> int:
    import json

    from rich.console import Console

    from assistant.cli.compare import home
    from assistant.compare import records, report, results, table

    found = records.Records(records.find(home(), args.name))
    if args.json:
        loaded = results.load(found)
        print(json.dumps(report.document(loaded, table.table(loaded)), ensure_ascii=False, indent=1))
        return 0
    present(found, Console(), args.to)
    return 0


def present(records, console, folder: Path | None = None) -> None:
    """Show the comparison and write its files. Raises UsageError."""
    from assistant.compare import report, results, table
    from assistant.errors import UsageError

    loaded = results.load(records)
    lines = table.table(loaded)
    report.show(loaded, lines, console)
    folder = folder or records.folder
    try:
        folder.mkdir(parents=True, exist_ok=True)
        written = report.write(loaded, lines, folder)
    except OSError as error:
        raise UsageError(f"{folder}: the report cannot be written ({error.strerror or error}); free some space, or choose "
                         "another folder with --to") from None
    console.print(f"\nThe page, and the numbers as CSV and JSON: {', '.join(map(str, written))}", highlight=False,
                  markup=False, soft_wrap=True)
