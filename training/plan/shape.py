"""How large a model is, read from its files' headers: no weights are loaded, and neither torch nor gguf is needed."""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from training.errors import TrainingError, TrainingUsageError


@dataclass(frozen=True)
class Shape:
    parameters: int
    layers: int
    hidden: int
    """Width of the residual stream."""
    feed_forward: int
    heads: int
    kv_heads: int
    head: int
    """Width of one attention head; heads × head is mostly ``hidden``."""
    vocabulary: int
    context: int
    """Tokens that the model was made for."""

    @property
    def linear(self) -> list[tuple[int, int]]:
        """(in, out) of one layer's matrices, as LoRA is put beside them: q, k, v, o, gate, up, down."""
        query, key = self.heads * self.head, self.kv_heads * self.head
        return [
            (self.hidden, query),
            (self.hidden, key),
            (self.hidden, key),
            (query, self.hidden),
            (self.hidden, self.feed_forward),
            (self.hidden, self.feed_forward),
            (self.feed_forward, self.hidden),
        ]

    def lora(self, rank: int) -> int:
        """Weights of an adapter: rank × (in + out) for each matrix of each layer (Hu et al. 2021, section 4.1)."""
        return self.layers * sum(rank * (inside + out) for inside, out in self.linear)


def of(path: Path) -> Shape:
    """Of a GGUF file, or of a folder with config.json. Raises TrainingError when it is neither."""
    try:
        return _of_folder(path) if path.is_dir() else _of_gguf(path)
    except FileNotFoundError as error:
        raise TrainingUsageError(
            f"{error.filename}: there is no such model file; give --base a .gguf file or a folder with config.json"
        ) from None
    except (OSError, ValueError, KeyError, TypeError, struct.error, MemoryError, OverflowError) as error:
        raise TrainingError(
            f"{path}: its size cannot be read from its header ({type(error).__name__}: {error}); fetch the model again"
        ) from None


def of_base(base: str) -> Shape:
    """Of what `training.fit.base.prepare` takes; of a hub model only config.json is fetched. Raises TrainingError."""
    path = Path(base).expanduser()
    if path.exists() or path.suffix.lower() == ".gguf" or base.count("/") != 1:
        return of(path)
    from huggingface_hub import hf_hub_download

    try:
        return of_config(json.loads(Path(hf_hub_download(base, "config.json")).read_text(encoding="utf-8")))
    except (KeyError, TypeError, ValueError) as error:
        raise TrainingUsageError(
            f"{base}: its config.json is not that of a language model ({error}); choose another --base"
        ) from None
    except Exception as error:  # httpx, hub and file errors alike
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0].split(". ")[0]
        raise TrainingError(
            f"{base} is neither a file or folder here, nor can its config.json be had from the hub "
            f"({reason}); give a .gguf file or a folder as --base"
        ) from None


