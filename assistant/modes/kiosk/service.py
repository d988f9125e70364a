"""The kiosk as a systemd service: `assistant kiosk install`, `uninstall` and `status`."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from assistant import config
from assistant.config import Loaded
from assistant.errors import AssistantError, UsageError
from assistant.folders import config_folder, data_folder
from assistant.modes.kiosk import unit
from rag.atomic import write_text

Say = Callable[[str], None]
_ANSWER_SECONDS = 3.0  # within which /healthz answers
_LONGEST = 1 << 20  # bytes of its answer
_PATIENCE = 60.0  # for systemctl; it does not wait until models are loaded


@dataclass(frozen=True)
class Place:
    """Where a service lies, and which systemd runs it."""

    unit: Path
    config: Path
    """The config.toml that the service reads, where there is one."""
    state: Path
    """What it keeps."""
    systemctl: tuple[str, ...]
    flag: str
    """What `install`, `uninstall` and `status` take for it."""

    @property
    def own(self) -> bool:
        """Whether it is a service of the user's, not the machine's."""
        return "--user" in self.systemctl


def system() -> Place:
    return Place(
        Path(f"/etc/systemd/system/{unit.NAME}.service"),
        Path("/etc/voice-assistant/config.toml"),
        unit.STATE,
        ("systemctl",),
        "",
    )


def own() -> Place:
    folder = config_folder()
    units = folder.parent / "systemd" / "user"
    return Place(
        units / f"{unit.NAME}.service", folder / "config.toml", data_folder(), ("systemctl", "--user"), " --user"
    )


def installed() -> Place:
    """The machine's service, or the user's where only that is there."""
    return own() if own().unit.exists() and not system().unit.exists() else system()


def text(place: Place, given: Loaded, fetches: bool, say: Say) -> str:
    """The unit for the settings that the service will read. Raises UsageError."""
    own_config = place.config.is_file()
    loaded = config.load(place.config) if own_config else given
    if own_config and given.own and given.own.resolve() != place.config.resolve():
        say(f"The service reads {place.config}, not {given.own}.")
    loose = [name for name, origin in given.origin.items() if origin not in ("default", str(given.own))]
    if loose:
        raise UsageError(
            f"{given.origin[loose[0]]}: {loose[0]} would not reach the service; write it into "
            f"{place.config if own_config else given.own or place.config}"
        )
    if not place.own:
        return unit.system_unit(loaded.settings, fetches)
    sandbox = may_have_namespaces()
    if not sandbox:
        say("This system gives users no namespaces: the service may write wherever you may.")
    return unit.own_unit(loaded.settings, fetches, sandbox)


def install(place: Place, given: Loaded, fetches: bool, say: Say) -> None:
    """Write the unit and the service's config.toml, and start it. Raises AssistantError."""
    _check(place)
    _check_ours(place.unit, "remove it, or give it another name")
    _systemctl(place, "show", "--property=Version")  # nothing is written where systemd cannot be reached
    written = text(place, given, fetches, say)
    if given.own and not place.config.exists():
        _write(place.config, given.own.read_text(encoding="utf-8"))
        say(f"{place.config}: copied from {given.own}; the service reads it.")
    if place.own:
        place.state.mkdir(parents=True, exist_ok=True, mode=0o700)
    _write(place.unit, written)
    say(f"{place.unit}: written.")
    _systemctl(place, "daemon-reload")
    _systemctl(place, "enable", unit.NAME)
    _systemctl(place, "restart", "--no-block", unit.NAME)
    say(f"It starts; `assistant kiosk status{place.flag}` tells how it is.")
    if place.own:
        say("To let it run while nobody is logged in: loginctl enable-linger")


def uninstall(place: Place, say: Say) -> None:
    """Stop the service and remove its unit; settings and what it kept stay. Raises AssistantError."""
    _check(place)
    if not place.unit.exists():
        raise UsageError(f"{place.unit}: there is no such service; look with `assistant kiosk status{place.flag}`")
    _check_ours(place.unit, "remove it yourself")
    for words in (("disable", "--now", unit.NAME), ("daemon-reload",)):
        try:
            _systemctl(place, *words)
        except AssistantError as error:  # the unit goes even where systemd cannot be reached
            say(str(error))
        place.unit.unlink(missing_ok=True)
    say(f"{place.unit}: removed. Kept: {place.config}, {place.state}")


