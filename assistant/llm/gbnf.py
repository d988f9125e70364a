"""A grammar (llama.cpp's GBNF) of the calls of some tools, so that what a model writes of them can always be read.

llama-cpp-python has a converter for JSON schemas, but not for calls that are no JSON, and its strings may hold raw
control characters. What a schema says beyond this is checked afterwards, see `assistant.llm.tools`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from assistant.llm import Tool
from assistant.llm.call_form import JSON, CallForm, Values

_DEEP = 6  # lists and objects within each other that a schema can describe; deeper ones may hold anything
_MANY = 200  # members of an enum or an object that are told apart
_CALLS = 7  # at once, beside the first
_RULES = 4000  # for all tools; what comes beyond may hold anything
_INTEGER = '"-"? ("0" | [1-9] [0-9]{0,14})'
_ESCAPED = r'[^"\\\x00-\x1F\x7F] | "\\" (["\\bfnrt] | "u" [0-9a-fA-F] [0-9a-fA-F] [0-9a-fA-F] [0-9a-fA-F])'


def grammar(tools: Sequence[Tool], form: CallForm) -> str:
    """Of what follows `CallForm.mark`, to the end of the reply. At least one tool; `root` is its first rule."""
    return _Writer(form).text(tools)


class _Writer:
    def __init__(self, form: CallForm) -> None:
        self._form = form
        self._rules: dict[str, str] = {}
        self._names: dict[str, str] = {}  # the same the other way round

    def text(self, tools: Sequence[Tool]) -> str:
        form = self._form
        calls = self._rule(" | ".join(self._call(tool) for tool in tools))
        more = f" ({_literal(form.between)} {calls}){{0,{_CALLS}}}" if form.between is not None else ""
        root = f"{_literal(form.lead)} {calls}{more} {_literal(form.close)}"
        return "\n".join([f"root ::= {root}", *(f"{name} ::= {rule}" for name, rule in self._rules.items())])

    def _call(self, tool: Tool) -> str:
        form, schema = self._form, tool.parameters
        root = schema

        def pair(key: str, value: Any) -> str:
            return f"{_literal(key + form.colon)} {self._argument(value, root)}"

        # A name longer than another, which begins with it, is told apart by what follows.
        name = _literal(tool.name)
        members = _mapping(schema.get("properties"))
        if not members:
            return f"{name} {_literal(form.none)}"
        told = self._members(members, _names(schema), pair, form.comma)
        given = f"{_literal(form.begin)} {told} {_literal(form.end)}"
        needed = any(key in _names(schema) for key in members)
        return f"{name} {given}" if needed else f"{name} ({given} | {_literal(form.none)})"

    def _argument(self, schema: Any, root: Mapping[str, Any]) -> str:
        """Of an argument's own value, which some forms write otherwise than what is within it."""
        values = self._form.values
        if values.quote:
            return self._value(schema, root, values, 0)
        # Without quotes a text ends where the pair does, so it holds none of what may end it.
        ends = {end.lstrip()[0] for end in (self._form.comma, self._form.end + self._form.close) if end.lstrip()}
        text = self._rule(f"[^{''.join(map(_in_class, sorted(ends)))}\\x00-\\x08]*")
        if isinstance(schema, Mapping) and isinstance(schema.get("enum"), list):
            texts = [one for one in schema["enum"] if isinstance(one, str) and not ends & set(one)]
            if texts and len(texts) == len(schema["enum"]) <= _MANY:
                return self._rule(" | ".join(map(_literal, texts)))
        kinds = _kinds(schema)
        return text if not kinds or "string" in kinds else self._value(schema, root, JSON, 0)

    def _value(self, schema: Any, root: Mapping[str, Any], values: Values, depth: int) -> str:
        schema = _resolved(schema, root)
        if depth > _DEEP or len(self._rules) > _RULES or not isinstance(schema, Mapping):
            return self._any(values)
        inner = self._form.inner if self._form.values.quote else JSON
        choices = next((schema[key] for key in ("anyOf", "oneOf") if isinstance(schema.get(key), list)), None)
        fixed = [schema["const"]] if "const" in schema else schema.get("enum")
        if isinstance(fixed, list) and 0 < len(fixed) <= _MANY and _fit(fixed, values):
            return self._rule(" | ".join(_literal(_written(one, values, inner)) for one in fixed))
        if choices:
            return self._rule(" | ".join(self._value(one, root, values, depth + 1) for one in choices[:_MANY]))
        rules = [self._kind(kind, schema, root, values, depth) for kind in _kinds(schema)]
        return self._rule(" | ".join(rules)) if rules else self._any(values)

    def _kind(self, kind: Any, schema: Mapping[str, Any], root: Mapping[str, Any], values: Values, depth: int) -> str:
        inner = self._form.inner if self._form.values.quote else JSON
        if kind == "string":
            return self._string(values)
        if kind == "integer":
            return self._rule(_INTEGER)
        if kind == "number":
            return self._number()
        if kind == "boolean":
            return f"({_literal(values.true)} | {_literal(values.false)})"
        if kind == "null":
            return '"null"'
        if kind == "array":
            item = self._value(schema.get("items", {}), root, inner, depth + 1)
            return self._list(item, inner, isinstance(schema.get("minItems"), int) and schema["minItems"] > 0)
        members = _mapping(schema.get("properties"))
        if kind != "object" or not members:
            return self._any(values, "object") if kind == "object" else self._any(values)

        def pair(key: str, value: Any) -> str:
            return f"{self._key(key, inner)} {self._value(value, root, inner, depth + 1)}"

        told = self._members(members, _names(schema), pair, inner.comma)
        needed = any(key in _names(schema) for key in members)
        return self._rule(f'"{{" {told} "}}"' if needed else f'"{{" {told}? "}}"')

    def _members(
        self, members: Mapping[str, Any], needed: Sequence[str], pair: Callable[[str, Any], str], comma: str
    ) -> str:
        """In the schema's order, the needed ones and any of the others, but at least one. Two rules for each: with
        something before it, and without."""
        behind, begun = "", ""
        for key in reversed(list(members)[:_MANY]):
            told = pair(key, members[key])
            follows, first = f"{_literal(comma)} {told} {behind}".rstrip(), f"{told} {behind}".rstrip()
            if key not in needed:
                follows = f"({follows} | {behind})" if behind else f"({follows})?"
                first = f"({first} | {begun})" if begun else first
            behind, begun = self._rule(follows), self._rule(first)
        return begun

    def _key(self, key: str, values: Values) -> str:
        text = (
            json.dumps(key, ensure_ascii=False)
            if values.key_quote == '"'
            else f"{values.key_quote}{key}{values.key_unquote}"
        )
        return _literal(text + values.colon)

    def _string(self, values: Values) -> str:
        if values.escapes:
            return self._rule(f'"\\"" {self._rule(_ESCAPED)}* "\\""')
        held = self._rule(f"[^{_in_class(values.unquote[:1])}\\x00-\\x1F]*")
        return self._rule(f"{_literal(values.quote)} {held} {_literal(values.unquote)}")

    def _number(self) -> str:
        return self._rule(f'{_INTEGER} ("." [0-9]{{1,15}})?')

    def _list(self, item: str, values: Values, needed: bool = False) -> str:
        items = f"{item} ({_literal(values.comma)} {item})*"
        return self._rule(f'"[" {items if needed else f"({items})?"} "]"')

    def _any(self, values: Values, kind: str = "value") -> str:
        """Any value in this form: a rule that calls itself."""
        inner = self._form.inner if self._form.values.quote else JSON
        name = f"any{0 if values == inner else 1}-"
        if name + "value" not in self._rules:
            self._rules[name + "value"] = ""  # so that what is within finds it
            within = self._any(inner) if values != inner else name + "value"
            key = (
                self._string(Values(inner.key_quote, inner.key_unquote, inner.escapes))
                if inner.key_quote
                else "[a-zA-Z0-9_]+"
            )
            member = f"{key} {_literal(inner.colon)} {within}"
            self._rules[name + "object"] = f'"{{" ({member} ({_literal(inner.comma)} {member})*)? "}}"'
            simple = [self._string(values), self._number(), _literal(values.true), _literal(values.false), '"null"']
            self._rules[name + "value"] = " | ".join([*simple, name + "object", self._list(within, inner)])
        return name + kind

    def _rule(self, rule: str) -> str:
        """The name of a rule; equal ones share it."""
        name = self._names.setdefault(rule, f"r{len(self._rules)}")
        self._rules[name] = rule
        return name


