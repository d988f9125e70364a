"""Vast.ai as dstack asks it, in front of machines that are OpenSSH servers here, and dstack's runner on them.

dstack's own back end for Vast.ai rents a container whose sshd its server and `dstack attach` reach without anything
between. What is not in dstack's package is its runner, a program in Go that the container fetches: `Runner` answers in
its place what the server asks of it. It listens at a port that dstack has fixed, so one machine at a time.
"""

from __future__ import annotations

import contextlib
import getpass
import json
import os
import shlex
import signal
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.rent.real import Sshd

PRICE = 0.4
_RUNNER_PORT = 10999
_OFFER = {
    "id": 4711,
    "cpu_cores": 8,
    "cpu_cores_effective": 8,
    "cpu_ram": 32000,
    "disk_space": 200.0,
    "storage_cost": 0.0,
    "gpu_name": "RTX 4090",
    "gpu_ram": 24564,
    "num_gpus": 1,
    "geolocation": "Reykjavik, IS",
    "dph_base": PRICE,
    "dph_total": PRICE,
}


class _Answers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:
        pass

    def _answer(self) -> None:
        given = self.rfile.read(int(self.headers.get("content-length") or 0))
        said = self.server.told(self.command, self.path.partition("?")[0].rstrip("/"), given)  # type: ignore[attr-defined]
        body = json.dumps(said).encode()
        self.send_response(404 if said is None else 200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PUT = do_DELETE = _answer


class _Serves(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Answers)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def told(self, method: str, path: str, given: bytes) -> Any:
        """What is answered; None = there is no such thing."""
        raise NotImplementedError

    def close(self) -> None:
        self.shutdown()
        self.server_close()


class Runner(_Serves):
    """A job that does nothing until it is stopped."""

    def __init__(self) -> None:
        super().__init__(_RUNNER_PORT)
        self._states: list[dict[str, Any]] = []

    def told(self, method: str, path: str, given: bytes) -> Any:
        match path:
            case "/api/healthcheck":
                return {"service": "dstack-runner", "version": "0.22.5"}
            case "/api/submit" | "/api/upload_code" | "/api/upload_archive":
                return {}
            case "/api/run":
                self._state("running")
                return {"username": getpass.getuser(), "working_dir": "/"}
            case "/api/pull":
                now = int(time.time() * 1000)
                return {"job_states": self._states, "job_logs": [], "runner_logs": [], "last_updated": now}
            case "/api/stop":
                self._state("terminated")
                return {}
        return None

    def _state(self, state: str) -> None:
        self._states.append({"timestamp": int(time.time() * 1000), "state": state})


class Machine:
    """Nothing of it lives after `close`."""

    def __init__(self, folder: Path, sshd: str, onstart: str) -> None:
        words = shlex.split(onstart)
        keys = [words[at + 1] for at, word in enumerate(words) if word == "--ssh-authorized-key"]
        self.far = Sshd(folder, sshd)
        with open(folder / "user.pub", "a") as allowed:
            allowed.writelines(f"{key}\n" for key in keys)
        self._runner = Runner()

    def close(self) -> None:
        self._runner.close()
        self.far.close()
        mine = f"HOME={self.far.home}".encode()
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):  # it has ended, or is another user's
                if mine in (process / "environ").read_bytes().split(b"\0"):
                    os.kill(int(process.name), signal.SIGKILL)


class Vast(_Serves):
    """One offer, as many machines after one another as are asked for."""

    def __init__(self, folder: Path, sshd: str) -> None:
        self._folder, self._sshd = folder, sshd
        self.machines: dict[str, Machine] = {}
        self._made = 0
        super().__init__()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/api/"

    def told(self, method: str, path: str, given: bytes) -> Any:
        name = path.rpartition("/")[2]
        match method, path.split("/")[3:-1]:
            case "POST", ["bundles"] | []:
                return {"offers": [] if self.machines else [_OFFER]}
            case "PUT", ["asks"]:
                self._made += 1
                onstart = json.loads(given)["args"][1]
                self.machines[str(self._made)] = Machine(self._folder / str(self._made), self._sshd, onstart)
                return {"success": True, "new_contract": self._made}
            case "GET", ["instances"]:
                return {"instances": self._instance(name)}
            case "GET", []:  # the account
                return {"instances": []}
            case "DELETE", ["instances"]:
                if machine := self.machines.pop(name, None):
                    machine.close()
                return {"success": True}
        return None

    def close(self) -> None:
        super().close()
        for machine in self.machines.values():
            machine.close()

    def _instance(self, name: str) -> dict[str, Any] | None:
        if name not in self.machines:
            return None
        port = self.machines[name].far.line.port
        return {
            "actual_status": "running",
            "public_ipaddr": "127.0.0.1",
            "ports": {"10022/tcp": [{"HostPort": str(port)}]},
        }
