"""What each layer of a model keeps of the conversation: keys and values per token, or a state of fixed size.

Read from a GGUF's metadata. Formulas and defaults are llama.cpp's: src/llama-hparams.cpp (widths, recurrent states),
src/llama-model.cpp (which layers look back over a window only).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

# Layers from one that looks back over everything to the next, where the file names a window and no pattern.
_PERIODS = {"gemma2": 2, "gemma3": 6, "gemma3n": 5, "gpt-oss": 2, "cohere2": 4, "exaone4": 4, "olmo2": 4, "llama4": 4}
_MOST = 10_000  # layers
_CHUNK = 8192  # tokens, in which Llama 4 attends when its file does not say


@dataclass(frozen=True)
class Layer:
    keys: int = 0
    """Numbers kept per token."""
    values: int = 0
    window: int = 0
    """Tokens it looks back over; 0 = all."""
    state: int = 0
    """Numbers kept however long the conversation is."""


class Facts:
    """A GGUF's metadata, its family's keys without the family."""

    def __init__(self, facts: Mapping[str, Any]) -> None:
        self.all = facts
        self.family = str(facts["general.architecture"])

    def get(self, name: str, default: Any = 0) -> Any:
        value = self.all.get(f"{self.family}.{name}", default)
        return max(0, value) if isinstance(value, int) else value  # a damaged header may hold anything

    def of_layer(self, name: str, layer: int, default: int = 0) -> int:
        """Some facts are one number for all layers, or a list with one for each."""
        value = self.get(name, default)
        if isinstance(value, Sequence) and not isinstance(value, str):
            return max(0, int(value[layer])) if layer < len(value) else 0
        return int(value)

    @property
    def layers(self) -> int:
        """Those that are run: layers that only guess further tokens are not."""
        return int(self.get("block_count")) - int(self.get("nextn_predict_layers"))

    @property
    def width(self) -> int:
        return int(self.get("embedding_length"))

    @property
    def heads(self) -> int:
        return max((self.of_layer("attention.head_count", layer) for layer in range(self.layers)), default=0)

    @property
    def head(self) -> int:
        """Width of one attention head."""
        return int(self.get("attention.key_length") or (self.width // self.heads if self.heads else 0))

    @property
    def words(self) -> int:
        tokens = self.all.get("tokenizer.ggml.tokens", 0)
        return int(self.get("vocab_size") or (tokens if isinstance(tokens, int) else len(tokens)))


def of(facts: Facts) -> list[Layer]:
    """Raises ValueError when the file tells of no layers, or of more than any model has."""
    if not 0 < facts.layers <= _MOST or facts.width <= 0:
        family = facts.family[:40] if facts.family[:40].isprintable() else ascii(facts.family[:40])
        raise ValueError(f"its header tells of {facts.layers} layers, {facts.width} wide ({family})")
    own = facts.layers - int(facts.get("attention.shared_kv_layers"))  # the last ones use the keys of earlier ones
    return [_layer(facts, number, number < own) for number in range(facts.layers)]


def _layer(facts: Facts, number: int, own: bool) -> Layer:
    state = _state(facts) if _recurrent(facts, number) else 0
    if not own or state and not _attends_too(facts):
        return Layer(state=state)
    window = _window(facts, number)
    if facts.get("attention.kv_lora_rank"):  # MLA: the compressed vector, of which keys and values are made
        latent, turned = int(facts.get("attention.kv_lora_rank")), int(facts.get("rope.dimension_count"))
        return Layer(latent + turned, 0, window, state)
    heads = facts.of_layer("attention.head_count_kv", number, facts.of_layer("attention.head_count", number))
    short = "_swa" if window and facts.get("attention.key_length_swa") else ""
    keys = int(facts.get(f"attention.key_length{short}") or facts.head)
    values = int(facts.get(f"attention.value_length{short}") or keys)
    return Layer(heads * keys, heads * values, window, state)


def _window(facts: Facts, number: int) -> int:
    window = int(facts.get("attention.sliding_window") or facts.get("attention.chunk_size"))
    if facts.family == "llama4":
        window = window or _CHUNK
    pattern = facts.get("attention.sliding_window_pattern", None)
    if isinstance(pattern, Sequence):
        return window if number < len(pattern) and pattern[number] else 0
    period = int(pattern or _PERIODS.get(facts.family, 0))
    return window if period and number % period < period - 1 else 0


def _recurrent(facts: Facts, number: int) -> bool:
    if interval := int(facts.get("full_attention_interval")):
        return (number + 1) % interval != 0
    if facts.family in ("qwen3next", "qwen35", "qwen35moe"):
        return (number + 1) % 4 != 0
    if facts.family.startswith(("mamba", "rwkv", "arwkv", "falcon-h1")):
        return True
    has_state = facts.get("ssm.inner_size") or facts.get("shortconv.l_cache")
    heads = facts.get("attention.head_count_kv", None)
    return bool(has_state) and isinstance(heads, Sequence) and facts.of_layer("attention.head_count_kv", number) == 0


def _attends_too(facts: Facts) -> bool:
    return facts.family == "falcon-h1"


def _state(facts: Facts) -> int:
    """Numbers of one recurrent layer, for one conversation."""
    if cache := int(facts.get("shortconv.l_cache")):
        return facts.width * (cache - 1)
    if head := int(facts.get("wkv.head_size")):
        return facts.width * int(facts.get("token_shift_count") or 2) + facts.width * head
    inner, size = int(facts.get("ssm.inner_size")), int(facts.get("ssm.state_size"))
    moving = (int(facts.get("ssm.conv_kernel")) - 1) * (inner + 2 * int(facts.get("ssm.group_count")) * size)
    return moving + inner * size
