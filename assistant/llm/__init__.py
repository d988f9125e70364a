"""Language models. One file per engine; `load` picks one from the settings."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from assistant.config import LlmSettings


@dataclass(frozen=True)
class Message:
    role: Literal["system", "user", "assistant"]
    content: str


class Piece(str):
    """A piece of a reply that also tells how likely the model held it."""

    log_probabilities: tuple[float, ...] = ()
    """Natural logarithm of each token's probability that went into it, before temperature and penalty."""


@dataclass(frozen=True)
class Completion:
    """A whole reply, with what comparing models needs to know of it."""

    text: str
    prompt: tuple[int, ...]
    """The prompt's token ids."""
    tokens: tuple[int, ...]
    """The reply's token ids, with the one that ended it."""
    log_probabilities: tuple[float, ...]
    """Natural logarithm of each of them, before temperature and penalty."""
    finished: bool
    """Whether the model ended its turn itself; False when max_tokens cut it."""
    first: float
    """Seconds until the first token was known."""
    seconds: float
    pieces: tuple[Piece, ...]
    """The text as `reply` streams it."""


class Llm(Protocol):
    name: str
    """For the screen and the journal, e.g. ``SmolLM2-135M-Instruct Q4_1``."""

    async def warm(self, messages: Sequence[Message]) -> None:
        """Make the next reply that starts with these messages quick (fill the KV cache). May do nothing.

        Ends early, without error, when another call to the engine arrives.
        """

    async def completeness(self, messages: Sequence[Message]) -> float | None:
        """The probability that the user's turn, or a sentence of it, ends after the last message's words.

        Between 0 and 1; None when the engine cannot tell, or another call came first. Makes the reply to the same
        messages quicker.
        """

    def reply(self, messages: Sequence[Message]) -> AsyncIterator[str]:
        """Stream the reply's text in pieces (`Piece` where the engine knows its probabilities). The first message is the system prompt, the last the user's.

        An async generator: consume with ``contextlib.aclosing``; closing it stops the engine within one token or one
        prefill batch. When the context is full, old turns are left out whole, never the system prompt.
        Raises EngineError, also after some pieces were given.
        """

    def close(self) -> None: ...


def load(settings: LlmSettings, notice: Callable[[str], None]) -> Llm:
    """Load the engine that the settings choose; blocks. ``notice`` gets one sentence per fallback taken.

    Raises EngineError.
    """
    match settings.engine:
        case "openai":
            from assistant.llm import endpoint

            return endpoint.load(settings, notice)
        case _:
            from assistant.llm import llama

            return llama.load(settings, notice)
