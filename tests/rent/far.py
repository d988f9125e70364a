"""Stands for the far side: an `ssh` that runs each command in a folder of this machine, and a `sky` with a notebook."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

SSH = (
    f"#!{sys.executable}"
    + r"""
import os, select, socket, subprocess, sys, threading

options, words, rest = {}, [], sys.argv[1:]
while rest and rest[0].startswith("-"):
    flag = rest.pop(0)
    options[flag] = rest.pop(0) if flag in ("-o", "-S", "-L", "-O") else True
host, command = rest[0], " ".join(rest[1:])
control = options.get("-S")
if "-O" in options:
    pid = int(open(control).read())
    if options["-O"] == "exit":
        os.kill(pid, 15)
    else:
        os.kill(pid, 0)
    sys.exit(0)
if os.path.exists(os.environ["FAR"] + "/unreachable"):
    sys.stderr.write(open(os.environ["FAR"] + "/unreachable").read())
    sys.exit(255)
if "-L" in options:
    _, port, _, far = options["-L"].split(":")
    listener = socket.create_server(("127.0.0.1", int(port)))
    if os.fork():
        os._exit(0)
    os.setsid()
    null = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(null, number)
    open(control, "w").write(str(os.getpid()))

    def carry(one):
        try:
            other = socket.create_connection(("127.0.0.1", int(far)))
        except OSError:
            return one.close()
        ends = {one: other, other: one}
        while True:
            for end in select.select(list(ends), [], [])[0]:
                data = end.recv(65536)
                if not data:
                    one.close(); other.close()
                    return
                ends[end].sendall(data)

    while True:
        threading.Thread(target=carry, args=(listener.accept()[0],), daemon=True).start()
home = os.environ["FAR"]
sys.exit(subprocess.run(["bash", "-c", command], cwd=home, env={**os.environ, "HOME": home}).returncode)
"""
)

SKY = (
    f"#!{sys.executable}"
    + r"""
import json, os, sys

book = os.environ["FAR"] + "/sky.json"
state = json.load(open(book))
words = sys.argv[1:]
state["asked"].append(words)
json.dump(state, open(book, "w"))
match words:
    case ["check", *_]:
        print("notice: a new version\n" + json.dumps({"default": {cloud: ["compute"] for cloud in state["clouds"]}}))
    case ["gpus", "list", gpu, *_, cloud]:
        print(json.dumps({gpu: state["clouds"][cloud]} if cloud in state["clouds"] else {}))
    case ["launch", *_]:
        if state["fails"]:
            print("going\nsky.exceptions.ResourcesUnavailableError: no RTX4090 is free; try:\n  $ another"); sys.exit(1)
        state["machines"][words[2]] = "UP"
        state["task"] = open(words[-1]).read()
        print("\x1b[2mlaunching\x1b[0m")
    case ["status", *_]:
        print(json.dumps([{"name": name, "status": told} for name, told in state["machines"].items()]))
    case ["api", "status", _, name, *_]:
        rows = [{"request_id": one, "name": "sky.launch", "cluster_name": one} for one in state["launching"]]
        print("The flag is ignored because the server does not support it yet.\n" + json.dumps(rows))
    case ["api", "cancel", _, request]:
        state["launching"].remove(request)
    case ["down", _, name]:
        if not state["stuck"]:
            del state["machines"][name]
json.dump(state, open(book, "w"))
"""
)

SERVER = r"""
import json, sys
from http.server import BaseHTTPRequestHandler, HTTPServer


class Server(BaseHTTPRequestHandler):
    def do_GET(self):
        body = json.dumps({"data": [{"id": "far-model"}]}).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        event = {"choices": [{"index": 0, "delta": {"content": "I answer from far away."}, "finish_reason": "stop"}]}
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.end_headers()
        self.wfile.write(f"data: {json.dumps(event)}\n\ndata: [DONE]\n\n".encode())


HTTPServer(("127.0.0.1", int(sys.argv[1])), Server).serve_forever()
"""


class Far:
    """A folder that is the far machine's home, and what the cloud knows."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.command = f"{sys.executable} {folder}/server.py {{port}}"
        (folder / "server.py").write_text(SERVER)
        self.sky(clouds={}, machines={}, launching=[], fails=False, stuck=False, asked=[])

    def sky(self, **changes: object) -> dict:
        """SkyPilot's notebook, after ``changes``."""
        path = self.folder / "sky.json"
        known = json.loads(path.read_text()) if path.exists() else {}
        path.write_text(json.dumps(known | changes))
        return known | changes

    def reachable(self, whether: bool, said: str = "") -> None:
        """``said``: what ssh complains where it is not."""
        mark = self.folder / "unreachable"
        mark.unlink(missing_ok=True) if whether else mark.write_text(said)

    def serving(self) -> list[str]:
        """State, process and command line of what serves there."""
        said = subprocess.run(["ps", "axwwo", "stat=,pid=,args="], capture_output=True, text=True, check=True).stdout
        return [line for line in said.splitlines() if f"{self.folder}/server.py" in line and not line.startswith("Z")]

    def end(self) -> None:
        """End what still serves there."""
        for line in self.serving():
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(line.split()[1]), signal.SIGKILL)


@pytest.fixture
def far(tmp_path, monkeypatch):
    tools, home = tmp_path / "tools", tmp_path / "far"
    for folder in (tools, home):
        folder.mkdir()
    for name, text in (("ssh", SSH), ("sky", SKY)):
        (tools / name).write_text(text)
        (tools / name).chmod(stat.S_IRWXU)
    monkeypatch.setenv("PATH", f"{tools}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("FAR", str(home))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)
    far = Far(home)
    yield far
    far.end()


def free_port() -> int:
    with socket.socket() as tried:
        tried.bind(("127.0.0.1", 0))
        return tried.getsockname()[1]
