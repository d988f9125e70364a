"""`assistant train list`: the training runs, how each was made, and how it came out."""

from __future__ import annotations

import argparse
import dataclasses
import json

from training.recipe import Recipe

HELP = "show the training runs: state, data, recipe, metrics"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace) -> int:
    from assistant.tuned import home
    from training import runs

    found = runs.all_runs(home())
    if args.json:
        print(
            json.dumps(
                [{**dataclasses.asdict(one), "folder": str(one.folder), "name": one.name} for one in found],
                indent=2,
                ensure_ascii=False,
            )
        )
        return 0
    if not found:
        print("No training run yet; start one with: assistant train fit DATA")
    for one in found:
        print(f"{one.name}  {_state(one)}{'  ' + one.made[:16].replace('T', ' ') if one.made else ''}")
        print(f"    base   {one.base_name} {one.base_hash}" + (f", licence {one.licence}" if one.licence else ""))
        print(f"    data   {one.data} {one.data_hash}: {one.rows} rows, {one.held_out} held out")
        print(f"    recipe {_recipe(one.recipe)}" + (f"; {one.trainer}" if one.trainer else ""))
        if one.metrics:
            print(f"    came out  {measured(one)}")
        if one.exports:
            print(f"    exports  {', '.join(sorted(one.exports))}")
    return 0


def _recipe(recipe: dict) -> str:
    """Method and length, and what is not as usual."""
    usual = dataclasses.asdict(Recipe()) | {"method": "", "epochs": ""}
    left_out = "epochs" if recipe.get("steps") else "steps"
    return ", ".join(
        f"{name.replace('_', ' ')} {value}"
        for name, value in recipe.items()
        if value != usual.get(name) and name != left_out
    )


def _state(run) -> str:
    match run.state:
        case "stopped" if run.trainer == "openai":
            return f"at OpenAI; go on with: assistant train openai --name {run.name}"
        case "stopped":
            return f"stopped at step {run.steps}; go on with: assistant train fit --resume --name {run.name}"
        case "training":
            return f"training (or was killed; then go on with: assistant train fit --resume --name {run.name})"
        case _:
            many = "step" if run.steps == 1 else "steps"
            return f"{run.state}, {run.steps} {many} in {run.seconds / 60:.1f} min" if run.steps else run.state


def measured(run) -> str:
    """The run's metrics in words."""
    metrics = run.metrics
    parts = [f"loss {metrics['loss']:.3f}", f"validation loss {metrics['held_out_loss']:.3f}"]
    if "known_before" in metrics:
        before, after = metrics["known_before"], metrics["known_after"]
        parts.append(f"general questions answered {before:.0%} before, of the same {after:.0%} after")
    if "style_before" in metrics:
        parts.append(f"style {metrics['style_before']:.2f} before, {metrics['style_after']:.2f} after")
    return ", ".join(parts)
