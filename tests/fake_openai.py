"""A local server that speaks OpenAI's wire format, with scripted faults.

    with FakeOpenAI(chat=["Par", "is."], faults=[Fault(429, retry_after="0"), None]) as server:
        ... AsyncOpenAI(base_url=server.url, api_key="x") ...
        assert server.requests[0].json["stream"] is True

Answers POST /v1/chat/completions (streamed and not), GET /v1/models and POST /v1/audio/speech (raw PCM, as with
``response_format="pcm"``), with HTTP/1.1 chunked bodies like the real service. Each POST takes the next fault from
``faults``; None, or an empty list, means none.
"""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

_ERRORS = {
    400: ("invalid_request_error", "unsupported_parameter", "Unsupported parameter."),
    401: (
        "invalid_request_error",
        "invalid_api_key",
        "Incorrect API key provided: sk-fa****cret. You can find your API key at "
        "https://platform.openai.com/account/api-keys.",
    ),
    404: (
        "invalid_request_error",
        "model_not_found",
        "The model `no-such-model` does not exist or you do not have access to it.",
    ),
    429: ("requests", "rate_limit_exceeded", "Rate limit reached for requests."),
    500: ("server_error", None, "The server had an error while processing your request. Sorry about that!"),
    503: ("server_error", None, "The engine is currently overloaded, please try again later."),
}


@dataclass(frozen=True)
class Fault:
    """What goes wrong with one request. ``*_after`` count body chunks: words of a chat, blocks of a speech."""

    status: int = 200
    """Any other than 200 gives OpenAI's error body instead of an answer."""
    retry_after: str | None = None
    """Value of the Retry-After header, in seconds."""
    hang_after: int | None = None
    """The server goes silent there and keeps the connection open; 0 = not even the status line comes."""
    cut_after: int | None = None
    """The connection is closed there, in the middle of the body."""
    malformed_after: int | None = None
    """Chat: an event that is not JSON is sent there."""


@dataclass(frozen=True)
class Request:
    path: str
    headers: dict[str, str]
    """Names in lower case."""
    json: Any


class FakeOpenAI:
    def __init__(
        self,
        chat: list[str] | None = None,
        speech: bytes = b"",
        models: list[str] | None = None,
        faults: list[Fault | None] | None = None,
        block: int = 4800,
        speech_type: str = "audio/pcm",
    ) -> None:
        self.chat = ["Hello", " there", "."] if chat is None else chat
        """The pieces of every chat reply."""
        self.speech = speech
        """Every speech: 24 kHz mono signed 16-bit little-endian PCM, sent in blocks of ``block`` bytes."""
        self.speech_type = speech_type
        """What the speech is called, which may be wrong."""
        self.models = ["fake-small"] if models is None else models
        self.faults = list(faults or [])
        self.block = block
        self.requests: list[Request] = []
        """Newest last, /v1/models included."""
        self.abandoned = threading.Event()
        """Set when a client closed the connection while a hanging answer was not finished."""
        self._stop = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"

    def __enter__(self) -> FakeOpenAI:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._server.shutdown()
        self._server.server_close()


def _handler(fake: FakeOpenAI) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def log_message(self, *_: object) -> None:
            pass

        def do_GET(self) -> None:
            self._record(None)
            if self.path == "/v1/models":
                self._answer(
                    200,
                    {
                        "object": "list",
                        "data": [
                            {"id": name, "object": "model", "owned_by": "fake", "created": 1_700_000_000}
                            for name in fake.models
                        ],
                    },
                )
            else:
                self._answer(404, {"detail": "Not Found"})

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self._record(body)
            fault = (fake.faults.pop(0) if fake.faults else None) or Fault()
            if fault.hang_after == 0:
                self._hang()
            elif fault.status != 200:
                headers = {} if fault.retry_after is None else {"Retry-After": fault.retry_after}
                self._answer(fault.status, _error(fault.status), headers)
            elif self.path == "/v1/chat/completions" and body.get("stream"):
                self._stream("text/event-stream; charset=utf-8", _chat_events(fake.chat, body), fault)
            elif self.path == "/v1/chat/completions":
                pieces = list(fake.chat)
                message = {"role": "assistant", "content": "".join(pieces)}
                self._answer(
                    200,
                    {
                        **_completion("chat.completion", body, message=message, finish_reason="stop"),
                        "usage": _usage(pieces),
                    },
                )
            elif self.path == "/v1/audio/speech":
                blocks = [fake.speech[start : start + fake.block] for start in range(0, len(fake.speech), fake.block)]
                self._stream(fake.speech_type, blocks, fault)
            else:
                self._answer(404, {"detail": "Not Found"})

        def _record(self, body: Any) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            fake.requests.append(Request(self.path, headers, body))

        def _answer(self, status: int, body: Any, headers: dict[str, str] | None = None) -> None:
            content = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def _stream(self, content_type: str, chunks: list[bytes], fault: Fault) -> None:
            self.send_response(200)
            self.send_header("Content-Type", content_type)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for position, chunk in enumerate(chunks):
                if position == fault.malformed_after:
                    self._chunk(b'data: {"id": "chatcmpl-fake", "choices": [{"delta"\n\n')
                if position == fault.cut_after:
                    self.close_connection = True
                    return
                if position == fault.hang_after:
                    return self._hang()
                try:
                    self._chunk(chunk)
                except OSError:
                    self.close_connection = True
                    return fake.abandoned.set()
            self.wfile.write(b"0\r\n\r\n")

        def _chunk(self, content: bytes) -> None:
            self.wfile.write(f"{len(content):x}\r\n".encode() + content + b"\r\n")
            self.wfile.flush()

        def _hang(self) -> None:
            self.close_connection = True
            self.connection.settimeout(0.05)
            while not fake._stop.is_set():
                try:
                    if not self.connection.recv(1):
                        return fake.abandoned.set()
                except TimeoutError:
                    continue
                except OSError:
                    return fake.abandoned.set()

    return Handler


def _error(status: int) -> dict:
    kind, code, message = _ERRORS.get(status, ("server_error", None, f"HTTP {status}"))
    return {"error": {"message": message, "type": kind, "param": None, "code": code}}


def _completion(kind: str, request: dict, **choice: Any) -> dict:
    return {
        "id": "chatcmpl-fake",
        "object": kind,
        "created": 1_700_000_000,
        "model": request["model"],
        "service_tier": "default",
        "system_fingerprint": "fp_fake",
        "choices": [{"index": 0, "logprobs": None, **choice}],
    }


def _usage(pieces: list[str]) -> dict:
    return {"prompt_tokens": 9, "completion_tokens": len(pieces), "total_tokens": 9 + len(pieces)}


def _chat_events(pieces: list[str], request: dict) -> list[bytes]:
    def event(delta: dict, finish: str | None = None) -> bytes:
        chunk = _completion("chat.completion.chunk", request, delta=delta, finish_reason=finish)
        return b"data: " + json.dumps(chunk).encode() + b"\n\n"

    opening = event({"role": "assistant", "content": "", "refusal": None})
    words = [event({"content": piece}) for piece in pieces]
    ending = event({}, "stop")
    if (request.get("stream_options") or {}).get("include_usage"):
        usage = {**_completion("chat.completion.chunk", request), "choices": [], "usage": _usage(pieces)}
        ending += b"data: " + json.dumps(usage).encode() + b"\n\n"
    if not words:
        return [opening + ending + b"data: [DONE]\n\n"]
    words[0] = opening + words[0]  # one body chunk per piece, so that Fault counts pieces
    words[-1] += ending + b"data: [DONE]\n\n"
    return words
