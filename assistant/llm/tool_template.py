"""Tools, calls and results as chat templates take them, and as text for models whose template takes none."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from assistant.errors import EngineError
from assistant.llm import Message, Tool, ToolCall
from assistant.llm.call_form import CallForm, derived
from assistant.llm.tools import described, in_words

_TAG = re.compile(r"<(?=/?tool_)")  # ordinary tokens in some vocabularies, of which nothing from outside may hold one
_SYSTEM, _USER, _ANSWER = "qsystem", "quser", "qanswer"
_PROBE = Tool("qtool", "qdescription", {"type": "object", "properties": {"qkey": {"type": "string"}}})
_ENDS = "\n> ]"  # what ends what a template writes before a reply

Render = Callable[..., str]
"""Messages, as ``[{"role": ..., "content": ...}]``, and the tools, where there are any, to text that ends where the
reply begins."""


def form_of(render: Render, split: re.Pattern[str]) -> tuple[CallForm, bool] | None:
    """How the template's model writes calls, and whether arguments are given to it as text; None when it takes no
    tools. ``split`` finds control tokens. Raises EngineError when the template is broken altogether."""
    for as_text in (False, True):
        try:
            form = _form(render, split, as_text)
        except ValueError:
            form = None
        if form is not None:
            return form, as_text
    return None


def _form(render: Render, split: re.Pattern[str], as_text: bool) -> CallForm | None:
    asked = [{"role": "system", "content": _SYSTEM}, {"role": "user", "content": _USER}]
    tools = [described(_PROBE)]

    def shown(messages: list[dict[str, Any]]) -> str:
        try:
            return render(messages, tools)
        except EngineError:
            raise
        except Exception as error:  # whatever a template found in a file may raise
            raise ValueError(str(error)) from None

    try:
        prompt = shown(asked)
    except ValueError:  # some take no system message
        del asked[0]
        prompt = shown(asked)
    if _PROBE.name not in prompt or _USER not in prompt:
        return None
    behind = shown([*asked, {"role": "assistant", "content": _ANSWER}]).rpartition(_ANSWER)[2]
    ending = split.search(behind)

    def show(calls: Sequence[tuple[str, Mapping[str, Any]]]) -> str:
        made = [ToolCall("", name, arguments) for name, arguments in calls]
        text = shown([*asked, {"role": "assistant", "content": "", "tool_calls": _calls(made, 0, as_text)}])
        start = len(os.path.commonprefix([prompt, text]))
        while start and text[start - 1] not in _ENDS:
            start -= 1
        return text[start:].partition(ending[0])[0] if ending else text[start:]

    return derived(show)


def as_dicts(
    messages: Sequence[Message], place: Callable[[int], str], one_by_one: bool, as_text: bool, split: re.Pattern[str]
) -> tuple[list[dict[str, Any]], list[Message]]:
    """What the template is given, and the messages that its places stand for. ``one_by_one``: it takes one call in a
    message."""
    taken = list(_one_by_one(messages) if one_by_one else messages)
    found: list[dict[str, Any]] = []
    names: dict[str, tuple[str, str]] = {}  # (own id, name) of each call
    for position, message in enumerate(taken):
        given: dict[str, Any] = {"role": message.role, "content": place(position)}
        if message.calls:
            if not message.content.strip():
                given["content"] = ""
            given["tool_calls"] = _calls(harmless(message.calls, split), len(names), as_text)
            names |= {call.id: (_id(len(names) + number), call.name) for number, call in enumerate(message.calls)}
        elif message.role == "tool":
            given["tool_call_id"], given["name"] = names.get(message.call_id, (_id(0), "tool"))
            taken[position] = replace(message, content=_TAG.sub("< ", message.content))
        found.append(given)
    return found, taken


def _calls(calls: Sequence[ToolCall], first: int, as_text: bool) -> list[dict[str, Any]]:
    return [
        {
            "id": _id(first + number),
            "type": "function",
            "function": {
                "name": call.name,
                "arguments": json.dumps(dict(call.arguments), ensure_ascii=False) if as_text else dict(call.arguments),
            },
        }
        for number, call in enumerate(calls)
    ]


def _id(number: int) -> str:
    return f"call{number:05d}"  # Mistral's templates want nine letters and digits


def _one_by_one(messages: Sequence[Message]) -> list[Message]:
    results = {message.call_id: message for message in messages if message.role == "tool"}
    told: list[Message] = []
    for message in messages:
        if len(message.calls) < 2:
            told += [message] if message.role != "tool" or message.call_id in results else []
            continue
        for number, call in enumerate(message.calls):
            told.append(Message("assistant", "" if number else message.content, (call,)))
            if call.id in results:
                told.append(results.pop(call.id))
    return told


def harmless(value: Any, split: re.Pattern[str]) -> Any:
    """``value`` with a space in each text that is a control token's: it comes from a server, or from what people said,
    and the template's own text is taken at its word."""
    if isinstance(value, str):
        text = value.translate({0xE000: None, 0xE001: None})
        return _TAG.sub("< ", split.sub(lambda found: f"{found[0][0]} {found[0][1:]}", text))
    if isinstance(value, ToolCall):
        return replace(value, arguments=harmless(value.arguments, split))
    if isinstance(value, Mapping):
        return {harmless(key, split): harmless(one, split) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [harmless(one, split) for one in value]
    return value


def offers(tools: Sequence[Tool], split: re.Pattern[str]) -> list[dict[str, Any]]:
    return [harmless(described(tool), split) for tool in tools]


def plainly(messages: Sequence[Message], tools: Sequence[Tool], split: re.Pattern[str]) -> Sequence[Message]:
    """For a template that takes no tools: they stand behind the system prompt, so that the KV prefix holds them."""
    if any(message.calls or message.role == "tool" for message in messages):
        messages = in_words(
            [replace(one, content=_TAG.sub("< ", one.content)) if one.role == "tool" else one for one in messages]
        )
    if not tools:
        return messages
    lines = "\n".join(json.dumps(one["function"], ensure_ascii=False) for one in offers(tools, split))
    system, *rest = messages
    return [
        Message(
            "system",
            f"{system.content}\n\nYou can call these functions:\n{lines}\n"
            'To call one, answer only with <tool_call>\n{"name": "NAME", "arguments": {}}\n</tool_call>\n'
            "Call one only where it is needed for the answer; else answer in words.",
        ),
        *rest,
    ]
