"""Questions of which each wants one call of a tool, or none."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.llm import Tool, ToolCall


@dataclass(frozen=True)
class ToolQuestion:
    ask: str
    tools: tuple[Tool, ...]
    call: str
    """The right tool; empty = none fits."""
    arguments: dict[str, Any]
    """What has to be in the call; a list = any of these."""

    def answered(self, calls: Sequence[ToolCall]) -> bool:
        """With the right call and no other; arguments that nobody asked for do not matter."""
        if not self.call:
            return not calls
        return (
            len(calls) == 1
            and calls[0].name == self.call
            and all(_same(calls[0].arguments.get(key), right) for key, right in self.arguments.items())
        )


def built_in() -> list[ToolQuestion]:
    text = Path(__file__).with_name("tool_questions.toml").read_text(encoding="utf-8")
    return [
        ToolQuestion(
            question["ask"],
            tuple(Tool(**tool) for tool in one["tool"]),
            question.get("call", ""),
            question.get("with", {}),
        )
        for one in tomllib.loads(text)["set"]
        for question in one["question"]
    ]


def _same(given: Any, right: Any) -> bool:
    if isinstance(right, list):
        return any(_same(given, one) for one in right)
    if isinstance(given, str) and isinstance(right, str):
        return _plain(given) == _plain(right)
    return type(given) in (type(right), float) and given == right


def _plain(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", " ", text.casefold()).strip()
