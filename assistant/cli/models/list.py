"""`assistant models list`: what is installed, what would be better, how good and how quick it is."""

from __future__ import annotations

import argparse

HELP = "what is installed, and what would be better"

# Of the language models' columns, the most important first.
_FIRST = (
    *("name", "Q4_K_M", "memory", "fits here", "quality", "context", "languages", "licence", "tools", "thinks", "note"),
    *("Q8_0", "Q5_K_M", "Q6_K", "F16"),
)
_KINDS = {"llm": "language model", "whisper": "speech recognition", "moonshine": "speech recognition", "voice": "voice"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="as JSON, for scripts")


def run(args: argparse.Namespace) -> int:
    from assistant.cli import load_settings

    return _list(load_settings(args).settings, args.json)


def _list(settings, as_json: bool) -> int:
    from assistant import tts, tuned
    from assistant.cli.models import table, trial
    from assistant.models import catalogue, quality, quantised, source, tried

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
                    "table": [
                        {
                            **asdict(row),
                            "fits": fits,
                            "quality": [asdict(one) for one in quality.of(row.name)],
                            "sizes": _sizes(row),
                        }
                        for row, fits in better
                    ],
                    "tried": [asdict(one) for one in tried.here()],
                },
                indent=2,
            )
        )
        return 0
    print("On this machine (* = in use)")
    table(
        [("", "what", "name", "reads passages", "where")]
        + [
            ("*" if row.in_use else "", _KINDS[row.kind], row.name, _reads(settings, row), str(row.path))
            for row in here
        ]
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
        f"\nLanguage models, sizes approximate ({psutil.virtual_memory().total / 1e9:.1f} GB memory, "
        f"{catalogue.free_disk():.0f} GB disk free here)"
    )
    known = source.known()
    columns = ("memory", "fits here", "quality", "context", "tools", "thinks", "licence", "languages", "note")
    heads = ("name", *quantised.KINDS, *columns)
    shown = [_llm(row, fits, known.get(row.name)) for row, fits in better if row.kind == "llm"]
    if left_out := table([heads, *shown], _FIRST):
        print(f"  Too wide for this terminal: {', '.join(left_out)}. All of it: assistant models | less -S")
    print(
        "  Q4_K_M to F16: GB of the model's file with its weights written so, ~ = an estimate; `get`, memory and `fits "
        "here` are of Q4_K_M.\n  Another one: assistant models try OWNER/REPO:FILE.gguf"
    )
    _print_sources()
    print("\nHearing and speaking")
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
            if row.kind != "llm"
        ]
    )
    if kept := tried.here():
        print(f"\nTried on this machine ({tried.machine()})")
        table([trial.HEADS, *(trial.cells(one) for one in kept)])
        print(tried.recommendation(kept))
    print(
        "\nDoes it fit, how quick: assistant models fit NAME     measure it here: assistant models try NAME"
        "\nFetch one: assistant models get NAME     switch: assistant models use NAME (or a .gguf file)"
        f"\nYour own .gguf files are found in {catalogue.folder()}"
    )
    return 0


def _reads(settings, row) -> str:
    """``yes (7 of 8)``, ``no, it quotes (4 of 12)``: whether the model says what a passage tells."""
    from dataclasses import replace

    from assistant.models import reads

    if row.kind != "llm":
        return ""
    found = reads.known(replace(settings.llm, engine="llama", model=str(row.path), adapter=""))
    if found is None:
        return "not measured yet"
    return f"{'yes' if found.well else 'no, it quotes'} ({found.right} of {found.asked})"


def _sizes(row) -> dict[str, dict[str, object]]:
    from assistant.models import quantised

    if row.kind != "llm":
        return {}
    return {
        kind: {"GB": round(size, 2), "published": published} for kind, (size, published) in quantised.sizes(row).items()
    }


def _llm(row, fits: str, header) -> tuple[str, ...]:
    from assistant.models import quality, quantised
    from assistant.models.layers import Facts

    context = int(Facts(header.facts).get("context_length")) if header else row.context
    return (
        row.name,
        *(quantised.said(*one) for one in quantised.sizes(row).values()),
        f"{row.memory:g} GB",
        fits,
        quality.said(row.name),
        f"{context:,}" if context else "?",
        row.tools or "?",
        row.thinks or "?",
        row.licence,
        row.languages,
        row.note,
    )


def _print_sources() -> None:
    """Where the figures come from; two scales are never compared."""
    from assistant.models import quality

    tables = {(one.scale, one.date, one.source) for figures in quality.figures().values() for one in figures}
    for scale, date, where in sorted(tables):
        print(f"  {scale}, {date}: {where}")
    print("  Figures of different scales or dates cannot be compared; not rated = no figure was found.")
