"""How a model writes its calls: its chat template shows it, when a made-up call is rendered with it.

So nothing here knows a family of models by name: JSON between marks (Qwen, Hermes, Granite, SmolLM3, Phi), bare JSON
(Llama 3), a name and JSON (Mistral), pairs (Gemma, GLM, Qwen Coder) and Python (LFM2) are all read off in the same way.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from assistant.llm.tools import Written

Show = Callable[[Sequence[tuple[str, Mapping[str, Any]]]], str]
"""(Name, arguments) of each call -> what the assistant writes then, to the end of its turn. Raises ValueError."""

_NAME, _KEY, _OTHER, _VALUE, _LAST = "qname", "qkey", "qother", "qvalue", "qlast"
_MARK = re.compile(r"\s*(<[^<>\s]+>|\[[A-Z_]+\])\s*")
_LONGEST = 200  # characters between the parts of a call
_DEEPEST = 32  # lists and objects within each other


@dataclass(frozen=True)
class Values:
    """How values are written within a call."""

    quote: str
    """What opens a string; empty = nothing does, and it ends where the pair does."""
    unquote: str
    escapes: bool
    """Whether a string is escaped as in JSON."""
    key_quote: str = '"'
    """What opens a name within an object."""
    key_unquote: str = '"'
    colon: str = ": "
    comma: str = ", "
    true: str = "true"
    false: str = "false"


JSON = Values('"', '"', True)


@dataclass(frozen=True)
class CallForm:
    mark: str
    """What begins the calls; empty = a "{" at the beginning of the reply does."""
    lead: str
    """From there to the first tool's name."""
    begin: str
    """Between a tool's name and the first argument's."""
    colon: str
    """Between an argument's name and its value."""
    comma: str
    """Between a value and the next argument's name."""
    end: str
    """Behind the last value, up to what stands behind calls without arguments, too."""
    none: str
    """Instead of all of it where there are no arguments, up to the same place."""
    between: str | None
    """From there to the next call's name; None = one call at a time."""
    close: str
    """From there to the end of the turn."""
    values: Values
    """Of arguments."""
    inner: Values
    """Of what is within lists and objects."""

    def parse(self, text: str) -> list[Written]:
        """The calls in what follows the mark; a call that breaks off in the middle is left out."""
        return _Reader(self, text).calls()

    @property
    def literals(self) -> str:
        """All of its own text, in which control tokens may stand."""
        parts = (self.mark, self.lead, self.begin, self.colon, self.comma, self.end, self.none, self.between or "")
        return "\n".join([*parts, self.close, *(self.values.quote, self.values.unquote, self.inner.quote)])


PLAIN = CallForm(
    "<tool_call>",
    '\n{"name": "',
    '", "arguments": {"',
    '": ',
    ', "',
    "",
    '", "arguments": {',
    '}}\n</tool_call>\n<tool_call>\n{"name": "',
    "}}\n</tool_call>",
    JSON,
    JSON,
)
"""For models whose template knows no tools."""


def derived(show: Show) -> CallForm | None:
    """None where the template shows no calls, or so that they cannot be read off."""
    try:
        texts = show([(_NAME, {_KEY: _VALUE, _OTHER: _LAST})])
        numbers = show([(_NAME, {_KEY: 71717, _OTHER: 82828})])
        none = show([(_NAME, {})])
        lead, begin, key_value, value_key, tail = _cut(texts, _VALUE, _LAST)
        _, _, colon, comma, plain_tail = _cut(numbers, "71717", "82828")
    except ValueError:
        return None
    quote, unquote = key_value.removeprefix(colon), value_key.removesuffix(comma)
    if colon + quote != key_value or unquote + comma != value_key or not tail.startswith(unquote):
        return None
    behind = none.partition(_NAME)[2]
    same = _same_end(plain_tail, behind)
    end, empty, close = plain_tail[: len(plain_tail) - same], behind[: len(behind) - same], behind[len(behind) - same :]
    true, false = _booleans(show)
    mark = _MARK.match(lead)
    if not mark and not lead.lstrip().startswith("{"):
        return None
    return CallForm(
        mark[1] if mark else "",
        lead[mark.end(1) :] if mark else lead.lstrip(),
        begin,
        colon,
        comma,
        end,
        empty,
        _between(show, end),
        close.rstrip(),
        Values(quote, unquote, _escapes(show), true=true, false=false),
        _inner(show, true, false),
    )


def _cut(text: str, first: str, second: str) -> list[str]:
    """What stands before the name, the key, the first value, the other key, and behind the second value."""
    parts, rest = [], text
    for mark in (_NAME, _KEY, first, _OTHER, second):
        before, found, rest = rest.partition(mark)
        if not found or len(before) > _LONGEST:
            raise ValueError
        parts.append(before)
    lead, begin, colon, comma, again = parts
    if again != colon or len(rest) > _LONGEST:
        raise ValueError
    return [lead, begin, colon, comma, rest]


def _same_end(one: str, other: str) -> int:
    """How many characters both end with."""
    length = 0
    while length < min(len(one), len(other)) and one[-length - 1] == other[-length - 1]:
        length += 1
    return length


