"""Clouds, through SkyPilot's command line (Apache-2.0), which lives in an environment of its own: it is large.

The machine takes itself down a minute after its job ends (autostop with `down`, kept by the machine itself), and the
job ends by far_side.py's limits.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import yaml

from assistant.concurrency.parent import end_with
from assistant.errors import AssistantError, UsageError
from assistant.rent.rental import Rental
from assistant.rent.ssh import Unreachable

_SCRIPT = Path(__file__).with_name("far_side.py")
_AFTER_THE_JOB = 1  # minutes until the machine takes itself down
_DISK = 100  # GB: one model, one server
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_ERROR = re.compile(r"(Error|Exception): ")  # what to do stands in this line or below
_TOLD = 400  # characters of it
_PATIENCE = 600.0  # s for a command that starts nothing


@dataclass(frozen=True)
class Offer:
    cloud: str
    gpu: str
    memory: float
    """GB a GPU."""
    region: str
    price: float
    """Dollars an hour."""
    spot_price: float | None
    """The same for a machine that may be taken away at any time."""

    def asks(self, spot: bool) -> float:
        """Dollars an hour. Raises UsageError when there is no spot machine of that kind."""
        if not spot:
            return self.price
        if self.spot_price is None:
            raise UsageError(f"{self.cloud} has no spot price for {self.gpu}; leave out --spot")
        return self.spot_price


def offers(gpu: str, infra: str = "", count: int = 1) -> list[Offer]:
    """What the clouds that you have an account for (or ``infra`` alone) ask for a machine with ``count`` such GPUs,
    cheapest first. Raises AssistantError, also when nobody has one.
    """
    found = [offer for cloud in ([infra] if infra else _clouds()) for offer in _offers(gpu, cloud, count)]
    if not found:
        raise AssistantError(
            f"nobody of your clouds offers a machine with {count} {gpu}; `sky gpus list` shows the names, `sky check` "
            "your clouds"
        )
    return sorted(found, key=lambda offer: (offer.price, offer.cloud))


def _clouds() -> list[str]:
    said = _sky(["check", "--output", "json"])
    try:
        known = {cloud.lower() for clouds in json.loads(_last_json(said)).values() for cloud in clouds}
    except (ValueError, AttributeError):
        raise _odd(said) from None
    if not known:
        raise UsageError("SkyPilot knows no cloud of yours; `sky check` tells how to make one known")
    return sorted(known)


def _offers(gpu: str, infra: str, count: int) -> list[Offer]:
    said = _sky(["gpus", "list", gpu, "--output", "json", "--infra", infra])
    try:
        rows = [row for rows in json.loads(_last_json(said)).values() for row in rows]
        return [
            Offer(
                str(row["cloud"]),
                str(row["accelerator_name"]),
                float(row["device_memory"] or 0.0),
                str(row["region"] or ""),
                float(row["price"]),
                float(row["spot_price"]) if row.get("spot_price") else None,
            )
            for row in rows
            if row.get("price") and row["accelerator_count"] == count
        ]
    except (ValueError, KeyError, TypeError, AttributeError):
        raise _odd(said) from None


def _odd(said: str) -> AssistantError:
    return AssistantError(f"SkyPilot answers what is not understood: {said[-200:]!r}; 0.14 is known to work")


def task(rental: Rental) -> str:
    """The machine and its one job as SkyPilot's YAML."""
    resources: dict[str, Any] = {
        "accelerators": {rental.gpu: rental.gpus},
        "disk_size": _DISK,
        "autostop": {"idle_minutes": _AFTER_THE_JOB, "down": True, "wait_for": "jobs"},
    }
    if rental.infra:
        resources["infra"] = rental.infra
    if rental.spot:
        resources["use_spot"] = True
    return yaml.safe_dump(
        {
            "name": rental.name,
            "resources": resources,
            "file_mounts": {f"{rental.folder}/far_side.py": str(_SCRIPT)},
            "run": f"cd {rental.folder} && exec {rental.errand}\n",
        },
        sort_keys=False,
    )


