"""What a training run, its merge and its export will need, term by term, against what is free now.

The terms for the CPU were fitted to measured peaks of TRL 1.16 on torch 2.13 (LoRA on a Llama of 6, 10 and 30 layers,
2,000 to 49,152 words, 192 to 1,024 tokens per batch), which they meet within a tenth. Those for a GPU are the usual
counts, and unmeasured.
"""

from __future__ import annotations

import math
import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from training.plan.shape import Shape
from training.recipe import Recipe

GB = 1e9
_PROGRAM = 0.65 * GB  # Python with torch, transformers, trl and datasets, and the workspace of their matrix products
_CUDA = 0.6 * GB  # of GPU memory, for the CUDA context and its libraries
_KEPT = 2  # checkpoints on the disk at a time, and one more while it is written
_MARGIN = 0.95  # of what is free: the rest of the system lives, too


@dataclass(frozen=True)
class MemoryPart:
    name: str
    formula: str
    bytes: float


@dataclass(frozen=True)
class Need:
    what: str
    """``train``, ``merge``, ``export`` ..."""
    place: str
    """``RAM``, ``GPU memory`` or ``disk``."""
    parts: tuple[MemoryPart, ...]

    @property
    def bytes(self) -> float:
        return sum(part.bytes for part in self.parts)


def training(shape: Shape, recipe: Recipe, row: int, gpu: bool, unsloth: bool = False) -> list[Need]:
    """``row``: tokens of the longest row; a batch is padded to its longest one, so the worst batch has batch × row.

    ``unsloth``: whether Unsloth trains; it keeps one vector per token and layer and computes the rest again.
    """
    if gpu:
        return [
            Need("train", "GPU memory", _on_gpu(shape, recipe, row, unsloth)),
            Need("train", "RAM", (_program(), _weights(shape, 2, "16-bit, while they are loaded"))),
        ]
    return [Need("train", "RAM", _on_cpu(shape, recipe, row))]


def _on_cpu(shape: Shape, recipe: Recipe, row: int) -> tuple[MemoryPart, ...]:
    tokens = recipe.batch * row
    per_layer = 12 * shape.hidden + 5 * shape.feed_forward
    return (
        _program(),
        _weights(shape, 4, "32-bit"),
        *_trained(shape, recipe),
        MemoryPart(
            "activations",
            f"{recipe.batch} rows × {row} tokens × ({shape.layers} + 2) layers × (12 × {shape.hidden} "
            f"+ 5 × {shape.feed_forward}) × 4 bytes",
            tokens * (shape.layers + 2) * per_layer * 4,
        ),
        MemoryPart(
            "logits",
            f"{recipe.batch} × {row} tokens × {shape.vocabulary:,} words × 6 copies × 4 bytes",
            tokens * shape.vocabulary * 6 * 4,
        ),
    )


def _on_gpu(shape: Shape, recipe: Recipe, row: int, unsloth: bool) -> tuple[MemoryPart, ...]:
    tokens = recipe.batch * row
    match recipe.method:
        case "full":
            weights = _weights(shape, 4, "32-bit")
        case "lora":
            weights = _weights(shape, 2, "16-bit")
        case _:  # NF4 with double quantisation: 4.127 bits (Dettmers et al. 2023, section 3)
            matrices = shape.layers * sum(inside * out for inside, out in shape.linear)
            rest = max(shape.parameters - matrices, 0)
            weights = MemoryPart(
                "weights",
                f"{matrices:,} × 4.13 bits + {rest:,} × 2 bytes (embeddings)",
                matrices * 4.127 / 8 + rest * 2,
            )
    layer = 12 * shape.hidden + 5 * shape.feed_forward
    kept = (
        MemoryPart(
            "activations",
            f"{recipe.batch} × {row} tokens × ({shape.layers} layers × {shape.hidden} + one layer's {layer}) × 2 bytes",
            tokens * (shape.layers * shape.hidden + layer) * 2,
        )
        if unsloth
        else MemoryPart(
            "activations",
            f"{recipe.batch} × {row} tokens × ({shape.layers} + 2) layers × {layer} × 2 bytes",
            tokens * (shape.layers + 2) * layer * 2,
        )
    )
    return (
        MemoryPart("CUDA", "the context and its libraries", _CUDA),
        weights,
        *_trained(shape, recipe),
        kept,
        MemoryPart(
            "logits",
            f"{recipe.batch} × {row} tokens × {shape.vocabulary:,} words × 3 copies × 4 bytes",
            tokens * shape.vocabulary * 3 * 4,
        ),
    )


def _trained(shape: Shape, recipe: Recipe) -> tuple[MemoryPart, ...]:
    """Of each weight that is trained: its gradient, and AdamW's two moments (Kingma & Ba 2015), all 32-bit."""
    count = trained(shape, recipe)
    own = (
        ()
        if recipe.method == "full"
        else (MemoryPart("adapter", f"{count:,} weights (rank {recipe.rank}) × 4 bytes", count * 4),)
    )
    return (
        *own,
        MemoryPart("gradients", f"{count:,} × 4 bytes", count * 4),
        MemoryPart("optimizer", f"{count:,} × 2 moments × 4 bytes", count * 8),
    )


def trained(shape: Shape, recipe: Recipe) -> int:
    return shape.parameters if recipe.method == "full" else shape.lora(recipe.rank)


