"""Which models there are, which are on this machine, and which the settings use."""

from __future__ import annotations

import difflib
import importlib.util
import os
import shutil
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant import stt, tts
from assistant.config import Loaded, Settings
from assistant.errors import AssistantError, UsageError
from assistant.folders import checkout, config_folder, data_folder
from assistant.settings import EngineInfo, named
from rag import output
from rag.text import cleaned

_SPARE = 1.0  # GB of memory left to the system and the rest of the assistant


@dataclass(frozen=True)
class KnownModel:
    """One row of catalogue.toml; sizes in GB, approximate."""

    name: str
    kind: str
    """``llm``, ``voice``, or the name of a speech recognition engine."""
    source: str
    """What the setting is set to: ``owner/repo:file.gguf``, a Whisper size, or a voice engine."""
    size: float
    memory: float
    licence: str
    languages: str
    note: str
    tools: str = ""
    """Whether a language model's template knows tool calls: ``yes``, ``no``, or empty where no source was found."""
    thinks: str = ""
    """Whether it thinks before it answers: ``no``, ``can`` (and is asked not to), or empty."""
    context: int = 0
    """Tokens that a language model was made for; 0 where no source was found, or known.toml says it."""


@dataclass(frozen=True)
class Installed:
    name: str
    kind: str
    source: str
    path: Path
    in_use: bool


def folder() -> Path:
    """Where the user's own GGUF files lie: fine-tuned ones, and those put there by hand."""
    return data_folder() / "models"


def rows() -> list[KnownModel]:
    """Those of catalogue.toml, and the voices."""
    with open(Path(__file__).with_name("catalogue.toml"), "rb") as file:
        known = [KnownModel(**row) for row in tomllib.load(file)["model"]]
    return known + [
        KnownModel(
            f"voice-{voice.name}", "voice", voice.name, 0.0, voice.memory, voice.licence, voice.languages, voice.note
        )
        for voice in tts.ENGINES
    ]


def find(name: str) -> KnownModel:
    """The catalogue's row of that name or source. Raises UsageError with the nearest name."""
    table = rows()
    for row in table:
        if name in (row.name, row.source, row.name.removeprefix(f"{row.kind}-")):
            return row
    names = [row.name for row in table]
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.4)
    raise UsageError(
        f"{name or 'an empty name'} is not a model of the table"
        + (f"; did you mean {close[0]}?" if close else "; `assistant models` shows them")
    )


def located(model: KnownModel) -> Path | None:
    """Where a catalogue model lies on this machine, None when it would have to be fetched."""
    match model.kind:
        case "llm":
            from assistant import hub

            return hub.cached(*model.source.split(":"))
        case "whisper":
            from assistant.stt import whisper

            return whisper.locate(model.source)
        case _:
            return _package(_voice(model).weights)


def repository(model: KnownModel) -> str:
    """``owner/repo`` of a catalogue model. Raises UsageError when it comes from no repository of its own."""
    if model.kind == "llm":
        return model.source.partition(":")[0]
    if model.kind == "whisper":
        from assistant.stt import whisper

        return whisper.repository(model.source)
    raise UsageError(f"{model.name} has no repository of its own on the hub; name one as OWNER/REPO")


def fetch(model: KnownModel) -> Path:
    """Fetch a catalogue model into the hub cache, or find it there. Raises EngineError, AssistantError."""
    found = located(model)
    if found is not None or model.kind == "voice":
        if found is not None:
            return found
        voice = _voice(model)
        if voice.leaves:
            raise UsageError(
                f"{model.name} runs in the cloud, there is nothing to fetch; put {voice.key}=... into "
                f".env and type: assistant models use {model.name}"
            )
        voice.imported().fetch(getattr(tts.TtsSettings(), voice.voice))
        return cache_folder()
    free = free_disk()
    if free < model.size:
        raise AssistantError(
            f"{model.name} needs {model.size:g} GB and {free:.1f} GB are free for {cache_folder()}; "
            "free some space, or set HF_HUB_CACHE to another disk"
        )
    if model.kind == "whisper":
        from assistant.stt import whisper

        return whisper.fetch(model.source)
    from assistant import hub

    return hub.fetch(*model.source.split(":"))


