"""A local server that is as particular as the services behind the presets: it takes what they take, refuses the rest in
their words, and streams in their dialects.

Quirks as found in November 2026: the services' pages, LiteLLM 1.110, pi-ai 1.6, and reports at GitHub such as
SuzumiyaAkizuki/ComfyUI-NewBie-LLM-Formatter#3 (Gemini's lists), langchain-ai/langchainjs#5144 (Mistral's 422),
sipeed/picoclaw#2939 (Anthropic's temperature), charmbracelet/crush#279 (Mistral's roles).
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

KEY = "key-of-a-test-0123"
PIECES = ("Par", "is is the", " capital.")
ANSWER = "".join(PIECES)
THOUGHT = "Hm, which country?"
Refusal = Callable[[str], tuple[int, Any]]


def _openai(name: str) -> tuple[int, Any]:
    return 400, {
        "error": {
            "message": f"Unsupported parameter: '{name}' is not supported with this model.",
            "type": "invalid_request_error",
            "param": name,
            "code": "unsupported_parameter",
        }
    }


def _gemini(name: str) -> tuple[int, Any]:
    words = f'Invalid JSON payload received. Unknown name "{name}": Cannot find field.'
    details = [{"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": [{"description": words}]}]
    return 400, [{"error": {"code": 400, "message": words, "status": "INVALID_ARGUMENT", "details": details}}]


def _mistral(name: str) -> tuple[int, Any]:
    detail = [{"type": "extra_forbidden", "loc": ["body", name], "msg": "Extra inputs are not permitted", "input": 7}]
    return 422, {"object": "error", "message": {"detail": detail}, "type": "invalid_request_error", "code": None}


def _groq(name: str) -> tuple[int, Any]:
    return 400, {"error": {"message": f"property '{name}' is unsupported", "type": "invalid_request_error"}}


def _anthropic(name: str) -> tuple[int, Any]:
    words = f"`{name}` is deprecated for this model." if name == "temperature" else f"{name}: Extra inputs"
    return 400, {"error": {"code": "invalid_request_error", "message": words, "type": "invalid_request_error"}}


def _bare(name: str) -> tuple[int, Any]:
    return 422, {"error": f"unknown field `{name}`, expected one of `model`, `messages`"}


@dataclass(frozen=True)
class Quirks:
    model: str
    takes: str
    """Members of the body beside model, messages and stream, as words."""
    switch: str = ""
    """The member that must be there, else the model thinks first; empty = it never does."""
    refusal: Refusal = _openai
    before: str = ""
    """What stands in the stream before the first event."""
    between: str = ""
    chunk: dict[str, Any] = field(default_factory=dict)
    """Members of each event, beside choices."""
    delta: dict[str, Any] = field(default_factory=dict)
    """Members of each delta, beside content."""
    choice: dict[str, Any] = field(default_factory=dict)
    opening: tuple[dict[str, Any], ...] = ()
    """Events before the first word."""
    closing: tuple[dict[str, Any], ...] = ()
    """Events behind the last."""
    thoughts: str = "reasoning_content"
    """The member of a delta in which it thinks; empty = between marks in the text."""
    as_list: bool = False
    """Whether contents are lists of parts."""
    header: str = "authorization"


_USAGE = {"prompt_tokens": 20, "completion_tokens": 5, "total_tokens": 25}
_ROLE = {"choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": None}]}
_FILTERED = {"hate": {"filtered": False, "severity": "safe"}}
QUIRKS = {
    "openai": Quirks(
        "gpt-6-luna",
        "max_completion_tokens reasoning_effort seed temperature",
        switch="reasoning_effort",
        chunk={"obfuscation": "x8Y", "service_tier": "default"},
        opening=(_ROLE,),
        closing=({"choices": [], "usage": _USAGE},),
    ),
    "xai": Quirks(
        "grok-4.3",
        "max_completion_tokens reasoning_effort seed temperature",
        switch="reasoning_effort",
        closing=({"choices": [], "usage": {**_USAGE, "num_sources_used": 0}},),
    ),
    "anthropic": Quirks(
        "claude-haiku-5-5", "max_tokens thinking", switch="thinking", refusal=_anthropic, opening=(_ROLE,)
    ),
    "gemini": Quirks(
        "gemini-3.5-flash-lite",
        "max_tokens reasoning_effort temperature",
        switch="reasoning_effort",
        refusal=_gemini,
        delta={"role": "assistant", "extra_content": {"google": {"thought_signature": "aGk="}}},
        closing=({"choices": [{"delta": {}, "finish_reason": "stop", "index": 0}], "usage": _USAGE},),
        thoughts="",
    ),
    "mistral": Quirks(
        "ministral-8b-latest",
        "max_tokens random_seed temperature",
        refusal=_mistral,
        chunk={"p": "abcdefghij"},
        as_list=True,
    ),
    "groq": Quirks(
        "qwen/qwen3.8-27b",
        "max_completion_tokens reasoning_effort seed temperature",
        switch="reasoning_effort",
        refusal=_groq,
        opening=({**_ROLE, "x_groq": {"id": "req_01", "seed": 7}},),
        closing=({"choices": [], "x_groq": {"id": "req_01", "usage": _USAGE}},),
        thoughts="reasoning",
    ),
    "cerebras": Quirks(
        "qwen-3.8-27b",
        "max_completion_tokens reasoning_effort seed temperature",
        switch="reasoning_effort",
        closing=({"choices": [], "usage": _USAGE, "time_info": {"queue_time": 0.1, "total_time": 0.2}},),
        thoughts="reasoning",
    ),
    "openrouter": Quirks(
        "openai/gpt-6-luna",
        "max_tokens seed temperature reasoning provider",
        switch="reasoning",
        before=": OPENROUTER PROCESSING\n\n: OPENROUTER PROCESSING\n\n",
        between=": OPENROUTER PROCESSING\n\n",
        chunk={"provider": "OpenAI"},
        delta={"role": "assistant", "reasoning": None, "reasoning_details": []},
        choice={"native_finish_reason": None},
        closing=({"choices": [{"index": 0, "delta": {"content": ""}, "finish_reason": None}], "usage": _USAGE},),
        thoughts="reasoning",
    ),
    "huggingface": Quirks(
        "Qwen/Qwen3-30B-A3B-Instruct-2507",
        "max_tokens seed temperature",
        refusal=_bare,
        delta={"role": "assistant", "tool_calls": None, "tool_call_id": None},
    ),
    "azure": Quirks(
        "my-deployment",
        "max_completion_tokens seed temperature",
        opening=({"choices": [], "prompt_filter_results": [{"prompt_index": 0}], "model": "", "id": ""}, _ROLE),
        choice={"content_filter_results": _FILTERED},
        header="api-key",
    ),
    "together": Quirks(
        "Qwen/Qwen3.5-9B",
        "max_tokens seed temperature reasoning",
        switch="reasoning",
        delta={"role": "assistant", "token_id": 12, "tool_calls": []},
        choice={"text": "", "logprobs": None, "seed": 7},
        thoughts="reasoning",
    ),
    "fireworks": Quirks(
        "accounts/fireworks/models/deepseek-v4p1-flash",
        "max_tokens reasoning_effort seed temperature",
        switch="reasoning_effort",
        closing=({"choices": [{"index": 0, "delta": {}, "finish_reason": None}], "usage": _USAGE},),
    ),
    "deepinfra": Quirks(
        "google/gemma-3-12b-it",
        "max_tokens seed temperature",
        opening=(_ROLE,),
        closing=({"choices": [], "usage": {**_USAGE, "estimated_cost": 1e-6}},),
    ),
    "nvidia": Quirks(
        "google/gemma-3-12b-it",
        "max_tokens seed temperature",
        refusal=_mistral,
        delta={"role": "assistant", "reasoning_content": None, "tool_calls": []},
        choice={"logprobs": None, "matched_stop": None},
    ),
    "scaleway": Quirks(
        "mistral-small-3.2-24b-instruct-2506",
        "max_tokens seed temperature",
        opening=(_ROLE,),
        choice={"token_ids": None, "stop_reason": None},
    ),
    "deepseek": Quirks(
        "deepseek-flash",
        "max_tokens thinking temperature",
        switch="thinking",
        before=": keep-alive\n\n\n\n: keep-alive\n\n",
        delta={"reasoning_content": None},
        opening=(
            {"choices": [{"index": 0, "delta": {"role": "assistant", "content": "", "reasoning_content": None}}]},
        ),
    ),
}


class QuirkyServer:
    """Use as a context manager; ``quirks`` may be changed between requests."""

    def __init__(self, quirks: Quirks | None = None) -> None:
        self.quirks = quirks
        self.path = "/v1/chat/completions"
        self.bodies: list[dict[str, Any]] = []
        """Of the requests that were answered."""
        self.refusals = 0
        self.instead: tuple[int, dict[str, str], Any] | None = None
        """(Status, headers, JSON, or text of a stream) that every request gets."""
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> QuirkyServer:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, path: str, headers: dict[str, str], body: dict[str, Any]) -> tuple[int, dict[str, str], Any]:
        quirks = self.quirks
        assert quirks
        if self.instead:
            return self.instead
        if path != self.path:
            return 404, {}, {"error": {"code": "404", "message": "Resource not found"}}
        keys = {name: headers[name] for name in ("authorization", "api-key") if name in headers}
        if keys != {quirks.header: KEY if quirks.header == "api-key" else f"Bearer {KEY}"}:
            return 401, {}, {"error": {"message": f"no key in {quirks.header} alone"}}
        taken = {"model", "messages", "stream", *quirks.takes.split()}
        for name in body:
            if name not in taken:
                return (status := quirks.refusal(name))[0], {}, status[1]
        if body["model"] not in (quirks.model, f"models/{quirks.model}"):
            return 404, {}, {"error": {"message": f"The model `{body['model']}` does not exist"}}
        if wrong := _wrong(body["messages"]):
            return (
                400,
                {},
                {"object": "error", "message": wrong, "type": "invalid_request_message_order", "code": "3230"},
            )
        self.bodies.append(body)
        return 200, {}, _stream(quirks, thinks=bool(quirks.switch) and quirks.switch not in body)


def _wrong(messages: list[dict[str, Any]]) -> str:
    """What Mistral and NVIDIA's templates say of messages that do not alternate."""
    roles = [message["role"] for message in messages if message["role"] != "system"]
    for before, role in zip(["assistant", *roles], roles):
        if before == role:
            return f"Unexpected role '{role}' after role '{before}'"
    if any(not message["content"].strip() for message in messages):
        return "Assistant message must have either content or tool_calls, but not none."
    return "" if roles[-1] == "user" else "Expected last role User or Tool for serving but got assistant"


