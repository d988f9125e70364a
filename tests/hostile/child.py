"""Runs commands of the program one after the other, in one process of their own, and tells what came of each.

Reads {"commands": [[word, ...], ...], "ports": [port, ...]} and writes one line of JSON for each: exit code and all
that was printed. Nothing leaves this machine: a connection to others than ``ports`` of 127.0.0.1 fails, and is told.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import signal
import socket
import sys
import tempfile
import threading
from collections.abc import Iterator

import psutil


def main() -> None:
    job = json.loads(sys.stdin.readline())
    told, sys.stdin = os.fdopen(os.dup(1), "w"), open(os.devnull)
    wanted: list[str] = []

    def own() -> list[int]:
        """Ports that this process serves itself, as a bench's endpoint."""
        known = psutil.Process().net_connections("tcp")
        return [one.laddr.port for one in known if one.status == psutil.CONN_LISTEN]

    def watch(event: str, details: tuple) -> None:
        if event == "socket.connect" and isinstance(details[1], tuple) and details[1][1] not in [*job["ports"], *own()]:
            wanted.append(f"{details[1][0]}:{details[1][1]}")
            raise OSError(f"nothing leaves this machine in a test: {wanted[-1]}")
        if event == "socket.getaddrinfo" and details[0] not in (None, "", "127.0.0.1", "localhost"):
            wanted.append(str(details[0]))
            raise OSError(f"nothing leaves this machine in a test: {wanted[-1]}")

    sys.addaudithook(watch)
    # Where threads run, no command goes on in a fork, whose words and connections nobody would see here.
    threading.Thread(target=threading.Event().wait, daemon=True).start()
    from assistant import cli

    for words in job["commands"]:
        wanted.clear()
        printed = io.TextIOWrapper(kept := io.BytesIO(), "utf-8", "replace", write_through=True)
        ends = ended_when_ready() if words == ["kiosk"] else contextlib.nullcontext()
        with ends, contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
            try:
                code = cli.main(words)
            except SystemExit as ended:
                code = ended.code
        row = {"words": words, "code": code, "printed": kept.getvalue().decode(), "wanted": list(wanted)}
        print(json.dumps(row), file=told, flush=True)
    os._exit(0)


@contextlib.contextmanager
def ended_when_ready() -> Iterator[None]:
    """In systemd's place: as soon as it is told that the kiosk is ready, it ends it. Without a microphone, too, the
    kiosk waits for visitors for ever."""
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as inbox:
        inbox.bind(f"{folder}/notify")
        os.environ["NOTIFY_SOCKET"] = f"{folder}/notify"

        def end() -> None:
            while not inbox.recv(65536).startswith(b"READY=1"):
                pass
            os.kill(os.getpid(), signal.SIGTERM)

        threading.Thread(target=end, daemon=True).start()
        try:
            yield
        finally:
            os.environ.pop("NOTIFY_SOCKET", None)


if __name__ == "__main__":
    main()
