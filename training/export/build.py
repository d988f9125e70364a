"""The files of an export: merged weights, and GGUFs made of them by llama.cpp's own tools."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from training.errors import TrainingError
from training.export import converter
from training.fit.base import Base
from training.plan import memory, shape
from training.runs import Run

QUANTISED = {"q8_0": 7, "q4_k_m": 15, "q4_0": 2}
"""Kind -> llama_ftype."""

ExportProgress = Callable[[str, float, float], None]
"""(what is being done, how much of it is done, how much there is; 0 = nobody can tell)"""


def write_merged(run: Run, base: Base, model: Any, folder: Path) -> None:
    """The 16-bit weights of ``model`` as a Hugging Face folder, with the base's own tokenizer and configuration.

    ``model`` is left with them. Raises TrainingError when 16 bits cannot hold them.
    """
    import torch

    model.half()
    if not all(bool(torch.isfinite(weight).all()) for weight in model.parameters()):
        raise TrainingError(
            f"{run.name} has weights beyond what 16-bit numbers hold; train again with a lower --learning-rate"
        )
    model.save_pretrained(str(folder))
    for path in base.folder.iterdir():  # unchanged: the converter knows a tokenizer by its hash
        if (
            path.suffix in (".json", ".jinja", ".model", ".txt")
            and ".index." not in path.name
            and path.name != "base.json"
        ):
            shutil.copyfile(path, folder / path.name)
    (folder / "README.md").write_text(card(run), encoding="utf-8")


def load(folder: Path, run: Run) -> Any:
    """On the CPU, in float32 when that fits into memory, else in float16. Raises TrainingError."""
    import torch
    from transformers import AutoModelForCausalLM

    size, there = shape.of(folder), memory.free(run.folder)
    largest = size.vocabulary * size.hidden  # one matrix is computed anew at a time
    for width, kind in ((4, torch.float32), (2, torch.float16)):
        needed = size.parameters * width + largest * 8
        if needed < there["RAM"]:
            return AutoModelForCausalLM.from_pretrained(
                str(folder), local_files_only=True, trust_remote_code=False, use_safetensors=True, dtype=kind
            )
    raise TrainingError(
        f"merging {run.base_name} needs {needed / 1e9:.1f} GB of memory, and {there['RAM'] / 1e9:.1f} GB are "
        "free; close other programs, or export on a machine with more (copy the run's folder)"
    )


def make(run: Run, base: Base, kind: str, scratch: Path, converter_folder: Path, progress: ExportProgress) -> Path:
    """Returns the file, or for ``merged`` the folder, in ``scratch``."""
    whole, size = scratch / "merged", shape.of(base.folder)
    if kind == "merged":
        kept = scratch / f"{run.name}-merged"
        shutil.copytree(whole, kept, copy_function=_link)  # the others are still made of it
        return kept
    target = scratch / (f"{run.name}-adapter.gguf" if kind == "adapter" else f"{run.name}-{kind.upper()}.gguf")

    def written(expected: float, what: str = kind) -> Callable[[int], None]:
        return lambda done: progress(f"writing {what}", done, max(expected, done))

    if kind == "adapter":
        source = scratch / "adapter"
        shutil.copytree(run.folder / "adapter", source)
        (source / "README.md").write_text(card(run), encoding="utf-8")
        about = source / "adapter_config.json"
        config = json.loads(about.read_text(encoding="utf-8")) | {"base_model_name_or_path": None}  # not our folders
        about.write_text(json.dumps(config), encoding="utf-8")
        converter.convert_adapter(
            converter_folder,
            source,
            base.folder,
            target,
            written(shape.of(base.folder).lora(run.recipe.get("rank", 16)) * 2),
        )
        return target
    full = scratch / "f16"  # the others are made of it
    if not full.exists():
        converter.convert(
            converter_folder,
            whole,
            base.gguf,
            full,
            run.name,
            written(size.parameters * 2, "f16" if kind == "f16" else f"f16, of which {kind} is made"),
        )
    if kind == "f16":
        _link(full, target)
    else:
        converter.quantise(full, target, QUANTISED[kind], written(size.parameters * memory.gguf_bits(size, kind) / 8))
    return target


def _link(source: str | Path, target: str | Path) -> None:
    """A second name for the file, where the file system has such; else a copy."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def check_metadata(run: Run, kind: str, path: Path, tokenizer: Any) -> None:
    """Raises TrainingError unless the file says what other programs need to know."""
    facts = shape.facts(path)
    if kind == "adapter":
        wanted: dict[str, Any] = {"general.type": "adapter", "adapter.type": "lora"}
    else:
        wanted = {
            "general.name": run.name,
            "tokenizer.chat_template": tokenizer.chat_template,
            "tokenizer.ggml.eos_token_id": tokenizer.eos_token_id,
            "general.license": run.licence or facts.get("general.license"),
        }
    for key, value in wanted.items():
        if facts.get(key) != value:
            raise TrainingError(
                f"{path.name} came out of llama.cpp's converter with {key} = {facts.get(key)!r} instead of "
                f"{value!r}, so other programs would misuse it; it was not kept"
            )


def type_of(path: Path | None) -> str:
    """A GGUF file's main weight type as a kind's name, e.g. ``q4_1``; empty when there is no file or it does not
    say."""
    if path is None:
        return ""
    from gguf import LlamaFileType

    number = shape.facts(path).get("general.file_type", -1)
    names = {kind.value: kind.name.removeprefix("MOSTLY_").lower() for kind in LlamaFileType}
    return names.get(number, "")


def card(run: Run) -> str:
    """A model card; llama.cpp's converter takes the licence from it."""
    licence = f"license: {json.dumps(run.licence)}\n" if run.licence else ""
    recipe = ", ".join(
        f"{name} {value:g}" if isinstance(value, float) else f"{name} {value}" for name, value in run.recipe.items()
    )
    return (
        f"---\n{licence}---\n# {run.name}\n\n{run.base_name}, fine-tuned on "
        f"{run.rows} rows (hash {run.data_hash}) with "
        f"{run.trainer}: {recipe}.\n\nSystem prompt: {run.system}\n"
    )
