"""TRL's SFTTrainer, set up from a recipe: on Unsloth when there is a GPU and Unsloth, else on TRL and PEFT alone."""

from __future__ import annotations

import math
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from rag.atomic import sync
from training.chat import Chat
from training.errors import TrainingError, TrainingUsageError
from training.fit import parallel, weights
from training.fit.base import Base
from training.plan.steps import steps
from training.recipe import Recipe
from training.rows import Row

_LINEAR = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
IGNORED = -100
"""The label of a token that is read but not learned."""


def chosen(recipe: Recipe) -> tuple[str, str]:
    """(trainer, reason): ``unsloth 2026.10.9`` or ``trl 1.16.0``, and why, for the log. Raises TrainingError."""
    if not weights.on_gpu():
        if recipe.method == "qlora":
            raise TrainingUsageError("qlora needs a GPU, and torch sees none here; use --method lora")
        return f"trl {version('trl')}", "there is no GPU that torch can use"
    if parallel.processes() > 1:
        return f"trl {version('trl')}", "Unsloth is used on one GPU only"
    if find_spec("unsloth") is None:
        return f"trl {version('trl')}", "Unsloth is not installed"
    os.environ["UNSLOTH_AUTO_INSTALL"] = "0"
    try:
        import unsloth  # noqa: F401  (must come before trl and transformers to patch them)
    except Exception as error:  # it raises whatever it finds wrong with the machine
        return f"trl {version('trl')}", f"Unsloth cannot be used here ({str(error).strip()[:200]})"
    try:
        return f"unsloth {version('unsloth')}", "there is a GPU and Unsloth is installed"
    except PackageNotFoundError:
        return "unsloth", "there is a GPU and Unsloth is installed"


def encode(chat: Chat, rows: Sequence[Row], system: str, length: int) -> list[dict[str, list[int]]]:
    """``input_ids`` and ``labels`` of each row: only the answer and the end of the turn are learned.

    Raises TrainingError that names the rows longer than ``length`` tokens.
    """
    encoded, long = [], []
    for row in rows:
        prompt, answer = chat.example(row, system)
        if len(prompt) + len(answer) > length:
            long.append(f"line {row.line} ({len(prompt) + len(answer)})")
        encoded.append({"input_ids": [*prompt, *answer], "labels": [IGNORED] * len(prompt) + answer})
    if long:
        more = f" and {len(long) - 5} more" if len(long) > 5 else ""
        raise TrainingUsageError(
            f"longer than --length {length} tokens: {', '.join(long[:5])}{more}; shorten or "
            "remove these rows, or raise --length"
        )
    return encoded


def model_for(base: Base, recipe: Recipe, trainer: str) -> Any:
    """The base model with what is trained in it: LoRA's matrices, or all weights. Raises TrainingError."""
    weights.quiet()
    if trainer.startswith("unsloth"):
        return _unsloth_model(base, recipe)
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import set_seed

    model = weights.load(base.folder, recipe.method == "qlora", recipe.method == "full")
    set_seed(recipe.seed)  # LoRA's matrices begin at random
    if recipe.method == "full":
        return model
    if recipe.method == "qlora":
        from peft import prepare_model_for_kbit_training

        model = prepare_model_for_kbit_training(model, use_gradient_checkpointing=False)
    names = {name.rpartition(".")[2] for name, module in model.named_modules() if isinstance(module, torch.nn.Linear)}
    targets = [name for name in _LINEAR if name in names] or "all-linear"
    return get_peft_model(
        model,
        LoraConfig(
            task_type="CAUSAL_LM",
            r=recipe.rank,
            lora_alpha=recipe.alpha,
            lora_dropout=recipe.dropout,
            target_modules=targets,
            bias="none",
        ),
    )


