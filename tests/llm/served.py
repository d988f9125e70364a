"""A small endpoint for tests: it answers as each test says."""

from __future__ import annotations

import asyncio
import json
import ssl
import threading
from contextlib import aclosing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from assistant.errors import EngineError
from assistant.llm import LlmSettings, Message, load

ANSWER = "The capital of France is Paris."
TALK = [Message("system", "Be brief."), Message("user", "What is the capital of France?")]


def event(delta: object, finish: str | None = None, **more: object) -> str:
    return f"data: {json.dumps({'choices': [{'index': 0, 'delta': delta, 'finish_reason': finish}], **more})}\n\n"


SAID, STOP, DONE = event({"content": ANSWER}), event({}, "stop"), "data: [DONE]\n\n"
THE, REST = event({"content": "The capital of"}), event({"content": " France is Paris."})


class Server:
    """Answers what ``answer(body)`` gives: text of a stream, or (status, JSON, further headers)."""

    def __init__(self, answer) -> None:
        bodies = self.bodies = []
        self.keys = keys = []
        self.asked = asked = []  # keys of whoever asked for the models
        self.moved = ""  # where the list of models is instead

        server = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: object) -> None:
                pass

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                bodies.append(body)
                keys.append(self.headers.get("Authorization"))
                self.give(answer(body))

            def do_GET(self) -> None:
                asked.append(self.headers.get("Authorization"))
                if server.moved:
                    self.give((307, {}, {"Location": server.moved}))
                    return
                self.give((200, {"data": [{"id": name} for name in ("text-embedding-x", "chat-y", "chat-z")]}, {}))

            def give(self, found) -> None:
                status, content, headers = (200, found, {}) if isinstance(found, str) else found
                kind = "text/event-stream" if isinstance(content, str) else "application/json"
                data = (content if isinstance(content, str) else json.dumps(content)).encode("utf-8", "surrogatepass")
                self.send_response(status)
                for name, value in {"Content-Type": kind, "Content-Length": str(len(data)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(data)

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"

    def encrypt(self, certificate: Path) -> None:
        """Its key lies beside it."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, certificate.with_suffix(".key"))
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)

    def __enter__(self) -> Server:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def ask(self, *talks: list[Message], **given: object) -> list[str]:
        """The replies of one engine, or what it says instead."""
        chosen = {"engine": "openai", "preset": "custom", "base_url": self.url, "model": "m", "timeout": 5.0, **given}
        engine = load(LlmSettings(**chosen), lambda text: None)

        async def replies() -> list[str]:
            found = []
            for talk in talks or (TALK,):
                text = ""
                try:
                    async with aclosing(engine.reply(talk)) as pieces:
                        async for piece in pieces:
                            text += piece
                except EngineError as error:
                    text += f" !{error}"
                found.append(text)
            return found

        return asyncio.run(replies())
