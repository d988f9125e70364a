"""A Colab notebook that runs a recipe on a free T4: Unsloth, 4-bit weights, the same prompts and labels as `fit`."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import json
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from training.plan import steps as plan
from training.recipe import Recipe
from training.rows import Row, as_json, data_hash

_MOST = 4_000_000  # characters of packed data that a notebook may carry; Colab becomes slow above some 10 MB
_CARRIED = (  # prompts and labels are made by the very same code
    *("training/errors.py", "training/rows.py", "training/chat.py"),
    *("rag/errors.py", "rag/tokenizer.py", "rag/child.py", "rag/templates.py", "rag/template_child.py"),
)

_TITLE = """\
# Fine-tuning for the voice assistant: {name}

{rows} rows to learn from, {held_out} held out (data {hash}), base model `{model}`, method {method}.
Choose *Runtime → Change runtime type → T4 GPU*, then *Runtime → Run all*, and allow the access to Google Drive.

**Why Drive:** Colab's free machines are lent, not given. A session ends after at most 12 hours, after some 90 minutes
without anybody at the page, or when the GPUs are wanted elsewhere, and everything on its disk is gone at once. So
checkpoints go to Drive at every look at the held-out rows: after a broken session run all cells again, and training
goes on from the newest one.

{arithmetic}

What is the same as in `assistant train fit`: prompts, labels (only the answer and the token that ends it are learned),
every number of the recipe, early stopping on the loss of held-out rows. What is not: questions of general knowledge are
not asked while it trains (`forget`), so compare afterwards with `assistant compare run`.
"""
_INSTALL = """\
# Unsloth and libraries that resolve with it; Colab's own torch stays. If a restart of the runtime is asked for: do it.
%pip install -q transformers==4.57.6 datasets==4.3.0 "huggingface_hub>=0.34,<1" hf_transfer sentencepiece protobuf
%pip install -q --no-deps unsloth==2026.10.7 unsloth_zoo==2026.10.7 trl==0.22.2 peft==0.18.1 accelerate==1.12.0
%pip install -q --no-deps bitsandbytes==0.49.1 torchao==0.16.0 cut_cross_entropy==25.1.1
!unsloth install-kernels
!mkdir -p training rag && touch training/__init__.py rag/__init__.py"""
_DRIVE = """\
import torch
from pathlib import Path

if not torch.cuda.is_available():
    raise SystemExit("This runtime has no GPU: choose Runtime -> Change runtime type -> T4 GPU, then run all again")
print(torch.cuda.get_device_name(0), f"{torch.cuda.get_device_properties(0).total_memory / 1e9:.1f} GB")
try:
    from google.colab import drive

    drive.mount("/content/drive")
    FOLDER = Path("/content/drive/MyDrive/assistant-training") / NAME
except Exception as error:  # no Drive, or not Colab
    print(f"Drive cannot be used ({error}); everything is lost when this session ends")
    FOLDER = Path("assistant-training") / NAME
FOLDER.mkdir(parents=True, exist_ok=True)"""
_EMBEDDED = """\
import base64, hashlib, json, zlib

PACKED = {packed}
DATA = json.loads(zlib.decompress(base64.b64decode("".join(PACKED))))"""
_UPLOAD = """\
import hashlib, json
from google.colab import files

print("Choose {file}, which lies beside this notebook")
DATA = json.loads(next(iter(files.upload().values())))"""
_CHECK = """
if hashlib.sha256(json.dumps(DATA, sort_keys=True).encode()).hexdigest() != {digest!r}:
    raise SystemExit("The data is not what this notebook was made for; make both again with assistant train notebook")
print(len(DATA["train"]), "rows to learn from,", len(DATA["held_out"]), "held out")"""
_MODEL = """\
from unsloth import FastLanguageModel

model, tokenizer = FastLanguageModel.from_pretrained(
    model_name=MODEL, trust_remote_code=False, max_seq_length=RECIPE["length"], dtype=None,
    load_in_4bit=RECIPE["method"] == "qlora", full_finetuning=RECIPE["method"] == "full")
