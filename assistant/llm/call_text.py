"""Calls that stand in a reply's text: kept from the ear, and read where no grammar saw to their form."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from assistant.llm.tools import Written

MARKS = (
    *(
        "<tool_call>",
        "<|tool_call|>",
        "<|tool_call>",
        "<|tool_call_start|>",
        "<function_call>",
        "<start_function_call>",
    ),
    *("[TOOL_CALLS]", "<|python_tag|>", "<tool_calls>", "<function="),
)
"""What stands before calls that a server hands on as it got them from the model."""
_JSON_BEGINS = re.compile(r'\{\s*"(?:name|function|type|tool|parameters|arguments)"')
_BEGUN_JSON = 16  # characters in which it shows
_NAMED = re.compile(r"(?:<function=([\w.-]{1,64})>|(?:call:)?([\w.-]{1,64})(?:\[CALL_ID\]\w*)?(?:\[ARGS\])?)\s*(?=\{)")
_XML = re.compile(r"<function=([\w.-]{1,64})>(.*?)(?:</function>|\Z)", re.DOTALL)
_PARAMETER = re.compile(r"<parameter=([^<>\n]{1,64})>\n?(.*?)\n?(?:</parameter>|\Z)", re.DOTALL)
_LONGEST = 20_000  # characters of calls that are read
_TRIES = 200  # places at which JSON may begin


class Spoken:
    """Parts the words of a reply that comes in pieces from the calls behind them."""

    def __init__(self, marks: Sequence[str]) -> None:
        """Without any of the ``marks``, a call may still stand as JSON at the very beginning."""
        self._marks = [mark for mark in marks if mark]
        self._bare = True
        self._pending = ""
        self.opened = False
        """Whether a call has begun."""
        self.calls = ""
        """What follows its mark; with the mark, where that is "<function="."""
        self.unmarked = False
        """Whether it has none."""

    def feed(self, text: str) -> str:
        """What of it may be spoken now."""
        if self.opened:
            self.calls += text
            return ""
        text, self._pending = self._pending + text, ""
        if self._bare and text.lstrip().startswith("{"):
            return self._json(text)
        self._bare = self._bare and not text.strip()
        at, mark = min(((text.find(mark), mark) for mark in self._marks if mark in text), default=(-1, ""))
        if at >= 0:
            self.opened = True
            self.calls = text[at if mark == "<function=" else at + len(mark) :]
            return text[:at]
        begun = max((n for mark in self._marks for n in range(1, len(mark)) if text.endswith(mark[:n])), default=0)
        self._pending = text[len(text) - begun :]
        return text[: len(text) - begun]

    def flush(self) -> str:
        """What was held back; call it at the end of the reply."""
        text, self._pending = self._pending, ""
        return text

    def _json(self, text: str) -> str:
        if len(text.strip()) < _BEGUN_JSON and not _JSON_BEGINS.match(text.lstrip()):
            self._pending = text
            return ""
        if _JSON_BEGINS.match(text.lstrip()):
            self.opened = self.unmarked = True
            self.calls = text.lstrip()
            return ""
        self._bare = False
        return self.feed(text)


def read(text: str) -> list[Written]:
    """The calls in ``text``, in any form that is known; what cannot be read is left out."""
    text = text[:_LONGEST]
    found: list[Written] = []
    at = tries = 0
    while at < len(text) and tries < _TRIES:
        if named := _NAMED.match(text, at):
            value, end = _json_at(text, named.end())
            tries += 1
            if isinstance(value, dict):
                found.append(Written((named[1] or named[2]).removeprefix("functions."), value))
                at = end
                continue
        if text.startswith("<function=", at) and (call := _XML.match(text, at)):
            found.append(Written(call[1], dict(_PARAMETER.findall(call[2]))))
            at = call.end()
            continue
        if text[at] in "{[":
            tries += 1
            value, end = _json_at(text, at)
            found += _calls(value)
            at = max(end, at + 1)
            continue
        word = re.compile(r"[\w.-]+").match(text, at)
        at = word.end() if word else at + 1
    return found


def _json_at(text: str, at: int) -> tuple[Any, int]:
    try:
        return json.JSONDecoder(strict=False).raw_decode(text, at)
    except (ValueError, RecursionError):
        return None, at


def _calls(value: Any) -> list[Written]:
    if isinstance(value, list):
        return [call for one in value[:64] if isinstance(one, dict) for call in _calls(one)]
    if not isinstance(value, dict):
        return []
    inner = value.get("function")
    value = inner if isinstance(inner, dict) else value
    name = next((value[key] for key in ("name", "function", "tool") if isinstance(value.get(key), str)), "")
    arguments: Any = next((value[key] for key in ("arguments", "parameters", "args") if key in value), {})
    return [Written(name, arguments)] if name else []