def installed(settings: Settings) -> list[Installed]:
    """Every model on this machine that the assistant could use now, and which ones the settings choose."""
    from assistant.llm import auto, gguf

    llm = settings.llm.model if settings.llm.engine == "llama" else ""
    llm = auto.chosen() or "bundled" if llm == "auto" else llm
    found: list[Installed] = []
    try:
        bundled = gguf.bundled()
        found.append(Installed(f"{gguf.title(bundled)} (bundled)", "llm", "bundled", bundled, llm == "bundled"))
    except AssistantError:
        pass
    known = [model for model in rows() if model.kind in ("llm", "whisper")]
    here = [(model, path) for model in known if (path := located(model)) is not None]
    found += [
        Installed(model.name, "llm", model.source, path, llm == model.source)
        for model, path in here
        if model.kind == "llm"
    ]
    own = sorted(folder().rglob("*.gguf")) if folder().is_dir() else []
    if llm.endswith(".gguf") and ":" not in llm and Path(llm).expanduser() not in own:
        own += [Path(llm).expanduser()] if Path(llm).expanduser().is_file() else []
    found += [
        Installed(gguf.title(path), "llm", str(path), path, bool(llm) and Path(llm).expanduser() == path)
        for path in own
    ]
    whispers = [
        Installed(model.name, "whisper", model.source, path, False) for model, path in here if model.kind == "whisper"
    ]
    if settings.stt.model not in {row.source for row in whispers} and (path := _other_whisper(settings.stt.model)):
        whispers.append(Installed(f"whisper {settings.stt.model}", "whisper", settings.stt.model, path, False))
    whisper_used = _whisper_used(settings)
    found += [Installed(row.name, row.kind, row.source, row.path, row.source == whisper_used) for row in whispers]
    recognizers = [engine for engine in stt.ENGINES if engine.weights]
    for engine in recognizers:
        chosen = settings.stt.engine == engine.name or settings.stt.engine == "auto" and not whisper_used
        found += _bundled(engine, engine.name, chosen)
    speaking = tts.chosen(settings.tts)
    for engine in tts.ENGINES:
        found += _bundled(engine, "voice", engine is speaking)
    return found


def _bundled(engine: EngineInfo, kind: str, in_use: bool) -> list[Installed]:
    """The model that lies inside a package, where there is one."""
    folder = _package(engine.weights)
    return [Installed(f"{engine.title} (bundled)", kind, engine.name, folder, in_use)] if folder else []


def _voice(model: KnownModel) -> EngineInfo:
    return named(model.source, tts.ENGINES)


def _whisper_used(settings: Settings) -> str:
    """What `Installed.source` says of the Whisper model that would hear; empty when none would."""
    from assistant.stt import whisper

    if stt.wanted(settings.stt)[0].name != "whisper":
        return ""
    try:
        name, path = whisper.here(settings.stt)
    except AssistantError:
        return ""
    return name if path else ""


def _other_whisper(name: str) -> Path | None:
    """A Whisper model that the settings name and the catalogue does not."""
    from assistant.stt import whisper

    try:
        return whisper.locate(name)
    except AssistantError:
        return None


def _package(name: str) -> Path | None:
    spec = importlib.util.find_spec(name) if name else None
    return Path(spec.origin).parent if spec and spec.origin else None


def fits(model: KnownModel) -> str:
    """``yes``, ``tight`` (not next to what runs now), or ``no`` and what is missing."""
    import psutil

    memory = psutil.virtual_memory()
    if model.memory + _SPARE > memory.total / 1e9:
        return f"no: {model.memory + _SPARE:.1f} GB memory"
    if model.size > free_disk() and located(model) is None:
        return f"no: {model.size:g} GB disk"
    return "yes" if model.memory <= memory.available / 1e9 else "tight"


def cache_folder() -> Path:
    from huggingface_hub import constants

    return Path(constants.HF_HUB_CACHE)