if RECIPE["method"] != "full":
    model = FastLanguageModel.get_peft_model(
        model, r=RECIPE["rank"], lora_alpha=RECIPE["alpha"], lora_dropout=RECIPE["dropout"], bias="none",
        target_modules=["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"],
        use_gradient_checkpointing="unsloth", random_state=RECIPE["seed"])
if tokenizer.pad_token is None:
    tokenizer.pad_token = tokenizer.eos_token"""
_LABELS = """\
from training.chat import Chat
from training.rows import Row

chat = Chat(tokenizer)


def encode(rows):
    encoded = []
    for number, row in enumerate(rows, 1):
        prompt, answer = chat.example(Row(tuple(row["messages"])), SYSTEM)
        if len(prompt) + len(answer) > RECIPE["length"]:
            raise SystemExit(f"row {number} has {len(prompt) + len(answer)} tokens, more than {RECIPE['length']}")
        encoded.append({"input_ids": prompt + answer, "attention_mask": [1] * (len(prompt) + len(answer)),
                        "labels": [-100] * len(prompt) + answer})
    return encoded


TRAIN, HELD_OUT = encode(DATA["train"]), encode(DATA["held_out"])
print("The first answer is learned as:", repr(tokenizer.decode([one for one in TRAIN[0]["labels"] if one != -100])))"""
_TRAIN = """\
from datasets import Dataset
from transformers import DataCollatorForSeq2Seq, EarlyStoppingCallback
from trl import SFTConfig, SFTTrainer

bf16 = torch.cuda.is_bf16_supported()
arguments = SFTConfig(
    output_dir=str(FOLDER / "checkpoints"), max_steps=STEPS, per_device_train_batch_size=RECIPE["batch"],
    per_device_eval_batch_size=RECIPE["batch"], gradient_accumulation_steps=RECIPE["accumulate"],
    learning_rate=RECIPE["learning_rate"], lr_scheduler_type="linear", warmup_steps=WARMUP, weight_decay=0.0,
    max_grad_norm=1.0, optim="adamw_torch",
    max_length=RECIPE["length"], packing=False, dataset_kwargs={"skip_prepare_dataset": True}, bf16=bf16, fp16=not bf16,
    seed=RECIPE["seed"], data_seed=RECIPE["seed"], logging_steps=1, eval_strategy="steps", eval_steps=LOOK,
    save_strategy="steps", save_steps=LOOK, save_total_limit=2, load_best_model_at_end=True,
    metric_for_best_model="eval_loss", greater_is_better=False, report_to="none", remove_unused_columns=False)
trainer = SFTTrainer(
    model=model, args=arguments, train_dataset=Dataset.from_list(TRAIN), eval_dataset=Dataset.from_list(HELD_OUT),
    processing_class=tokenizer, data_collator=DataCollatorForSeq2Seq(tokenizer, label_pad_token_id=-100),
    callbacks=[EarlyStoppingCallback(RECIPE["patience"])] if RECIPE["patience"] else [])
trainer.train(resume_from_checkpoint=any((FOLDER / "checkpoints").glob("checkpoint-*")))
print(f"peak GPU memory {torch.cuda.max_memory_reserved() / 1e9:.1f} GB")"""
_TRY = """\
FastLanguageModel.for_inference(model)
for row in DATA["held_out"][:3]:
    prompt = chat.prompt(Row(tuple(row["messages"])).prompt(SYSTEM))
    ids = torch.tensor([prompt], device=model.device)
    out = model.generate(input_ids=ids, attention_mask=torch.ones_like(ids), max_new_tokens=100, do_sample=False,
                         eos_token_id=chat.ends, pad_token_id=chat.end)
    print("question:", row["messages"][-2]["content"])
    print("wanted:  ", row["messages"][-1]["content"])
    print("said:    ", chat.text(out[0][len(prompt):].tolist()), "\\n")"""
_SAVE = """\
import shutil

model.save_pretrained(str(FOLDER / "adapter"))  # first, and to Drive: what was learned is safe from here on
free = shutil.disk_usage(".").free / 1e9
print(f"{free:.0f} GB of this machine's disk are free; merging and exporting need about {EXPORT_GB:.0f} GB")
if free < EXPORT_GB:
    raise SystemExit("Too little disk to export here; the adapter is on Drive. Export fewer KINDS, one at a time")
