"""`assistant models list`: what is installed, what would be better, how good and how quick it is."""

from __future__ import annotations

import argparse

HELP = "what is installed, and what would be better"

_KINDS = {"llm": "language model", "whisper": "speech recognition", "moonshine": "speech recognition", "voice": "voice"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="as JSON, for scripts")


def run(args: argparse.Namespace) -> int:
    from assistant.cli import load_settings

    return _list(load_settings(args).settings, args.json)


def _list(settings, as_json: bool) -> int:
    from assistant import tts, tuned
    from assistant.cli.models import table
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
    table(
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
        table(
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
    table(
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
