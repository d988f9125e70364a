"""`assistant train notebook`: the same training on one of Colab's GPUs."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

HELP = "write a Colab notebook (T4, Unsloth, 4-bit) that runs this very recipe and brings the GGUF back"
_MODEL = "unsloth/Meta-Llama-3.1-8B-Instruct"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from assistant.cli.train import recipe_flags

    parser.add_argument("data", type=Path, metavar="DATA", help="the rows, as for `train fit`")
    parser.add_argument(
        "--model", default=_MODEL, metavar="NAME", help=f"hub name of the model to train there (default {_MODEL})"
    )
    parser.add_argument("--name", metavar="NAME", help="of the result (default: that of DATA)")
    parser.add_argument(
        "--output", type=Path, metavar="FILE", help="where the notebook is written (default NAME.ipynb)"
    )
    parser.add_argument(
        "--export",
        nargs="+",
        choices=("q8_0", "q4_k_m"),
        default=["q8_0", "q4_k_m"],
        metavar="KIND",
        help="GGUF files to bring back: q8_0, q4_k_m (default both)",
    )
    recipe_flags.add(parser)


def run(args: argparse.Namespace) -> int:
    import json

    from assistant.cli import load_settings
    from assistant.cli.train import recipe_flags
    from assistant.errors import UsageError
    from rag.output import is_special, problem, usual, write_text
    from training import runs
    from training.data import split
    from training.elsewhere import notebook
    from training.recipe import Recipe

    settings = load_settings(args).settings
    recipe = recipe_flags.recipe(args, Recipe(method="qlora"))  # 16-bit weights of 8 billion fill a T4 alone
    name = runs.checked(args.name or recipe_flags.name_of(args.data))
    output = args.output or Path(f"{name}.ipynb")
    if wrong := problem(output):
        raise UsageError(f"--output {output}: {wrong}")
    train, held_out = split.load(args.data)
    document, beside = notebook.build(
        name,
        recipe,
        args.model,
        settings.llm.system_prompt,
        train,
        held_out,
        args.export,
        _gigabytes(args.model, args.export),
    )
    if beside is not None:
        rows = (Path() if is_special(output) else output.parent) / notebook.data_name(name)
        write_text(rows, beside, usual(rows, like=args.data))
    text = json.dumps(document, indent=1, ensure_ascii=False) + "\n"
    write_text(output, text, usual(output, like=args.data) if beside is None else None)
    print(
        f"{output}: open it at https://colab.research.google.com (File, Upload notebook), choose a T4 GPU, run all."
        + (
            f" It will ask for {notebook.data_name(name)}, which lies beside it."
            if beside is not None
            else f" The {len(train) + len(held_out)} rows lie inside: whoever has the file can read them."
        )
    )
    print("Back home: assistant models use FILE.gguf")
    if "llama" in args.model.lower():
        print("The result is bound by Meta's licence for Llama, which is no open-source licence.", file=sys.stderr)
    return 0


def _gigabytes(model: str, kinds: list[str]) -> float:
    """Of disk: the model as fetched, merged 16-bit weights, the 16-bit GGUF, and the GGUFs wanted."""
    import re

    size = re.search(r"(\d+(?:\.\d+)?)\s*([bm])\b", model.lower().replace("_", "-"))
    billions = (float(size[1]) / (1 if size[2] == "b" else 1000)) if size else 8.0
    return billions * (0.7 + 2 + 2 + sum({"q8_0": 8.5, "q4_k_m": 4.9}[kind] / 8 for kind in kinds))
