"""Which size of Whisper suits this machine: the largest that is quick enough, since larger ones hear better.

The machine's speed is measured once, with the recogniser that is always here, and kept in the user's data folder, so
that a busy moment does not bring another model, and a download, at the next start.
"""

from __future__ import annotations

import contextlib
import json
import platform

from assistant.concurrency import threads
from assistant.folders import data_folder
from assistant.stt import SttSettings, has_gpu
from rag.atomic import write_text

LIMIT = 0.5
"""Seconds from the end of 3 s of speech to its words."""
_COSTS = {"tiny": 1.35, "base": 1.0, "small": 4.5, "large-v3-turbo": 15.0}
"""Smallest first. Work on 3 s of speech, base = 1: tiny, which needs windows of 30 s, as measured, the others by their
multiplications in the encoder and in the decoder's view of it. large-v3 needs twice turbo's, medium as much as turbo
and hears worse."""
_ENGLISH_ONLY = ("tiny", "base", "small")  # those that a better English-only model exists of
_BASE = 12.0  # times what Moonshine takes for the same, both int8 with 2 threads (AVX-512 VNNI; 0.037 and 0.46 s)


def ordered(settings: SttSettings) -> list[str]:
    """All sizes, best first: those within `LIMIT` here, largest first, then the slower ones, quickest first.

    A GPU is quick enough for all of them. Raises EngineError.
    """
    base = 0.0 if has_gpu(settings) else _BASE * _measured(settings)
    within = [size for size, cost in _COSTS.items() if cost * base <= LIMIT]
    sizes = within[::-1] + sorted(set(_COSTS) - set(within), key=_COSTS.__getitem__)
    return [f"{size}.en" if settings.language == "en" and size in _ENGLISH_ONLY else size for size in sizes]


def _measured(settings: SttSettings) -> float:
    """Seconds that Moonshine takes for 3 s of audio here."""
    from assistant.stt import moonshine

    path = data_folder() / "speed.json"
    machine = f"{platform.node()}, {threads.choose(settings.threads, 'stt')} threads"
    try:
        known = {name: float(seconds) for name, seconds in json.loads(path.read_text(encoding="utf-8")).items()}
    except (OSError, ValueError, AttributeError, TypeError):
        known = {}
    if machine not in known:
        known[machine] = moonshine.seconds(settings)
        with contextlib.suppress(OSError):  # it is measured again at the next start
            write_text(path, json.dumps(known))
    return known[machine]
