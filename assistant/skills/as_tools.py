"""The skills' commands as tools, for language models that can call them: the same functions, the same permissions."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from assistant.errors import AssistantError
from assistant.llm import Tool
from assistant.skills import Command, Here, Impossible, Sentences
from assistant.skills.values.slots import KINDS

if TYPE_CHECKING:
    from assistant.skills.loaded import Skills

Run = Callable[[Mapping[str, Any]], Awaitable[str]]

_SLOT = re.compile(r"\{(\w+)(?::(\w+))?\}")
_NO_TOOLS = ("taken_back", "talking", "chance", "letters", "in_time", "itself", "outside")
_READING = frozenset("clock sums units currencies documents list.read list.has list.count list.names timer.ask".split())
"""Modules and commands."""
_DESCRIBED = {
    "duration": "a length of time, e.g. 5 minutes",
    "moment": "when, e.g. tomorrow at 7",
    "number": "a number",
}


def tools(skills: Skills, here: Callable[[], Here]) -> list[tuple[Tool, Run]]:
    """Each command as a tool, but for those that steer the conversation or know nothing, and what runs it; ``here``:
    what it may use when it is called."""
    return [
        (Tool(_name(row), row.help, schema(row)), _runner(skills, row, here))
        for row in skills.commands
        if skills.module(row.name) not in _NO_TOOLS
    ]


def asking(skills: Skills) -> frozenset[str]:
    """Those that the user must allow each time."""
    return frozenset(_name(row) for row in skills.commands if row.destructive)


def reading(skills: Skills) -> frozenset[str]:
    """Those that change nothing."""
    rows = (row for row in skills.commands if skills.module(row.name) in _READING or row.name in _READING)
    return frozenset(map(_name, rows))


def _name(row: Sentences) -> str:
    return row.name.replace(".", "_")  # no service takes a dot


def schema(row: Sentences) -> dict[str, Any]:
    """Its slots as a JSON schema; what no sentence does without is required."""
    templates = row.templates.get("en", ("{words}",))  # without sentences of its own it reads all that was said
    kinds = _kinds(templates)
    always = [_kinds([_without_optional(text)]).keys() for text in templates]
    return {
        "type": "object",
        "properties": {
            name: {"type": "string", "description": _DESCRIBED.get(kind, name.replace("_", " "))}
            for name, kind in kinds.items()
        },
        "required": sorted(set.intersection(*map(set, always))) if always else [],
        "additionalProperties": False,
    }


def _kinds(templates: Iterable[str]) -> dict[str, str]:
    """Slot -> its kind, or its own name."""
    return {name or kind: kind for text in templates for kind, name in _SLOT.findall(text)}


def _without_optional(text: str) -> str:
    """Also without alternatives, of which none may be the one."""
    before = ""
    while before != text:
        before, text = text, re.sub(r"\[[^\[\]()]*\]|\([^\[\]()]*\|[^\[\]()]*\)", "", text)
        text = re.sub(r"\(([^\[\]()|]*)\)", r"\1", text)
    return text


def _runner(skills: Skills, row: Sentences, here: Callable[[], Here]) -> Run:
    kinds = _kinds(row.templates.get("en", ()))

    async def run(arguments: Mapping[str, Any]) -> str:
        place = here()
        values = {}
        for name, given in arguments.items():
            text = " ".join(str(given).split())
            understand = KINDS.get(kinds.get(name, ""))
            try:
                value = understand(text.lower(), place.now()) if understand else text
            except Impossible as impossible:
                raise AssistantError(str(impossible).rstrip(".")) from None
            if value is None:
                raise AssistantError(f"{name}: {text[:60]!r} is no {kinds[name]}")
            values[name] = value
        said = " ".join([row.name.replace("_", " "), *(str(given) for given in arguments.values())])
        action = skills.run(Command(row.name, values, said), place)
        if action is None:
            raise AssistantError(f"{row.name} needs other arguments")
        if action.ask:
            raise AssistantError(f"the user has to say this themselves, and is asked then: {action.ask}")
        instead = await action.do() if action.do else None
        return (action.say if instead is None else instead) or "Done."

    return run
