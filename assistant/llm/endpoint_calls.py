"""Calls of tools as endpoints stream them: in pieces, several at a time, with or without numbers and ids."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from assistant.llm import Message
from assistant.llm.tools import Written

_MOST = 64  # calls in one answer
_LONGEST = 200_000  # characters of all their arguments
_REMEMBERED = 256  # calls whose further members are sent back


@dataclass
class _Call:
    index: Any
    id: str = ""
    name: str = ""
    arguments: list[str] = field(default_factory=list)
    extra: Any = None

    @property
    def whole(self) -> bool:
        """Whether its arguments are all there, so that more of them belong to another call."""
        try:
            json.loads("".join(self.arguments))
        except (ValueError, RecursionError):
            return False
        return True


class Calls:
    """Puts the pieces of one answer together."""

    def __init__(self) -> None:
        self._calls: list[_Call] = []
        self._left = _LONGEST

    def feed(self, part: dict[str, Any]) -> bool:
        """``part``: a delta, or a message. Whether there was anything of a call in it."""
        pieces = part.get("tool_calls")
        pieces = [pieces] if isinstance(pieces, dict) else pieces if isinstance(pieces, list) else []
        if isinstance(legacy := part.get("function_call"), dict):
            pieces = [*pieces, {"index": 0, "function": legacy}]
        for piece in pieces:
            if isinstance(piece, dict):
                self._add(piece)
        return bool(pieces)

    def written(self) -> list[tuple[Written, Any]]:
        """Each call, and what has to be sent back with it: Gemini's signature of its thoughts."""
        return [(Written(call.name, "".join(call.arguments), call.id), call.extra) for call in self._calls if call.name]

    def _add(self, piece: dict[str, Any]) -> None:
        function = piece.get("function")
        function = function if isinstance(function, dict) else piece
        id, name = _word(piece.get("id")), _word(function.get("name"))
        arguments = function.get("arguments", function.get("parameters"))
        text = arguments if isinstance(arguments, str) else "" if arguments is None else json.dumps(arguments)
        self._left -= len(text)
        call = self._of(piece.get("index"), id, name, text) if self._left >= 0 else None
        if call is None:
            return
        call.id = call.id or id
        call.name = call.name or name
        call.extra = piece.get("extra_content") or call.extra
        if not isinstance(arguments, str) and text:
            call.arguments = [text]  # an object is whole, and may come again
        elif text:
            call.arguments.append(text)

    def _of(self, index: Any, id: str, name: str, text: str) -> _Call | None:
        """The call that a piece belongs to, a new one where it begins one."""
        same = [call for call in self._calls if call.index == index] if index is not None else self._calls[-1:]
        call = next((one for one in reversed(self._calls) if id and one.id == id), same[-1] if same else None)
        # Some number none, or all alike: then another id, or a name behind whole arguments, begins the next.
        other = call is not None and (
            bool(id and call.id and id != call.id)
            or bool(name and call.name and (name != call.name or (text.lstrip()[:1] == "{" and call.whole)))
        )
        if call is not None and not other:
            return call
        if len(self._calls) >= _MOST:
            return None
        self._calls.append(_Call(index))
        return self._calls[-1]


class Extras:
    """What has to be sent back with a call, by its id."""

    def __init__(self) -> None:
        self._kept: dict[str, Any] = {}

    def keep(self, id: str, extra: Any) -> None:
        self._kept[id] = extra
        while len(self._kept) > _REMEMBERED:
            del self._kept[next(iter(self._kept))]

    def request(self, messages: Sequence[Message]) -> list[dict[str, Any]]:
        """The messages as OpenAI's endpoints take them."""
        return list(self._requested(messages))

    def _requested(self, messages: Sequence[Message]) -> Iterator[dict[str, Any]]:
        for message in messages:
            if message.role == "tool":
                yield {"role": "tool", "tool_call_id": message.call_id, "content": message.content}
            elif message.calls:
                calls = [
                    {
                        "id": call.id,
                        "type": "function",
                        "function": {"name": call.name, "arguments": json.dumps(dict(call.arguments))},
                        **({"extra_content": self._kept[call.id]} if call.id in self._kept else {}),
                    }
                    for call in message.calls
                ]
                yield {"role": message.role, "content": message.content or None, "tool_calls": calls}
            else:
                yield {"role": message.role, "content": message.content}


def _word(value: Any) -> str:
    return value if isinstance(value, str) and len(value) <= 200 else ""
