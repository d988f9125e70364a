"""Language models. One file per engine; `load` picks one from the settings."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol


@dataclass(frozen=True)
class Message:
    role: Literal["system", "user", "assistant"]
    content: str


class Llm(Protocol):
    name: str
    """For the screen and the journal, e.g. ``SmolLM2-135M-Instruct Q4_1``."""

    async def warm(self, messages: Sequence[Message]) -> None:
        """Make the next reply that starts with these messages quick (fill the KV cache). May do nothing."""

    def reply(self, messages: Sequence[Message]) -> AsyncIterator[str]:
        """Stream the reply's text in pieces. The first message is the system prompt, the last the user's.

        An async generator: consume with ``contextlib.aclosing``; closing it stops the engine within one token or one
        prefill batch. When the context is full, old turns are left out whole, never the system prompt.
        Raises EngineError, also after some pieces were given.
        """

    def close(self) -> None: ...
