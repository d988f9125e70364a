"""Home Assistant's own test sentences through our matcher: the intents repository's `tests/LANGUAGE/INTENT/*.yaml`.

Each file describes the little home that its sentences are for. A sentence is right when it gives the file's intent with
exactly the slots named there; the area where the assistant stands is no slot of theirs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import yaml

from assistant.errors import UsageError
from assistant.skills.home.registry import Entity, Place, Registry
from assistant.skills.home.templates import Request, Templates

_HERE = "the area here"


def run(folder: Path, language: str = "en") -> tuple[int, int, list[str]]:
    """How many sentences were right, how many there are, and a line for each miss.

    ``folder``: a checkout of home-assistant/intents, or its `tests`. Raises UsageError where it holds no such tests.
    """
    root = next((place for place in (folder / "tests" / language, folder / language) if place.is_dir()), folder)
    if any(root.glob("*_Hass*.yaml")):
        raise UsageError(f"{folder} is an older checkout, most of whose tests have another form; {_take()}")
    total, misses = 0, []
    for path in sorted(root.glob("*/*.yaml")):
        content = _content(path)
        try:
            matcher = Templates(language, _registry(content), whole=True)
        except KeyError:
            raise UsageError(f"Home Assistant has no sentences in {language!r}; name another, as en") from None
        for words, expected in _sentences(content):
            total += 1
            if why := _wrong(matcher, words, path.parent.name, expected):
                misses.append(f"{path.relative_to(root)}: {words!r}: {why}")
    if not total:
        raise UsageError(f"{folder} holds no tests of Home Assistant's intents in {language!r}; {_take()}")
    return total - len(misses), total, misses


def _take() -> str:
    """What to do for the tests that go with the installed sentences: their releases are tags."""
    return f"take the checkout of the installed release: git checkout {version('home-assistant-intents')}"


def _wrong(matcher: Templates, words: str, intent: str, expected: Mapping[str, Any]) -> str:
    request = matcher.request(words, _HERE)
    if request is None:
        return "nothing was matched"
    if request.intent != intent:
        return f"{request.intent}, not {intent}"
    found = _slots(request, expected)
    differs = sorted(
        name
        for name in found.keys() | expected.keys()
        if name not in found or name not in expected or not _same(found[name], expected[name])
    )
    return ", ".join(f"{name} is {found.get(name)!r}, not {expected.get(name)!r}" for name in differs)


def _slots(request: Request, expected: Mapping[str, Any]) -> dict[str, Any]:
    """Without what the intent implies and a test need not name."""
    implied = {"area"} if request.slots.get("area") == _HERE else set()
    return {
        name: value for name, value in request.slots.items() if name in expected or name not in implied | {"domain"}
    }


def _same(found: Any, expected: Any) -> bool:
    ours, theirs = (set(value if isinstance(value, list) else [value]) for value in (found, expected))
    return ours <= theirs or theirs <= ours


def _sentences(content: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for test in content.get("tests") or ():
        for words in test.get("sentences") or ():
            yield words, test.get("slots") or {}


def _registry(content: Mapping[str, Any]) -> Registry:
    def places(name: str) -> tuple[Place, ...]:
        return tuple(Place(row["name"], (row["name"],)) for row in content.get(name) or ())

    entities = tuple(
        Entity(f"{row['domain']}.{number}", (row["name"],), "", (row.get("attributes") or {}).get("device_class") or "")
        for number, row in enumerate(content.get("entities") or ())
    )
    return Registry(entities, places("areas"), places("floors"))


def _content(path: Path) -> Mapping[str, Any]:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise UsageError(f"{path} cannot be read ({error}); take a fresh checkout") from None
    return content if isinstance(content, dict) else {}
