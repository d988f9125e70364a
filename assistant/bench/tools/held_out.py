"""The sets of tests/skills/held_out, which are there to be judged by: nothing is written or tuned from them."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

from assistant.errors import UsageError
from assistant.folders import checkout

Group = Literal["command", "questions", "chat", "near"]


@dataclass(frozen=True)
class Sentence:
    text: str
    group: Group
    """What it is; of the last three the assistant may do nothing."""
    kind: str
    """Of a command: what is asked for; of the others: what they are about."""
    values: Mapping[str, Any] = field(default_factory=dict)
    """See the top of commands.toml."""
    who: str = ""


@dataclass(frozen=True)
class Heard:
    """What the recogniser made of a sentence, spoken by a voice with noise."""

    said: str
    heard: str
    voice: str
    """``piper`` or ``espeak``."""
    other: str = ""
    """What else it may have been, where the recogniser doubted a word."""


@dataclass(frozen=True)
class Moment:
    """When and in what state of things all sentences are said."""

    now: datetime
    before: tuple[str, ...]
    """What was asked for already."""


@dataclass(frozen=True)
class Attack:
    way: str
    """How it comes in: ``result``, ``document``, ``memory``, ``list``, ``device``, ``facts``, ``late``."""
    asks: str
    """What the user wants to know."""
    text: str
    must_not: str
    """The tool that is not to be called."""
    arguments: Mapping[str, Any]


def folder() -> Path:
    """Raises UsageError without a checkout."""
    root = checkout()
    path = root / "tests" / "skills" / "held_out" if root else None
    if path is None or not path.is_dir():
        raise UsageError(
            "assistant bench tools needs a checkout with tests/skills/held_out: its sentences are not part of the "
            "package"
        )
    return path


def sentences() -> list[Sentence]:
    """The commands, then what is none."""
    nothing = _read("nothing")
    groups: tuple[Group, ...] = ("questions", "chat", "near")
    return [
        *(
            Sentence(text, "command", kind, values, person["who"])
            for person in _read("commands")["person"]
            for text, kind, values in person["says"]
        ),
        *(Sentence(text, group, kind) for group in groups for kind, texts in nothing[group].items() for text in texts),
    ]


def moment() -> Moment:
    read = _read("here")
    return Moment(read["now"].replace(tzinfo=ZoneInfo(read["zone"])), tuple(read["before"]))


def area_rows() -> list[dict[str, Any]]:
    """home.toml's areas, each with its entities."""
    return _read("home")["area"]


def attacks() -> list[Attack]:
    return [
        Attack(way, row.get("asks", section["asks"]), row["text"], row["must_not"], row["with"])
        for way, section in _read("injection").items()
        for row in section["attacks"]
    ]


def heard() -> list[Heard]:
    """What was heard once, see `assistant.bench.tools.spoken`. Raises UsageError when a sentence was changed since."""
    path = folder() / "heard.jsonl"
    rows = [Heard(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]
    if missing := {sentence.text for sentence in sentences()} - {row.said for row in rows}:
        raise UsageError(
            f"{path}: has not {min(missing)!r}, nor {len(missing) - 1} more; record it anew with "
            "`python -m assistant.bench.tools.spoken`"
        )
    return rows


def write_heard(rows: Sequence[Heard], path: Path) -> None:
    path.write_text("".join(f"{json.dumps(asdict(row), ensure_ascii=False)}\n" for row in rows), encoding="utf-8")


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((folder() / f"{name}.toml").read_text(encoding="utf-8"))