def _unsloth_model(base: Base, recipe: Recipe) -> Any:
    from unsloth import FastLanguageModel

    try:
        model, _ = FastLanguageModel.from_pretrained(
            model_name=str(base.folder),
            trust_remote_code=False,
            max_seq_length=recipe.length,
            dtype=None,
            load_in_4bit=recipe.method == "qlora",
            full_finetuning=recipe.method == "full",
        )
        if recipe.method != "full":
            model = FastLanguageModel.get_peft_model(
                model,
                r=recipe.rank,
                lora_alpha=recipe.alpha,
                lora_dropout=recipe.dropout,
                target_modules=_LINEAR,
                bias="none",
                use_gradient_checkpointing="unsloth",
                random_state=recipe.seed,
            )
    except Exception as error:
        if weights.out_of_memory(error):
            raise TrainingError(
                f"{base.name} does not fit into the GPU's memory; use --method qlora or a smaller --base"
            ) from None
        raise
    return model


def config(recipe: Recipe, rows: int, folder: Path) -> Any:
    """The recipe as TRL's SFTConfig: nothing but training; looks and checkpoints are asked for by `watch.Watch`."""
    import torch
    from trl import SFTConfig

    counted, own, gpu = steps(recipe, rows), parallel.share(recipe), weights.on_gpu()
    bf16 = gpu and torch.cuda.is_bf16_supported()
    return SFTConfig(
        output_dir=str(folder),
        max_steps=counted.total,
        per_device_train_batch_size=own.batch,
        per_device_eval_batch_size=recipe.batch,
        gradient_accumulation_steps=own.accumulate,
        learning_rate=recipe.learning_rate,
        lr_scheduler_type="linear",
        warmup_steps=math.ceil(recipe.warmup * counted.total),
        weight_decay=0.0,
        max_grad_norm=1.0,
        optim="adamw_torch",
        max_length=recipe.length,
        packing=False,
        dataset_kwargs={"skip_prepare_dataset": True},
        bf16=bf16,
        fp16=gpu and not bf16,
        use_cpu=not gpu,
        gradient_checkpointing=False,
        dataloader_pin_memory=gpu,
        seed=recipe.seed,
        data_seed=recipe.seed,
        logging_steps=1,
        logging_first_step=True,
        eval_strategy="no",
        save_strategy="no",
        save_total_limit=2,
        report_to="none",
        disable_tqdm=True,
        remove_unused_columns=False,
    )


def trainer_for(
    model: Any, tokenizer: Any, arguments: Any, train: list[dict], held_out: list[dict], callbacks: Sequence[Any] = ()
) -> Any:
    from datasets import Dataset
    from transformers import PrinterCallback, ProgressCallback
    from trl import SFTTrainer

    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    trainer = SFTTrainer(
        model=model,
        args=arguments,
        train_dataset=Dataset.from_list(train),
        eval_dataset=Dataset.from_list(held_out),
        processing_class=tokenizer,
        callbacks=list(callbacks),
    )
    trainer.remove_callback(PrinterCallback)
    trainer.remove_callback(ProgressCallback)
    return trainer


def save(model: Any, folder: Path) -> None:
    """What was trained, complete or not at all. Raises OSError and safetensors' errors."""
    part = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    options = {"save_embedding_layers": False} if hasattr(model, "peft_config") else {}
    model.save_pretrained(str(part), **options)
    (part / "README.md").unlink(missing_ok=True)  # PEFT's model card with nothing filled in
    sync(part)
    old = folder.with_name(f".{folder.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.rename(old)
    part.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def put(model: Any, folder: Path) -> None:
    """Replace the trained weights of ``model`` by those that `save` wrote."""
    from safetensors.torch import load_file

    if hasattr(model, "peft_config"):
        from peft import set_peft_model_state_dict

        set_peft_model_state_dict(model, load_file(folder / "adapter_model.safetensors"))
        return
    for path in sorted(folder.glob("*.safetensors")):
        model.load_state_dict(load_file(path), strict=False)


@contextmanager
def answering(model: Any, trainer: str) -> Iterator[None]:
    """Unsloth's models have to be told when they are to write instead of learn."""
    if not trainer.startswith("unsloth"):
        yield
        return
    from unsloth import FastLanguageModel

    FastLanguageModel.for_inference(model)
    try:
        yield
    finally:
        FastLanguageModel.for_training(model)
