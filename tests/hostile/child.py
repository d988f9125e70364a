"""Runs commands of the program one after the other, in one process of their own, and tells what came of each.

Reads {"commands": [[word, ...], ...], "ports": [port, ...]} and writes one line of JSON for each: exit code and all
that was printed. Nothing leaves this machine: a connection to others than ``ports`` of 127.0.0.1 fails, and is told.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys


def main() -> None:
    job = json.loads(sys.stdin.readline())
    told, sys.stdin = os.fdopen(os.dup(1), "w"), open(os.devnull)
    wanted: list[str] = []

    def watch(event: str, details: tuple) -> None:
        if event == "socket.connect" and isinstance(details[1], tuple) and details[1][1] not in job["ports"]:
            wanted.append(f"{details[1][0]}:{details[1][1]}")
            raise OSError(f"nothing leaves this machine in a test: {wanted[-1]}")
        if event == "socket.getaddrinfo" and details[0] not in (None, "", "127.0.0.1", "localhost"):
            wanted.append(str(details[0]))
            raise OSError(f"nothing leaves this machine in a test: {wanted[-1]}")

    sys.addaudithook(watch)
    from assistant import cli

    for words in job["commands"]:
        wanted.clear()
        printed = io.TextIOWrapper(kept := io.BytesIO(), "utf-8", "replace", write_through=True)
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
            try:
                code = cli.main(words)
            except SystemExit as ended:
                code = ended.code
        row = {"words": words, "code": code, "printed": kept.getvalue().decode(), "wanted": list(wanted)}
        print(json.dumps(row), file=told, flush=True)
    os._exit(0)


if __name__ == "__main__":
    main()
