"""A quicker copy of a small Q4_1 model, made once: llama.cpp multiplies Q8_0 in blocks on x86-64, Q4_1 row by row.

What counts for a voice is 15 new words of a question and the 8 tokens of the first clause. SmolLM2-135M on one core of
an EPYC (Zen 4): 180 ms as Q4_1, 126 as Q8_0, and Q8_0 loses nothing (perplexity x 0.98, the same likeliest token at
95 % of all places, as f16 at 97 %). Q4_0 and IQ4_NL would take 96 ms, but quantising twice to four bits costs a quarter
in perplexity; f16 and bf16 take 142 to 150. Other processors and larger models, which wait for memory rather than
arithmetic, were not measured and are left alone.
"""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Callable
from pathlib import Path

from assistant.errors import EngineError
from assistant.folders import data_folder
from assistant.llm import llamacpp
from rag.atomic import replacing

_LARGEST = 300e6  # bytes of the original
_Q4_1, _Q8_0 = 3, 7  # llama_ftype, also `general.file_type` in the file


def of(source: Path, notice: Callable[[str], None]) -> Path | None:
    """The copy of ``source``, made now (about a second) when there is none; None when the original is to be used.

    ``notice`` is told when the copy cannot be written. Raises EngineError when llama.cpp cannot be used.
    """
    about = source.stat()
    if platform.machine().lower() not in ("x86_64", "amd64") or about.st_size > _LARGEST:
        return None
    key = f"{source.resolve()} {about.st_size} {about.st_mtime_ns} {llamacpp.version()}"
    copy = data_folder() / "cache" / f"{source.stem}.as-Q8_0-{hashlib.sha256(key.encode()).hexdigest()[:12]}.gguf"
    if copy.exists():
        return copy
    if llamacpp.file_type(source) != _Q4_1:
        return None
    try:
        _make(source, copy)
    except (OSError, EngineError) as error:
        notice(
            f"No quicker copy of {source.name} could be written to {copy.parent} "
            f"({getattr(error, 'strerror', None) or error}); the original answers, more slowly."
        )
        return None
    return copy


def _make(source: Path, copy: Path) -> None:
    copy.parent.mkdir(parents=True, exist_ok=True)
    with replacing(copy) as part:
        llamacpp.requantise(source, part, _Q8_0)
        for old in copy.parent.glob(f"{source.stem}.as-Q8_0-*"):
            old.unlink(missing_ok=True)