def of_config(config: dict[str, Any], parameters: int = 0) -> Shape:
    """Of the content of a config.json; ``parameters`` = 0: counted as for a Llama. Raises KeyError, ValueError."""
    config = config.get("text_config", config)
    hidden, layers = int(config["hidden_size"]), int(config["num_hidden_layers"])
    heads = int(config["num_attention_heads"])
    head = int(config.get("head_dim") or hidden // heads)
    shape = Shape(
        0,
        layers,
        hidden,
        int(config.get("intermediate_size") or 4 * hidden),
        heads,
        int(config.get("num_key_value_heads") or heads),
        head,
        int(config["vocab_size"]),
        int(config.get("max_position_embeddings") or 0),
    )
    experts = int(config.get("num_local_experts") or config.get("num_experts") or 1)
    tables = 1 if config.get("tie_word_embeddings") else 2
    attention, feed_forward = shape.linear[:4], shape.linear[4:]
    counted = (
        tables * shape.vocabulary * hidden
        + hidden
        + layers
        * (
            2 * hidden
            + sum(inside * out for inside, out in attention)
            + experts * sum(inside * out for inside, out in feed_forward)
        )
    )
    return Shape(parameters or counted, *list(vars(shape).values())[1:])


def _of_folder(path: Path) -> Shape:
    config = json.loads((path / "config.json").read_text(encoding="utf-8"))
    return of_config(config, sum(_tensors(file) for file in path.glob("model*.safetensors")))


def _tensors(path: Path) -> int:
    """Weights in a safetensors file: 8 bytes with the length of a JSON header, then the header."""
    with path.open("rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(min(length, 100_000_000)))
    return sum(math.prod(tensor["shape"]) for name, tensor in header.items() if name != "__metadata__")


def facts(path: Path) -> dict[str, Any]:
    """The metadata of a GGUF file; of its longer lists only their length. Raises OSError, ValueError, struct.error."""
    with path.open("rb") as file:
        if file.read(4) != b"GGUF":
            raise ValueError("it does not begin with GGUF")
        _, _, pairs = struct.unpack("<IQQ", file.read(20))
        return dict(_pair(file) for _ in range(pairs))


_FORMATS = {0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?", 10: "<Q", 11: "<q", 12: "<d"}
_STRING, _ARRAY = 8, 9


def _of_gguf(path: Path) -> Shape:
    with path.open("rb") as file:
        facts, tensors = header(file)
    return of_facts(facts, sum(tensor.weights for tensor in tensors))


@dataclass(frozen=True)
class Tensor:
    name: str
    shape: tuple[int, ...]
    kind: int
    """ggml_type."""

    @property
    def weights(self) -> int:
        return math.prod(self.shape)


def header(file: BinaryIO) -> tuple[dict[str, Any], list[Tensor]]:
    """What a GGUF file says of itself before its weights; of longer lists only their length.

    The layout is specified in ggml's docs/gguf.md, versions 2 and 3 (little-endian). Raises ValueError, struct.error.
    """
    if file.read(4) != b"GGUF":
        raise ValueError("it does not begin with GGUF")
    _, tensors, pairs = struct.unpack("<IQQ", file.read(20))
    facts = dict(_pair(file) for _ in range(pairs))
    return facts, [_tensor(file) for _ in range(tensors)]


def of_facts(facts: dict[str, Any], parameters: int) -> Shape:
    """Of a GGUF's metadata. Raises KeyError where the model is no transformer with attention."""
    family = facts["general.architecture"]

    def fact(name: str) -> Any:
        value = facts[f"{family}.{name}"]
        return max(value) if isinstance(value, list) else value

    heads, hidden = fact("attention.head_count"), fact("embedding_length")
    key = f"{family}.attention.head_count_kv"
    return Shape(
        parameters,
        fact("block_count"),
        hidden,
        fact("feed_forward_length"),
        heads,
        fact("attention.head_count_kv") if key in facts else heads,
        facts.get(f"{family}.attention.key_length") or hidden // heads,
        facts.get(f"{family}.vocab_size") or facts["tokenizer.ggml.tokens"],
        fact("context_length"),
    )


def _pair(file: BinaryIO) -> tuple[str, Any]:
    name = _text(file).decode("utf-8", "replace")
    return name, _value(file, _number(file, "<I"))


def _value(file: BinaryIO, kind: int) -> Any:
    if kind == _STRING:
        return _text(file).decode("utf-8", "replace")
    if kind != _ARRAY:
        return _number(file, _FORMATS[kind])
    kind, count = _number(file, "<I"), _number(file, "<Q")
    if kind == _STRING:  # words of the vocabulary; their number is all that is wanted
        for _ in range(count):
            _text(file)
        return count
    size = struct.calcsize(_FORMATS[kind])
    if count > 1000:
        file.seek(count * size, 1)
        return count
    return list(_numbers(file, _FORMATS[kind], count))


def _numbers(file: BinaryIO, form: str, count: int) -> Iterator[Any]:
    for _ in range(count):
        yield _number(file, form)


def _number(file: BinaryIO, form: str) -> Any:
    return struct.unpack(form, file.read(struct.calcsize(form)))[0]


def _text(file: BinaryIO) -> bytes:
    length = _number(file, "<Q")
    if length > 100_000_000:
        raise ValueError("a text in it is longer than the file can be")
    text = file.read(length)
    if len(text) < length:
        raise ValueError("it ends too early")
    return text


def _tensor(file: BinaryIO) -> Tensor:
    name = _text(file).decode("utf-8", "replace")
    dimensions = _number(file, "<I")
    if dimensions > 8:
        raise ValueError(f"the tensor {name} has {dimensions} dimensions")
    shape = tuple(_numbers(file, "<Q", dimensions))
    kind = _number(file, "<I")
    file.seek(8, 1)  # its offset
    return Tensor(name, shape, kind)
