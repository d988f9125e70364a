"""config.toml -> checked, typed settings. Every key is declared once: in assistant/settings or with its engines.

Order of precedence, weakest first: the defaults below, config.toml, ``ASSISTANT_<SECTION>__<KEY>`` in the environment,
command-line flags. Secrets are not settings: they come from the environment or an untracked `.env` (see
assistant/secrets.py).
"""

from __future__ import annotations

import dataclasses
import difflib
import os
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant import trust
from assistant.errors import UsageError
from assistant.folders import checkout, config_folder
from assistant.llm import LlmSettings
from assistant.secrets import contains_key, redact
from assistant.settings import (
    AudioSettings,
    BargeInSettings,
    EndpointingSettings,
    GuardSettings,
    JournalSettings,
    MannersSettings,
    MemorySettings,
    RagSettings,
    SafetySettings,
    SkillsSettings,
    VadSettings,
)
from assistant.settings import mcp as mcp_settings
from assistant.settings.mcp import McpSettings
from assistant.settings.modes import KioskSettings, PushToTalkSettings
from assistant.stt import SttSettings
from assistant.tts import TtsSettings
from rag.text import readable

_HARMLESS = ("vad", "endpointing", "barge_in", "manners")  # sections that decide nothing about keys, words and files
_COSTLY = ("tts.budget",)
_MOST_BYTES = 1_000_000

_MANY = 30  # problems after which a file is read no further: what each might have been meant for takes a while to find

ENV_PREFIX = "ASSISTANT_"


@dataclass(frozen=True)
class Settings:
    audio: AudioSettings = AudioSettings()
    vad: VadSettings = VadSettings()
    endpointing: EndpointingSettings = EndpointingSettings()
    barge_in: BargeInSettings = BargeInSettings()
    stt: SttSettings = SttSettings()
    llm: LlmSettings = LlmSettings()
    tts: TtsSettings = TtsSettings()
    manners: MannersSettings = MannersSettings()
    rag: RagSettings = RagSettings()
    guard: GuardSettings = GuardSettings()
    safety: SafetySettings = SafetySettings()
    skills: SkillsSettings = SkillsSettings()
    memory: MemorySettings = MemorySettings()
    journal: JournalSettings = JournalSettings()
    push_to_talk: PushToTalkSettings = PushToTalkSettings()
    kiosk: KioskSettings = KioskSettings()
    mcp: tuple[McpSettings, ...] = ()
    """One per table [mcp.NAME], in their order."""


@dataclass(frozen=True)
class Loaded:
    settings: Settings
    origin: dict[str, str]
    """Where each value came from: ``stt.model`` -> ``default``, the file's path, the variable's name or ``--flag``."""
    path: Path | None
    """The config.toml that was read, None when there is none."""
    withheld: tuple[str, ...] = ()
    """What that file sets and does not count, because the user has not agreed to its folder, see assistant/trust.py."""
    beneath: Path | None = None
    """The config.toml that counts for what is withheld; None when there is none, or `path` may decide everything."""

    @property
    def own(self) -> Path | None:
        """The config.toml that the user vouches for: what they change goes there, and from there to a service."""
        return self.beneath if self.withheld else self.path


def keys() -> dict[str, dataclasses.Field]:
    """Every key as ``section.key`` -> its field; for those of [mcp.NAME] see `server_keys`."""
    return {f"{name}.{key.name}": key for name, section in _sections().items() for key in dataclasses.fields(section)}


def server_keys(server: str) -> dict[str, dataclasses.Field]:
    """The same of one server's table: ``mcp.NAME.key`` -> its field."""
    return {f"mcp.{server}.{key.name}": key for key in dataclasses.fields(McpSettings) if key.name != "name"}


def _sections() -> dict[str, Any]:
    return {name: section for name, section in vars(Settings()).items() if name != "mcp"}


