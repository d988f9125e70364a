"""The tools of one answer: what the model calls is done when the user has finished, and with their permission.

A call that needs a yes is not done: its question becomes the answer, and the next turn decides. Who interrupts gives up
what can be given up; what cannot goes on, and its result is told later.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from assistant.concurrency.failures import described, failure
from assistant.llm import Message, Tool, ToolCall
from assistant.tools import Toolbox

ROUNDS = 5
"""How often a model may call tools before it has to answer."""
BRIDGE = 1.0
"""Seconds after which a tool that still works is bridged by words."""
LET_ME_LOOK = "Let me look."
_MOST = 8  # calls at once
_NOT_ASKED = "Error: the user has not allowed this; tell them so."


@dataclass(frozen=True)
class Asked:
    """Calls that wait for a yes."""

    question: str
    calls: tuple[ToolCall, ...]


@dataclass
class ToolUse:
    toolbox: Toolbox
    ask: Callable[[Asked], None] = lambda asked: None
    """Told of calls whose question is being said."""
    late: Callable[[list[Message], asyncio.Task[list[Message]]], None] = lambda messages, results: None
    """Told of calls that go on though the answer was interrupted: the prompt so far, and their results."""
    allowed: tuple[ToolCall, ...] = ()
    """What the user said yes to: the answer begins with them."""
    _bridged: bool = field(default=False, init=False)

    def offered(self, words: str) -> Sequence[Tool]:
        """Those that the model is told of when the user says ``words``."""
        return self.toolbox.tools(words)

    def question(self, calls: Sequence[ToolCall], instructed: bool) -> Asked | None:
        """What must be asked before these may be done; None = nothing. ``instructed``: whether the model has read what
        others wrote (a tool's result, a passage, a fact), which may have told it to call them: then the user must allow
        whatever does more than read."""
        needing = tuple(call for call in calls if self._needs_yes(call.name, instructed))
        if not needing or calls == self.allowed:
            return None
        return Asked(" ".join(self.toolbox.question(call) for call in needing), tuple(calls))

    def _needs_yes(self, name: str, instructed: bool) -> bool:
        match self.toolbox.permission(name):
            case "ask":
                return True
            case "always":
                return instructed and not self.toolbox.reads(name)
        return False

    def begin(self, calls: Sequence[ToolCall]) -> asyncio.Task[list[Message]]:
        """Do them, side by side; gives their results as messages, in order."""
        return asyncio.ensure_future(self._results(calls))

    async def _results(self, calls: Sequence[ToolCall]) -> list[Message]:
        texts = await asyncio.gather(*(self._result(call) for call in calls[:_MOST]))
        texts += ["Error: too many calls at once; call again what is still needed."] * len(calls[_MOST:])
        return [Message("tool", text, call_id=call.id) for call, text in zip(calls, texts)]

    async def _result(self, call: ToolCall) -> str:
        permission = self.toolbox.permission(call.name)
        if permission == "never" or permission == "ask" and call not in self.allowed:
            return _NOT_ASKED
        try:
            return await self.toolbox.call(call)
        except BaseException as error:
            return f"Error: {described(failure(error))}"

    def bridge(self) -> str:
        """What is said while the user waits: once in an answer."""
        bridged, self._bridged = self._bridged, True
        return "" if bridged else LET_ME_LOOK

    def given_up(
        self, messages: list[Message], calls: Sequence[ToolCall], results: asyncio.Task[list[Message]]
    ) -> None:
        """The answer was interrupted while they were done."""
        if all(self.toolbox.cancellable(call.name) for call in calls):
            results.cancel()
        else:
            self.late(messages, results)
