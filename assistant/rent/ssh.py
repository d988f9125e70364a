"""The far side through ssh: a machine that is there already, and the hand that reaches into those of SkyPilot."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import IO, Any

from assistant.errors import AssistantError, UsageError
from assistant.rent.rental import Rental

_SCRIPT = Path(__file__).with_name("far_side.py")
_PATIENCE = 60.0  # s for one command there
# Never a question: nobody may sit here. Dead connections are noticed within a minute.
OPTIONS = (
    "-o",
    "BatchMode=yes",
    "-o",
    "ConnectTimeout=15",
    "-o",
    "ServerAliveInterval=15",
    "-o",
    "ServerAliveCountMax=3",
)


class Unreachable(AssistantError):
    """Nothing is known of the far side: it may run."""


class Unusable(Unreachable):
    """And waiting does not help: there is no such host, or it lets nobody in."""


def start(rental: Rental) -> None:
    """Begin to serve on ``rental.host``. Raises Unreachable, or AssistantError with what the far side said."""
    folder = rental.folder
    run(rental, f"mkdir -p -m 700 {folder} && cat > {folder}/far_side.py", _SCRIPT.read_bytes())
    if state(rental)["alive"]:
        raise UsageError(f"{rental.host} serves as {rental.name} already; choose another name, or end it there")
    run(
        rental,
        f'cd {folder} && [ "$(cat over 2>/dev/null)" != {rental.token} ] && rm -f state.json && {{ nohup setsid '
        f"{rental.errand} </dev/null >/dev/null 2>errors & }} && "
        "for n in $(seq 100); do [ -s state.json ] && exit; sleep 0.1; done;"
        " tail -n 1 errors >&2; exit 1",
    )


def state(rental: Rental) -> dict[str, Any]:
    """What far_side.py tells. Raises Unreachable."""
    return _asked(rental, "state")


def stop(rental: Rental) -> dict[str, Any]:
    """End what serves there, also a start that is still on its way, and tell what is left. Raises Unreachable."""
    return _asked(rental, "stop", f"mkdir -p -m 700 {rental.folder}; printf %s {rental.token} > {rental.folder}/over; ")


def clear(rental: Rental) -> None:
    """Remove the notes and the log there; what was installed stays for the next time."""
    run(rental, f"cd {rental.folder} 2>/dev/null && rm -f state.json log ended errors far_side.py || true")


def _asked(rental: Rental, what: str, before: str = "") -> dict[str, Any]:
    asked = f"cd {rental.folder} && python3 far_side.py {what} ."
    try:
        said = run(rental, f"{before}if [ -e {rental.folder}/state.json ]; then {asked}; else echo none; fi")
    except (Unreachable, UsageError):
        raise
    except AssistantError as error:  # a full disk, no Python: whether it runs is not known
        raise Unreachable(str(error)) from None
    if said.strip() == "none":
        return {"alive": False, "for": 0.0, "why": "", "log": []}
    try:
        told = json.loads(said)
        return {"alive": bool(told["alive"]), "for": float(told["for"]), "why": str(told["why"]), "log": told["log"]}
    except (ValueError, KeyError, TypeError):
        raise Unreachable(f"{rental.host} answers what is not understood: {said[:200]!r}") from None


def run(rental: Rental, command: str, given: bytes | IO[bytes] = b"", patience: float = _PATIENCE) -> str:
    """What ``command`` prints in the far home, in its shell; ``given`` is what it reads.

    Raises Unreachable, or AssistantError with its last words.
    """
    with tempfile.TemporaryFile() as printed:
        run_into(rental, command, printed, given, patience)
        return printed.read().decode("utf-8", "replace")


def run_into(
    rental: Rental, command: str, printed: IO[bytes], given: bytes | IO[bytes] = b"", patience: float = _PATIENCE
) -> None:
    """See `run`; what it prints goes into ``printed``, which is then at its beginning."""
    if shutil.which("ssh") is None:
        raise UsageError("ssh is not installed; install your system's OpenSSH client")
    try:
        done = subprocess.run(
            ["ssh", *OPTIONS, rental.host, command],
            input=given if isinstance(given, bytes) else None,
            stdin=None if isinstance(given, bytes) else given,
            stdout=printed,
            stderr=subprocess.PIPE,
            timeout=patience,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise Unreachable(f"{rental.host} does not answer within {patience:.0f} s; try again") from None
    said = last_words(done.stderr)
    if done.returncode == 255:  # ssh's own failures
        todo = f"`ssh {rental.host}` must work without a question: an agent or a key without passphrase, the host known"
        if "resolve hostname" in said:
            todo = f"look at the name; what dstack started has one while `dstack attach {rental.host}` runs"
        hopeless = any(sign in said for sign in ("resolve hostname", "Permission denied", "Host key verification"))
        kind = Unusable if hopeless else Unreachable
        raise kind(f"{rental.host} cannot be reached ({said or 'ssh failed'}); {todo}")
    if done.returncode:
        raise AssistantError(f"{rental.host}: {said or f'exit code {done.returncode}'}")
    printed.seek(0)


def last_words(said: bytes) -> str:
    """The last line of what ssh complained; empty = none."""
    lines = said.decode("utf-8", "replace").strip().splitlines()
    # Told at every connection where no hosts are kept, as in the settings that dstack writes.
    return next((line for line in reversed(lines) if not line.startswith("Warning: Permanently added")), "")


def wait(rental: Rental, seconds: float) -> bool:
    """Whether nothing of it lives any more, looked at for that long. Raises Unreachable."""
    until = time.monotonic() + seconds
    while state(rental)["alive"]:
        if time.monotonic() >= until:
            return False
        time.sleep(1.0)
    return True
