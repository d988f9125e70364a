"""A sentence-transformers model of the BERT kind (MiniLM, BGE-small/base, E5, GTE-base ...) written as one GGUF file.

llama.cpp then embeds a query, or scores a pair, without torch. Source of the key and tensor names: llama.cpp's
convert_hf_to_gguf.py (BertModel) and gguf's constants.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from rag.atomic import replacing
from rag.errors import RagError
from rag.text import openable

_POOLING = ("mean", "cls")
_LAYER = {
    "attention.self.query": "attn_q",
    "attention.self.key": "attn_k",
    "attention.self.value": "attn_v",
    "attention.output.dense": "attn_output",
    "attention.output.LayerNorm": "attn_output_norm",
    "intermediate.dense": "ffn_up",
    "output.dense": "ffn_down",
    "output.LayerNorm": "layer_output_norm",
}
_EMBEDDINGS = {
    "word_embeddings.weight": "token_embd.weight",
    "token_type_embeddings.weight": "token_types.weight",
    "position_embeddings.weight": "position_embd.weight",
    "LayerNorm.weight": "token_embd_norm.weight",
    "LayerNorm.bias": "token_embd_norm.bias",
}
_HEAD = {"pooler.dense": "cls", "classifier": "cls.output"}  # llama.cpp puts the pooler's tanh between them


def convertible(folder: Path) -> bool:
    """Whether the model in ``folder`` is a plain BERT with a WordPiece vocabulary and mean or first-token pooling."""
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        return (
            _plain(config)
            and _pooling(folder) is not None
            and (folder / "vocab.txt").is_file()
            and (folder / "model.safetensors").is_file()
            and not any("Dense" in module["type"] for module in _modules(folder))
        )
    except (OSError, ValueError, KeyError):
        return False


def convertible_reranker(folder: Path) -> bool:
    """Whether the model in ``folder`` is a plain BERT that gives one score to a pair of texts."""
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        labels = config.get("id2label", ("LABEL_0", "LABEL_1"))  # transformers writes none when there are two
        return (
            _plain(config)
            and config.get("architectures") == ["BertForSequenceClassification"]
            and len(labels) == 1
            and config.get("type_vocab_size") == 2
            and (folder / "model.safetensors").is_file()
        )
    except (OSError, ValueError):
        return False


def convert(folder: Path, target: Path, reranker: bool = False) -> None:
    """Write ``target``, matrices in F16, vectors in F32. Raises RagError; nothing half-written is left behind.

    llama.cpp gives every token the type embedding of a pair's first text. So a reranker's vocabulary is written twice:
    token + vocabulary size is the same word in the second text, the difference of both types added to its embedding.
    """
    from gguf import GGUFWriter, PoolingType
    from safetensors import safe_open

    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        pooling = "rank" if reranker else _pooling(folder)
        if pooling is None:
            raise RagError(f"{folder}: has a pooling that llama.cpp does not know; use another model")
        with replacing(target) as part:
            writer = GGUFWriter(part, "bert")
            writer.add_name(folder.name)
            writer.add_context_length(config["max_position_embeddings"])
            writer.add_embedding_length(config["hidden_size"])
            writer.add_feed_forward_length(config["intermediate_size"])
            writer.add_block_count(config["num_hidden_layers"])
            writer.add_head_count(config["num_attention_heads"])
            writer.add_layer_norm_eps(config["layer_norm_eps"])
            writer.add_causal_attention(False)
            writer.add_pooling_type(PoolingType[pooling.upper()])
            writer.add_file_type(1)  # mostly F16
            _add_vocabulary(writer, folder, config, reranker)
            with safe_open(openable(folder / "model.safetensors"), "np") as tensors:
                for name in tensors.keys():
                    if (new := _tensor_name(name, reranker)) is not None:
                        tensor = tensors.get_tensor(name)
                        if reranker and new == "token_embd.weight":
                            first, second = tensors.get_tensor(name.replace("word_", "token_type_")).astype(np.float32)
                            tensor = np.concatenate([tensor, tensor + (second - first)])
                        writer.add_tensor(new, _number_format(new, tensor))
            writer.write_header_to_file()
            writer.write_kv_data_to_file()
            writer.write_tensors_to_file()
            writer.close()
    except OSError as error:
        raise RagError(f"{target}: cannot be written ({error.strerror or error}); free some space there") from None


def _plain(config: dict) -> bool:
    return (
        config.get("model_type") == "bert"
        and config.get("hidden_act") == "gelu"
        and config.get("position_embedding_type", "absolute") == "absolute"
    )


def _add_vocabulary(writer, folder: Path, config: dict, twice: bool) -> None:
    # llama.cpp marks the beginning of a word ("▁"), WordPiece its continuation ("##").
    words = _words(folder, config["vocab_size"])
    special = [word.startswith("[") and word.endswith("]") for word in words]
    tokens = [
        word if is_special else word[2:] if word.startswith("##") else "\u2581" + word
        for word, is_special in zip(words, special)
    ]
    if twice:
        tokens, special = [*tokens, *(f"second {token}" for token in tokens)], special * 2
    writer.add_tokenizer_model("bert")
    writer.add_tokenizer_pre("default")
    writer.add_token_type_count(config["type_vocab_size"])
    writer.add_token_list(tokens)
    writer.add_token_types([3 if is_special else 1 for is_special in special])  # 3 = control, 1 = normal
    for word, add in (
        ("[UNK]", writer.add_unk_token_id),
        ("[SEP]", writer.add_sep_token_id),
        ("[PAD]", writer.add_pad_token_id),
        ("[MASK]", writer.add_mask_token_id),
        ("[CLS]", writer.add_bos_token_id),
    ):
        add(words.index(word))


def _words(folder: Path, size: int) -> list[str]:
    if (folder / "vocab.txt").is_file():
        return (folder / "vocab.txt").read_text(encoding="utf-8").split("\n")[:size]
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(openable(folder / "tokenizer.json"))
    return [tokenizer.id_to_token(id) or f"[unused {id}]" for id in range(size)]


def _tensor_name(name: str, reranker: bool) -> str | None:
    name = name.removeprefix("bert.")
    if name.startswith("embeddings."):
        return _EMBEDDINGS.get(name.removeprefix("embeddings."))
    if name.startswith("encoder.layer."):
        number, rest = name.removeprefix("encoder.layer.").split(".", 1)
        part, kind = rest.rsplit(".", 1)
        return f"blk.{number}.{_LAYER[part]}.{kind}"
    layer, _, kind = name.rpartition(".")
    return f"{_HEAD[layer]}.{kind}" if reranker and layer in _HEAD else None  # position ids, an embedder's pooler


def _number_format(name: str, tensor: np.ndarray) -> np.ndarray:
    keep = tensor.ndim < 2 or name in ("position_embd.weight", "token_types.weight") or name.startswith("cls.")
    return np.ascontiguousarray(tensor, dtype=np.float32 if keep else np.float16)


def _modules(folder: Path) -> list[dict]:
    return json.loads((folder / "modules.json").read_text(encoding="utf-8"))


def _pooling(folder: Path) -> str | None:
    for module in _modules(folder):
        if module["type"].endswith("Pooling"):
            config = json.loads((folder / module["path"] / "config.json").read_text(encoding="utf-8"))
            if config.get("pooling_mode_mean_tokens"):
                return "mean"
            if config.get("pooling_mode_cls_token"):
                return "cls"
            return config.get("pooling_mode") if config.get("pooling_mode") in _POOLING else None
    return None
