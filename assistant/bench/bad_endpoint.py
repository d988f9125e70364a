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

_OK = b"HTTP/1.1 200 OK\r\nConnection: close\r\n"
_EVENTS = _OK + b"Content-Type: text/event-stream\r\n\r\n"
_SOUND = _OK + b"Content-Type: audio/pcm\r\n\r\n"
_PAGE = b"<!doctype html><html><body><h1>It works!</h1></body></html>"
_PIECES = ("I", " am", " here", ".", " All", " is", " well", ".")


class Line:
    """One connection, from the server's side."""

    def __init__(self, connection: socket.socket, stopped: threading.Event) -> None:
        self._connection, self._stopped = connection, stopped
        self.speech = False
        """Whether sound was asked for, and not text."""

    def send(self, data: bytes) -> None:
        self._connection.sendall(data)

    def begin(self) -> None:
        """The first half of a good answer."""
        if self.speech:
            self.send(_SOUND + _tone(0.3))
        else:
            self.send(_EVENTS + b"".join(map(_piece, _PIECES[:4])))

    def finish(self) -> None:
        """The second half."""
        self.send(_tone(0.3) if self.speech else b"".join(map(_piece, _PIECES[4:])) + _END)

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


def _event(data: object) -> bytes:
    return b"data: " + json.dumps(data).encode() + b"\n\n"


def _choice(delta: object, finish: str | None = None) -> dict:
    return {
        "id": "bad",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "bad",
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
    }


def _piece(text: str) -> bytes:
    return _event(_choice({"content": text}))


_END = _event(_choice({}, "stop")) + b"data: [DONE]\n\n"
_ERROR = {"error": {"message": "The GPU is on fire.", "type": "server_error", "param": None, "code": None}}


def _tone(seconds: float) -> bytes:
    """24 kHz signed 16-bit PCM."""
    return b"".join(struct.pack("<h", round(8000 * math.sin(n / 10))) for n in range(round(24_000 * seconds)))


def _status(status: str, body: bytes, headers: bytes = b"") -> Callable[[Line], None]:
    head = b"HTTP/1.1 %s\r\nConnection: close\r\nContent-Type: application/json\r\n" % status.encode() + headers
    return lambda line: line.send(head + b"Content-Length: %d\r\n\r\n" % len(body) + body)


def _body(kind: str, body: bytes) -> Callable[[Line], None]:
    return lambda line: line.send(_OK + b"Content-Type: %s\r\n\r\n" % kind.encode() + body)


def _stream(*events: bytes) -> Callable[[Line], None]:
    return lambda line: line.send(_EVENTS + b"".join(events))


def _then(first: Callable[[Line], None], *more: Callable[[Line], None]) -> Callable[[Line], None]:
    def act(line: Line) -> None:
        for step in (first, *more):
            step(line)

    return act


FAULTS: dict[str, Callable[[Line], None] | None] = {
    "refuses": None,  # nobody listens at the port
    "resets": Line.reset,
    "stalls": Line.hang,
    "stalls in the middle": _then(Line.begin, Line.hang),
    "cuts": lambda line: None,
    "cuts in the middle": Line.begin,
    "resets in the middle": _then(Line.begin, Line.reset),
    "cuts inside an event": _stream(_piece("I am"), b'data: {"choices": [{"del'),
    "shorter than announced": lambda line: line.send(
        _EVENTS.replace(b"\r\n\r\n", b"\r\nContent-Length: 99999\r\n\r\n") + _piece("I am")
    ),
    "drips": _then(lambda line: line.send(_EVENTS), lambda line: line.repeat(b" ", pause=0.1)),
    "breathes for ever": _then(lambda line: line.send(_EVENTS), lambda line: line.repeat(b": ping\n\n", pause=0.1)),
    "status 500": _status("500 Internal Server Error", json.dumps(_ERROR).encode()),
    "status 503 as a page": _status("503 Service Unavailable", _PAGE),
    "status 429": _status("429 Too Many Requests", json.dumps(_ERROR).encode(), b"Retry-After: 3600\r\n"),
    "status 401": _status("401 Unauthorized", b'{"error": "no"}'),
    "status 404": _status("404 Not Found", _PAGE),
    "status 400 as a list": _status("400 Bad Request", b"[1, 2]"),
    "redirects in a circle": _status("307 Temporary Redirect", b"", b"Location: /v1/chat/completions\r\n"),
    "error as 200": _body("application/json", json.dumps(_ERROR).encode()),
    "error in the stream": _stream(_event(_ERROR)),
    "error after words": _stream(_piece("I am"), _event(_ERROR)),
    "page as 200": _body("text/html", _PAGE),
    "empty": _body("text/event-stream", b""),
    "nothing but the end": _stream(b"data: [DONE]\n\n"),
    "choices of null": _stream(_event({"choices": [None]})),
    "null choices": _stream(_event({"choices": None})),
    "choices of text": _stream(_event({"choices": ["I", "am"]})),
    "choice without delta": _stream(_event({"choices": [{}]})),
    "delta of text": _stream(_event(_choice("I am here."))),
    "content of numbers": _stream(_event(_choice({"content": 42}))),
    "content of lists": _stream(_event(_choice({"content": [{"type": "text", "text": "I am"}]}))),
    "a list": _stream(_event([1, 2, 3])),
    "a number": _stream(_event(42)),
    "null": _stream(b"data: null\n\n"),
    "deeply nested": _stream(b"data: " + b"[" * 100_000 + b"\n\n"),
    "no JSON": _stream(b"data: I am here.\n\n"),
    "binary": _stream(bytes(range(256)) * 64),
    "no UTF-8": _stream(b'data: {"choices": [{"delta": {"content": "\xff\xfe"}}]}\n\n'),
    "no HTTP": lambda line: line.send(b"\x16\x03\x01\x02\x00\x01\x00 hello\n"),
    "endless header": _then(lambda line: line.send(_OK), lambda line: line.repeat(b"X: " + b"y" * 8192)),
    "broken gzip": lambda line: line.send(
        _EVENTS.replace(b"\r\n\r\n", b"\r\nContent-Encoding: gzip\r\n\r\n") + b"no gzip at all"
    ),
    "broken chunks": lambda line: line.send(
        _EVENTS.replace(b"\r\n\r\n", b"\r\nTransfer-Encoding: chunked\r\n\r\n") + b"zz\r\nI am\r\n"
    ),
    "endless line": _then(lambda line: line.send(_EVENTS + b"data: "), lambda line: line.repeat(b"x" * 65536)),
    "endless events": _then(
        lambda line: line.send(_EVENTS), lambda line: line.repeat(_event({"choices": []}) * 50, pause=0.001)
    ),
    "endless reply": _then(lambda line: line.send(_EVENTS), lambda line: line.repeat(_piece(" word"), pause=0.001)),
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

    def __enter__(self) -> BadEndpoint:
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
                _body("application/json", json.dumps(models).encode())(line)
                return
            self.requests += 1
            line.speech = b"/audio/" in head.split(b"\r\n")[0]
            act = FAULTS[self._fault] if self._fault else None
            (act or _then(Line.begin, Line.finish))(line)


def _shut(listener: socket.socket) -> None:
    with contextlib.suppress(OSError):
        listener.shutdown(socket.SHUT_RDWR)  # `close` alone leaves the accepting thread, and the port, open
    listener.close()
