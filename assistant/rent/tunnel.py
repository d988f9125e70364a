"""The encrypted way to the far side's server: an ssh of its own that outlives the command which opened it."""

from __future__ import annotations

import socket
import subprocess
from pathlib import Path

from assistant.errors import AssistantError
from assistant.rent import rental as notes
from assistant.rent.rental import Rental
from assistant.rent.ssh import OPTIONS


def open_(rental: Rental) -> None:
    """From ``rental.port`` of this machine (chosen when 0) to the server. Raises AssistantError."""
    if is_open(rental):
        return
    rental.port = rental.port if rental.port and _free(rental.port) else _any()
    _control(rental).unlink(missing_ok=True)
    forward = f"127.0.0.1:{rental.port}:127.0.0.1:{rental.far_port}"
    options = ["-o", "ExitOnForwardFailure=yes", "-o", "ControlPersist=no", "-M", "-S", str(_control(rental))]
    done = subprocess.run(
        ["ssh", *OPTIONS, *options, "-f", "-N", "-L", forward, rental.host],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        timeout=60,
        check=False,
    )
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise AssistantError(f"the tunnel to {rental.host} cannot be opened ({said[-1] if said else 'ssh failed'})")


def is_open(rental: Rental) -> bool:
    return _control(rental).exists() and _tell(rental, "check") == 0


def close(rental: Rental) -> None:
    if _control(rental).exists():
        _tell(rental, "exit")
        _control(rental).unlink(missing_ok=True)


def _tell(rental: Rental, what: str) -> int:
    try:
        return subprocess.run(
            ["ssh", "-S", str(_control(rental)), "-O", what, rental.host],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=20,
            check=False,
        ).returncode
    except subprocess.TimeoutExpired:
        return 1


def _control(rental: Rental) -> Path:
    return notes.folder() / f"{rental.name}.ssh"


def _free(port: int) -> bool:
    with socket.socket() as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _any() -> int:
    with socket.socket() as tried:
        tried.bind(("127.0.0.1", 0))
        return int(tried.getsockname()[1])
