"""Models as safetensors: config.json says how they are built, the files' headers how many weights they hold."""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from assistant.errors import AssistantError, UsageError
from assistant.models.header import Header

_WIDTHS = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8, "I32": 4, "I16": 2, "I8": 1, "U8": 1, "BOOL": 1}
_KEYS = {  # config.json -> a GGUF's metadata
    "hidden_size": "embedding_length",
    "num_hidden_layers": "block_count",
    "intermediate_size": "feed_forward_length",
    "num_attention_heads": "attention.head_count",
    "num_key_value_heads": "attention.head_count_kv",
    "head_dim": "attention.key_length",
    "max_position_embeddings": "context_length",
    "vocab_size": "vocab_size",
    "kv_lora_rank": "attention.kv_lora_rank",
    "qk_rope_head_dim": "rope.dimension_count",
    "num_local_experts": "expert_count",
    "num_experts": "expert_count",
    "n_routed_experts": "expert_count",
    "num_experts_per_tok": "expert_used_count",
    "moe_intermediate_size": "expert_feed_forward_length",
    "full_attention_interval": "full_attention_interval",
    "num_kv_shared_layers": "attention.shared_kv_layers",
    "conv_L_cache": "shortconv.l_cache",
}
_TALK = ("CausalLM", "ForConditionalGeneration", "LMHead")  # in the names of architectures


def facts(config: Mapping[str, Any]) -> dict[str, Any]:
    """A config.json as the metadata of the GGUF that would be made of it. Raises UsageError when it is none of a
    language model."""
    kinds = config.get("architectures") or []
    if kinds and not any(talks in str(kind) for kind in kinds for talks in _TALK):
        raise UsageError(f"its config.json is that of a {kinds[0]}, which cannot talk; give a language model")
    config = config.get("text_config") or config
    family = str(config.get("model_type", "")).removesuffix("_text").replace("_", "")
    found: dict[str, Any] = {"general.architecture": family}
    found |= {f"{family}.{gguf}": config[key] for key, gguf in _KEYS.items() if config.get(key) is not None}
    if f"{family}.embedding_length" not in found or f"{family}.block_count" not in found:
        raise UsageError("its config.json is not that of a language model; choose another model")
    if f"{family}.attention.head_count_kv" not in found and config.get("num_attention_heads"):
        found[f"{family}.attention.head_count_kv"] = config["num_attention_heads"]
    kinds = config.get("layer_types")
    if config.get("sliding_window") and (kinds or config.get("use_sliding_window", True)):
        if kinds:
            found[f"{family}.attention.sliding_window"] = config["sliding_window"]
            found[f"{family}.attention.sliding_window_pattern"] = ["sliding" in kind for kind in kinds]
    if kinds and any(kind in ("conv", "linear_attention", "mamba") for kind in kinds):
        heads = found.get(f"{family}.attention.head_count_kv", 0)
        found[f"{family}.attention.head_count_kv"] = [
            heads if "attention" == kind[-9:] and "linear" not in kind else 0 for kind in kinds
        ]
    if config.get("linear_num_value_heads"):  # gated delta net
        inner = config["linear_num_value_heads"] * config["linear_value_head_dim"]
        found[f"{family}.ssm.inner_size"] = inner
        found[f"{family}.ssm.state_size"] = config["linear_key_head_dim"]
        found[f"{family}.ssm.group_count"] = config["linear_num_key_heads"]
        found[f"{family}.ssm.conv_kernel"] = config["linear_conv_kernel_dim"]
    return found


def of_folder(folder: Path) -> Header:
    """Raises AssistantError, UsageError."""
    files = sorted(folder.glob("*.safetensors"))
    if not (folder / "config.json").is_file() or not files:
        raise UsageError(
            f"{folder} holds no model: neither a .gguf file was given nor are config.json and safetensors in it"
        )
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        tensors: dict[str, tuple[str, list[int]]] = {}
        for file in files:
            tensors |= _tensors(file)
        return _header(folder.name, config, tensors, str(folder))
    except (OSError, ValueError, KeyError, TypeError, struct.error) as error:
        raise AssistantError(f"{folder}: the model's header cannot be read ({error}); fetch it again") from None


def _tensors(file: Path) -> dict[str, tuple[str, list[int]]]:
    with file.open("rb") as opened:
        (length,) = struct.unpack("<Q", opened.read(8))
        if length > 100_000_000:
            raise ValueError(f"{file.name} has a header longer than a model's can be")
        read = json.loads(opened.read(length))
    return {name: (row["dtype"], row["shape"]) for name, row in read.items() if name != "__metadata__"}


def of_repository(repo: str) -> Header:
    """Of one on the hub; only headers and config.json are fetched. Raises AssistantError, UsageError."""
    import huggingface_hub

    from assistant.secrets import secret

    try:
        api = huggingface_hub.HfApi(token=secret("HF_TOKEN"))
        read = api.get_safetensors_metadata(repo)
        config = json.loads(
            Path(huggingface_hub.hf_hub_download(repo, "config.json", token=secret("HF_TOKEN"))).read_text()
        )
    except Exception as error:  # httpx, hub and file errors alike
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise AssistantError(
            f"{repo}: its safetensors headers cannot be had from the hub ({reason}); check the name, or give "
            "owner/repo:file.gguf"
        ) from None
    tensors = {
        name: (info.dtype, info.shape) for part in read.files_metadata.values() for name, info in part.tensors.items()
    }
    return _header(repo, config, tensors, repo)


def _header(name: str, config: Mapping[str, Any], tensors: Mapping[str, tuple[str, list[int]]], source: str) -> Header:
    try:
        built = facts(config)
    except UsageError as error:
        raise UsageError(f"{source}: {error}") from None
    sizes = {tensor: math.prod(shape) * _WIDTHS.get(kind, 1) for tensor, (kind, shape) in tensors.items()}
    text = config.get("text_config") or config
    return Header(
        name,
        built,
        sum(math.prod(shape) for _, shape in tensors.values()),
        sum(sizes.values()),
        embedding=sum(size for tensor, size in sizes.items() if tensor.endswith("embed_tokens.weight")),
        tied=bool(text.get("tie_word_embeddings", config.get("tie_word_embeddings", False))),
        experts=sum(size for tensor, size in sizes.items() if ".experts." in tensor),
        source=source,
    )