def free_disk() -> float:
    """GB free where the hub cache lies or will lie."""
    place = cache_folder()
    while not place.exists() and place != place.parent:
        place = place.parent
    return shutil.disk_usage(place).free / 1e9


# ---- switching -----------------------------------------------------------------------------------------------------


def choice(name: str) -> dict[str, str]:
    """``section.key`` -> value that make the settings use ``name``: a catalogue name, ``bundled``, ``moonshine``, a
    ``.gguf`` file (a path, or a name in `folder`), a folder with a Whisper model, or ``owner/repo:file.gguf`` in the
    cache. An adapter goes: it fits only the model it was trained on. Raises UsageError when the model is not on this
    machine, ModelError when it is no GGUF file, or not a whole one.
    """
    from assistant.llm import gguf, llamacpp

    if name in ("bundled", "auto"):
        gguf.bundled()
        return {"llm.engine": "llama", "llm.model": name, "llm.adapter": ""}
    if name == "moonshine":
        return {"stt.engine": "moonshine"}
    path = Path(name).expanduser()
    if not path.exists() and (folder() / name).exists():
        path = folder() / name
    if path.is_dir():
        if not (path / "model.bin").is_file():
            raise UsageError(
                f"{path}: the folder holds no Whisper model in CTranslate2 format (no model.bin); give a "
                ".gguf file for a language model"
            )
        return {"stt.engine": "whisper", "stt.model": str(path.resolve())}
    if path.is_file() or name.endswith(".gguf") and ":" not in name:
        gguf.check(path)
        llamacpp.check_loads(path)
        # Links are kept: in the hub's cache only they bear the file's name.
        return {"llm.engine": "llama", "llm.model": os.path.abspath(path), "llm.adapter": ""}
    model = KnownModel(name, "llm", name, 0, 0, "", "", "") if name.endswith(".gguf") else find(name)
    if model.kind == "voice":
        return {"tts.engine": model.source}
    if located(model) is None:
        raise UsageError(f"{name} is not on this machine; fetch it first: assistant models get {name}")
    return (
        {"llm.engine": "llama", "llm.model": model.source, "llm.adapter": ""}
        if model.kind == "llm"
        else {"stt.engine": "whisper", "stt.model": model.source}
    )


def values(loaded: Loaded, names: Sequence[str]) -> dict[str, str | None]:
    """What the config.toml in force itself sets ``names`` (``section.key``) to; None = it does not."""
    try:
        document = tomllib.loads(loaded.own.read_text(encoding="utf-8-sig")) if loaded.own else {}
    except (OSError, ValueError):  # `write` tells
        document = {}
    return {name: document.get(name.split(".")[0], {}).get(name.split(".")[1]) for name in names}


def write(loaded: Loaded, changes: Mapping[str, str | list[str] | None]) -> Path:
    """Put ``changes`` into the config.toml in force, comments kept, replaced in one step; None takes a key out.

    Where there is none, one is made in the user's config folder, or in the working directory of a checkout. One that
    the user has not agreed to is left alone. Returns its path. Raises AssistantError.
    """
    import tomlkit

    for value in changes.values():
        if isinstance(value, str) and cleaned(value) != value:
            raise UsageError(f"{value}: its name is no UTF-8, and config.toml can hold nothing else; rename it")
    here = checkout() and not loaded.withheld
    path = (loaded.own or (Path() if here else config_folder()) / "config.toml").resolve()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        document = tomlkit.parse(path.read_text(encoding="utf-8-sig")) if path.exists() else tomlkit.document()
        for name, value in changes.items():
            *sections, key = name.split(".")
            table: Any = document
            for section in sections:
                if section not in table:
                    table[section] = tomlkit.table()
                table = table[section]
            if value is None:
                table.pop(key, None)
            else:
                table[key] = value
        output.write_text(path, tomlkit.dumps(document))
    except OSError as error:
        raise AssistantError(
            f"{path}: the settings cannot be written ({error.strerror}); nothing was changed"
        ) from None
    return path