def start(rental: Rental, say: Callable[[str], None]) -> None:
    """Get the machine and submit its job. Raises AssistantError."""
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / f"{rental.name}.yaml"
        path.write_text(task(rental), encoding="utf-8")
        words = ["launch", "--cluster", rental.name, "--yes", "--detach-run", str(path)]
        for line in _lines(words):
            say(line)


def stop(rental: Rental) -> None:
    """End the machine, or that it is still being made: SkyPilot's own server goes on with that by itself.

    Raises AssistantError when SkyPilot could not.
    """
    for request in _launches(rental.name):
        _sky(["api", "cancel", "--yes", request])
    if rental.name in machines(rental.name):
        _sky(["down", "--yes", rental.name])


def status(rental: Rental) -> str:
    """``UP``, ``INIT`` (it is being made, or is not well), or ``""``: the cloud, asked anew, has no such machine, and
    none is being made. Raises Unreachable when that cannot be known.
    """
    return machines(rental.name).get(rental.name) or ("INIT" if _launches(rental.name) else "")


def _launches(name: str) -> list[str]:
    try:
        said = _sky(["api", "status", "--cluster", name, "--output", "json"])
        rows = [row for row in json.loads(_last_json(said)) if row["name"] == "sky.launch"]
        # An older server of SkyPilot's ignores --cluster and tells of all.
        return [str(row["request_id"]) for row in rows if row.get("cluster_name", name) == name]
    except UsageError:
        raise
    except (AssistantError, ValueError, KeyError, TypeError) as error:
        raise Unreachable(f"SkyPilot does not tell what it is doing ({error})") from None


def machines(*names: str) -> dict[str, str]:
    """Name -> status (INIT, UP, STOPPED) of all of SkyPilot's machines, or of those named, asked anew of the clouds.

    Raises Unreachable when they cannot be known.
    """
    try:
        said = _sky(["status", "--refresh", "--output", "json", *names])
        return {str(row["name"]): str(row["status"]) for row in json.loads(_last_json(said))}
    except UsageError:
        raise
    except (AssistantError, ValueError, KeyError, TypeError) as error:
        raise Unreachable(f"SkyPilot does not tell which machines there are ({error})") from None


def check() -> None:
    """Raises UsageError when SkyPilot is not here."""
    if shutil.which("sky") is None:
        raise UsageError(
            "renting needs SkyPilot in an environment of its own, e.g. `uv tool install 'skypilot[runpod,vast]'` or "
            "`pipx install 'skypilot[runpod,vast]'`, then `sky check`; for a machine that you have "
            "none is needed: assistant rent up --ssh HOST"
        )


def _environment() -> dict[str, str]:
    return {**os.environ, "SKYPILOT_DISABLE_USAGE_COLLECTION": "1", "NO_COLOR": "1"}


def _sky(words: list[str]) -> str:
    check()
    try:
        done = subprocess.run(
            ["sky", *words],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_PATIENCE,
            cwd=Path.home(),  # not a folder with a .sky.yaml, which says where things are sent
            env=_environment(),
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise AssistantError(f"`sky {words[0]}` does not end; look at it yourself: sky {' '.join(words)}") from None
    if done.returncode:
        raise _failure(words, done.stderr + done.stdout)
    return done.stdout


def _lines(words: list[str]) -> Iterator[str]:
    check()
    said: list[str] = []
    with subprocess.Popen(
        ["sky", *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        cwd=Path.home(),
        env=_environment(),
        # Else it might start a machine after this program was killed, when nobody looks for it any more.
        preexec_fn=partial(end_with, os.getpid()),
    ) as process:
        assert process.stdout
        for line in process.stdout:
            said = [*said[-20:], line]
            yield _COLOUR.sub("", line).rstrip()
    if process.returncode:
        raise _failure(words, "".join(said))


def _failure(words: list[str], said: str) -> AssistantError:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    at = max((number for number, line in enumerate(lines) if _ERROR.search(line)), default=len(lines) - 1)
    return AssistantError(f"`sky {words[0]}` failed: {' '.join(lines[at:])[:_TOLD] if lines else 'it says nothing'}")


def _last_json(said: str) -> str:
    """SkyPilot writes notices before what it was asked for."""
    for number, line in enumerate(lines := said.splitlines()):
        if line.lstrip().startswith(("{", "[")):
            return "\n".join(lines[number:])
    return said
