"""Which arms a command means: the options of `arena`, `compare live` and `compare replay`."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from assistant.cli import notice

if TYPE_CHECKING:
    from assistant.compare.arms import Arm
    from assistant.config import Settings


def add_arms(parser: argparse.ArgumentParser, help: str) -> None:
    parser.add_argument("--arms", default="", metavar="NAMES", help=help)
    parser.add_argument(
        "--tuned",
        default="",
        metavar="RUN",
        help="the training run that the tuned arms speak with; of its exports the one that `train use` takes",
    )
    parser.add_argument(
        "--arm",
        action="append",
        default=[],
        metavar="NAME:model=FILE,...",
        help="one more arm: model=FILE.gguf, adapter=FILE.gguf, rag=true, run=RUN; may be repeated",
    )


def chosen(args: argparse.Namespace, settings: Settings, least: int) -> tuple[list[Arm], dict[str, str], str]:
    """The arms, their keys (see arms.fingerprint) and the documents' state. Raises AssistantError."""
    from assistant.compare import arms
    from assistant.errors import UsageError
    from assistant.tuned import open_run

    names = [name.strip() for name in args.arms.split(",") if name.strip()]
    if not names and not args.arm:
        names = ["base", "tuned" if args.tuned else "rag"]
    found = arms.choose(names, args.arm, settings, open_run, args.tuned, notice)
    if any(arm.memory for arm in found):
        raise UsageError("the arm memory knows what a file of questions tells it; ask it with: assistant compare run")
    if len(found) < least:
        raise UsageError(f"{len(found)} arm is not enough, {least} are needed; name them with --arms base,rag or --arm")
    documents = arms.check_documents(settings) if any(arm.rag for arm in found) else ""
    return found, {arm.name: arms.fingerprint(arm, documents) for arm in found}, documents
