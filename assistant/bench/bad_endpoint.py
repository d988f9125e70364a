"""An OpenAI-compatible server that misbehaves on demand: each row of `FAULTS` is one way to do so.

    with BadEndpoint() as server:
        ... [llm] base_url = server.url ...
        server.fault = "cuts"      # from the next request on
        server.fault = ""          # it answers well again

Answers POST /v1/chat/completions (streamed) and /v1/audio/speech (PCM). Models are listed well, except by "refuses".
"""

from __future__ import annotations

import contextlib
import json
import math
import socket
import struct
import threading
from collections.abc import Callable
from typing import Self

OK = b"HTTP/1.1 200 OK\r\nConnection: close\r\n"
EVENTS = OK + b"Content-Type: text/event-stream\r\n\r\n"
_SOUND = OK + b"Content-Type: audio/pcm\r\n\r\n"
_PAGE = b"<!doctype html><html><body><h1>It works!</h1></body></html>"
_PIECES = ("I", " am", " here", ".", " All", " is", " well", ".")


class Line:
    """One connection, from the server's side."""

    def __init__(self, connection: socket.socket, stopped: threading.Event) -> None:
        self._connection, self._stopped = connection, stopped
        self.speech = False
        """Whether sound was asked for, and not text."""
        self.request: dict = {}
        """What was asked; empty where it is no JSON."""

    def send(self, data: bytes) -> None:
        self._connection.sendall(data)

    def begin(self) -> None:
        """The first half of a good answer."""
        if self.speech:
            self.send(_SOUND + _tone(0.3))
        else:
            self.send(EVENTS + b"".join(map(piece, _PIECES[:4])))

    def finish(self) -> None:
        """The second half."""
        self.send(_tone(0.3) if self.speech else b"".join(map(piece, _PIECES[4:])) + END)

    def hang(self, seconds: float = math.inf) -> None:
        """Stay silent until the client leaves, the server ends, or ``seconds`` have passed."""
        self._connection.settimeout(min(seconds, 0.1))
        while seconds > 0 and not self._stopped.is_set():
            try:
                if not self._connection.recv(4096):
                    raise ConnectionAbortedError
            except TimeoutError:
                seconds -= 0.1

    def repeat(self, data: bytes, pause: float = 0.0) -> None:
        """Send ``data`` again and again, until the client leaves or the server ends."""
        while not self._stopped.is_set():
            self.send(data)
            if pause:
                self.hang(pause)

    def reset(self) -> None:
        """Close it as a crashed server does."""
        self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def event(data: object) -> bytes:
    return b"data: " + json.dumps(data).encode() + b"\n\n"


def choice(delta: object, finish: str | None = None) -> dict:
    return {
        "id": "bad",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "bad",
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
    }


def piece(text: str) -> bytes:
    return event(choice({"content": text}))


END = event(choice({}, "stop")) + b"data: [DONE]\n\n"
_ERROR = {"error": {"message": "The GPU is on fire.", "type": "server_error", "param": None, "code": None}}


def _tone(seconds: float) -> bytes:
    """24 kHz signed 16-bit PCM."""
    return b"".join(struct.pack("<h", round(8000 * math.sin(n / 10))) for n in range(round(24_000 * seconds)))


def status(code: str, body: bytes, headers: bytes = b"") -> Callable[[Line], None]:
    head = b"HTTP/1.1 %s\r\nConnection: close\r\nContent-Type: application/json\r\n" % code.encode() + headers
    return lambda line: line.send(head + b"Content-Length: %d\r\n\r\n" % len(body) + body)


def body_of(kind: str, body: bytes) -> Callable[[Line], None]:
    return lambda line: line.send(OK + b"Content-Type: %s\r\n\r\n" % kind.encode() + body)


def stream(*events: bytes) -> Callable[[Line], None]:
    return lambda line: line.send(EVENTS + b"".join(events))


def then(first: Callable[[Line], None], *more: Callable[[Line], None]) -> Callable[[Line], None]:
    def act(line: Line) -> None:
        for step in (first, *more):
            step(line)

    return act


