"""Memory that threads have freed. glibc keeps it for each thread apart (eight arenas a core), where no other one finds
it: with our threads of engines that was 30 MB, and more with every hundred turns.
"""

from __future__ import annotations

import sys

_ARENA_MAX = -8  # mallopt(3)
_MOST = 2  # one for the event loop and one for the engines: with a single one they would wait for each other


def share() -> None:
    """From now on all threads share two arenas; more stay where there are more. Of glibc only; elsewhere nothing
    happens."""
    if sys.platform.startswith("linux"):
        import ctypes

        if mallopt := getattr(ctypes.CDLL(None), "mallopt", None):  # musl has none
            mallopt(_ARENA_MAX, _MOST)
