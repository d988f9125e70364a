"""`assistant compare report`: the table, the verdict, and files to keep or show."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

    from assistant.compare.records import Records

HELP = "show a comparison again: table and verdict here, a page with plots, CSV and JSON as files"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "name", nargs="?", default="", metavar="RUN", help="its name or folder (default: the newest one)"
    )
    parser.add_argument(
        "--arms",
        default="",
        metavar="NAMES",
        help="only these, parted by commas; the others are set against the first (default: all, base first)",
    )
    parser.add_argument("--to", type=Path, metavar="FOLDER", help="write the files there instead of beside the answers")
    parser.add_argument("--json", action="store_true", help="print JSON instead of the table")


def run(args: argparse.Namespace) -> int:
    import json

    from assistant.cli.compare import home
    from assistant.compare import lines, records, report, results
    from assistant.errors import UsageError
    from assistant.terminal import console
    from rag import output

    if args.to and (wrong := output.folder_problem(args.to)):
        raise UsageError(f"--to {args.to}: {wrong}; --json prints the numbers")
    found = records.Records(records.find(home(), args.name))
    names = list(dict.fromkeys(name.strip() for name in args.arms.split(",") if name.strip()))
    if args.json:
        loaded = results.load(found, names)
        print(json.dumps(report.document(loaded, lines.table(loaded)), ensure_ascii=False, indent=1))
        return 0
    present(found, console(), args.to, names)
    return 0


def present(
    records: Records,
    console: Console,
    folder: Path | None = None,
    names: Sequence[str] = (),
    chosen: Sequence[str] = (),
) -> None:
    """Show the comparison and write its files; ``names``: of these arms only; ``chosen``: those of the command that
    ends here, so that arms of earlier ones are not taken for them. Raises UsageError.
    """
    from assistant.compare import report, results
    from assistant.compare.lines import table
    from assistant.errors import UsageError
    from rag import output

    loaded = results.load(records, names)
    lines = table(loaded)
    report.show(loaded, lines, console)
    earlier = [name for name in (*loaded.arms, *loaded.left_out) if chosen and name not in chosen]
    if earlier:
        console.print(
            f"\nFrom earlier commands: {', '.join(earlier)}. Without: assistant compare report {records.folder} "
            f"--arms {','.join(chosen)}",
            highlight=False,
            soft_wrap=True,
        )
    folder = folder or (
        records.folder / "-".join(names).replace("/", "_") if names else records.folder
    )  # the whole stays
    try:
        output.make_folder(folder)
        written = report.write(loaded, lines, folder)
    except OSError as error:
        raise UsageError(
            f"{folder}: the report cannot be written ({error.strerror or error}); free some space, or choose "
            "another folder with --to"
        ) from None
    console.print(
        f"\nThe page, and the numbers as CSV and JSON: {', '.join(map(str, written))}", highlight=False, soft_wrap=True
    )