# Merges the adapter into 16-bit weights, then converts and quantises them with llama.cpp.
model.save_pretrained_gguf("export", tokenizer, quantization_method=KINDS)
GGUFS = sorted(path for path in Path(".").glob("export*/*.gguf") if any(kind in path.name.lower() for kind in KINDS))
for path in GGUFS:
    room = shutil.disk_usage(FOLDER).free
    if room > path.stat().st_size:
        shutil.copy(path, FOLDER / f"{NAME}-{path.name}")
    print(path, f"{path.stat().st_size / 1e9:.1f} GB", "copied to Drive" if room > path.stat().st_size else
          "NOT on Drive, which is full: download it below")"""
_BACK = """\
DOWNLOAD = True  # False: fetch the files from Drive instead; large downloads through the browser break off now and then
if DOWNLOAD:
    from google.colab import files

    for path in GGUFS:
        files.download(str(path))
print("At home, the assistant speaks with it after:")
for path in GGUFS:
    print(f"  assistant models use {path.name}")
print(f"Keep [llm] system_prompt as it was in training: {SYSTEM!r}")"""


def build(
    name: str,
    recipe: Recipe,
    model: str,
    system: str,
    train: Sequence[Row],
    held_out: Sequence[Row],
    kinds: Sequence[str],
    gigabytes: float,
) -> tuple[dict[str, Any], str | None]:
    """(the notebook, nbformat 4.5; the data as JSON where it is too large to lie inside, else None).

    ``gigabytes`` of disk that merge and export take on Colab. The data file must be named ``data_name(name)``.
    """
    counted = plan.steps(recipe, len(train))
    look = plan.evaluate_every(recipe, counted)
    data = {"train": [as_json(row) for row in train], "held_out": [as_json(row) for row in held_out]}
    text = json.dumps(data, sort_keys=True)
    check = _CHECK.format(digest=hashlib.sha256(text.encode()).hexdigest())
    packed = base64.b64encode(zlib.compress(text.encode(), 9)).decode()
    inside = len(packed) <= _MOST
    lines = "[\n" + "".join(f"    {packed[start : start + 100]!r},\n" for start in range(0, len(packed), 100)) + "]"
    settings = {
        "NAME": name,
        "MODEL": model,
        "SYSTEM": system,
        "RECIPE": dataclasses.asdict(recipe),
        "STEPS": counted.total,
        "WARMUP": plan.warmup(recipe, counted),
        "LOOK": look,
        "KINDS": list(kinds),
        "EXPORT_GB": round(gigabytes, 1),
    }
    arithmetic = "\n".join(f"- {line}" for line in plan.written(recipe, len(train)))
    title = _TITLE.format(
        name=name,
        rows=len(train),
        held_out=len(held_out),
        hash=data_hash([*train, *held_out]),
        model=model,
        method=recipe.method,
        arithmetic=arithmetic,
    )
    folder = Path(__file__).parents[2]
    carried = [f"%%writefile {file}\n" + (folder / file).read_text(encoding="utf-8").rstrip("\n") for file in _CARRIED]
    code = [
        _INSTALL,
        "\n".join(f"{key} = {value!r}" for key, value in settings.items()),
        _DRIVE,
        *carried,
        (_EMBEDDED.format(packed=lines) if inside else _UPLOAD.format(file=data_name(name))) + check,
        _MODEL,
        _LABELS,
        _TRAIN,
        _TRY,
        _SAVE,
        _BACK,
    ]
    cells = [_cell("markdown", title, 0), *(_cell("code", text, number) for number, text in enumerate(code, 1))]
    return {
        "nbformat": 4,
        "nbformat_minor": 5,
        "cells": cells,
        "metadata": {
            "accelerator": "GPU",
            "colab": {"gpuType": "T4", "provenance": []},
            "kernelspec": {"name": "python3", "display_name": "Python 3"},
            "language_info": {"name": "python"},
        },
    }, None if inside else text


def data_name(name: str) -> str:
    return f"{name}-data.json"


def _cell(kind: str, text: str, number: int) -> dict[str, Any]:
    cell = {"cell_type": kind, "id": f"cell-{number}", "metadata": {}, "source": text.splitlines(keepends=True)}
    return cell | {"execution_count": None, "outputs": []} if kind == "code" else cell