FAULTS: dict[str, Callable[[Line], None] | None] = {
    "refuses": None,  # nobody listens at the port
    "resets": Line.reset,
    "stalls": Line.hang,
    "stalls in the middle": then(Line.begin, Line.hang),
    "cuts": lambda line: None,
    "cuts in the middle": Line.begin,
    "resets in the middle": then(Line.begin, Line.reset),
    "cuts inside an event": stream(piece("I am"), b'data: {"choices": [{"del'),
    "shorter than announced": lambda line: line.send(
        EVENTS.replace(b"\r\n\r\n", b"\r\nContent-Length: 99999\r\n\r\n") + piece("I am")
    ),
    "drips": then(lambda line: line.send(EVENTS), lambda line: line.repeat(b" ", pause=0.1)),
    "breathes for ever": then(lambda line: line.send(EVENTS), lambda line: line.repeat(b": ping\n\n", pause=0.1)),
    "status 500": status("500 Internal Server Error", json.dumps(_ERROR).encode()),
    "status 503 as a page": status("503 Service Unavailable", _PAGE),
    "status 429": status("429 Too Many Requests", json.dumps(_ERROR).encode(), b"Retry-After: 3600\r\n"),
    "status 401": status("401 Unauthorized", b'{"error": "no"}'),
    "status 404": status("404 Not Found", _PAGE),
    "status 400 as a list": status("400 Bad Request", b"[1, 2]"),
    "redirects in a circle": status("307 Temporary Redirect", b"", b"Location: /v1/chat/completions\r\n"),
    "error as 200": body_of("application/json", json.dumps(_ERROR).encode()),
    "error in the stream": stream(event(_ERROR)),
    "error after words": stream(piece("I am"), event(_ERROR)),
    "page as 200": body_of("text/html", _PAGE),
    "empty": body_of("text/event-stream", b""),
    "nothing but the end": stream(b"data: [DONE]\n\n"),
    "choices of null": stream(event({"choices": [None]})),
    "null choices": stream(event({"choices": None})),
    "choices of text": stream(event({"choices": ["I", "am"]})),
    "choice without delta": stream(event({"choices": [{}]})),
    "delta of text": stream(event(choice("I am here."))),
    "content of numbers": stream(event(choice({"content": 42}))),
    "content of lists": stream(event(choice({"content": [{"type": "text", "text": "I am"}]}))),
    "a list": stream(event([1, 2, 3])),
    "a number": stream(event(42)),
    "null": stream(b"data: null\n\n"),
    "deeply nested": stream(b"data: " + b"[" * 100_000 + b"\n\n"),
    "no JSON": stream(b"data: I am here.\n\n"),
    "binary": stream(bytes(range(256)) * 64),
    "no UTF-8": stream(b'data: {"choices": [{"delta": {"content": "\xff\xfe"}}]}\n\n'),
    "no HTTP": lambda line: line.send(b"\x16\x03\x01\x02\x00\x01\x00 hello\n"),
    "endless header": then(lambda line: line.send(OK), lambda line: line.repeat(b"X: " + b"y" * 8192)),
    "broken gzip": lambda line: line.send(
        EVENTS.replace(b"\r\n\r\n", b"\r\nContent-Encoding: gzip\r\n\r\n") + b"no gzip at all"
    ),
    "broken chunks": lambda line: line.send(
        EVENTS.replace(b"\r\n\r\n", b"\r\nTransfer-Encoding: chunked\r\n\r\n") + b"zz\r\nI am\r\n"
    ),
    "endless line": then(lambda line: line.send(EVENTS + b"data: "), lambda line: line.repeat(b"x" * 65536)),
    "endless events": then(
        lambda line: line.send(EVENTS), lambda line: line.repeat(event({"choices": []}) * 50, pause=0.001)
    ),
    "endless reply": then(lambda line: line.send(EVENTS), lambda line: line.repeat(piece(" word"), pause=0.001)),
}
"""Name -> what it does with a connection whose request was read."""


class BadEndpoint:
    """Use as a context manager."""

    def __init__(self, fault: str = "") -> None:
        self._stopped = threading.Event()
        self._listener = self._listen(0)
        self._port = self._listener.getsockname()[1]
        self._fault = ""
        self.url = f"http://127.0.0.1:{self._port}/v1"
        self.requests = 0
        """For answers; questions for the models are not counted."""
        self.fault = fault

    @property
    def fault(self) -> str:
        """A name from `FAULTS`, or "" to answer well."""
        return self._fault

    @fault.setter
    def fault(self, name: str) -> None:
        if name:
            FAULTS[name]  # an unknown one raises here, where it is named
        was, self._fault = self._fault, name
        if name == "refuses":
            _shut(self._listener)
        elif was == "refuses":
            self._listener = self._listen(self._port)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        _shut(self._listener)

    def _listen(self, port: int) -> socket.socket:
        listener = socket.create_server(("127.0.0.1", port), backlog=64)
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()
        return listener

    def _accept(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):  # it was closed
            while True:
                connection, _ = listener.accept()
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            connection.settimeout(10.0)
            head, body = b"", b""
            while b"\r\n\r\n" not in head:
                if not (data := connection.recv(65536)):
                    return
                head += data
            head, _, body = head.partition(b"\r\n\r\n")
            headers = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
            while len(body) < int(headers.get(b"content-length", 0)):
                body += connection.recv(65536)
            line = Line(connection, self._stopped)
            if b"/models" in head.split(b"\r\n")[0]:
                models = {"object": "list", "data": [{"id": "bad", "object": "model", "created": 1, "owned_by": "me"}]}
                body_of("application/json", json.dumps(models).encode())(line)
                return
            self.requests += 1
            line.speech = b"/audio/" in head.split(b"\r\n")[0]
            with contextlib.suppress(ValueError):
                line.request = json.loads(body)
            self.act(line)

    def act(self, line: Line) -> None:
        """Answer what was asked on ``line``."""
        act = FAULTS[self._fault] if self._fault else None
        (act or then(Line.begin, Line.finish))(line)


def _shut(listener: socket.socket) -> None:
    with contextlib.suppress(OSError):
        listener.shutdown(socket.SHUT_RDWR)  # `close` alone leaves the accepting thread, and the port, open
    listener.close()
