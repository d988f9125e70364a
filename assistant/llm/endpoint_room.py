"""What of a conversation goes to an endpoint, whose context is known only by what it refuses."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from assistant.llm import Message, Tool
from assistant.llm.tools import described
from assistant.llm.turns import left_out, turns

_MESSAGE = 16  # bytes that a message takes beside its words
_SMALLER = 0.8  # of what was refused may fit
_TESTED = 4  # answers after which a guess is put to the test
_LONG = 4000  # bytes of a question; most contexts have room for it
_LEAST = 400  # characters; what a turn holds beside its question is not cut shorter


@dataclass(frozen=True)
class Known:
    """What an endpoint refused, as far as is known."""

    size: float = math.inf
    """Bytes that were too many."""
    messages: float = math.inf
    """How many were too many."""
    tools: int | None = None
    """How many it takes; None = all."""
    before: Known | None = None
    """What was known before this was guessed; None = the endpoint said it."""
    answers: int = 0
    """Since it was guessed."""

    @property
    def doubted(self) -> bool:
        """Whether it is to be tested."""
        return self.before is not None and self.answers >= _TESTED


class Room:
    def __init__(self, name: str, notice: Callable[[str], None]) -> None:
        self._name, self._notice = name, notice
        self.known = Known()
        self._largest, self._most = 0, 0  # bytes and messages that were answered
        self._told = self._told_of_tools = self._told_of_part = False  # once each

    def offered(self, tools: Sequence[Tool]) -> Sequence[Tool]:
        return tools[: self.known.tools]

    def fit(self, messages: Sequence[Message], tools: Sequence[Tool] = (), alone: bool = False) -> list[Message]:
        """Without the oldest turns where all would not fit, and with the documents and results of the last turn cut
        where that alone would not. The system prompt and the question always stay. ``alone``: without earlier turns.
        """
        system, talk = _parted(messages)
        known = self.known.before if self.known.before and self.known.doubted else self.known
        first = max(
            left_out([_size(turn) for turn in talk], _size(system, tools), _SMALLER * known.size),
            left_out([len(turn) for turn in talk], len(system), _SMALLER * known.messages),
            len(talk) - 1 if alone else 0,
        )
        kept = [*system, *(message for turn in talk[first:] for message in turn)]
        if first == len(talk) - 1 and known.before is None and _size(kept, tools) >= known.size:
            return _cut(kept, tools, _SMALLER * known.size)
        return kept

    def refused(self, kept: Sequence[Message], tools: Sequence[Tool], guessed: bool) -> bool:
        """Whether less can be sent than ``kept``, which was too much. ``guessed``: the endpoint did not say so."""
        size, known = _size(kept, tools), self.known
        if known.doubted and (size >= known.size or len(kept) >= known.messages):
            self.known = replace(known, before=None)
            return True
        smaller = replace(known, before=(known.before or known) if guessed else None, answers=0)
        _, talk = _parted(kept)
        if tools and not guessed and 2 * _size((), tools) > size:
            self.known = replace(smaller, tools=len(tools) // 2)
        elif len(talk) > 1 and size <= self._largest and len(kept) > self._most:
            self.known = replace(smaller, messages=len(kept))
        elif len(talk) > 1 or (not guessed and any(_spare(message) >= _LEAST for message in kept)):
            self.known = replace(smaller, size=size)
            if not guessed:
                self._largest = min(self._largest, size - 1)
        elif tools and not guessed:
            self.known = replace(smaller, tools=len(tools) // 2)
        else:
            return False
        return True

    def untried(self, kept: Sequence[Message], tools: Sequence[Tool]) -> bool:
        """Whether it is more than all that was ever answered."""
        return _size(kept, tools) > self._largest or len(kept) > self._most

    def unusual(self, kept: Sequence[Message]) -> bool:
        """Whether its last turn is longer than all that was ever answered, and long."""
        return any(_size(turn) > max(self._largest, _LONG) for turn in _parted(kept)[1][-1:])

    def filled(self, kept: Sequence[Message], tools: Sequence[Tool]) -> None:
        """The answer to ``kept`` broke off as if there were no room for more of it."""
        if len(_parted(kept)[1]) > 1:
            self.refused(kept, tools, guessed=True)

    def answered(self, asked: Sequence[Message], kept: Sequence[Message], tools: Sequence[Tool], given: int) -> None:
        """``asked``: the whole conversation; ``given``: tools."""
        size, known = _size(kept, tools), self.known
        self._largest, self._most = max(self._largest, size), max(self._most, len(kept))
        if known.before and known.doubted and (size >= known.size or len(kept) >= known.messages):
            self.known = known.before  # it was something else
        elif known.before:
            self.known = replace(known, answers=known.answers + 1)
        if len(tools) < given and known.tools is not None and not self._told_of_tools:
            self._told_of_tools = True
            self._notice(f"{self._name} has room for {len(tools)} of {given} tools; it knows no others.")
        if len(kept) < len(asked) and self.known.before is None and not self._told:
            self._told = True
            self._notice(f"The conversation is too long for {self._name}; its oldest turns are left out from now on.")
        if (
            not self._told_of_part
            and known.size < math.inf
            and list(kept[1:]) != list(asked[len(asked) - len(kept) + 1 :])
        ):
            self._told_of_part = True
            self._notice(f"That was too long for {self._name}; a part of what documents or tools gave was left out.")


def _parted(messages: Sequence[Message]) -> tuple[list[Message], list[list[Message]]]:
    """The system prompt, and the turns."""
    count = 1 if messages and messages[0].role == "system" else 0
    return [*messages[:count]], turns(messages[count:])


def _size(messages: Sequence[Message], tools: Sequence[Tool] = ()) -> int:
    """Bytes: of all that can be counted here, they follow the number of tokens best."""
    texts = [message.content for message in messages]
    texts += [json.dumps(dict(call.arguments)) for message in messages for call in message.calls]
    texts += [json.dumps(described(tool)) for tool in tools]
    return sum(len(text.encode("utf-8", "replace")) for text in texts) + _MESSAGE * len(messages)


def _spare(message: Message) -> int:
    """Characters that can be cut: of what a tool gave, and of what stands before the question."""
    if message.role == "tool":
        return len(message.content)
    return len(message.content.rpartition("\n\n")[0]) if message.role == "user" else 0


def _cut(messages: Sequence[Message], tools: Sequence[Tool], most: float) -> list[Message]:
    """The longest part is halved until all has at most ``most`` bytes, or nothing can be cut."""
    kept = list(messages)
    while _size(kept, tools) > most:
        place = max(range(len(kept)), key=lambda place: _spare(kept[place]))
        spare = _spare(kept[place])
        if spare < _LEAST:
            break
        content = kept[place].content
        kept[place] = replace(kept[place], content=f"{content[: spare // 2]}{content[spare:]}")
    return kept
