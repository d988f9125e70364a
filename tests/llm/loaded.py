"""A loaded model, and what the tests of it ask and count."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

from assistant.config import LlmSettings
from assistant.llm import Message, load
from tests.data import tiny_gguf

SYSTEM = Message("system", "You are a helpful voice assistant. Answer in one short sentence.")


def user(text: str) -> Message:
    return Message("user", text)


def assistant(text: str) -> Message:
    return Message("assistant", text)


def engine(model: str | None = None, notice=print, **given):
    return load(LlmSettings(model=model or str(tiny_gguf()), **{"temperature": 0.0, "threads": 1, **given}), notice)


def answer(loaded, *messages: Message) -> str:
    async def collect() -> str:
        async with aclosing(loaded.reply([SYSTEM, *messages])) as pieces:
            return "".join([piece async for piece in pieces])

    return asyncio.run(collect())


def decoded_tokens(loaded, monkeypatch) -> list[int]:
    """How many tokens each decode call takes, from now on."""
    sizes: list[int] = []
    decode = loaded._model.decode
    monkeypatch.setattr(
        loaded._model, "decode", lambda tokens, *noted: (sizes.append(len(tokens)), decode(tokens, *noted))[1]
    )
    return sizes
