"""Whether a local model can call tools: asked once for each file, for `assistant models try`; see `llm.can_call`."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import aclosing

from assistant.errors import EngineError
from assistant.llm import Llm, Message, ToolCall
from assistant.models import tool_questions
from assistant.models.tool_questions import ToolQuestion


def run(engine: Llm, system: Message, questions: Sequence[ToolQuestion] | None = None) -> tuple[int, int]:
    """How many of how many questions were right; blocks."""
    asked = tool_questions.built_in() if questions is None else list(questions)
    right = sum(one.answered(asyncio.run(_calls(engine, system, one))) for one in asked)
    return right, len(asked)


async def _calls(engine: Llm, system: Message, question: ToolQuestion) -> Sequence[ToolCall]:
    found: Sequence[ToolCall] = ()
    try:
        async with aclosing(engine.reply([system, Message("user", question.ask)], question.tools)) as pieces:
            async for piece in pieces:
                found = getattr(piece, "calls", ()) or found
    except EngineError:  # called wrongly, twice: as wrong as another tool
        return (ToolCall("", "", {}),)
    return found
