"""The tools of one server as the language model sees them: names, descriptions, and those that suit a question."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assistant.llm import Tool
from assistant.settings.mcp import McpSettings
from assistant.tools import Permission, permissions
from assistant.tools.results import spaced
from rag.text import clean, cleaned, harmless
from rag.words import content_words

if TYPE_CHECKING:
    from mcp_types import Tool as Theirs

_LONGEST_NAME = 64
_DESCRIPTION = 600  # characters that the model reads, again with each question
_SCHEMA = 8000  # characters; a tool with a larger one is left out
_ILLEGAL = re.compile(r"[^A-Za-z0-9_-]+")


@dataclass(frozen=True)
class Offer:
    tool: Tool
    """As the model is shown it."""
    server: McpSettings
    name: str
    """As its server calls it."""
    title: str
    permission: Permission
    changed: bool
    """Whether it is another than the user knows."""
    digest: str
    reads: bool
    """Whether it only reads, by its server's word."""
    repeatable: bool
    """Whether doing it twice is doing it once, by its server's word: to give it up does no harm."""
    stems: tuple[frozenset[str], frozenset[str]]
    """Of its name and title; of its description."""


def offers(
    server: McpSettings, theirs: Sequence[Theirs], seen: permissions.Seen, taken: Collection[str]
) -> list[Offer]:
    """``taken``: names that others have already."""
    usable = [tool for tool in theirs if _schema(tool) is not None]
    digests = {tool.name: permissions.digest(tool) for tool in usable}
    changed = seen.changed(server.name, digests)
    names = set(taken)
    found = []
    for tool in usable:
        name = unique(f"{server.name}_{tool.name}", names)
        names.add(name)
        found.append(_offer(server, tool, name, digests[tool.name], tool.name in changed))
    return found


def _offer(server: McpSettings, tool: Theirs, name: str, digest: str, changed: bool) -> Offer:
    hints = tool.annotations
    title = tool.title or (hints and hints.title) or tool.name
    description = harmless(clean((tool.description or "")[: 2 * _DESCRIPTION]))[:_DESCRIPTION]
    stems = frozenset(content_words(spaced(f"{tool.name} {title}"))), frozenset(content_words(description))
    shown = Tool(name, description or spaced(title), _schema(tool) or {})
    reads = permissions.reads(tool) and not changed
    repeatable = reads or bool(hints and hints.idempotent_hint)
    allowed = permissions.permission(server, tool, changed)
    return Offer(shown, server, tool.name, clean(title), allowed, changed, digest, reads, repeatable, stems)


def _schema(tool: Theirs) -> dict[str, Any] | None:
    """None for one that is too large."""
    text = json.dumps(tool.input_schema, ensure_ascii=False)
    return _defused(cleaned(tool.input_schema)) if len(text) <= _SCHEMA else None


def _defused(schema: Any) -> Any:
    """Its descriptions as data; names and values stay, as the server compares them."""
    match schema:
        case dict():
            return {
                key: harmless(value) if key in ("description", "title") and isinstance(value, str) else _defused(value)
                for key, value in schema.items()
            }
        case list():
            return [_defused(item) for item in schema]
        case _:
            return schema


def unique(name: str, taken: Collection[str]) -> str:
    """``name`` in letters that every model and endpoint takes, and that no other tool has."""
    legal = _ILLEGAL.sub("_", name)[:_LONGEST_NAME]
    number, found = 2, legal
    while found in taken:
        found = f"{legal[: _LONGEST_NAME - len(str(number)) - 1]}_{number}"
        number += 1
    return found


def suited(tools: Sequence[Tool], most: int, question: str) -> list[Tool]:
    """Those of our own that share a word with the question, ``most`` at most, the likeliest first."""
    asked = set(content_words(question))

    def suits(tool: Tool) -> int:
        name, description = set(content_words(spaced(tool.name))), set(content_words(tool.description))
        return 3 * len(asked & name) + len(asked & (description - name))

    return sorted((tool for tool in tools if suits(tool)), key=suits, reverse=True)[:most]


def chosen(offers: Sequence[Offer], most: int, question: str) -> list[Offer]:
    """``most`` at most, in their own order: those that share the most words with the question, names before
    descriptions; else the first."""
    if len(offers) <= most:
        return list(offers)
    asked = set(content_words(question))

    def suits(number: int) -> tuple[int, int]:
        name, description = offers[number].stems
        return 3 * len(asked & name) + len(asked & (description - name)), -number

    best = sorted(range(len(offers)), key=suits, reverse=True)[:most]
    return [offers[number] for number in sorted(best)]
