"""Models of several architectures with random weights, as GGUF files that llama.cpp loads."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np


class _File:
    def __init__(self, path: Path, family: str, kind: str) -> None:
        import gguf

        self._gguf, self._family, self._path, self._kind = gguf, family, path, kind
        self._values = np.random.default_rng(0).standard_normal(1 << 16, dtype=np.float32) * 0.02
        self._writer = gguf.GGUFWriter(path, family)

    def facts(self, **values: int | float | list[int] | list[bool]) -> None:
        for name, value in values.items():
            key = f"{self._family}.{name.replace('__', '.')}"
            if isinstance(value, list):
                self._writer.add_array(key, value)
            elif isinstance(value, float):
                self._writer.add_float32(key, value)
            else:
                self._writer.add_uint32(key, value)

    def words(self, count: int) -> None:
        names = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256))]
        names += [f"w{number}" for number in range(count - len(names))]
        self._writer.add_tokenizer_model("llama")
        self._writer.add_token_list(names)
        self._writer.add_token_scores([0.0] * count)
        self._writer.add_token_types([2, 3, 3, *[6] * 256, *[1] * (count - 259)])

    def matrix(self, name: str, *shape: int, plain: bool = False) -> None:
        """``shape`` as llama.cpp writes it: the innermost dimension first."""

        def filled(kind: type) -> np.ndarray:
            return np.resize(self._values.astype(kind), shape[::-1])

        if plain or len(shape) == 1:
            self._writer.add_tensor(name, filled(np.float32))
        elif self._kind == "f16" or shape[0] % 32:
            self._writer.add_tensor(name, filled(np.float16))
        else:
            kind = self._gguf.GGMLQuantizationType[self._kind.upper()]
            self._writer.add_tensor(name, self._gguf.quants.quantize(filled(np.float32), kind), raw_dtype=kind)

    def finish(self) -> Path:
        self._writer.write_header_to_file()
        self._writer.write_kv_data_to_file()
        self._writer.write_tensors_to_file()
        self._writer.close()
        return self._path


def _common(file: _File, *, words: int, layers: int, width: int, forward: int, context: int = 8192) -> None:
    file.facts(
        vocab_size=words,
        context_length=context,
        embedding_length=width,
        block_count=layers,
        feed_forward_length=forward,
        attention__layer_norm_rms_epsilon=1e-5,
    )
    file.words(words)
    file.matrix("token_embd.weight", width, words)


def _attention(
    file: _File, at: str, width: int, heads: int, kv: int, head: int, norms: bool = False, fused: bool = False
) -> None:
    if fused:
        file.matrix(f"{at}.attn_qkv.weight", width, (heads + 2 * kv) * head)
    else:
        file.matrix(f"{at}.attn_q.weight", width, heads * head)
        file.matrix(f"{at}.attn_k.weight", width, kv * head)
        file.matrix(f"{at}.attn_v.weight", width, kv * head)
    file.matrix(f"{at}.attn_output.weight", heads * head, width)
    if norms:
        file.matrix(f"{at}.attn_q_norm.weight", head)
        file.matrix(f"{at}.attn_k_norm.weight", head)


def _forward(
    file: _File, at: str, width: int, forward: int, fused: bool = False, norm: str = "ffn_norm.weight"
) -> None:
    file.matrix(f"{at}.{norm}", width)
    if not fused:
        file.matrix(f"{at}.ffn_gate.weight", width, forward)
    file.matrix(f"{at}.ffn_up.weight", width, 2 * forward if fused else forward)
    file.matrix(f"{at}.ffn_down.weight", forward, width)


def llama(file: _File, size: int, words: int) -> None:
    """Grouped-query attention, an output matrix of its own."""
    width, layers, heads, kv = 64 * size, 4, size, max(1, size // 4)
    _common(file, words=words, layers=layers, width=width, forward=3 * width)
    file.facts(attention__head_count=heads, attention__head_count_kv=kv, rope__dimension_count=64)
    for layer in range(layers):
        file.matrix(f"blk.{layer}.attn_norm.weight", width)
        _attention(file, f"blk.{layer}", width, heads, kv, 64)
        _forward(file, f"blk.{layer}", width, 3 * width)
    file.matrix("output_norm.weight", width)
    file.matrix("output.weight", width, words)


def qwen3(file: _File, size: int, words: int) -> None:
    """Heads wider together than the model; the output matrix is the embedding's."""
    width, layers, heads, kv = 64 * size, 4, size, max(1, size // 2)
    _common(file, words=words, layers=layers, width=width, forward=3 * width)
    file.facts(
        attention__head_count=heads, attention__head_count_kv=kv, attention__key_length=128, attention__value_length=128
    )
    for layer in range(layers):
        file.matrix(f"blk.{layer}.attn_norm.weight", width)
        _attention(file, f"blk.{layer}", width, heads, kv, 128, norms=True)
        _forward(file, f"blk.{layer}", width, 3 * width)
    file.matrix("output_norm.weight", width)


def gemma3(file: _File, size: int, words: int) -> None:
    """Five of six layers look back over a sliding window only."""
    width, layers, heads, kv = 64 * size, 6, size, max(1, size // 2)
    _common(file, words=words, layers=layers, width=width, forward=2 * width)
    file.facts(
        attention__head_count=heads,
        attention__head_count_kv=kv,
        attention__key_length=64,
        attention__value_length=64,
        attention__sliding_window=512,
    )
    for layer in range(layers):
        at = f"blk.{layer}"
        file.matrix(f"{at}.attn_norm.weight", width)
        _attention(file, at, width, heads, kv, 64, norms=True)
        file.matrix(f"{at}.post_attention_norm.weight", width)
        _forward(file, at, width, 2 * width)
        file.matrix(f"{at}.post_ffw_norm.weight", width)
    file.matrix("output_norm.weight", width)


def phi3(file: _File, size: int, words: int) -> None:
    """One matrix for query, key and value."""
    width, layers, heads, kv = 64 * size, 4, size, size
    _common(file, words=words, layers=layers, width=width, forward=2 * width)
    file.facts(
        attention__head_count=heads,
        attention__head_count_kv=kv,
        rope__dimension_count=64,
        attention__sliding_window=2047,
    )
    for layer in range(layers):
        file.matrix(f"blk.{layer}.attn_norm.weight", width)
        _attention(file, f"blk.{layer}", width, heads, kv, 64, fused=True)
        _forward(file, f"blk.{layer}", width, 2 * width, fused=True)
    file.matrix("output_norm.weight", width)
    file.matrix("output.weight", width, words)


def qwen3moe(file: _File, size: int, words: int) -> None:
    """Eight experts, of which two read each token."""
    width, layers, heads, kv, experts = 64 * size, 3, size, max(1, size // 2), 8
    _common(file, words=words, layers=layers, width=width, forward=width)
    file.facts(
        attention__head_count=heads,
        attention__head_count_kv=kv,
        attention__key_length=64,
        attention__value_length=64,
        expert_count=experts,
        expert_used_count=2,
        expert_feed_forward_length=width,
    )
    for layer in range(layers):
        at = f"blk.{layer}"
        file.matrix(f"{at}.attn_norm.weight", width)
        _attention(file, at, width, heads, kv, 64, norms=True)
        file.matrix(f"{at}.ffn_norm.weight", width)
        file.matrix(f"{at}.ffn_gate_inp.weight", width, experts, plain=True)
        for part in ("gate", "up", "down"):
            file.matrix(f"{at}.ffn_{part}_exps.weight", width, width, experts)
    file.matrix("output_norm.weight", width)
    file.matrix("output.weight", width, words)


def lfm2(file: _File, size: int, words: int) -> None:
    """Short convolutions, and attention in every third layer."""
    width, layers, heads, kv = 64 * size, 6, size, max(1, size // 2)
    kinds = [kv if layer % 3 == 2 else 0 for layer in range(layers)]
    _common(file, words=words, layers=layers, width=width, forward=3 * width)
    file.facts(attention__head_count=heads, attention__head_count_kv=kinds, shortconv__l_cache=3)
    for layer, kind in enumerate(kinds):
        at = f"blk.{layer}"
        file.matrix(f"{at}.attn_norm.weight", width)
        if kind:
            _attention(file, at, width, heads, kv, 64, norms=True)
        else:
            file.matrix(f"{at}.shortconv.conv.weight", 3, width, plain=True)
            file.matrix(f"{at}.shortconv.in_proj.weight", width, 3 * width)
            file.matrix(f"{at}.shortconv.out_proj.weight", width, width)
        _forward(file, at, width, 3 * width)
    file.matrix("token_embd_norm.weight", width)


def mamba(file: _File, size: int, words: int) -> None:
    """No attention at all: a state of fixed size."""
    width, layers, state, step = 64 * size, 6, 16, 4 * size
    inner = 2 * width
    _common(file, words=words, layers=layers, width=width, forward=0)
    file.facts(
        attention__head_count=0,
        ssm__conv_kernel=4,
        ssm__inner_size=inner,
        ssm__state_size=state,
        ssm__time_step_rank=step,
    )
    for layer in range(layers):
        at = f"blk.{layer}"
        file.matrix(f"{at}.attn_norm.weight", width)
        file.matrix(f"{at}.ssm_in.weight", width, 2 * inner)
        file.matrix(f"{at}.ssm_conv1d.weight", 4, inner, plain=True)
        file.matrix(f"{at}.ssm_conv1d.bias", inner)
        file.matrix(f"{at}.ssm_x.weight", inner, step + 2 * state)
        file.matrix(f"{at}.ssm_dt.weight", step, inner)
        file.matrix(f"{at}.ssm_dt.bias", inner)
        file.matrix(f"{at}.ssm_a", state, inner, plain=True)
        file.matrix(f"{at}.ssm_d", inner)
        file.matrix(f"{at}.ssm_out.weight", inner, width)
    file.matrix("output_norm.weight", width)


def falcon_h1(file: _File, size: int, words: int) -> None:
    """Attention and a Mamba-2 state side by side in every layer."""
    width, layers, heads, kv, state, groups = 64 * size, 4, size, max(1, size // 4), 64, 1
    inner, ranks = 2 * width, 2 * width // 64
    _common(file, words=words, layers=layers, width=width, forward=2 * width)
    file.facts(
        attention__head_count=heads,
        attention__head_count_kv=kv,
        attention__key_length=64,
        attention__value_length=64,
        ssm__conv_kernel=4,
        ssm__inner_size=inner,
        ssm__state_size=state,
        ssm__time_step_rank=ranks,
        ssm__group_count=groups,
    )
    for layer in range(layers):
        at = f"blk.{layer}"
        file.matrix(f"{at}.attn_norm.weight", width)
        _attention(file, at, width, heads, kv, 64)
        file.matrix(f"{at}.ssm_in.weight", width, 2 * inner + 2 * groups * state + ranks)
        file.matrix(f"{at}.ssm_conv1d.weight", 4, inner + 2 * groups * state, plain=True)
        file.matrix(f"{at}.ssm_conv1d.bias", inner + 2 * groups * state)
        file.matrix(f"{at}.ssm_dt.bias", ranks)
        file.matrix(f"{at}.ssm_a", 1, ranks, plain=True)
        file.matrix(f"{at}.ssm_d", 1, ranks, plain=True)
        file.matrix(f"{at}.ssm_norm.weight", inner // groups, groups, plain=True)
        file.matrix(f"{at}.ssm_out.weight", inner, width)
        _forward(file, at, width, 2 * width, norm="ffn_norm")
    file.matrix("output_norm.weight", width)
    file.matrix("output.weight", width, words)


def deepseek2(file: _File, size: int, words: int) -> None:
    """Multi-head latent attention: one compressed vector per token is kept."""
    width, layers, heads, latent, turned, plain = 64 * size, 3, size, 128, 32, 64
    _common(file, words=words, layers=layers, width=width, forward=2 * width)
    file.facts(
        attention__head_count=heads,
        attention__head_count_kv=1,
        attention__key_length=latent + turned,
        attention__value_length=latent,
        attention__key_length_mla=plain + turned,
        attention__value_length_mla=plain,
        attention__kv_lora_rank=latent,
        attention__q_lora_rank=latent,
        rope__dimension_count=turned,
        leading_dense_block_count=layers,
        expert_count=0,
        expert_used_count=0,
        expert_feed_forward_length=width,
        expert_shared_count=1,
    )
    for layer in range(layers):
        at = f"blk.{layer}"
        file.matrix(f"{at}.attn_norm.weight", width)
        file.matrix(f"{at}.attn_q_a.weight", width, latent)
        file.matrix(f"{at}.attn_q_a_norm.weight", latent)
        file.matrix(f"{at}.attn_q_b.weight", latent, heads * (plain + turned))
        file.matrix(f"{at}.attn_kv_a_mqa.weight", width, latent + turned)
        file.matrix(f"{at}.attn_kv_a_norm.weight", latent)
        file.matrix(f"{at}.attn_k_b.weight", plain, latent, heads)
        file.matrix(f"{at}.attn_v_b.weight", latent, plain, heads)
        file.matrix(f"{at}.attn_output.weight", heads * plain, width)
        _forward(file, at, width, 2 * width)
    file.matrix("output_norm.weight", width)
    file.matrix("output.weight", width, words)


FAMILIES: dict[str, Callable[[_File, int, int], None]] = {
    "llama": llama,
    "qwen3": qwen3,
    "gemma3": gemma3,
    "phi3": phi3,
    "qwen3moe": qwen3moe,
    "lfm2": lfm2,
    "mamba": mamba,
    "falcon-h1": falcon_h1,
    "deepseek2": deepseek2,
}


def build(path: Path, family: str, size: int = 4, words: int = 2048, kind: str = "f16") -> Path:
    """``size``: how many times 64 the model is wide. ``kind``: f16, q8_0 or q4_0, of matrices that allow it."""
    file = _File(path, family, kind)
    FAMILIES[family](file, size, words)
    return file.finish()
