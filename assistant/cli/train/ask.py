"""`assistant train ask`: what the base and the tuned model say to the same question."""

from __future__ import annotations

import argparse
import json
import sys

HELP = "ask the base and the tuned model the same questions, side by side, before any export"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("questions", nargs="+", metavar="QUESTION")
    parser.add_argument("--name", metavar="NAME", help="the training run (default: the newest that has learned)")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace) -> int:
    from assistant.cli import load_settings
    from assistant.errors import UsageError
    from assistant.tuned import cache, home, need_torch, open_run
    from rag.text import readable
    from training import runs
    from training.fit import base, side_by_side

    need_torch()
    settings = load_settings(args).settings
    here = [run for run in runs.all_runs(home()) if run.trainer != "openai"]
    if not args.name and not here:
        raise UsageError("there is no training run yet; start one with: assistant train fit DATA")
    made = open_run(args.name) if args.name else next((run for run in reversed(here) if run.steps), here[-1])
    side_by_side.tuned_weights(made)  # says so before anything is loaded when there are none

    def notice(text: str) -> None:
        print(text, file=sys.stderr, flush=True)

    began_with = base.prepare(made.base, cache(), notice)
    if began_with.hash != made.base_hash:
        raise UsageError(f"{made.base} is no longer the model that {made.name} was made from; bring that file back")
    if settings.llm.system_prompt != made.system:
        notice(f'[llm] system_prompt is not the one that {made.name} was trained with: "{made.system}"')
    pairs = side_by_side.answers(
        made,
        began_with,
        list(map(readable, args.questions)),
        settings.llm.system_prompt,
        settings.llm.max_tokens,
        notice,
    )
    if args.json:
        print(json.dumps([vars(pair) for pair in pairs], ensure_ascii=False, indent=2))
        return 0
    width = max(len("base"), len(made.name))
    for number, pair in enumerate(pairs):
        print(("\n" if number else "") + pair.question)
        print(
            f"  {'base':{width}}  {_indented(pair.base, width)}\n  {made.name:{width}}  {_indented(pair.tuned, width)}"
        )
    return 0


def _indented(text: str, width: int) -> str:
    return text.replace("\n", "\n" + " " * (width + 4)) or "(nothing)"
