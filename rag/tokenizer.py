"""tokenizer.json files come with models from anywhere: what would make a text grow without bound is not loaded."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from rag.errors import BadFile

_LARGEST = 64 << 20  # bytes; the vocabularies of 260,000 words take 35 million
_GROWTH = 100.0  # times as long as a text may become before it is cut into tokens; Unicode's own tables reach 18


def load(path: Path) -> Any:
    """The `tokenizers.Tokenizer` in the file. Raises BadFile."""
    from tokenizers import Tokenizer

    check(path)
    try:
        return Tokenizer.from_file(str(path))
    except BaseException as error:
        raise BadFile(reason(error)) from None


def check(path: Path) -> None:
    """Raises BadFile unless the file may be loaded: by `load`, or by transformers."""
    try:
        if path.stat().st_size > _LARGEST:
            raise BadFile(f"its tokenizer.json has more than {_LARGEST >> 20} MB")
        content = json.loads(path.read_bytes())
        growth = max(_growth(content.get(part)) for part in ("normalizer", "pre_tokenizer", "decoder"))
    except OSError as error:
        raise BadFile(f"its tokenizer.json cannot be read ({error.strerror})") from None
    except (ValueError, RecursionError, AttributeError, TypeError) as error:
        raise BadFile(f"its tokenizer.json is damaged ({reason(error)})") from None
    if growth > _GROWTH:
        raise BadFile("its tokenizer.json would make texts grow without bound")


def _growth(step: Any) -> float:
    """How many times as long a text of one sign may become, at most."""
    if not isinstance(step, dict):
        return 1.0
    factor = 1.0
    for inner in [one for kind in ("normalizers", "pretokenizers", "decoders") for one in step.get(kind) or ()]:
        factor *= _growth(inner)
    if step.get("type") == "Replace":
        pattern = step["pattern"].get("String")
        factor *= max(1.0, len(step["content"]) / max(1, len(pattern or "")))
    if step.get("type") == "Prepend":
        factor *= 1 + len(step["prepend"])
    return factor


def encoded(tokenizer: Any, text: str, **options: Any) -> Any:
    """``tokenizer.encode(text)``. Raises BadFile where its expressions cannot cope with the text."""
    try:
        return tokenizer.encode(text, **options)
    except BaseException as error:
        raise BadFile(reason(error)) from None


def reason(error: BaseException) -> str:
    """Its first line. Tokenizers raises a PanicException, which is no Exception, for faults that it did not foresee;
    whatever else is none is raised again."""
    if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
        raise error
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
