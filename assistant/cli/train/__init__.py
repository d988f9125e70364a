"""`assistant train ...`: fine-tune the model that the assistant speaks with. The work is done by the package
`training`.

One file per action, like the commands themselves: ``HELP``, ``add_arguments(parser)``, ``run(args) -> int``.
"""

from __future__ import annotations

import argparse

HELP = "fine-tune the assistant's own model: make and check data, train, export, talk to the result"

ACTIONS = ("make", "check", "probe", "plan", "fit", "ask", "export", "use", "list", "notebook", "autotrain", "openai")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from assistant.cli import add_actions

    add_actions(parser, __name__, ACTIONS)


def run(args: argparse.Namespace) -> int:
    import importlib

    from assistant.cli import as_assistant_error
    from training.errors import TrainingError

    try:
        return importlib.import_module(f"{__name__}.{args.action}").run(args)
    except TrainingError as error:
        raise as_assistant_error(error) from error
