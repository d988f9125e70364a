"""What becomes of a tool's result before the language model reads it, and of a call before the user is asked."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rag.text import clean, harmless

if TYPE_CHECKING:
    from mcp_types import CallToolResult

_CUT = " … (the rest is left out)"
_SPOKEN = 60  # characters of a title or value that the user is asked about
_MOST_VALUES = 4
_VERBS = frozenset(
    "add archive attach book buy call cancel change clear close commit compose copy create delete disable "
    "download draft edit empty enable execute export fetch file find forward get import insert install invite "
    "join kill list lock look make mark merge modify move mute open order pause pay place play post publish "
    "purchase push put read record remove rename replace reply reserve reset restart restore run save schedule "
    "search sell send set share show shut sign skip start stop submit subscribe switch sync transfer trigger turn "
    "undo uninstall unlock unmute unsubscribe update upload write".split()
)
_PLACES = ("to", "from", "at", "in", "on", "for", "by", "about")
_CAMEL = re.compile(r"(?<=[a-z0-9])[A-Z](?=[a-z])")
_TO = ("recipient", "recipients", "receiver")


def text(result: CallToolResult, budget: int) -> str:
    """All of it that can be read, ``budget`` characters at most."""
    parts = [found for part in result.content[:_MANY] if (found := _part(part, budget))]
    only_named = not any(getattr(part, "type", "") in ("text", "resource") for part in result.content)
    if only_named and result.structured_content is not None:
        parts.append(json.dumps(result.structured_content, ensure_ascii=False)[: 4 * budget])
    return cut("\n".join(parts).strip(), budget)


_MANY = 100  # parts of a result that are looked at


def _part(part: Any, budget: int) -> str:
    match part.type:
        case "text":
            return part.text[: 4 * budget]
        case "image" | "audio":
            return f"(an {part.type}, {part.mime_type})"
        case "resource_link":
            return f"(a link: {part.title or part.name}, {part.uri})"
        case "resource":
            held = getattr(part.resource, "text", None)
            return held[: 4 * budget] if held is not None else f"(a file, {part.resource.uri})"
        case _:
            return f"({part.type})"


def cut(words: str, budget: int) -> str:
    """``words`` without what steers a terminal or a model, shortened at a space."""
    words = harmless(clean(words[: 4 * budget]))
    if len(words) <= budget:
        return words
    head = words[: max(0, budget - len(_CUT))]
    return (head.rpartition(" ")[0] if " " in head[-40:] else head).rstrip() + _CUT


def marked(name: str, words: str) -> str:
    """As data: the form of passages in rag/cite.py."""
    return f"<result of {name}>\n{words or '(nothing)'}\n</result of {name}>"


def failed(why: str) -> str:
    """A sentence for the model; ``why`` may come from a server."""
    why = harmless(clean(why)).strip()
    return f"Error: {why}" if why.endswith((".", "!", "?")) else f"Error: {why}."


def question(title: str, arguments: Mapping[str, Any]) -> str:
    """What the user is asked aloud: "Shall I send mail to Anna, with subject lunch?".

    ``title``: the tool's, or its name.
    """
    words = _short(spaced(title)).rstrip(".!?") or "a tool"
    words = words[0].lower() + words[1:] if not words[:2].isupper() else words
    act = words if words.split()[0].lower() in _VERBS else f"run {words}"
    places, values = [], []
    for name, value in arguments.items():
        if value is None or value == "" or value == [] or value == {}:
            continue
        said = _value(value)
        if name in _TO:
            places.append(f" to {said}")
        elif name in _PLACES:
            places.append(f" {name} {said}")
        else:
            values.append(f"{_short(spaced(name)).lower()} {said}")
    left = len(values) - _MOST_VALUES
    shown = values[:_MOST_VALUES] + ([f"{left} more"] if left > 0 else [])
    return f"Shall I {act}{''.join(places)}{', with ' + _joined(shown) if shown else ''}?"


def imperative(name: str) -> str:
    """A skill's command, which is named after its thing first: ``list_clear`` is "clear list"."""
    *thing, act = spaced(name).split() or [name]
    return " ".join([act, *thing]) if act in _VERBS else name


def spaced(name: str) -> str:
    """The words that ``create_event`` and ``createEvent`` are made of."""
    return _CAMEL.sub(lambda found: f" {found[0].lower()}", re.sub(r"[_\-./:]+", " ", name))


def _value(value: Any) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case list() if all(isinstance(item, (str, int, float)) for item in value):
            return _joined([_short(str(item)) for item in value[:_MOST_VALUES]]) + (
                f" and {len(value) - _MOST_VALUES} more" if len(value) > _MOST_VALUES else ""
            )
        case dict() | list():
            return _short(re.sub(r'[{}\[\]"]+', " ", json.dumps(value, ensure_ascii=False)))
        case _:
            return _short(str(value))


def _short(words: str) -> str:
    words = " ".join(harmless(clean(words[: 10 * _SPOKEN])).split())
    return words if len(words) <= _SPOKEN else words[:_SPOKEN].rsplit(" ", 1)[0] + " and so on"


def _joined(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
