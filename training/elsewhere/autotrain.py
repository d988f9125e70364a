"""The same job for AutoTrain: a config and a data file, as autotrain-advanced 0.8.36 (the last release) reads them."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from rag import output
from training.plan import steps as plan
from training.recipe import Recipe
from training.rows import Row

VERSION = "0.8.36"
Precision = Literal["bf16", "fp16", "none"]


@dataclass(frozen=True)
class AutotrainProject:
    name: str
    """As AutoTrain takes it; the folder that it writes."""
    config: str
    """config.yml; its ``data: path`` is relative, so AutoTrain is started in the folder that holds both."""
    data: str
    """data/train.jsonl: one ``{"messages": [...]}`` per line, system prompt included."""
    lost: list[str]
    """What of the recipe AutoTrain cannot do, a sentence each."""


def build(
    name: str,
    recipe: Recipe,
    model: str,
    system: str,
    train: Sequence[Row],
    held_out: int,
    precision: Precision = "bf16",
) -> AutotrainProject:
    """``name`` becomes one that AutoTrain takes, see `project_name`. ``model``: a hub name, or a folder where AutoTrain
    runs. ``held_out``: how many rows stay out of the data."""
    given, name = name, project_name(name)
    counted = plan.steps(recipe, len(train))
    epochs = max(1, round(counted.epochs))
    lost = _lost(recipe, counted, epochs, held_out)
    if name != given:
        lost.insert(0, f"name: AutoTrain takes letters, digits and single dashes, 50 at most, so {given} became {name}")
    lora = recipe.method != "full"
    sections: dict[str, dict[str, object]] = {
        "": {"task": "llm-sft", "base_model": model, "project_name": name, "log": "tensorboard", "backend": "local"},
        "data": {"path": "data", "train_split": "train", "valid_split": None, "chat_template": "tokenizer"},
        "params": {
            "epochs": epochs,
            "batch_size": recipe.batch,
            "gradient_accumulation": recipe.accumulate,
            "lr": recipe.learning_rate,
            "warmup_ratio": recipe.warmup,
            "scheduler": "linear",
            "optimizer": "adamw_torch",
            "weight_decay": 0.0,
            "max_grad_norm": 1.0,
            "seed": recipe.seed,
            "block_size": recipe.length,
            "model_max_length": recipe.length,
            "padding": "right",
            "logging_steps": 1,
            "save_total_limit": 2,
            "mixed_precision": None if precision == "none" else precision,
            "peft": lora,
            "quantization": "int4" if recipe.method == "qlora" else None,
            "merge_adapter": lora,
            **(
                {
                    "lora_r": recipe.rank,
                    "lora_alpha": recipe.alpha,
                    "lora_dropout": recipe.dropout,
                    "target_modules": "all-linear",
                }
                if lora
                else {}
            ),
        },
    }
    lines = [
        f"# AutoTrain {VERSION}: autotrain --config config.yml, in the folder of this file.",
        "# What of the recipe has no counterpart there:",
        *(f"# - {sentence}" for sentence in lost),
    ]
    for section, keys in sections.items():
        if section:
            lines += ["", f"{section}:"]
        lines += [f"{'  ' if section else ''}{key}: {_scalar(value)}" for key, value in keys.items()]
        if section == "data":
            lines += ["  column_mapping:", "    text_column: messages"]
    data = "".join(
        json.dumps({"messages": [*row.prompt(system), row.messages[-1]]}, ensure_ascii=False) + "\n" for row in train
    )
    return AutotrainProject(name, "\n".join(lines) + "\n", data, lost)


def project_name(name: str) -> str:
    """``name`` as AutoTrain takes it: ASCII letters, digits and single dashes, 1 to 50; it is also the folder that
    AutoTrain writes, so it is not that of the data."""
    found = re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-")[:50].rstrip("-") or "tuned"
    return f"{found}-tuned" if found.lower() == "data" else found


def _scalar(value: object) -> str:
    """As YAML 1.1 reads it back: numbers with a point before the exponent, all text in quotes."""
    if isinstance(value, float):
        text = repr(value)
        mantissa, e, exponent = text.partition("e")
        return text if not e or "." in mantissa else f"{mantissa}.0e{exponent}"
    return json.dumps(value, ensure_ascii=False)


def _lost(recipe: Recipe, counted: plan.StepCount, epochs: int, held_out: int) -> list[str]:
    lost = [
        "labels: AutoTrain learns the prompts, too, not the answers alone: the questions' wording is learned as well",
        f"batches: it packs rows into blocks of {recipe.length} tokens, so there are fewer steps than the recipe's "
        f"{counted.total}; lower batch_size or raise epochs when the loss hardly falls",
        f"evaluate, patience, forget: it drops validation data that lies in local files, so nothing stops it early and "
        f"the {held_out} held-out rows are not in its data; compare afterwards with `assistant compare run`",
    ]
    if epochs != counted.epochs:
        what = "steps" if recipe.steps else "epochs"
        lost.insert(0, f"{what}: it takes whole epochs only, so {counted.epochs:.4g} became {epochs}")
    return lost


def write(job: AutotrainProject, folder: Path, data: Path) -> None:
    """``data``: the file whose rows it holds. Raises OSError."""
    output.make_folder(folder / "data")
    place = folder / "data" / "train.jsonl"
    output.write_text(place, job.data, output.usual(place, like=data))
    output.write_text(folder / "config.yml", job.config)
