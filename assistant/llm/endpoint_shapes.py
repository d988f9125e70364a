"""Answers that have another API's shape, as servers and gateways send them at an OpenAI-compatible address: Ollama's
own, llama.cpp's, Text Generation Inference's, Anthropic's, Gemini's, Cohere's,
KoboldCpp's, Qianfan's, DashScope's, watsonx's and that of OpenAI's responses.
"""

from __future__ import annotations

from typing import Any

# Where the words stand; what else has a `delta` or `content` at its top is not the answer's, e.g. thoughts.
_PLACES: tuple[tuple[str | int, ...], ...] = (
    ("message", "content"),
    ("response",),
    ("candidates", 0, "content", "parts"),
    ("output", -1, "content"),
    ("token", "text"),
    ("token",),
    ("result",),
    ("results", 0, "generated_text"),
)
_BY_TYPE: dict[Any, tuple[tuple[str | int, ...], ...]] = {
    None: (*_PLACES, ("content",)),
    "response.output_text.delta": (("delta",),),
    "content_block_delta": (("delta", "text"),),
    "message": (("content",),),
    "content-delta": (("delta", "message", "content", "text"),),
    "text-generation": (("text",),),
}
_WRAPS = ("data", "result", "output")
_ENDED = ("done", "stop", "is_end", "is_finished")


def of_others(sent: dict) -> dict | None:
    """The same with ``choices``; None where ``sent`` has no shape that is known."""
    inner: dict = next((sent[name] for name in _WRAPS if isinstance(sent.get(name), dict)), {})
    if "choices" in inner:
        return inner
    if sent.get("errors"):
        return None
    kind = sent.get("type") or sent.get("event_type")
    places = _BY_TYPE.get(kind, ()) if kind is None or isinstance(kind, str) else ()
    found = next((words for place in places if (words := _at(sent, place)) is not None), None)
    finish = "stop" if any(sent.get(name) is True for name in _ENDED) else None
    if found is None and not (finish and kind is None):
        return None
    token = sent.get("token")
    words = "" if isinstance(token, dict) and token.get("special") else found
    return {"choices": [{"delta": {"content": words}, "finish_reason": finish}]}


def listed(choices: Any) -> list:
    """As a list: some send one alone, or number them by keys."""
    if isinstance(choices, dict):
        return [choices] if choices.keys() & {"delta", "message", "text"} else list(choices.values())
    return choices if isinstance(choices, list) else []


def _at(sent: Any, place: tuple[str | int, ...]) -> Any:
    """The text or the list of parts at ``place``; None = there is none."""
    for step in place:
        if isinstance(step, str) and isinstance(sent, dict):
            sent = sent.get(step)
        elif isinstance(step, int) and isinstance(sent, list) and sent:
            sent = sent[step]
        else:
            return None
    return sent if isinstance(sent, (str, list)) else None
