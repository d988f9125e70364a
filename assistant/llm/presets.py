"""The OpenAI-compatible endpoints that are known by name: where they are, and how each differs from the others.

Models and terms as found in November 2026, in the services' own pages and in the lists of LiteLLM 1.110 and pi-ai 1.6.
A model here is small, quick and does not think first: a spoken answer cannot wait for one that does. Perplexity is
missing because it ended its chat completions on 27 September 2026.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

CHECKED = "November 2026"


@dataclass(frozen=True)
class Preset:
    title: str
    base_url: str
    """Empty = each user has an own one, which [llm] base_url must give."""
    key: str = "LLM_API_KEY"
    """The environment variable that holds the key."""
    needs_key: bool = False
    model: str | None = None
    """Used when [llm] model is left at `bundled`; None = the first model that the endpoint lists."""
    limit: str = "max_tokens"
    """What the endpoint calls the longest reply."""
    extra: dict[str, Any] = field(default_factory=dict)
    """Sent with every request; what a model refuses is left out from then on."""
    seed: str = "seed"
    """What the endpoint calls the seed; empty = it refuses one."""
    heeds_temperature: bool = True
    """Whether it takes another temperature than its own."""
    key_header: str = ""
    """The header that the key goes in; empty = Authorization."""
    domains: tuple[str, ...] = ()
    """The key belongs to any host below these, too."""
    example: str = "http://localhost:8000/v1"
    """What [llm] base_url may look like."""
    names_models: bool = True
    """Whether the models that it lists are those that it answers with."""
    terms: str = ""
    """What its owner does with what it is sent, after "it"; empty = not known, or it runs where the user wants it."""
    source: str = ""
    """Where its owner says so."""


_NO_THINKING = {"reasoning_effort": "none"}

PRESETS = {
    "openai": Preset(
        "OpenAI",
        "https://api.openai.com/v1",
        "OPENAI_API_KEY",
        True,
        "gpt-6-luna",
        "max_completion_tokens",
        _NO_THINKING,
        terms="does not train on it unless you agree, and keeps it for up to 30 days",
        source="https://platform.openai.com/docs/guides/your-data",
    ),
    "xai": Preset(
        "xAI",
        "https://api.x.ai/v1",
        "XAI_API_KEY",
        True,
        "grok-4.3",
        "max_completion_tokens",
        _NO_THINKING,
        terms="does not train on it unless you agree, and keeps it for 30 days",
        source="https://docs.x.ai/docs/faq/security",
    ),
    "anthropic": Preset(
        "Anthropic",
        "https://api.anthropic.com/v1",
        "ANTHROPIC_API_KEY",
        True,
        "claude-haiku-5-5",
        extra={"thinking": {"type": "disabled"}},
        seed="",
        heeds_temperature=False,
        terms="does not train on it, and keeps it for up to 30 days",
        source="https://www.anthropic.com/legal/commercial-terms",
    ),
    "gemini": Preset(
        "Google Gemini",
        "https://generativelanguage.googleapis.com/v1beta/openai",
        "GEMINI_API_KEY",
        True,
        "gemini-3.5-flash-lite",
        extra={"reasoning_effort": "minimal"},
        seed="",
        heeds_temperature=False,
        terms="improves its products with what the free quota is asked, and people may read it; paid use is left alone",
        source="https://ai.google.dev/gemini-api/terms",
    ),
    "mistral": Preset(
        "Mistral",
        "https://api.mistral.ai/v1",
        "MISTRAL_API_KEY",
        True,
        "ministral-8b-latest",
        seed="random_seed",
        terms="may train on what the free plan is asked unless you opt out; not on what is paid for",
        source="https://help.mistral.ai/en/articles/455207-can-i-opt-out-of-my-input-or-output-data-being-used-for-training",
    ),
    "groq": Preset(
        "Groq",
        "https://api.groq.com/openai/v1",
        "GROQ_API_KEY",
        True,
        "qwen/qwen3.8-27b",
        "max_completion_tokens",
        _NO_THINKING,
        terms="keeps nothing of it, but for a time where a fault or abuse is looked into",
        source="https://console.groq.com/docs/your-data",
    ),
    "cerebras": Preset(
        "Cerebras",
        "https://api.cerebras.ai/v1",
        "CEREBRAS_API_KEY",
        True,
        "qwen-3.8-27b",
        "max_completion_tokens",
        _NO_THINKING,
        terms="keeps nothing of it",
        source="https://support.cerebras.net/articles/1811589793-does-cerebras-retain-my-data",
    ),
    "openrouter": Preset(
        "OpenRouter",
        "https://openrouter.ai/api/v1",
        "OPENROUTER_API_KEY",
        True,
        "openai/gpt-6-luna",
        extra={"reasoning": {"enabled": False}, "provider": {"data_collection": "deny"}},
        terms="passes it on to one of many providers; it is asked for one that does not train on it",
        source="https://openrouter.ai/docs/guides/privacy/provider-logging",
    ),
    "huggingface": Preset(
        "Hugging Face",
        "https://router.huggingface.co/v1",
        "HF_TOKEN",
        True,
        "Qwen/Qwen3-30B-A3B-Instruct-2507",
        terms="passes it on to one of many providers, each with terms of its own, and keeps nothing itself",
        source="https://huggingface.co/docs/inference-providers/security",
    ),
    "azure": Preset(
        "Azure OpenAI",
        "",
        "AZURE_OPENAI_API_KEY",
        True,
        limit="max_completion_tokens",
        key_header="api-key",
        domains=("openai.azure.com", "services.ai.azure.com", "cognitiveservices.azure.com"),
        example="https://NAME.openai.azure.com/openai/v1",
        names_models=False,
        terms="does not train on it, and may keep it for a time to find abuse",
        source="https://learn.microsoft.com/azure/ai-foundry/responsible-ai/openai/data-privacy",
    ),
    "together": Preset(
        "Together",
        "https://api.together.ai/v1",
        "TOGETHER_API_KEY",
        True,
        "Qwen/Qwen3.5-9B",
        extra={"reasoning": {"enabled": False}},
        terms="neither keeps it nor trains on it unless you agree",
        source="https://docs.together.ai/docs/privacy-and-security",
    ),
    "fireworks": Preset(
        "Fireworks",
        "https://api.fireworks.ai/inference/v1",
        "FIREWORKS_API_KEY",
        True,
        "accounts/fireworks/models/deepseek-v4p1-flash",
        extra=_NO_THINKING,
        terms="keeps nothing of it, where the model is an open one",
        source="https://docs.fireworks.ai/guides/security_compliance/data_handling",
    ),
    "deepinfra": Preset(
        "DeepInfra",
        "https://api.deepinfra.com/v1/openai",
        "DEEPINFRA_API_KEY",
        True,
        "google/gemma-3-12b-it",
        terms="neither keeps it nor trains on it",
        source="https://docs.deepinfra.com/account/data-privacy",
    ),
    "nvidia": Preset("NVIDIA", "https://integrate.api.nvidia.com/v1", "NVIDIA_API_KEY", True, "google/gemma-3-12b-it"),
    "scaleway": Preset(
        "Scaleway",
        "https://api.scaleway.ai/v1",
        "SCW_SECRET_KEY",
        True,
        "mistral-small-3.2-24b-instruct-2506",
        terms="keeps to European data centres",
        source="https://www.scaleway.com/en/docs/generative-apis/",
    ),
    "deepseek": Preset(
        "DeepSeek",
        "https://api.deepseek.com",
        "DEEPSEEK_API_KEY",
        True,
        "deepseek-flash",
        extra={"thinking": {"type": "disabled"}},
        seed="",
        terms="may train on it, and keeps it in China",
        source="https://platform.deepseek.com/downloads/DeepSeek%20Privacy%20Policy.html",
    ),
    "lmstudio": Preset("LM Studio", "http://localhost:1234/v1"),
    "textgen": Preset("text-generation-webui", "http://localhost:5000/v1"),
    "ollama": Preset("Ollama", "http://localhost:11434/v1", extra={"reasoning_effort": "none"}),
    "vllm": Preset("vLLM", "http://localhost:8000/v1"),
    "llamacpp": Preset("llama.cpp's server", "http://localhost:8080/v1"),
    "custom": Preset("the endpoint", ""),
}
