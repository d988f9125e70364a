"""What a model wrote of a call -> a `ToolCall` whose arguments keep to the tool's schema, or what is wrong with it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from assistant.llm import Message, Piece, Tool, ToolCall

_DEEP = 32  # levels of a schema that are followed
_NUMBER = re.compile(r"[-+]?\d{1,15}(?:\.\d{1,15})?(?:e[-+]?\d{1,2})?", re.IGNORECASE)
_WORDS = {"true": True, "yes": True, "false": False, "no": False, "null": None, "none": None}
# A pattern from a server may take any time to match, and a reference may lead anywhere: the tool checks these itself.
_UNCHECKED = ("pattern", "patternProperties", "format", "$ref", "$dynamicRef", "$schema", "$id", "contentSchema")
_MATTERS = {"properties", "$defs", "definitions", "dependentSchemas"}  # whose keys are names, not words of a schema


@dataclass(frozen=True)
class Written:
    """A call as it was written."""

    name: str
    arguments: Any
    """A mapping, or JSON text of one."""
    id: str = ""


def described(tool: Tool) -> dict[str, Any]:
    """As OpenAI's endpoints and the models' templates take it."""
    schema = {"type": "object", "properties": {}, **tool.parameters}
    return {"type": "function", "function": {"name": tool.name, "description": tool.description, "parameters": schema}}


def checked(written: Written, tools: Sequence[Tool], id: str) -> ToolCall | str:
    """The call, mended where it is plain what was meant; else one sentence for the model. ``id``: where it has none."""
    tool = _named(written.name, tools)
    if tool is None:
        return f"Error: there is no tool {written.name[:64]!r}; there are: {', '.join(one.name for one in tools)}."
    arguments = read(written.arguments)
    if not isinstance(arguments, Mapping):
        return f"Error: the arguments of {tool.name} are no JSON object; call it again with one."
    schema = _checkable({"type": "object", **tool.parameters})
    arguments = _mended(arguments, schema)
    if wrong := _wrong(arguments, schema):
        return f"Error: {tool.name} was not called, since {wrong}; call it again with right arguments."
    return ToolCall(written.id or id, tool.name, arguments)


def read(arguments: Any) -> Any:
    """An empty text is no arguments; a text that is no JSON comes back as it is."""
    for _ in range(2):  # some servers write them as a text within a text
        if not isinstance(arguments, str):
            break
        if not arguments.strip():
            return {}
        try:
            arguments = json.loads(arguments, strict=False)
        except (ValueError, RecursionError):
            return arguments
    return {} if arguments is None else arguments


def in_words(messages: Sequence[Message]) -> list[Message]:
    """The same conversation for a model that knows no calls: as it would have written them, and the results told by the
    user; roles still alternate."""
    told: list[Message] = []
    for message in messages:
        if message.calls:
            calls = [
                f"<tool_call>\n{json.dumps({'name': call.name, 'arguments': dict(call.arguments)}, ensure_ascii=False)}"
                "\n</tool_call>"
                for call in message.calls
            ]
            told.append(Message(message.role, "\n".join([*filter(None, [message.content]), *calls])))
        elif message.role == "tool":
            result = f"<tool_response>\n{message.content}\n</tool_response>"
            if told and told[-1].role == "user":
                result = f"{told.pop().content}\n{result}"
            told.append(Message("user", result))
        else:
            told.append(message)
    return told


def settled(
    said: str, written: Sequence[Written], tools: Sequence[Tool], ids: Iterator[int], last: bool
) -> tuple[tuple[ToolCall, ...], list[Message]]:
    """The calls, or what the model is told where one of them is wrong: nothing of that round is run then. In the
    ``last`` round the right ones count. ``ids`` number calls that have no id."""
    results = [(one, checked(one, tools, f"call{next(ids):05d}")) for one in written]
    calls = tuple(result for _, result in results if isinstance(result, ToolCall))
    if len(calls) == len(results) or last:
        return calls, []
    return (), _given_back(said, results)


def last_piece(calls: tuple[ToolCall, ...]) -> Piece:
    """Of a reply that calls tools."""
    piece = Piece()
    piece.calls = calls
    return piece


def _given_back(said: str, results: Sequence[tuple[Written, ToolCall | str]]) -> list[Message]:
    calls, told = [], []
    for number, (written, result) in enumerate(results):
        if isinstance(result, ToolCall):
            calls.append(result)
            told.append("Error: not called, since another call was wrong.")
        else:
            arguments = read(written.arguments)
            given = arguments if isinstance(arguments, Mapping) else {}
            calls.append(ToolCall(written.id or f"wrong{number:04d}", written.name or "unknown", given))
            told.append(result)
    return [
        Message("assistant", said, tuple(calls)),
        *(Message("tool", words, call_id=call.id) for call, words in zip(calls, told)),
    ]


def _named(name: str, tools: Sequence[Tool]) -> Tool | None:
    """Also where the model writes "functions." before it, or other marks and capitals, if only one can be meant."""
    exact = next((tool for tool in tools if tool.name == name), None)
    plain = _plain(name)
    alike = [tool for tool in tools if _plain(tool.name) in (plain, plain.removeprefix("functions"))]
    return exact or (alike[0] if len(alike) == 1 else None)


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.casefold())


def _checkable(schema: Any, depth: int = 0) -> Any:
    """Without what is not checked here; where a reference stood, anything goes."""
    if depth > _DEEP:
        return {}
    if isinstance(schema, list):
        return [_checkable(one, depth + 1) for one in schema]
    if not isinstance(schema, Mapping):
        return schema
    return {
        key: {name: _checkable(one, depth + 1) for name, one in value.items()}
        if key in _MATTERS and isinstance(value, Mapping)
        else value
        if key in ("enum", "const", "default", "examples", "required")
        else _checkable(value, depth + 1)
        for key, value in schema.items()
        if key not in _UNCHECKED
    }


def _wrong(arguments: Mapping[str, Any], schema: dict[str, Any]) -> str:
    """What is wrong with them, in a few words; empty when nothing is."""
    import jsonschema

    try:
        error = jsonschema.exceptions.best_match(jsonschema.Draft202012Validator(schema).iter_errors(arguments))
    except Exception:  # a schema from a server may be none: the tool itself has to say what it does not take
        return ""
    if error is None:
        return ""
    place = ".".join(map(str, error.absolute_path))
    return " ".join(f"{place + ': ' if place else ''}{error.message}"[:200].split())


def _types(schema: Mapping[str, Any]) -> list[Any]:
    found = schema.get("type")
    return found if isinstance(found, list) else [found] if found else []


def _mended(value: Any, schema: Any, depth: int = 0) -> Any:
    """``value`` as what the schema wants, where it is the same in other clothes; else as it is."""
    if not isinstance(schema, Mapping) or depth > _DEEP:
        return value
    types = _types(schema)
    if isinstance(value, str) and types and "string" not in types:
        value = _from_text(value, types)
    if isinstance(value, float) and types and "number" not in types and "integer" in types and value.is_integer():
        value = int(value)
    if types == ["string"] and isinstance(value, (int, float)) and not isinstance(value, bool):
        value = str(value)
    if types == ["array"] and isinstance(value, (str, int, float)):
        value = [value]
    if isinstance(value, str) and isinstance(schema.get("enum"), list) and value not in schema["enum"]:
        alike = [one for one in schema["enum"] if isinstance(one, str) and _plain(one) == _plain(value) != ""]
        value = alike[0] if len(alike) == 1 else value
    if isinstance(value, Mapping) and isinstance(schema.get("properties"), Mapping):
        known, required = schema["properties"], schema.get("required")
        needed = required if isinstance(required, list) else []
        return {
            key: _mended(one, known.get(key), depth + 1)
            for key, one in value.items()
            if not (one is None and key in known and key not in needed and "null" not in _types(_mapping(known[key])))
        }
    if isinstance(value, list) and "items" in schema:
        return [_mended(one, schema["items"], depth + 1) for one in value]
    return value


def _mapping(schema: Any) -> Mapping[str, Any]:
    return schema if isinstance(schema, Mapping) and "type" in schema else {"type": "null"}


def _from_text(text: str, types: Sequence[Any]) -> Any:
    plain = text.strip()
    if {"integer", "number"} & set(types) and _NUMBER.fullmatch(plain):
        number = float(plain)
        return int(number) if "integer" in types and number.is_integer() else number
    if plain.lower() in _WORDS and (("boolean" in types) or ("null" in types and _WORDS[plain.lower()] is None)):
        return _WORDS[plain.lower()]
    if {"array", "object"} & set(types):
        found = read(text) if plain[:1] in ("[", "{") else text
        if isinstance(found, list) and "array" in types or isinstance(found, Mapping) and "object" in types:
            return found
    return text
