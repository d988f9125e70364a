"""`assistant train autotrain`: the same training as a job for Hugging Face's AutoTrain."""

from __future__ import annotations

import argparse
from pathlib import Path

HELP = "write the same job as an AutoTrain config and data file"

_MODEL = "HuggingFaceTB/SmolLM2-135M-Instruct"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from assistant.cli.train import recipe_flags

    parser.add_argument("data", type=Path, metavar="DATA", help="the rows, as for `train fit`")
    parser.add_argument(
        "--model",
        default=_MODEL,
        metavar="NAME",
        help=f"hub name of the model, or a folder where AutoTrain will run (default {_MODEL}, the bundled model)",
    )
    parser.add_argument("--name", metavar="NAME", help="of the result (default: that of DATA)")
    parser.add_argument(
        "--output", type=Path, metavar="FOLDER", help="where both files are written (default autotrain-NAME)"
    )
    parser.add_argument(
        "--precision",
        choices=("bf16", "fp16", "none"),
        default="bf16",
        help="of the arithmetic: fp16 for a T4 or V100, none without a GPU (default bf16)",
    )
    recipe_flags.add(parser)


def run(args: argparse.Namespace) -> int:
    from assistant.cli import load_settings
    from assistant.cli.train import recipe_flags
    from assistant.errors import UsageError
    from rag.output import folder_problem
    from training import runs
    from training.data import split
    from training.elsewhere import autotrain

    if args.model.lower().endswith(".gguf"):
        raise UsageError(
            f"--model {args.model}: AutoTrain cannot read GGUF files; give the model's hub name or its "
            "Hugging Face folder"
        )
    settings = load_settings(args).settings
    recipe = recipe_flags.recipe(args)
    name = runs.checked(args.name or recipe_flags.name_of(args.data))
    folder = args.output or Path(f"autotrain-{name}")
    if wrong := folder_problem(folder):
        raise UsageError(f"--output {folder}: {wrong}")
    train, held_out = split.load(args.data)
    job = autotrain.build(name, recipe, args.model, settings.llm.system_prompt, train, len(held_out), args.precision)
    autotrain.write(job, folder, args.data)
    print(
        f"{folder / 'config.yml'} and {folder / 'data' / 'train.jsonl'} ({len(train)} rows) are written.\n"
        f"What AutoTrain does otherwise than `assistant train fit`:"
    )
    for sentence in job.lost:
        print(f"  {sentence}")
    print(
        "Run it in an environment of its own, for it pins old libraries:\n"
        f"  pip install torch autotrain-advanced=={autotrain.VERSION}\n"
        f"  cd {folder} && autotrain --config config.yml\n"
        f"The tuned model will lie in {folder / job.name}; convert it with llama.cpp's convert_hf_to_gguf.py, then: "
        "assistant models use FILE.gguf"
    )
    return 0
