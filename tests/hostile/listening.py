"""A server at an address that nobody chose: it keeps every byte that comes, and answers whatever it is asked."""

from __future__ import annotations

import socketserver
import threading

_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"


class Listening:
    def __init__(self) -> None:
        self.heard: list[bytes] = []
        """One entry for each connection, also for one that says nothing."""

        class Handler(socketserver.BaseRequestHandler):
            def handle(handler) -> None:
                heard.append(b"")
                number = len(heard) - 1
                handler.request.settimeout(0.5)
                try:
                    while chunk := handler.request.recv(65536):
                        heard[number] += chunk
                        handler.request.sendall(_ANSWER)
                except OSError:
                    pass

        heard = self.heard
        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port: int = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Listening:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