def _written(value: Any, values: Values, inner: Values) -> str:
    if isinstance(value, str) and not values.escapes:
        return f"{values.quote}{value}{values.unquote}"
    if isinstance(value, bool):
        return values.true if value else values.false
    return json.dumps(value, ensure_ascii=False)


def _fit(fixed: Sequence[Any], values: Values) -> bool:
    """Whether none of them holds what ends a text."""
    return values.escapes or not any(isinstance(one, str) and values.unquote in one for one in fixed)


def _literal(text: str) -> str:
    for mark, escaped in (("\\", "\\\\"), ('"', '\\"'), ("\n", "\\n"), ("\r", "\\r"), ("\t", "\\t")):
        text = text.replace(mark, escaped)
    return f'"{text}"'


def _in_class(mark: str) -> str:
    return f"\\{mark}" if mark in '\\]["' else f"\\x{ord(mark):02X}"


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _names(schema: Mapping[str, Any]) -> Sequence[str]:
    needed = schema.get("required")
    return needed if isinstance(needed, list) else []


def _kinds(schema: Any) -> list[Any]:
    kind = _mapping(schema).get("type")
    return list(kind) if isinstance(kind, list) else [kind] if kind else []


def _resolved(schema: Any, root: Mapping[str, Any]) -> Any:
    """What a reference within the tool's own schema leads to; {}, which is anything, for any other."""
    for _ in range(_DEEP):
        reference = _mapping(schema).get("$ref")
        if reference is None:
            return schema
        schema = root
        for name in str(reference).removeprefix("#").strip("/").split("/"):
            schema = _mapping(schema).get(name) if str(reference).startswith("#/") else None
    return {}
