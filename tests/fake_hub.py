"""As much of the Hugging Face hub's HTTP interface as a download needs, on localhost, with faults on request."""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

COMMIT = "c0ffee" * 6 + "abcd"
LARGE = 1000  # bytes from which a file counts as LFS: named by its sha256, not by its git hash


@dataclass
class Hub:
    """``files`` of the one repository ``owner/model``; the rest says how the server misbehaves."""

    files: dict[str, bytes]
    commit: str = COMMIT
    """The only one there is."""
    status: int = 0
    """Answer everything with this HTTP status."""
    error_code: str = ""
    """The hub's own name for the error, sent as X-Error-Code."""
    cut_after: int | None = None
    """Close the connection after so many bytes of each body."""
    cuts: int = 10**9
    """How many bodies are cut."""
    damaged: bool = False
    """Send wrong bytes of the right length."""
    ranges: bool = True
    requests: list[tuple[str, str, str | None]] = field(default_factory=list)
    """(method, path, Range header) of every request."""
    tokens: set[str | None] = field(default_factory=set)
    url: str = ""

    def bodies(self) -> list[str | None]:
        """The Range header of every request for the contents of a file."""
        return [range_ for method, path, range_ in self.requests if method == "GET" and "/resolve/" in path]


@contextmanager
def serve(hub: Hub) -> Iterator[Hub]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_HEAD(self) -> None:
            self._answer()

        def do_GET(self) -> None:
            self._answer()

        def log_message(self, *_args: object) -> None:
            pass

        def _answer(self) -> None:
            path = unquote(urlsplit(self.path).path)
            hub.requests.append((self.command, path, self.headers["Range"]))
            hub.tokens.add(self.headers["Authorization"])
            if path == "/":
                self._send(200, b"hub")
            elif hub.status:
                self._send(hub.status, b'{"error": "no"}', {"X-Error-Code": hub.error_code} if hub.error_code else {})
            elif (asked := re.search("/(?:revision|tree|resolve)/([0-9a-f]{40})", path)) and asked[1] != hub.commit:
                self._send(404, b'{"error": "no such commit"}', {"X-Error-Code": "RevisionNotFound"})
            elif re.fullmatch(f"/api/models/owner/model(/revision/(main|{hub.commit}))?", path):
                self._json(
                    {
                        "id": "owner/model",
                        "sha": hub.commit,
                        "siblings": [{"rfilename": name, **_metadata(content)} for name, content in hub.files.items()],
                    }
                )
            elif path == f"/api/models/owner/model/tree/{hub.commit}":
                self._json(
                    [
                        {"type": "file", "path": name, "oid": _git_hash(content), **_metadata(content)}
                        for name, content in hub.files.items()
                    ]
                )
            elif path.startswith("/owner/model/resolve/"):
                self._file(path.split("/", 5)[5])
            else:
                self._send(404, b'{"error": "no such repository"}', {"X-Error-Code": "RepoNotFound"})

        def _json(self, value: object) -> None:
            self._send(200, json.dumps(value).encode(), {"Content-Type": "application/json"})

        def _file(self, name: str) -> None:
            content = hub.files[name]
            metadata = _metadata(content)
            etag = metadata["lfs"]["sha256"] if "lfs" in metadata else metadata["blobId"]
            headers = {"X-Repo-Commit": hub.commit, "ETag": f'"{etag}"'}
            body, status = bytes(byte ^ 1 for byte in content) if hub.damaged else content, 200
            if self.headers["Range"] and hub.ranges:
                start = int(self.headers["Range"].removeprefix("bytes=").split("-")[0])
                headers["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
                body, status = body[start:], 206
            self._send(status, body, headers, cut=self.command == "GET")

        def _send(self, status: int, body: bytes, headers: dict[str, str] | None = None, cut: bool = False) -> None:
            self.send_response(status)
            for name, value in ({"Content-Length": str(len(body))} | (headers or {})).items():
                self.send_header(name, value)
            self.end_headers()
            if self.command == "HEAD":
                return
            if cut and hub.cut_after is not None and hub.cuts > 0 and hub.cut_after < len(body):
                hub.cuts -= 1
                body, self.close_connection = body[: hub.cut_after], True
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.handle_error = lambda *_args: None  # a client that hangs up early is part of the tests
    hub.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()


def _metadata(content: bytes) -> dict[str, object]:
    metadata: dict[str, object] = {"size": len(content), "blobId": _git_hash(content)}
    if len(content) >= LARGE:
        sha256 = hashlib.sha256(content).hexdigest()
        metadata["lfs"] = {"size": len(content), "sha256": sha256, "oid": sha256, "pointerSize": 130}
    return metadata


def _git_hash(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
