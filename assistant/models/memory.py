"""What a model needs to run: weights, KV cache, state, buffers; and how quick that may be. Sizes in bytes.

The terms for llama.cpp on a CPU are checked against its own account of buffers and against the memory of a process
(tests/models/test_fit.py); those for a GPU are the same counts, and against published logs.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.models import layers
from assistant.models.header import Header
from assistant.models.layers import Facts, Layer

GB = 1e9
KV_BYTES = {"f32": 4.0, "f16": 2.0, "q8_0": 34 / 32, "q5_0": 22 / 32, "q4_0": 18 / 32}
"""Of one number in the cache; ggml's block sizes."""
_CUDA = 0.5 * GB  # the CUDA context, unmeasured
_STEP = 256  # llama.cpp makes its cache that many tokens longer at a time


@dataclass(frozen=True)
class Part:
    name: str
    bytes: float
    note: str = ""


@dataclass(frozen=True)
class Running:
    """How llama.cpp runs it."""

    context: int = 2048
    batch: int = 512
    """Tokens that are read at a time."""
    kv: str = "f16"
    flash: bool = True
    """Whether attention is computed without writing down its whole table."""
    short: bool = True
    """Whether layers with a sliding window keep only that."""
    gpu: bool = True
    repacks: bool = False
    """Whether 4-bit weights are copied into an order that suits the processor."""


def here(header: Header, context: int) -> Running:
    """As `assistant.llm.llamacpp.Model` runs it on a CPU."""
    from assistant.llm.llamacpp import batch

    return Running(context, batch(header.parameters), "f16", flash=False, short=False, gpu=False, repacks=True)


def parts(header: Header, running: Running) -> list[Part]:
    """All that has to be in memory together; on a GPU without what stays in the computer's own."""
    facts = Facts(header.facts)
    kept = layers.of(facts)
    found = [Part("weights", header.weights)]
    if running.gpu:
        found = [Part("weights", header.weights - (header.embedding if not header.tied else 0))]
        found.append(Part("CUDA", _CUDA, "context and libraries"))
    elif running.repacks and header.repackable:
        found.append(Part("weights, copied", header.repackable, "4-bit ones, in the processor's order"))
    found.append(Part("KV cache", cache(kept, running), f"{running.context:,} tokens, {running.kv}"))
    if state := sum(layer.state for layer in kept) * 4:
        found.append(Part("state", state, "recurrent layers, the same for every context"))
    found.append(Part("buffers", buffers(facts, kept, running), f"{running.batch} tokens at a time"))
    if not running.gpu:
        found.append(Part("vocabulary", vocabulary(header), f"{facts.words:,} tokens"))
    return found


def total(found: Sequence[Part]) -> float:
    return sum(part.bytes for part in found)


def cache(kept: Sequence[Layer], running: Running) -> float:
    """Keys and values of all layers (llama.cpp, src/llama-kv-cache-iswa.cpp)."""
    width = KV_BYTES[running.kv]
    return sum(_tokens(layer, running) * (layer.keys + layer.values) * width for layer in kept)


def _tokens(layer: Layer, running: Running) -> int:
    if not (layer.window and running.short):
        return _padded(running.context)
    return min(_padded(running.context), _padded(layer.window + running.batch))


def _padded(tokens: int) -> int:
    return math.ceil(tokens / _STEP) * _STEP


def buffers(facts: Facts, kept: Sequence[Layer], running: Running) -> float:
    """Intermediate results of one batch: the largest of what is needed at a time, and the logits of one token.

    The residual stream is held about three times over, which was read off llama.cpp's account of nine architectures.
    """
    stream = 3 * facts.width
    attending = [layer for layer in kept if layer.keys]
    lengths = {_tokens(layer, running) for layer in attending}
    longest, heads = max(lengths, default=0), facts.heads
    masks = sum(lengths) if running.short else longest * len({layer.window for layer in attending})
    table = 0 if running.flash else heads * longest
    head = max((layer.keys for layer in attending), default=0) if facts.get("attention.kv_lora_rank") else facts.head
    attention = stream + 3 * heads * head + table + masks
    used = int(facts.get("expert_used_count")) or 1
    wide = int(facts.get("expert_feed_forward_length")) or facts.of_layer("feed_forward_length", 0)
    return 4 * (running.batch * max(facts.words + stream, attention, stream + 2 * used * wide) + facts.words)


def vocabulary(header: Header) -> float:
    """llama.cpp's tables of words and merges, and what loading any model takes; read off models of 8,000 to 152,000
    words."""
    merges = header.facts.get("tokenizer.ggml.merges", 0)
    return 4.2e6 + 50.0 * Facts(header.facts).words + 240.0 * (merges if isinstance(merges, int) else len(merges))


def active(header: Header) -> float:
    """Bytes of weights that are read for each token: of the experts, those that are asked."""
    facts = Facts(header.facts)
    count, used = int(facts.get("expert_count")), int(facts.get("expert_used_count"))
    idle = header.experts * (1 - used / count) if count else 0.0
    return header.weights - idle - (0 if header.tied else header.embedding)


def tokens_per_second(header: Header, running: Running, bandwidth: float) -> float:
    """An estimate for one conversation: all that is read per token, from memory of so many bytes/s, of which llama.cpp
    reaches about two thirds (an RTX 4090 in llama.cpp's pull request 4766)."""
    half = cache(layers.of(Facts(header.facts)), running) / 2
    return 0.65 * bandwidth / (active(header) + half)


def longest(header: Header, running: Running, room: float) -> int:
    """The largest context, in steps of 256, that fits into ``room``; 0 when none does."""
    from dataclasses import replace

    most = int(Facts(header.facts).get("context_length")) or 131072
    low, high = 0, most // _STEP
    while low < high:
        middle = (low + high + 1) // 2
        fits = total(parts(header, replace(running, context=middle * _STEP))) <= room
        low, high = (middle, high) if fits else (low, middle - 1)
    return low * _STEP
