"""What is rented: one file each in the data folder, written before anything starts, gone when its end was seen."""

from __future__ import annotations

import json
import re
import shlex
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

from assistant.errors import AssistantError, UsageError
from assistant.folders import data_folder
from rag.atomic import write_text

_NAME = re.compile(r"[a-z][a-z0-9-]{0,30}")  # what clouds take, too


@dataclass
class Rental:
    name: str
    where: str
    """``sky`` (through SkyPilot), or ``ssh``."""
    host: str
    """What ssh is called with: a host, an alias, or ``user@host``; a port and more stand in ~/.ssh/config."""
    model: str
    preset: str
    """What [llm] preset is set to; empty = it serves nothing, it is for training."""
    command: str
    """What the far side runs."""
    limit: float
    """Seconds after which the far side ends by itself."""
    idle: float
    """Seconds without a question after which it ends, too."""
    gpu: str = ""
    gpus: int = 1
    """Of them in the one machine."""
    infra: str = ""
    spot: bool = False
    price: float | None = None
    """Dollars an hour, as the cloud asked when it was planned; None = not known."""
    began: float = field(default_factory=time.time)
    """Seconds since 1970, when the first command was sent."""
    ready: bool = False
    """Whether it has answered once."""
    far_port: int = 0
    """Of the far side, where the server listens for itself alone."""
    port: int = 0
    """Of this machine, where the tunnel begins."""
    before: dict[str, str | None] = field(default_factory=dict)
    """``section.key`` of config.toml -> what stood there before; None = nothing."""
    config: str = ""
    """The config.toml that was changed."""

    @property
    def folder(self) -> str:
        """In the far home, for its shell."""
        return f"~/voice-assistant/{self.name}"

    @property
    def token(self) -> str:
        """Tells this rental from an earlier one of its name."""
        return f"{self.began * 1000:.0f}"

    @property
    def errand(self) -> str:
        """What is run in that folder, for its shell; see far_side.py."""
        limits = f"--limit {self.limit:.0f} --idle {self.idle:.0f} --token {self.token}"
        return f"python3 far_side.py run . {limits} --command {shlex.quote(self.command)}"

    @property
    def url(self) -> str:
        """Where the tunnel begins, as [llm] base_url takes it."""
        return f"http://127.0.0.1:{self.port}/v1"

    def cost(self, now: float) -> float | None:
        """Dollars so far, as this machine's clock tells; None when the price is not known."""
        return None if self.price is None else self.price * max(0.0, now - self.began) / 3600


def folder() -> Path:
    return data_folder() / "rent"


def keep(rental: Rental) -> None:
    """Write it down, or what has changed. Raises AssistantError: without that nothing may be started."""
    try:
        folder().mkdir(mode=0o700, parents=True, exist_ok=True)
        write_text(_path(rental.name), json.dumps(asdict(rental), indent=1), mode=0o600)
    except OSError as error:
        raise AssistantError(
            f"{_path(rental.name)}: it cannot be written down what is rented ({error.strerror}), so nothing is; free "
            "some space or correct the folder's rights"
        ) from None


def forget(rental: Rental) -> None:
    _path(rental.name).unlink(missing_ok=True)


def kept() -> list[Rental]:
    """All that is rented or may be, oldest first. Raises AssistantError for a file that says nothing."""
    rentals = []
    for path in sorted(folder().glob("*.json")):
        try:
            rentals.append(Rental(**json.loads(path.read_text(encoding="utf-8"))))
        except (OSError, ValueError, TypeError):
            raise AssistantError(
                f"{path}: it cannot be read what is rented; look at your provider's own page, end there what runs, "
                "then delete the file"
            ) from None
    return sorted(rentals, key=lambda rental: rental.began)


def reminders(now: float) -> list[str]:
    """One sentence for each rental, so that no bill runs on unseen; ``now``: seconds since 1970."""
    try:
        return [_reminder(rental, now) for rental in kept()]
    except AssistantError as error:
        return [str(error)]


def _reminder(rental: Rental, now: float) -> str:
    cost = rental.cost(now)
    spent = "" if cost is None else f", about ${cost:.2f} so far"
    hours = (now - rental.began) / 3600
    return f"{rental.name} is rented since {hours:.1f} h{spent}; it ends with: assistant rent down {rental.name}"


def find(name: str) -> Rental:
    """The rental of that name, or the only one when ``name`` is empty. Raises UsageError."""
    rentals = kept()
    if not name and len(rentals) == 1:
        return rentals[0]
    found = [rental for rental in rentals if rental.name == name]
    if found:
        return found[0]
    if not rentals:
        raise UsageError("nothing is rented")
    names = ", ".join(rental.name for rental in rentals)
    raise UsageError(f"{f'there is no rental {name!r}' if name else 'there are several rentals'}; there are: {names}")


def check_name(name: str) -> None:
    """Raises UsageError for a name that clouds do not take, or that is taken."""
    if not _NAME.fullmatch(name):
        raise UsageError(f"{name!r} is no name for a rental; use small letters, digits and hyphens, 31 at most")
    if _path(name).exists():
        raise UsageError(f"{name} is rented already, or was not seen to end: assistant rent status {name}")


def _path(name: str) -> Path:
    return folder() / f"{name}.json"