def status(place: Place, port: int, say: Say) -> bool:
    """Tell how the service is; gives whether a kiosk runs and works. Without systemd only its /healthz is asked."""
    if shutil.which("systemctl") and place.unit.exists():
        asked = [*place.systemctl, "show", unit.NAME, "-p", "ActiveState,SubState,NRestarts,StatusText"]
        done = subprocess.run(asked, capture_output=True, text=True, errors="replace", timeout=_PATIENCE)
        found = dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)
        if done.returncode:
            say(f"systemd cannot be reached: {' '.join(done.stderr.split())}")
        doing = f": {found['StatusText']}" if found.get("StatusText") else ""
        say(f"service: {found.get('ActiveState', 'unknown')} ({found.get('SubState', 'unknown')}){doing}")
        say(f"restarts: {found.get('NRestarts', 'unknown')} since it was installed or the machine was started")
    else:
        say("service: not installed")
    if not port:
        say("health: not asked, [kiosk] port is 0")
        return False
    health = _health(port)
    say("health: " + ("; ".join(health["problems"]) or ("it listens" if health.get("ready") else "it is loading")))
    return not health["problems"]


def _health(port: int) -> dict:
    """What /healthz says. Whatever else is at that port is a problem in its place."""
    address = f"http://127.0.0.1:{port}/healthz"
    try:
        with closing(HTTPConnection("127.0.0.1", port, timeout=_ANSWER_SECONDS)) as connection:
            connection.request("GET", "/healthz")
            answer = connection.getresponse()
            said = answer.read(_LONGEST)
    except (OSError, HTTPException) as error:
        return {"problems": [f"nothing answers at {address} ({getattr(error, 'strerror', None) or error!r})"]}
    try:
        found = json.loads(said)
    except (ValueError, RecursionError):
        found = None
    match found:
        case {"problems": [*problems]} if all(isinstance(problem, str) for problem in problems):
            return found
    return {"problems": [f"{address} answers {answer.status}, as no kiosk does"]}


def may_have_namespaces() -> bool:
    """Whether this user's systemd can keep files and network from a service of theirs."""
    asked = ["unshare", "--user", "--map-root-user", "--mount", "true"]
    try:
        return subprocess.run(asked, capture_output=True, timeout=_PATIENCE).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def _check(place: Place) -> None:
    if shutil.which("systemctl") is None:
        raise UsageError("systemd is not on this machine; run `assistant kiosk` by what starts programs here")
    if not place.own and os.geteuid() != 0:
        raise UsageError(
            "a service of the machine's needs root: use sudo, or install one of your own with `--user`, which also "
            "finds your PipeWire"
        )


def _check_ours(path: Path, what_to_do: str) -> None:
    if path.exists() and not path.read_text(encoding="utf-8", errors="replace").startswith(unit.MARK):
        raise UsageError(f"{path}: `assistant kiosk install` did not write it; {what_to_do}")


def _write(path: Path, text: str) -> None:
    """Whatever the umask is, the service may read it."""
    new = not path.parent.exists()
    write_text(path, text)
    path.chmod(0o644)
    if new:
        path.parent.chmod(0o755)


def _systemctl(place: Place, *words: str) -> None:
    try:
        done = subprocess.run(
            [*place.systemctl, *words], capture_output=True, text=True, errors="replace", timeout=_PATIENCE
        )
    except subprocess.TimeoutExpired:
        raise AssistantError(f"{' '.join([*place.systemctl, *words])} did not end within a minute") from None
    if done.returncode != 0:
        said = " ".join(done.stderr.split()) or f"it ended with {done.returncode}"
        raise AssistantError(f"{' '.join([*place.systemctl, *words])} failed: {said}")
