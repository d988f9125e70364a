"""What of a conversation goes into the context."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace

from assistant.errors import EngineError
from assistant.llm import Message, Tool
from assistant.llm.llamacpp import Model
from assistant.llm.tools import described
from assistant.llm.turns import left_out, turns

_MESSAGE = 8  # tokens a chat template puts around a message, only to foresee when old turns must go
_TOOLS = 2  # the tools may take one half of the room


class Room:
    def __init__(
        self,
        model: Model,
        max_tokens: int,
        tokens: Callable[[Sequence[Message], bool, Sequence[Tool]], list[int]],
        notice: Callable[[str], None],
    ) -> None:
        """``max_tokens`` for the reply stay free. ``tokens``: of the prompt for messages, whether its turn is still
        open, and tools."""
        self._model, self._tokens, self._notice = model, tokens, notice
        self._max_tokens = max_tokens
        self._size = model.context - min(max_tokens, model.context // 2)
        self._costs: dict[str, int] = {}  # tokens of each text of the newest prompt, so that none is counted twice
        self._told = False  # that not all tools fit

    def forget(self) -> None:
        self._costs = {}

    def offered(self, tools: Sequence[Tool]) -> Sequence[Tool]:
        """Those that fit, the first ones; the user is told once when these are not all."""
        left, kept = self._size // _TOOLS, 0
        for tool in tools:
            left -= len(self._model.tokenize(_text(tool).encode("utf-8", "replace")))
            if left < 0:
                break
            kept += 1
        if kept < len(tools) and not self._told:
            self._told = True
            self._notice(
                f"[llm] context = {self._model.context} has room for {kept} of {len(tools)} tools; the language model "
                "knows no others until it is raised"
            )
        return tools[:kept]

    def fit(self, messages: Sequence[Message], unfinished: bool = False, tools: Sequence[Tool] = ()) -> list[Message]:
        """What of the conversation goes into the prompt (see `Llama`). Which turns are dropped depends only on the
        messages, and on earlier ones in the same way, so that the prompts of successive turns begin alike.
        """
        system, *rest = messages
        if unfinished and (not rest or rest[-1].role != "user"):
            rest.append(Message("user", ""))
        talk = turns(rest)
        offer = "\n".join(map(_text, tools))
        costs = self._count([*map(_written, [system, *rest]), *filter(None, [offer])])
        costs_of_turns = [sum(costs[_written(message)] for message in turn) for turn in talk]
        first = left_out(costs_of_turns, costs[system.content] + (costs[offer] if offer else 0), self._size)
        while True:
            kept = [system, *(message for turn in talk[first:] for message in turn)]
            excess = len(self._tokens(kept, unfinished, tools)) - self._size
            if excess <= 0:
                return kept
            if first < len(talk) - 1:
                first += 1
                continue
            turn = talk[-1]
            longest = max(range(len(turn)), key=lambda place: len(turn[place].content))
            turn[longest] = self._part_of(turn[longest], excess, unfinished, alone=len(turn) == 1)

    def _count(self, texts: Sequence[str]) -> dict[str, int]:
        """Tokens of each text."""
        known = self._costs
        self._costs = {
            text: known.get(text) or len(self._model.tokenize(text.encode("utf-8", "replace"))) + _MESSAGE
            for text in texts
        }
        return self._costs

    def _part_of(self, message: Message, excess: int, quietly: bool, alone: bool) -> Message:
        """The message with ``excess`` tokens less, one half at most where it is not ``alone``: of a question its end
        stays, since what is asked mostly comes last, of a tool's result its beginning."""
        tokens = self._model.tokenize(message.content.encode("utf-8", "replace"))
        excess = excess if alone else min(excess, (len(tokens) + 1) // 2)
        if excess >= len(tokens):
            raise EngineError(
                f"[llm] context = {self._model.context} has no room for [llm] system_prompt, a question "
                f"and [llm] max_tokens = {self._max_tokens}; raise context or shorten it"
            )
        if message.role == "tool":
            kept = tokens[: len(tokens) - excess]
        else:
            kept = tokens[excess:]
            if not quietly:
                self._notice(f"That was too long for [llm] context = {self._model.context}: only its end is answered")
        text = b"".join(map(self._model.text, kept)).decode("utf-8", "ignore")
        return replace(message, content=text.strip())


def _text(tool: Tool) -> str:
    return json.dumps(described(tool), ensure_ascii=False)


def _written(message: Message) -> str:
    calls = [f"\n{call.name} {json.dumps(dict(call.arguments), ensure_ascii=False)}" for call in message.calls]
    return "".join([message.content, *calls])
