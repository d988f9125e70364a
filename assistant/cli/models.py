"""`assistant models`: what is installed, what would be better, and switching between them."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

HELP = "show, fetch and switch models"

_KINDS = {"llm": "language model", "whisper": "speech recognition", "moonshine": "speech recognition", "voice": "voice"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "action",
        nargs="?",
        choices=("list", "get", "use", "pin"),
        default="list",
        help="list (default), get = fetch one, use = switch to one by editing config.toml, pin = from now on fetch "
        "what the hub has by that name now",
    )
    parser.add_argument(
        "name",
        nargs="?",
        help="a name from the list; for use also: bundled, moonshine, a .gguf file, a folder with a "
        "Whisper model, or base = what a tuned model was made of; for get also: OWNER/REPO:FILE.gguf from the hub; "
        "for pin also: OWNER/REPO",
    )
    parser.add_argument("--json", action="store_true", help="the list as JSON, for scripts")


def run(args: argparse.Namespace) -> int:
    from assistant.cli import load_settings
    from assistant.errors import UsageError

    loaded = load_settings(args)
    if args.action != "list" and not args.name:
        raise UsageError(f"assistant models {args.action} needs a name; `assistant models` shows them")
    match args.action:
        case "get":
            return _get(args.name)
        case "use":
            return _use(loaded, args.name)
        case "pin":
            return _pin(args.name)
    return _list(loaded.settings, args.json)


def _get(name: str) -> int:
    from assistant.models import catalogue

    if name in ("bundled", "moonshine"):
        print(f"{name} came with the installation. Use it: assistant models use {name}")
        return 0
    if name.endswith(".gguf") and ":" in name and name not in [row.source for row in catalogue.rows()]:
        from assistant import hub

        repo, _, file = name.partition(":")
        path = hub.fetch(repo, file)
    else:
        path = catalogue.fetch(catalogue.find(name))
    print(f"{name} is at {path}\nUse it: assistant models use {name}")
    return 0


def _pin(name: str) -> int:
    from assistant import hub
    from assistant.models import catalogue
    from rag import pins

    repo = name.partition(":")[0] if "/" in name else catalogue.repository(catalogue.find(name))
    before, now = pins.of(repo).revision, hub.newest(repo)
    pins.accept(repo, now)
    print(f"{repo}: from now on commit {now[:8]} is fetched" + (f", before it was {before[:8]}" if before else ""))
    return 0


def _use(loaded, name: str) -> int:
    from assistant import tts
    from assistant.cli import tell_stronger, write_settings
    from assistant.cli.train import use
    from assistant.errors import UsageError
    from assistant.models import catalogue
    from assistant.settings import named
    from assistant.tuned import home
    from training import runs

    if name == "base" or name in [run.name for run in runs.all_runs(home())]:
        return use.switch(loaded, name)
    changes = catalogue.choice(name)
    write_settings(loaded, changes)
    if engine := changes.get("tts.engine"):
        try:
            tts.check_key(named(engine, tts.ENGINES), loaded.settings.tts)
        except UsageError as error:
            print(f"But {error}.")
    tell_stronger(loaded, changes)
    return 0


def _list(settings, as_json: bool) -> int:
    from assistant import tts, tuned
    from assistant.models import catalogue

    here = catalogue.installed(settings)
    sources = {row.source for row in here}
    better = [(row, "installed" if row.source in sources else catalogue.fits(row)) for row in catalogue.rows()]
    if as_json:
        import json
        from dataclasses import asdict

        print(
            json.dumps(
                {
                    "installed": [{**asdict(row), "path": str(row.path)} for row in here],
                    "tuned": tuned.listed(settings),
                    "table": [{**asdict(row), "fits": fits} for row, fits in better],
                },
                indent=2,
            )
        )
        return 0
    print("On this machine (* = in use)")
    _table(
        [("", "what", "name", "where")]
        + [("*" if row.in_use else "", _KINDS[row.kind], row.name, str(row.path)) for row in here]
    )
    if settings.llm.engine == "openai":
        print(
            f"  The language model in use is {settings.llm.model} at the endpoint "
            f"{settings.llm.base_url or settings.llm.preset}."
        )
    if (voice := tts.chosen(settings.tts)).leaves:
        print(f"  The voice in use is {voice.title}'s.")
    if own := tuned.listed(settings):
        print("\nTuned on this machine (* = in use)")
        _table(
            [("", "name", "base", "licence", "data", "recipe", "came out", "exports")]
            + [
                (
                    "*" if row["in_use"] else "",
                    row["name"],
                    row["base"],
                    row["licence"] or "?",
                    f"{row['rows']} rows, {row['data_hash']}",
                    tuned.recipe(row["recipe"]),
                    tuned.came_out(row["metrics"]),
                    ", ".join(row["exports"]) or f"none: assistant train export {row['name']}",
                )
                for row in own
            ]
        )
    import psutil

    print(
        f"\nBetter ones, sizes approximate ({psutil.virtual_memory().total / 1e9:.1f} GB memory, "
        f"{catalogue.free_disk():.0f} GB disk free here)"
    )
    _table(
        [("name", "size", "memory", "licence", "languages", "fits here", "")]
        + [
            (
                row.name,
                f"{row.size:g} GB" if row.size else "-",
                f"{row.memory:g} GB",
                row.licence,
                row.languages,
                fits,
                row.note,
            )
            for row, fits in better
        ]
    )
    print(
        "\nFetch one: assistant models get NAME     switch: assistant models use NAME (or a .gguf file)"
        f"\nYour own .gguf files are found in {catalogue.folder()}"
    )
    return 0


def _table(rows: Sequence[Sequence[str]]) -> None:
    from rich.text import Text

    from assistant import terminal

    shown = terminal.console(highlight=False, soft_wrap=True)
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for number, row in enumerate(rows):
        line = "  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        shown.print(Text(line, "dim" if number == 0 else ""))