def _stream(quirks: Quirks, thinks: bool) -> str:
    def event(part: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
        delta = {**quirks.delta, **part}
        return {"choices": [{"index": 0, "delta": delta, "finish_reason": finish, **quirks.choice}]}

    def content(text: str) -> dict[str, Any]:
        return {"content": [{"type": "text", "text": text}] if quirks.as_list else text}

    thought = [{quirks.thoughts: THOUGHT, "content": None}] if quirks.thoughts else [content(f"<thought>{THOUGHT}")]
    thoughts = [event(part) for part in (*thought, *([] if quirks.thoughts else [content("</thought>")]))]
    events = [
        *quirks.opening,
        *(thoughts if thinks else []),
        *(event(content(piece)) for piece in PIECES),
        event({"content": ""}, "stop"),
        *quirks.closing,
    ]
    lines = [f"data: {json.dumps({'object': 'chat.completion.chunk', **quirks.chunk, **one})}\n\n" for one in events]
    return quirks.before + quirks.between.join(lines) + "data: [DONE]\n\n"


def _handler(server: QuirkyServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, more, found = server.answer(self.path, headers, body)
            server.refusals += status != 200
            kind = "text/event-stream" if isinstance(found, str) else "application/json"
            data = (found if isinstance(found, str) else json.dumps(found)).encode()
            self.send_response(status)
            for name, value in {"Content-Type": kind, "Content-Length": str(len(data)), **more}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

    return Handler


def path_of(base_url: str) -> str:
    """Where the completions of a real address are."""
    parts = urlsplit(base_url)
    return f"{parts.path}/chat/completions" + (f"?{parts.query}" if parts.query else "")
