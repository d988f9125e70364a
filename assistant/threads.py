"""How many CPU threads each engine gets, so that they share the cores instead of fighting for them."""

from __future__ import annotations

import os
from typing import Literal

_MOST = {"stt": 4, "llm": 8}  # beyond these, small models only wait for their slowest thread
_LEFT_FREE = {"stt": 0, "llm": 1}  # llama.cpp's threads wait for each other in a busy loop: with one core too few the
# 135M model fell from 37 to 6 tokens/s, while one thread less costs a third on a machine that does nothing else


def cores() -> int:
    """Cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def choose(requested: int, engine: Literal["stt", "llm"]) -> int:
    """``requested`` threads, or for 0 what suits this machine."""
    return requested or max(1, min(_MOST[engine], cores() - _LEFT_FREE[engine]))
