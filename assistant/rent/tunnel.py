"""The encrypted way to the far side's server: an ssh of its own that outlives the command which opened it."""

from __future__ import annotations

import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from assistant.errors import AssistantError
from assistant.rent import rental as notes
from assistant.rent.rental import Rental
from assistant.rent.ssh import OPTIONS, last_words

_LOOK = 5.0  # s between looks at whether it broke


def open_(rental: Rental) -> None:
    """From ``rental.port`` of this machine to the server; until the settings name the port, another one is chosen where
    it is taken. Raises AssistantError."""
    if is_open(rental):
        return
    if not rental.port or not _free(rental.port):
        if rental.ready:
            raise AssistantError(
                f"port {rental.port}, which [llm] base_url names, is taken by another program, so the tunnel to "
                f"{rental.host} cannot be opened; end that program"
            )
        rental.port = _any()
    _control(rental).unlink(missing_ok=True)
    forward = f"127.0.0.1:{rental.port}:127.0.0.1:{rental.far_port}"
    options = ["-o", "ExitOnForwardFailure=yes", "-o", "ControlPersist=no", "-M", "-S", str(_control(rental))]
    try:
        done = subprocess.run(
            ["ssh", *OPTIONS, *options, "-f", "-N", "-L", forward, rental.host],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=60,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise AssistantError(f"the tunnel to {rental.host} cannot be opened (no answer within a minute)") from None
    if done.returncode:
        said = last_words(done.stderr) or "ssh failed"
        raise AssistantError(f"the tunnel to {rental.host} cannot be opened ({said})")


def is_open(rental: Rental) -> bool:
    return _control(rental).exists() and _tell(rental, "check") == 0


def close(rental: Rental) -> None:
    if _control(rental).exists():
        _tell(rental, "exit")
        _control(rental).unlink(missing_ok=True)


@contextmanager
def held(url: str, say: Callable[[str], None]) -> Iterator[None]:
    """Within the block the tunnel that begins at ``url`` is opened again whenever it broke; any other ``url`` is none
    of ours."""
    rental = next((one for one in _kept() if one.ready and one.preset and one.url == url), None)
    if rental is None:
        yield
        return
    over = threading.Event()
    _mend(rental, say)
    watch = threading.Thread(target=_watch, args=(rental, over, say), daemon=True)
    watch.start()
    try:
        yield
    finally:
        over.set()
        watch.join(1.0)


def _kept() -> list[Rental]:
    try:
        return notes.kept()
    except AssistantError:  # whoever starts to talk was told by `rental.reminders`
        return []


def _watch(rental: Rental, over: threading.Event, say: Callable[[str], None]) -> None:
    told = ""
    while not over.wait(_LOOK):
        if not over.is_set() and not is_open(rental):
            told = _mend(rental, say, told)


def _mend(rental: Rental, say: Callable[[str], None], told: str = "") -> str:
    """The trouble with it, which is not told twice; empty = it is open."""
    if is_open(rental):
        return ""
    try:
        open_(rental)
    except AssistantError as error:
        if str(error) != told:
            say(f"{error}; it is tried again")
        return str(error)
    say(f"The tunnel to {rental.host} is open again")
    return ""


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
