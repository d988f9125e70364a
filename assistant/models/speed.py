"""How quickly this machine reads memory, which is what a language model's words wait for."""

from __future__ import annotations

import time
from functools import cache

_SIZE = 64 << 20  # bytes; more than processors keep beside their cores
_ROUNDS = 4


@cache
def bandwidth() -> float:
    """Bytes/s that one core reads from memory, times the cores that help (at most four: then memory is the limit)."""
    import numpy as np

    from assistant.concurrency.threads import cores

    data = np.ones(_SIZE // 8, np.float64)
    best = 0.0
    for _ in range(_ROUNDS):
        began = time.perf_counter()
        float(data.sum())
        best = max(best, _SIZE / (time.perf_counter() - began))
    return best * min(cores(), 4)
