"""`assistant models use`: switch to a model, by editing config.toml."""

from __future__ import annotations

import argparse

HELP = "switch to a model by editing config.toml"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "name",
        metavar="NAME",
        help="a name from the list, bundled, moonshine, a .gguf file, a folder with a Whisper model, or base = what a "
        "tuned model was made of",
    )


def run(args: argparse.Namespace) -> int:
    from assistant import tts
    from assistant.cli import load_settings, tell_stronger, write_settings
    from assistant.cli.train import use
    from assistant.errors import UsageError
    from assistant.models import catalogue
    from assistant.settings import named
    from assistant.tuned import home
    from training import runs

    loaded, name = load_settings(args), args.name
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
