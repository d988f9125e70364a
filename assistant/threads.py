"""How many CPU threads each engine gets, so that they share the cores instead of fighting for them."""

from __future__ import annotations

import os
from typing import Literal

_MOST = {"stt": 4, "llm": 8}  # beyond these, small models only wait for their slowest thread


def cores() -> int:
    """Cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def choose(requested: int, engine: Literal["stt", "llm"]) -> int:
    """``requested`` threads, or for 0 what suits this machine."""
    return requested or min(_MOST[engine], cores())
