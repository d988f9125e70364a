"""`assistant train use`: the assistant speaks with a tuned model, or with its base model again."""

from __future__ import annotations

import argparse

HELP = "speak with a tuned model from now on; `use base` goes back"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="the training run; base = the model it was trained on")
    parser.add_argument(
        "--kind", metavar="KIND", help="which export: adapter (default where there is one), q8_0, f16, q4_k_m or q4_0"
    )


def run(args: argparse.Namespace) -> int:
    from assistant.cli import load_settings

    return switch(load_settings(args), args.name, args.kind)


def switch(loaded, name: str, kind: str | None = None) -> int:
    """Write the settings for the run ``name``, or for ``base``, into config.toml, and say what follows from it."""
    from assistant import tuned
    from assistant.cli import tell_stronger, write_settings
    from assistant.errors import UsageError

    if name == "base":
        if kind:
            raise UsageError("--kind chooses one of a tuned model's exports; base has none")
        trained, changes = None, tuned.base_choice(loaded.settings)
    else:
        trained, changes = tuned.choice(name, kind)
    write_settings(loaded, changes)
    tell_stronger(loaded, changes)
    if trained and trained.system != loaded.settings.llm.system_prompt:
        print(f"{name} was trained with another [llm] system_prompt, and speaks best with it: {trained.system!r}")
    return 0
