"""What a tool of a server may do: run at once, after the user said yes, or never.

What config.toml says counts; for tools that it does not name, what the server says of them: those that only read run at
once, all others ask. A tool that is not what it was when it was first seen asks again, whatever its server says.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.folders import data_folder
from assistant.settings.mcp import McpSettings
from assistant.tools import Permission
from rag.atomic import write_text
from rag.output import PRIVATE

if TYPE_CHECKING:
    from mcp_types import Tool as Offered

_STRICTER: tuple[Permission, ...] = ("always", "ask", "never")
_WILD = "*?["


def configured(server: McpSettings, tool: str) -> Permission | None:
    """What config.toml says; None = nothing. The most exact pattern counts: a whole name, then the one with the most
    letters; of two that are alike, the stricter."""
    lists: dict[Permission, tuple[str, ...]] = {"always": server.allow, "ask": server.ask, "never": server.never}
    found = [
        (not is_pattern(pattern), len(pattern.strip("*")), _STRICTER.index(permission))
        for permission, patterns in lists.items()
        for pattern in patterns
        if fnmatchcase(tool, pattern)
    ]
    return _STRICTER[max(found)[2]] if found else None


def is_pattern(name: str) -> bool:
    """Whether it may mean several tools."""
    return any(sign in name for sign in _WILD)


def idle(server: McpSettings, tools: Collection[str]) -> list[str]:
    """Names in the server's lists that none of its ``tools`` has, which permit and forbid nothing. Patterns may be for
    tools to come."""
    named = dict.fromkeys((*server.allow, *server.ask, *server.never))
    return [name for name in named if not is_pattern(name) and name not in tools]


def reads(tool: Offered) -> bool:
    """Whether it only reads, as its server says."""
    hints = tool.annotations
    return hints is not None and hints.read_only_hint is True and hints.destructive_hint is not True


def permission(server: McpSettings, tool: Offered, changed: bool) -> Permission:
    """``changed``: whether it is another than the user knows."""
    found = configured(server, tool.name) or ("always" if reads(tool) else "ask")
    return "ask" if changed and found == "always" else found


def lists_with(server: McpSettings, tool: str, wanted: Permission) -> dict[str, list[str]]:
    """The server's lists (``allow``, ``ask``, ``never``) that change so that ``tool``, a name or pattern, is
    ``wanted``."""
    changes = {}
    for key, meant in (("allow", "always"), ("ask", "ask"), ("never", "never")):
        before = list(getattr(server, key))
        after = [name for name in before if name != tool] + ([tool] if meant == wanted else [])
        if after != before:
            changes[key] = after
    return changes


def digest(tool: Offered) -> str:
    """Of all that decides what a tool is taken for."""
    told = tool.model_dump(mode="json", include={"name", "title", "description", "input_schema", "annotations"})
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:32]


class Seen:
    """What tools were like when they were first seen, or when the user allowed them; in a file of the data folder."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path or data_folder() / "tools.json"

    def changed(self, server: str, tools: Mapping[str, str]) -> set[str]:
        """Those of ``tools``, name -> `digest`, that are not as they were. What is new is kept."""
        kept = self._read()
        known = kept.get(server, {})
        if new := {name: found for name, found in tools.items() if name not in known}:
            self._write({**kept, server: {**known, **new}})
        return {name for name, found in tools.items() if known.get(name, found) != found}

    def agree(self, server: str, tools: Mapping[str, str]) -> None:
        """The user knows ``tools`` as they are now."""
        kept = self._read()
        self._write({**kept, server: {**kept.get(server, {}), **tools}})

    def _read(self) -> dict[str, dict[str, str]]:
        try:
            found = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            return {}
        rows = found.items() if isinstance(found, dict) else ()
        return {server: tools for server, tools in rows if isinstance(tools, dict)}

    def _write(self, kept: Mapping[str, Mapping[str, str]]) -> None:
        write_text(self._path, json.dumps(kept, indent=1), PRIVATE)
