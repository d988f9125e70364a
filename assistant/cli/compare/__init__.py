"""`assistant compare ...`: fine-tune or RAG? The same assistant answers both ways. The work is in assistant.compare."""

from __future__ import annotations

import argparse
from pathlib import Path

HELP = "compare the model as it is, with documents, fine-tuned, or both, on the same questions"

ACTIONS = ("run", "report", "live", "replay")
_MODULES = {"run": "arms"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from assistant.cli import add_actions

    add_actions(parser, __name__, ACTIONS, _MODULES)


def run(args: argparse.Namespace) -> int:
    import importlib

    from assistant.cli import as_assistant_error
    from rag.errors import RagError
    from training.errors import TrainingError

    try:
        return importlib.import_module(f"{__name__}.{_MODULES.get(args.action, args.action)}").run(args)
    except (TrainingError, RagError) as error:
        raise as_assistant_error(error) from error


def home() -> Path:
    """Where comparisons lie; see assistant/compare/records.py."""
    from assistant.folders import data_folder

    return data_folder() / "compare"