def load(
    path: Path | None = None, flags: Mapping[str, Any] | None = None, environment: Mapping[str, str] | None = None
) -> Loaded:
    """Read and check everything; ``flags`` maps ``section.key`` to a value. Raises UsageError that names all problems.

    Without ``path``: ``ASSISTANT_CONFIG``, then ./config.toml, then the one in the user's config folder, then that of
    the checkout when this program runs in one, else the defaults. Before the user has agreed to the folder of
    ./config.toml, only its harmless keys count, and the next of these files for all others.
    """
    environment = os.environ if environment is None else environment
    named = path is not None or bool(environment.get("ASSISTANT_CONFIG"))
    path = _find(path, environment)
    counts = path is None or named or trust.counts(path)
    beneath = None if counts else _first(_places()[1:])
    known = keys()
    problems: list[str] = []
    refused: set[str] = set()
    values: dict[str, Any] = {}
    origin = dict.fromkeys(known, "default")
    withheld: list[str] = []

    def take(name: str, value: Any, source: str, shown: str) -> None:
        try:
            values[name] = _check(name, known[name], value)
            origin[name] = source
        except UsageError as problem:
            refused.add(name)
            problems.append(f"{shown} {problem}")

    def changes(name: str, value: Any) -> bool:
        """Whether it would be another one than counts without it."""
        try:
            return _check(name, known[name], value) != values.get(name, known[name].default)
        except UsageError:
            return True

    for file in filter(None, (beneath, path)):
        for name, value in _read(file, problems, known):
            if file is path and not counts and not _is_harmless(name, known[name]):
                if changes(name, value):
                    withheld.append(name)
                continue
            take(name, _beside(file, name, value), str(file), f"{file}: {_shown(name)}")
    for variable, text in environment.items():
        if not variable.startswith(ENV_PREFIX):
            continue
        if "__" not in variable:
            slips = [name for name in known if variable.removeprefix(ENV_PREFIX).lower() == name.replace(".", "_")]
            problems += [
                f"environment: {variable} needs two underscores after the section: "
                f"{ENV_PREFIX}{name.upper().replace('.', '__')}"
                for name in slips
            ]
            continue
        name = variable.removeprefix(ENV_PREFIX).lower().replace("__", ".", 1)
        if name in known:
            take(name, _from_text(known[name], text), variable, f"environment: {variable}")
        else:
            problems.append(f"environment: {variable} is not a setting{_suggest(name, known)}")
    for name, value in (flags or {}).items():
        if name in known:
            take(
                name,
                _from_text(known[name], value) if isinstance(value, str) else value,
                "command line",
                f"command line: {name}",
            )
        else:
            problems.append(f"command line: {name} is not a setting{_suggest(name, known)}")
    waits = [
        (name, values.get(name, known[name].default))
        for name in ("endpointing.soft", "endpointing.complete", "endpointing.hard")
    ]
    for (lower, low), (higher, high) in zip(waits, waits[1:]):
        if low > high and not refused & {lower, higher}:
            problems.append(
                f"{origin[lower]}: {_shown(lower)} ({low:g}) must not be larger than "
                f"{higher.split('.')[1]} ({high:g}, from {origin[higher]})"
            )
    servers = () if any(name.startswith("mcp.") for name in refused) else _servers(values, origin, problems)
    if problems:
        heading = [f"{len(problems)} settings are wrong:"] if len(problems) > 1 else []
        raise UsageError(redact("\n  ".join(heading + problems)))
    sections: dict[str, Any] = {
        name: dataclasses.replace(
            section, **{key.split(".")[1]: value for key, value in values.items() if key.split(".")[0] == name}
        )
        for name, section in _sections().items()
    }
    return Loaded(Settings(**sections, mcp=servers), origin, path, tuple(withheld), beneath)


def _beside(file: Path, name: str, value: Any) -> Any:
    """What decides what is run or refused is looked for beside the file that names it, not where the user stands."""
    if name not in ("skills.path", "safety.policy") or not isinstance(value, str) or not value or value.startswith("~"):
        return value
    return str(file.absolute().parent / value)


def _servers(values: Mapping[str, Any], origin: Mapping[str, str], problems: list[str]) -> tuple[McpSettings, ...]:
    tables: dict[str, dict[str, Any]] = {}
    for name, value in values.items():
        if name.startswith("mcp."):
            _, server, key = name.split(".")
            tables.setdefault(server, {})[key] = value
    servers = [McpSettings(name, **table) for name, table in tables.items()]
    for made in servers:
        if problem := mcp_settings.problem(made):
            place = next(origin[name] for name in values if name.startswith(f"mcp.{made.name}."))
            problems.append(f"{place}: [mcp.{made.name}] {problem}")
    return tuple(servers)


def _find(path: Path | None, environment: Mapping[str, str]) -> Path | None:
    named = "--config"
    if path is None and environment.get("ASSISTANT_CONFIG"):
        path, named = Path(environment["ASSISTANT_CONFIG"]), "ASSISTANT_CONFIG"
    if path is not None:
        path = path.expanduser()
        if not path.is_file():
            raise UsageError(f"{path}: there is no such config file; give {named} an existing one or leave it out")
        return path
    return _first(_places())


def _places() -> list[Path]:
    return [Path(), config_folder(), *filter(None, [checkout()])]


def _first(places: list[Path]) -> Path | None:
    return next((place / "config.toml" for place in places if (place / "config.toml").is_file()), None)


def _read(path: Path, problems: list[str], known: dict[str, dataclasses.Field]) -> Iterable[tuple[str, Any]]:
    """What it sets, by name; ``known`` learns the keys of its servers."""
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise UsageError(f"{path}: is larger than 1 MB, which no settings are; take out what does not belong there")
        document = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: cannot be read ({error}); save it as UTF-8 text") from None
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path}: is not valid TOML ({redact(str(error))}); correct that line") from None
    sections = [section.name for section in dataclasses.fields(Settings)]
    for section, content in _tables(document, path, problems):
        if not isinstance(content, dict):
            problems.append(
                f"{path}: {section} stands outside a section"
                + (f"; write it below [{section}]" if section in sections else _suggest(section, known))
            )
        elif section not in sections and not section.startswith("mcp."):
            problems.append(f"{path}: [{section}] is not a section{_nearest(section, sections)}")
        else:
            if section.startswith("mcp."):
                known |= server_keys(section.removeprefix("mcp."))
            for key, value in content.items():
                if len(problems) >= _MANY:
                    return
                name = f"{section}.{key}"
                if name in known:
                    yield name, value
                elif isinstance(value, str) and contains_key(value):
                    problems.append(f"{path}: {_shown(name)} {_KEY_REFUSED}")
                else:
                    problems.append(f"{path}: {_shown(name)} is not a setting{_suggest(name, known)}")


