"""How many CPU threads each engine gets, so that they share the cores instead of fighting for them."""

from __future__ import annotations

import os
import platform
import sys
from pathlib import Path
from typing import Literal

_MOST = {"stt": 4, "llm": 8, "tts": 1}  # beyond these, small models only wait for their slowest thread
# llama.cpp's threads wait for each other in a busy loop: with one core too few the 135M model fell from 37 to 6
# tokens/s, while one thread less costs a third on a machine that does nothing else
_LEFT_FREE = {"stt": 0, "llm": 1, "tts": 0}


def cores() -> int:
    """Cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def processor() -> str:
    """What the processor calls itself."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or "unknown CPU"


def choose(requested: int, engine: Literal["stt", "llm", "tts"]) -> int:
    """``requested`` threads, or for 0 what suits this machine."""
    return requested or max(1, min(_MOST[engine], cores() - _LEFT_FREE[engine]))


def keep_numpy_to_one() -> None:
    """From now on numpy multiplies in the calling thread, unless the environment says otherwise; before it is imported.

    Its threads wait for each other in a busy loop: beside other work what a command means was found in 17 to 44 ms of
    CPU at the median, and up to half a second, with one thread in 8, and 12 at the 95th percentile.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def idle_cores(own: int) -> int | None:
    """Cores of the whole machine with nothing to do at this moment, but for ``own`` busy threads of the caller.

    At least 0; None when the system does not tell.
    """
    if not sys.platform.startswith("linux"):
        return None
    try:
        with open("/proc/loadavg") as file:  # some 15 µs
            running = int(file.read().split()[3].split("/")[0])
    except (OSError, ValueError, IndexError):
        return None
    return max(0, (os.cpu_count() or 1) - max(0, running - own))


def choose_now(own: int) -> int:
    """As many llama.cpp threads as cores are idle now: for `Model.decode`, which asks again for every few tokens."""
    idle = idle_cores(own)
    return choose(0, "llm") if idle is None else max(1, min(_MOST["llm"], cores(), idle))
