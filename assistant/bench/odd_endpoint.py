"""An endpoint that holds a conversation within a context of its own, and is odd on demand: it does what no client
expects, and what many servers do. What is worse than odd stands in bad_endpoint.py.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable, Iterator

from assistant.bench.bad_endpoint import END, EVENTS, FAULTS, BadEndpoint, Line, body_of, choice, event, piece, status

_CHARACTERS = 3.5  # a token, about
_MESSAGE = 4  # tokens that a message costs beside its words
_REPLY = "As far as I know, nobody has ever counted what you asked in number %s."
_OPTIONS = ("temperature", "seed", "max_tokens", "stream")

Act = Callable[[Line], None]


def tokens(request: dict) -> int:
    """As this endpoint counts them."""
    return sum(_MESSAGE + round(len(message["content"]) / _CHARACTERS) for message in request["messages"])


def reply(request: dict) -> str:
    """Another one for each number that was asked for."""
    return _REPLY % (re.findall(r"\d+", request["messages"][-1]["content"]) or "0")[-1]


def full(request: dict, context: int, dialect: str) -> Act:
    """The refusal of a prompt that does not fit, as OpenAI, llama.cpp, vLLM, Ollama or TGI put it."""
    asked, most = tokens(request), request.get("max_tokens", 200)
    words = {
        "openai": f"This model's maximum context length is {context} tokens. However, your messages resulted in "
        f"{asked} tokens. Please reduce the length of the messages.",
        "llama.cpp": "the request exceeds the available context size, try increasing it",
        "vllm": f"'max_tokens' or 'max_completion_tokens' is too large: {most}. This model's maximum context length is "
        f"{context} tokens and your request has {asked} input tokens ({most} > {context} - {asked}).",
        "ollama": "the input length exceeds the context length",
        "tgi": f"Input validation error: `inputs` tokens + `max_new_tokens` must be <= {context}. Given: {asked} "
        f"`inputs` tokens and {most} `max_new_tokens`",
    }[dialect]
    bodies: dict[str, object] = {
        "openai": {"error": {"message": words, "param": "messages", "code": "context_length_exceeded"}},
        "llama.cpp": {"error": {"code": 400, "message": words, "type": "exceed_context_size_error", "n_ctx": context}},
        "vllm": {"object": "error", "message": words, "type": "BadRequestError", "param": None, "code": 400},
        "ollama": {"error": {"message": words, "type": "api_error"}},
        "tgi": {"error": words, "error_type": "validation"},
    }
    code = {"tgi": "422 Unprocessable Entity", "ollama": "500 Internal Server Error"}.get(dialect, "400 Bad Request")
    return status(code, json.dumps(bodies[dialect]).encode())


DIALECTS = ("openai", "llama.cpp", "vllm", "ollama", "tgi")


def _words(line: Line) -> list[str]:
    return [f" {word}" if number else word for number, word in enumerate(reply(line.request).split())]


def _told(line: Line) -> list[bytes]:
    return [piece(word) for word in _words(line)]


def _events(make: Callable[[Line], Iterator[bytes] | list[bytes]], head: bytes = EVENTS) -> Act:
    return lambda line: line.send(head + b"".join(make(line)))


def _between(*more: bytes) -> Act:
    """A good stream with each of ``more`` before each of its events."""
    return _events(lambda line: [part for one in [*_told(line), END] for part in (*more, one)])


def _wrapped(wrap: Callable[[str], object], finish: str | None = "stop") -> Act:
    """Each word as ``wrap`` makes a delta of it."""
    return _events(lambda line: [*(event(choice(wrap(word))) for word in _words(line)), event(choice({}, finish))])


def _refusing(option: str) -> Act:
    body = json.dumps({"error": {"message": f"Unsupported parameter: '{option}'", "param": option}}).encode()
    refuse = status("400 Bad Request", body)
    return lambda line: (refuse if option in line.request else well)(line)


def _slow_header(line: Line) -> None:
    line.send(b"HTTP/1.1 200 OK\r\n")
    line.hang(0.3)
    line.send(EVENTS.partition(b"\r\n")[2] + b"".join([*_told(line), END]))


def _byte_by_byte(line: Line) -> None:
    line.send(EVENTS)
    data = json.dumps(choice({"content": f"Ça coûte 5 € 😀. {reply(line.request)}"}), ensure_ascii=False).encode()
    for number in range(0, len(data := b"data: " + data + b"\n\n" + END), 3):
        line.send(data[number : number + 3])


def _whole(line: Line) -> None:
    message = {"role": "assistant", "content": reply(line.request)}
    body_of("application/json", json.dumps({"choices": [{"message": message, "finish_reason": "stop"}]}).encode())(line)


def _zipped(line: Line) -> None:
    line.send(EVENTS.replace(b"\r\n\r\n", b"\r\nContent-Encoding: gzip\r\n\r\n") + gzip.compress(b"".join(_told(line))))


well = _events(lambda line: [event(choice({"role": "assistant", "content": ""})), *_told(line), END])

ODDITIES: dict[str, Act] = {
    **{f"refuses {option}": _refusing(option) for option in _OPTIONS},
    "keep-alives": _between(b": OPENROUTER PROCESSING\n\n"),
    "events without data": _between(b"event: ping\n\n", b"data:\n\n", b"retry: 100\nid: 1\n\n"),
    "null choices between": _between(event({"choices": None}), event({"choices": []}), event({})),
    "roles in each event": _wrapped(lambda word: {"role": "assistant", "content": word, "tool_calls": None}),
    "roles only": _events(lambda line: [event(choice({"role": "assistant"})), END]),
    "content in parts": _wrapped(lambda word: {"content": [{"type": "text", "text": word}]}),
    "lines end as on Windows": _events(lambda line: [b"".join([*_told(line), END]).replace(b"\n", b"\r\n")]),
    "lines end as on old Macs": _events(lambda line: [b"".join([*_told(line), END]).replace(b"\n", b"\r")]),
    "wrong charset": _events(
        lambda line: [
            b"data: "
            + json.dumps(choice({"content": f"Ça va\u2028 {reply(line.request)}"}), ensure_ascii=False).encode(),
            b"\n\n",
            END,
        ],
        EVENTS.replace(b"event-stream", b"event-stream; charset=iso-8859-1"),
    ),
    "byte by byte": _byte_by_byte,
    "half characters": _wrapped(lambda word: {"content": f"{word}\ud83d"}),
    "thoughts": _events(lambda line: [piece("<think>Hm, "), piece("let me see.</think>\n\n"), *_told(line), END]),
    "thoughts beside": _events(lambda line: [event(choice({"reasoning_content": "Hm."})), *_told(line), END]),
    "thoughts only": _events(lambda line: [piece("<think>Hm, let me see."), END]),
    "tool calls": _wrapped(lambda word: {"tool_calls": [{"index": 0, "function": {"name": word}}]}, "tool_calls"),
    "empty": _events(lambda line: [piece(""), END]),
    "white space": _events(lambda line: [piece(" \n"), END]),
    "each event twice": _events(lambda line: [part for one in _told(line) for part in (one, one)]),
    "no end": _events(_told),
    "two ends": _events(lambda line: [*_told(line), END, END]),
    "finish of another name": _wrapped(lambda word: {"content": word}, "eos_token"),
    "finish is empty": _wrapped(lambda word: {"content": word}, ""),
    "finish in each event": _events(lambda line: [event(choice({"content": word}, "stop")) for word in _words(line)]),
    "whole answer": _whole,
    "gzip": _zipped,
    "slow header": _slow_header,
    "redirects elsewhere": status(
        "307 Temporary Redirect", b"", b"Location: http://127.0.0.1:9/v1/chat/completions\r\n"
    ),
    "429 with a date": status("429 Too Many Requests", b"{}", b"Retry-After: Wed, 21 Oct 2026 07:28:00 GMT\r\n"),
    "429 without delay": status("429 Too Many Requests", b"{}", b"Retry-After: 0\r\n"),
    "500 as a page": status("500 Internal Server Error", b"<html><h1>Internal Server Error</h1></html>"),
    "model unloaded": status(
        "404 Not Found", b'{"error": {"message": "model \\"m\\" not found, try pulling it first"}}'
    ),
    "runner died": status("500 Internal Server Error", b'{"error": "llama runner process has terminated"}'),
    "error as text": body_of("text/plain", b"Error: no slot available"),
    "error as an event": _events(lambda line: [*_told(line)[:2], b'event: error\ndata: {"detail": "CUDA error"}\n\n']),
}
"""Name -> what it does with a connection whose request was read."""
FULL = {f"full, says {dialect}": dialect for dialect in DIALECTS}
"""Name -> how it says that half of its context is taken by others."""
WAYS: dict[str, Act] = {**{name: act for name, act in FAULTS.items() if act}, **ODDITIES}


class OddEndpoint(BadEndpoint):
    """Answers well within its context, but for the next `times` answers as `way` says, a name of `WAYS` or `FULL`."""

    def __init__(self, context: int = 4096) -> None:
        """``context``: tokens of a prompt and its answer."""
        super().__init__()
        self.context = context
        self.way, self.times = "", 0
        self.asked: list[int] = []
        """Tokens of each prompt that it took."""
        self.refused = 0
        """Prompts that did not fit."""

    def act(self, line: Line) -> None:
        way = self.way if self.times > 0 else ""
        self.times -= 1
        dialect = FULL.get(way, DIALECTS[self.refused % len(DIALECTS)])
        context = self.context // 2 if way in FULL else self.context
        if way in WAYS:
            WAYS[way](line)
        elif tokens(line.request) + line.request.get("max_tokens", 0) > context:
            full(line.request, context, dialect)(line)
            self.refused += 1
        else:
            self.asked.append(tokens(line.request))
            well(line)