def merging(shape: Shape, recipe: Recipe) -> list[Need]:
    """The adapter is added to the weights on the CPU, whatever trained it; the result is written 16-bit."""
    if recipe.method == "full":
        return []
    count = shape.lora(recipe.rank)
    largest = shape.vocabulary * shape.hidden
    return [
        Need(
            "merge",
            "RAM",
            (
                _program(),
                _weights(shape, 4, "32-bit"),
                MemoryPart("adapter", f"{count:,} × 4 bytes", count * 4),
                MemoryPart("copy", f"one product of the adapter, at most {largest:,} × 4 bytes", largest * 4),
            ),
        )
    ]


def exporting(shape: Shape) -> list[Need]:
    """The converter and the quantiser hold a tensor at a time; the 16-bit file is mapped while it is read."""
    largest = shape.vocabulary * shape.hidden
    return [
        Need(
            "export",
            "RAM",
            (
                _program(),
                _weights(shape, 2, "the 16-bit file"),
                MemoryPart(
                    "tensor", f"the largest, {shape.vocabulary:,} × {shape.hidden} × (4 + 2 bytes)", largest * 6
                ),
            ),
        )
    ]


def disk(shape: Shape, recipe: Recipe, kinds: Sequence[str], base: bool) -> Need:
    """``base``: whether the trainable copy of the base model is still to be made. ``kinds``: GGUFs to be exported."""
    count = trained(shape, recipe)
    width = 4 if shape.parameters < 1e9 else 2  # as `training.fit.base.prepare` writes it
    parts = [_weights(shape, width, f"the base model's trainable copy, {8 * width}-bit")] if base else []
    parts.append(MemoryPart("checkpoints", f"({_KEPT} + 1) × {count:,} × (4 + 8 bytes)", (_KEPT + 1) * count * 12))
    if recipe.method == "full":
        parts.append(MemoryPart("model", f"{count:,} × 4 bytes", count * 4))
    else:
        parts.append(MemoryPart("adapter", f"{count:,} × 4 bytes", count * 4))
        parts.append(MemoryPart("merged", f"{shape.parameters:,} × 2 bytes", shape.parameters * 2))
    parts.append(
        MemoryPart("GGUF f16", f"{shape.parameters:,} × 2 bytes, of which the others are made", shape.parameters * 2)
    )
    for kind in kinds:
        if kind not in ("f16", "adapter"):
            parts.append(
                MemoryPart(
                    f"GGUF {kind}",
                    f"about {gguf_bits(shape, kind):.2f} bits per weight",
                    shape.parameters * gguf_bits(shape, kind) / 8,
                )
            )
    if "adapter" in kinds and recipe.method != "full":
        parts.append(MemoryPart("GGUF adapter", f"{count:,} × 4 bytes", count * 4))
    return Need("keep", "disk", tuple(parts))


def gguf_bits(shape: Shape, kind: str) -> float:
    """Mean bits per weight of a GGUF. K-quants need rows of 256; narrower matrices become q5_0 and q8_0 (llama.cpp)."""
    wide = shape.hidden % 256 == 0
    tables = shape.vocabulary * shape.hidden
    matrices, embeddings = {
        "q8_0": (8.5, 8.5),
        "q4_k_m": (4.8, 6.6) if wide else (5.6, 8.5),
        "q4_0": (4.5, 6.6) if wide else (4.5, 8.5),
    }.get(kind, (16, 16))
    return (matrices * max(shape.parameters - tables, 0) + embeddings * tables) / max(shape.parameters, tables)


def _program() -> MemoryPart:
    return MemoryPart("program", "Python, torch, transformers, trl, and workspace", _PROGRAM)


def _weights(shape: Shape, width: int, note: str) -> MemoryPart:
    return MemoryPart("weights", f"{shape.parameters:,} × {width} bytes ({note})", shape.parameters * width)


# ---- what is there -----------------------------------------------------------------------------------------------


def free(folder: Path) -> dict[str, float]:
    """Bytes free now, by place; ``GPU memory`` only where torch finds a CUDA GPU. A container's limit counts."""
    import psutil

    while not folder.exists():
        folder = folder.parent
    found = {"RAM": min(psutil.virtual_memory().available, _container()), "disk": float(shutil.disk_usage(folder).free)}
    if gpu():
        import torch

        found["GPU memory"] = float(torch.cuda.mem_get_info()[0])
    return found


def gpu() -> bool:
    import importlib.util

    if importlib.util.find_spec("torch") is None or os.environ.get("CUDA_VISIBLE_DEVICES") == "":
        return False
    import torch

    return torch.cuda.is_available()


def _container(root: Path = Path("/sys/fs/cgroup")) -> float:
    """What a Linux control group still lets this process take, in bytes: its limit, less what cannot be dropped."""
    for limit, used in (
        ("memory.max", "memory.current"),
        ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes"),
    ):
        try:
            most, taken = int((root / limit).read_text()), int((root / used).read_text())
            stat = dict(line.split() for line in (root / limit).with_name("memory.stat").read_text().splitlines())
        except (OSError, ValueError):
            continue
        return most - taken + int(stat.get("inactive_file", 0)) + int(stat.get("active_file", 0))
    return math.inf


def fits(need: Need, there: dict[str, float]) -> bool:
    return need.bytes <= there.get(need.place, 0.0) * _MARGIN


def largest(check: Callable[[int], bool], most: int) -> int:
    """The largest number from 1 to ``most`` for which ``check`` holds, 0 when there is none; it holds for all below."""
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if check(middle) else (low, middle - 1)
    return low
