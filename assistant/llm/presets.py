"""The OpenAI-compatible endpoints that are known by name."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Preset:
    title: str
    base_url: str
    key: str = "LLM_API_KEY"
    """The environment variable that holds the key."""
    needs_key: bool = False
    model: str | None = None
    """Used when [llm] model is left at `bundled`; None = the first model that the endpoint lists."""
    limit: str = "max_tokens"
    """What the endpoint calls the longest reply."""
    extra: dict[str, Any] = field(default_factory=dict)
    """Sent with every request; what a model refuses is left out from then on."""


PRESETS = {
    # Small, quick models (November 2026). A spoken answer cannot wait for one that thinks first.
    "openai": Preset(
        "OpenAI",
        "https://api.openai.com/v1",
        "OPENAI_API_KEY",
        True,
        "gpt-6-luna",
        "max_completion_tokens",
        {"reasoning_effort": "none"},
    ),
    "xai": Preset(
        "xAI", "https://api.x.ai/v1", "XAI_API_KEY", True, "grok-4.20-non-reasoning", "max_completion_tokens"
    ),
    "lmstudio": Preset("LM Studio", "http://localhost:1234/v1"),
    "textgen": Preset("text-generation-webui", "http://localhost:5000/v1"),
    "ollama": Preset("Ollama", "http://localhost:11434/v1", extra={"reasoning_effort": "none"}),
    "vllm": Preset("vLLM", "http://localhost:8000/v1"),
    "llamacpp": Preset("llama.cpp's server", "http://localhost:8080/v1"),
    "custom": Preset("the endpoint", ""),
}
