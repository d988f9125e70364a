"""A model as its file's header describes it: how many weights, how they are written, how it is built."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from training.plan.shape import Tensor

# ggml_type -> (weights per block, bytes per block); ggml/src/ggml-common.h
_BLOCKS = {
    **{0: (1, 4), 1: (1, 2), 2: (32, 18), 3: (32, 20), 6: (32, 22), 7: (32, 24), 8: (32, 34), 9: (32, 40)},
    **{10: (256, 84), 11: (256, 110), 12: (256, 144), 13: (256, 176), 14: (256, 210), 15: (256, 292)},
    **{16: (256, 66), 17: (256, 74), 18: (256, 98), 19: (256, 50), 20: (32, 18), 21: (256, 110), 22: (256, 82)},
    **{23: (256, 136), 24: (1, 1), 25: (1, 2), 26: (1, 4), 27: (1, 8), 28: (1, 8), 29: (256, 56), 30: (1, 2)},
    **{34: (256, 54), 35: (256, 66), 39: (32, 17), 40: (64, 36)},
}
_REPACKED = (2, 12, 20)  # Q4_0, Q4_K, IQ4_NL: in rows of eight, where the processor has AVX2 (ggml-cpu/repack.cpp)

BITS = {
    "Q2_K": 3.16,
    "IQ3_XS": 3.50,
    "Q3_K_M": 4.00,
    "IQ4_XS": 4.46,
    "Q4_0": 4.66,
    "Q4_K_S": 4.67,
    "Q4_K_M": 4.89,
    "Q5_K_M": 5.70,
    "Q6_K": 6.56,
    "MXFP4": 4.25,
    "Q8_0": 8.50,
    "F16": 16.0,
}
"""Mean bits per weight of a file (llama.cpp, tools/quantize/README.md, of Llama 3.1 8B; Q3_K_M and Q4_0 from files of
the same model; MXFP4 by its block)."""


# Where K types do not go: q5_0 and q8_0 instead of q4_K and q6_K, but for the matrices that are wide enough.
_NARROW = {"Q3_K_M": 4.9, "Q4_K_S": 5.3, "Q4_K_M": 5.6, "Q5_K_M": 6.6, "Q6_K": 8.0}


@dataclass(frozen=True)
class Header:
    name: str
    facts: Mapping[str, Any]
    """A GGUF's metadata, or what it would be."""
    parameters: int
    weights: float
    """Bytes that are held when it is loaded."""
    embedding: float = 0.0
    """Bytes of them in the table of word vectors, which a GPU does not need unless it is also the output's."""
    tied: bool = False
    """Whether that table is the output's, too."""
    experts: float = 0.0
    """Bytes of them in experts of which each token asks few."""
    repackable: float = 0.0
    """Bytes of them that llama.cpp copies once more for the processor."""
    written: str = ""
    """How most weights are written, e.g. ``Q4_K_M``; empty = as the file has them."""
    source: str = ""
    """Where this is known from."""

    def as_written(self, kind: str) -> Header:
        """What it would be with its weights as ``kind``, a key of `BITS`; an estimate.

        llama.cpp writes a table of words that is also the output's with more bits, and more in all where matrices are
        no multiple of 256 wide, because its K types need that (llama-quant.cpp).
        """
        from dataclasses import replace

        family = self.facts["general.architecture"]
        width = int(self.facts.get(f"{family}.embedding_length", 256))
        words = int(self.facts.get(f"{family}.vocab_size", 0)) * width
        bits, table = BITS[kind], BITS[kind]
        if width % 256 and kind in _NARROW:
            bits, table = _NARROW[kind], 8.5
        elif self.tied:
            table = max(bits, BITS["Q6_K"])
        words = min(words, self.parameters) * (1 if self.tied else 2)
        weights = ((self.parameters - words) * bits + words * table) / 8
        return replace(
            self,
            weights=weights,
            embedding=words * table / 8 / (1 if self.tied else 2),
            experts=self.experts / self.weights * weights,
            repackable=0.0,
            written=kind,
        )

    def sized(self, weights: float) -> Header:
        """The same when its file is known to hold so many bytes; 0 = not known."""
        from dataclasses import replace

        share = weights / self.weights
        if not weights:
            return self
        return replace(self, weights=weights, embedding=self.embedding * share, experts=self.experts * share)


def of_tensors(name: str, facts: Mapping[str, Any], tensors: Sequence[Tensor], source: str = "") -> Header:
    """Of a whole GGUF. Raises ValueError for a type of weights that is not known."""
    sizes = [size(tensor) for tensor in tensors]
    names = [tensor.name for tensor in tensors]
    copied = [bool(_is_copied(tensor)) for tensor in tensors]
    kept = [place for place, copy in enumerate(copied) if not copy]
    # What lies before the first and behind the last tensor that is used where it lies is let go again.
    held = sum(sizes[kept[0] : kept[-1] + 1]) if kept else 0.0
    return Header(
        name,
        facts,
        sum(tensor.weights for tensor in tensors),
        held if any(copied) else sum(sizes),
        embedding=sum(size for size, one in zip(sizes, names, strict=True) if one.startswith("token_embd.")),
        tied="output.weight" not in names,
        experts=sum(size for size, one in zip(sizes, names, strict=True) if "_exps." in one),
        repackable=sum(size for size, copy in zip(sizes, copied, strict=True) if copy),
        source=source,
    )


def size(tensor: Tensor) -> float:
    """Bytes. Raises ValueError."""
    if tensor.kind not in _BLOCKS:
        raise ValueError(f"the weights of {tensor.name!r} are of a type (ggml {tensor.kind}) that is not known here")
    block, width = _BLOCKS[tensor.kind]
    return math.prod(tensor.shape) / block * width


def _is_copied(tensor: Tensor) -> bool:
    rows = tensor.shape[1] if len(tensor.shape) > 1 else 0
    return tensor.kind in _REPACKED and rows % 8 == 0 and rows > 0 and not tensor.name.startswith("token_embd.")