def _between(show: Show, end: str) -> str | None:
    try:
        both = show([(_NAME, {_KEY: 71717}), (_NAME, {_KEY: 82828})])
        between = both[both.index("71717") + 5 : both.rindex(_NAME)]
    except ValueError:
        return None
    return between.removeprefix(end) if between.startswith(end) and len(between) <= 2 * _LONGEST else None


def _escapes(show: Show) -> bool:
    try:
        return '\\"' in show([(_NAME, {_KEY: f'{_VALUE}"{_LAST}'})])
    except ValueError:
        return False


def _booleans(show: Show) -> tuple[str, str]:
    try:
        return ("True", "False") if "True" in show([(_NAME, {_KEY: True})]) else ("true", "false")
    except ValueError:
        return "true", "false"


def _inner(show: Show, true: str, false: str) -> Values:
    """Of a list with a string and an object in it; as in JSON where that cannot be read off."""
    try:
        text = show([(_NAME, {_KEY: [_VALUE, {_OTHER: 71717}]})])
    except ValueError:
        return JSON
    found = re.search(rf"\[(.{{0,9}}?){_VALUE}(.{{0,19}}?)\{{(.{{0,9}}?){_OTHER}(.{{0,9}}?)71717\}}\]", text)
    behind = found and re.fullmatch(r"(.*?)(,\s?)", found[2])
    sign = found and re.fullmatch(r"(.*?)(:\s?)", found[4])
    if not found or not found[1] or found[1] == '"' or not behind or not sign:
        return JSON
    return Values(found[1], behind[1], False, found[3], sign[1], sign[2], behind[2], true, false)


class _Broken(Exception):
    pass


class _Reader:
    """Reads what `assistant.llm.gbnf` allows."""

    def __init__(self, form: CallForm, text: str) -> None:
        self._form, self._text, self._at = form, text, 0

    def calls(self) -> list[Written]:
        form, found = self._form, []
        try:
            self._take(form.lead)
            while True:
                found.append(self._call())
                if form.between is None or not self._takes(form.between):
                    return found
        except _Broken:
            return found

    def _call(self) -> Written:
        form = self._form
        name = self._matched(r"[\w.-]+")
        if self._takes(form.none):  # which may begin as arguments do
            if self._closes():
                return Written(name, {})
            self._at -= len(form.none)
        self._take(form.begin)
        arguments: dict[str, Any] = {}
        while True:
            key = self._until(form.colon)
            arguments[key] = self._value()
            if not self._takes(form.comma):
                break
        self._take(form.end)
        if not self._closes():
            raise _Broken
        return Written(name, arguments)

    def _closes(self) -> bool:
        """Whether the call ends here."""
        ends = (self._form.close, self._form.between)
        return any(self._text.startswith(one, self._at) for one in ends if one is not None)

    def _value(self) -> Any:
        form = self._form
        if form.values.quote:
            return self._written(form.values)
        # The schema says what it is: a text may look like a number.
        ends = [form.comma, form.end + form.close, form.end + (form.between or form.close)]
        places = [place for end in ends if (place := self._text.find(end, self._at)) >= 0]
        start, self._at = self._at, min(places, default=len(self._text))
        return self._text[start : self._at]

    def _written(self, values: Values, depth: int = 0) -> Any:
        inner = self._form.inner
        if values.escapes or (depth == 0 and inner.escapes and self._text[self._at : self._at + 1] in ("[", "{")):
            try:
                found, self._at = json.JSONDecoder(strict=False).raw_decode(self._text, self._at)
            except (ValueError, RecursionError):
                raise _Broken from None
            return found
        if depth > _DEEPEST:
            raise _Broken
        if self._takes(values.quote):
            return self._until(values.unquote)
        for word, meant in ((values.true, True), (values.false, False), ("null", None)):
            if self._takes(word):
                return meant
        if self._takes("["):
            items: list[Any] = []
            while not self._takes("]"):
                if items:
                    self._take(inner.comma)
                items.append(self._written(inner, depth + 1))
            return items
        if self._takes("{"):
            members: dict[str, Any] = {}
            while not self._takes("}"):
                if members:
                    self._take(inner.comma)
                self._take(inner.key_quote)
                key = self._until(inner.key_unquote + inner.colon)
                members[key] = self._written(inner, depth + 1)
            return members
        return json.loads(self._matched(r"-?\d+(\.\d+)?([eE][-+]?\d+)?"))

    def _matched(self, pattern: str) -> str:
        found = re.compile(pattern).match(self._text, self._at)
        if not found:
            raise _Broken
        self._at = found.end()
        return found[0]

    def _until(self, literal: str) -> str:
        end = self._text.find(literal, self._at)
        if end < 0:
            raise _Broken
        found, self._at = self._text[self._at : end], end + len(literal)
        return found

    def _takes(self, literal: str) -> bool:
        """Whether it comes next; then it is behind us."""
        if not self._text.startswith(literal, self._at):
            return False
        self._at += len(literal)
        return True

    def _take(self, literal: str) -> None:
        if not self._takes(literal):
            raise _Broken
