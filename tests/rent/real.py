"""OpenSSH's own server on this machine as the far side, with keys and a home of its own; its connections can be cut.

`far.py` has a stand-in that needs no server; this is for the trials of by_ssh.py and train_by_ssh.py.
"""

from __future__ import annotations

import contextlib
import getpass
import os
import select
import shutil
import socket
import stat
import subprocess
import threading
import time
from pathlib import Path

from tests.rent.far import SERVER, free_port


class Line:
    """Carries connections from ``port`` to another one of this machine until it is cut; each byte ``late`` seconds."""

    def __init__(self, to: int, late: float = 0.0) -> None:
        self._to, self._late, self._whole = to, late, True
        self._held: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """All connections end, and no new one is taken until `mend`."""
        self._whole = False
        for one in self._held:
            with contextlib.suppress(OSError):  # it has ended
                one.shutdown(socket.SHUT_RDWR)
        self._held.clear()

    def mend(self) -> None:
        self._whole = True

    def _accept(self) -> None:
        while True:
            one, _ = self._listener.accept()
            if self._whole:
                other = socket.create_connection(("127.0.0.1", self._to))
                self._held += [one, other]
                threading.Thread(target=self._carry, args=(one, other), daemon=True).start()
            else:
                one.close()

    def _carry(self, one: socket.socket, other: socket.socket) -> None:
        ends = {one: other, other: one}
        try:
            while True:
                for end in select.select(list(ends), [], [])[0]:
                    data = end.recv(65536)
                    if not data:
                        return
                    time.sleep(self._late)
                    ends[end].sendall(data)
        except (OSError, ValueError):  # cut
            return
        finally:
            one.close()
            other.close()


class Sshd:
    """Listens at ``gpu`` for an `ssh` that lies in ``tools``."""

    def __init__(self, folder: Path, program: str, late: float = 0.0) -> None:
        self.home, self.tools = folder / "home", folder / "tools"
        for made in (self.home, self.tools):
            made.mkdir(parents=True)
        for name in ("host", "user"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / name], check=True)
        enter = folder / "enter"
        environment = f"export HOME={self.home} OMP_NUM_THREADS=1"
        enter.write_text(f'#!/bin/bash\n{environment}\ncd ~\nexec bash -c "$SSH_ORIGINAL_COMMAND"\n')
        enter.chmod(stat.S_IRWXU)
        port = free_port()
        settings = {
            "Port": port,
            "ListenAddress": "127.0.0.1",
            "HostKey": folder / "host",
            "AuthorizedKeysFile": folder / "user.pub",
            "ForceCommand": enter,
            "StrictModes": "no",
            "PasswordAuthentication": "no",
            "KbdInteractiveAuthentication": "no",
            "MaxStartups": 100,
            "PidFile": "none",
            "LogLevel": "ERROR",
        }
        (folder / "sshd_config").write_text("".join(f"{key} {value}\n" for key, value in settings.items()))
        log = open(folder / "sshd.log", "wb")
        self._process = subprocess.Popen([program, "-D", "-e", "-f", folder / "sshd_config"], stderr=log)
        self.line = Line(port, late)
        (folder / "config").write_text(
            f"Host gpu\n HostName 127.0.0.1\n Port {self.line.port}\n User {getpass.getuser()}\n"
            f" IdentityFile {folder}/user\n IdentitiesOnly yes\n UserKnownHostsFile {folder}/known\n"
            " StrictHostKeyChecking accept-new\n LogLevel ERROR\n"
        )
        client = self.tools / "ssh"
        client.write_text(f'#!/bin/bash\nexec {shutil.which("ssh")} -F {folder}/config "$@"\n')
        client.chmod(stat.S_IRWXU)
        (self.home / "server.py").write_text(SERVER)
        while socket.socket().connect_ex(("127.0.0.1", port)):
            assert self._process.poll() is None, (folder / "sshd.log").read_text()
            time.sleep(0.05)

    def environment(self, place: Path) -> dict[str, str]:
        """For a program whose folders are below ``place``."""
        return {
            **os.environ,
            "PATH": f"{self.tools}{os.pathsep}{os.environ['PATH']}",
            "XDG_DATA_HOME": str(place / "data"),
            "XDG_CONFIG_HOME": str(place / "config"),
            "PYTHONPATH": str(Path(__file__).parents[2]),
        }

    def serving(self) -> list[str]:
        """Command lines of what serves there."""
        said = subprocess.run(["ps", "axwwo", "stat=,args="], capture_output=True, text=True, check=True).stdout
        return [line for line in said.splitlines() if f"{self.home}/server.py" in line and not line.startswith("Z")]

    def close(self) -> None:
        self.line.cut()
        self._process.terminate()
        self._process.wait()