def _tables(document: Mapping[str, Any], path: Path, problems: list[str]) -> Iterable[tuple[str, Any]]:
    """The sections, those of servers as ``mcp.NAME``."""
    for section, content in document.items():
        if section != "mcp" or not isinstance(content, dict):
            yield section, content
            continue
        for server, table in content.items():
            if not isinstance(table, dict) or not table or "." in server:
                problems.append(
                    f"{path}: [mcp] {server} is no server; write a table [mcp.NAME] with its command or url"
                )
            else:
                yield f"mcp.{server}", table


def _is_harmless(name: str, key: dataclasses.Field) -> bool:
    """Whether a folder that the user has not agreed to may set this key: it names no address, path, model or policy,
    and spends nothing."""
    section = name.partition(".")[0]
    return section in _HARMLESS or (type(key.default) in (int, float) and name not in _COSTLY and section != "mcp")


def _shown(name: str) -> str:
    section, key = name.rsplit(".", 1)
    return f"[{section}] {key}"


def _from_text(key: dataclasses.Field, text: str) -> Any:
    """What ``text`` means for this key; text that does not fit is returned as it is, for `_check` to refuse."""
    if isinstance(key.default, bool):
        return _TRUTHS.get(text.strip().lower(), text)
    if isinstance(key.default, int | float):
        try:
            return type(key.default)(text)
        except ValueError:
            return text
    if isinstance(key.default, tuple):
        return [part.strip() for part in text.split(",") if part.strip()]
    return text


def _check(name: str, key: dataclasses.Field, value: Any) -> Any:
    kind: type = type(key.default)
    if kind is tuple:
        if type(value) is not list or any(type(part) is not str for part in value):
            raise UsageError('must be a list of texts, e.g. ["one", "two"]')
        return tuple(_check(name, _TEXT, part) for part in value)
    if kind is float and type(value) is int and abs(value) < 10**15:
        value = float(value)
    if isinstance(value, str):
        value = value.replace("\0", " ") if name in _PATHS else readable(value)
    given = repr(value)
    given = given if len(given) <= 60 else f"{given[:60]} ..."
    if isinstance(value, str) and contains_key(value):
        raise UsageError(_KEY_REFUSED)
    if type(value) is not kind:
        raise UsageError(f"must be {_KINDS[kind]}, not {given}")
    if isinstance(value, str) and len(value) > LONGEST_TEXT:
        raise UsageError(f"must have at most {LONGEST_TEXT:,} characters, not {len(value):,}")
    choices, low, high = (key.metadata[part] for part in ("choices", "low", "high"))
    if choices and value not in choices:
        raise UsageError(
            f"must be one of {', '.join(choices)}, not {given}{_nearest(str(value), choices, listed=True)}"
        )
    if low is not None and not low <= value <= high:  # written so that nan is refused, too
        raise UsageError(f"must be from {low:.12g} to {high:.12g}, not {given}")
    return value


_TEXT = dataclasses.fields(McpSettings)[1]
# What may name a file, which need not be UTF-8.
_PATHS = (
    "audio.rooms_path",
    "stt.model",
    "llm.model",
    "llm.adapter",
    "tts.piper_voice",
    "tts.kokoro_model",
    "tts.pocket_voice",
    "rag.path",
    "rag.embedder",
    "rag.reranker",
    "safety.policy",
    "skills.path",
    "journal.path",
    "kiosk.log",
)
LONGEST_TEXT = 20_000
"""Characters of a setting: a system prompt of some 5,000 tokens, which the model reads again with each question."""
_TRUTHS = {"true": True, "1": True, "yes": True, "on": True, "false": False, "0": False, "no": False, "off": False}
_KINDS: dict[type, str] = {bool: "true or false", int: "a whole number", float: "a number", str: "text in quotes"}
_KEY_REFUSED = (
    "holds what looks like an API key or password; put it into the file .env as a line such as "
    "OPENAI_API_KEY=..., never into settings"
)


def _suggest(name: str, known: Iterable[str]) -> str:
    """For a key that does not exist: the same key of another section, else the nearest of its own, else of all."""
    section, _, key = name.rpartition(".")
    own = [other.rpartition(".")[2] for other in known if other.rpartition(".")[0] == section]
    same = [other for other in known if other.rpartition(".")[2] == key]
    if same and not section.startswith("mcp."):
        return f"; did you mean {' or '.join(_shown(other) for other in same)}?"
    if own:
        return _nearest(key, own)
    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f"; did you mean {_shown(close[0])}?" if close else "; `assistant config` lists them all"


def _nearest(name: str, known: Iterable[str], listed: bool = False) -> str:
    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    if close:
        return f"; did you mean {close[0]}?"
    return "" if listed else f"; known are: {', '.join(known)}"
