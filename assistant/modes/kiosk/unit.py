"""The kiosk's systemd unit: what of it depends on the settings and on where this program lies."""

from __future__ import annotations

import ipaddress
import stat
import sys
import sysconfig
from collections.abc import Sequence
from pathlib import Path
from string import Template
from urllib.parse import urlsplit

from assistant import tts
from assistant.config import Settings
from assistant.errors import UsageError
from assistant.folders import cache_folder, data_folder
from assistant.llm.presets import PRESETS

NAME = "voice-assistant-kiosk"
MARK = "# Written by `assistant kiosk install"
STATE = Path("/var/lib") / NAME
_TEMPLATES = Path(__file__).parent
_HOMES = (Path("/home"), Path("/root"), Path("/run/user"))  # what ProtectHome=tmpfs hides
_OPENAI = "https://api.openai.com"
_WRITTEN = ("journal.path", "kiosk.log", "audio.rooms_path")
_SANDBOX = """# Nothing may be written outside these folders.
ProtectSystem=strict
ProtectHome=read-only
ReadWritePaths={folders}
{tmp}{network}PrivateMounts=yes
ProtectControlGroups=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes"""


def system_unit(settings: Settings, fetches: bool) -> str:
    """For a service of the machine's, with a user of its own; ``fetches`` = it may fetch models.

    Raises UsageError for what that user could not reach.
    """
    _check_paths(settings)
    needed = needed_hosts(settings)
    names = fetches or not all(_is_address(host) for host in needed)
    button = settings.kiosk.begin == "button"
    return _filled(
        "kiosk.service",
        name=NAME,
        command=_command(),
        after=" network-online.target\nWants=network-online.target" if names else "",
        groups=" input" if button else "",
        binds="".join(f"BindReadOnlyPaths={_quoted(path)}\n" for path in _hidden(_program_folders())).rstrip(),
        devices="DeviceAllow=char-input r" if button else "",
        network=_network(settings, needed, names),
    )


def own_unit(settings: Settings, fetches: bool, sandbox: bool) -> str:
    """For a service of the user's; ``sandbox`` = the user may have namespaces, which it takes."""
    folders = {data_folder(), cache_folder(), *_written(settings)}
    if fetches:
        folders |= {Path.home() / ".cache", data_folder().parent}
    alone = not settings.kiosk.port and not needed_hosts(settings, local=True) and not fetches
    desktop = settings.kiosk.begin == "button"  # the X server's socket lies in /tmp
    return _filled(
        "own.service",
        name=NAME,
        command=_command(),
        data=str(data_folder()).replace("%", "%%"),
        sandbox=_SANDBOX.format(
            folders=" ".join(_quoted(folder, before="-") for folder in sorted(folders)) + (" /tmp" if desktop else ""),
            tmp="" if desktop else "PrivateTmp=yes\n",
            network="PrivateNetwork=yes\n" if alone else "",
        )
        if sandbox
        else "",
    )


def needed_hosts(settings: Settings, local: bool = False) -> set[str]:
    """Names and addresses of the other machines that the settings need; with ``local`` also those of this one."""
    addresses = []
    if settings.llm.engine == "openai":
        addresses.append(settings.llm.base_url or PRESETS[settings.llm.preset].base_url)
    if tts.chosen(settings.tts).leaves:
        addresses.append(settings.tts.openai_base_url or _OPENAI)
    if settings.rag.enabled and settings.rag.url:
        addresses.append(settings.rag.url)
    hosts = {urlsplit(address).hostname or "" for address in addresses} - {""}
    return {host for host in hosts if local or not _is_local(host)}


def _network(settings: Settings, needed: set[str], names: bool) -> str:
    if names:  # a name's addresses change
        return "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6"
    if not needed and not settings.kiosk.port and not needed_hosts(settings, local=True):
        return "PrivateNetwork=yes\nIPAddressDeny=any\nRestrictAddressFamilies=AF_UNIX"
    allowed = " ".join(["localhost", *sorted(needed)])
    return f"IPAddressDeny=any\nIPAddressAllow={allowed}\nRestrictAddressFamilies=AF_UNIX AF_INET AF_INET6"


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _is_local(host: str) -> bool:
    return host == "localhost" or _is_address(host) and ipaddress.ip_address(host).is_loopback


def _command() -> str:
    script = Path(sys.executable).parent / "assistant"
    program = [script] if script.is_file() else [sys.executable, "-m", "assistant"]
    return " ".join(_quoted(part).replace("$", "$$") for part in (*program, "kiosk"))


def _program_folders() -> list[Path]:
    """All that must be readable for this program to run, none inside another."""
    found = {Path(sys.prefix), Path(sys.base_prefix), Path(__file__).parents[3], Path(sysconfig.get_path("purelib"))}
    found |= {Path(folder) for folder in sys.path if "site-packages" in folder and Path(folder).is_dir()}
    found = {folder.resolve() for folder in found}
    return sorted(folder for folder in found if not any(folder.is_relative_to(other) for other in found - {folder}))


def _hidden(paths: Sequence[Path]) -> list[Path]:
    return [path for path in paths if any(path.is_relative_to(home) for home in _HOMES)]


def _check_paths(settings: Settings) -> None:
    for folder in _program_folders():
        outside = [] if _hidden([folder]) else folder.parents  # a bound folder is reached without those above it
        for place in (folder, *outside):
            if not place.stat().st_mode & stat.S_IXOTH:
                raise UsageError(
                    f"{place}: the service's own user may not look into it, and this program lies there; allow it "
                    f"(chmod o+rx {place}), install the program elsewhere, e.g. in /opt, or take `--user`"
                )
    for key, path in _paths(settings):
        if _hidden([path]):
            raise UsageError(
                f"{key}: {path} lies in a home folder, which the service does not see; move it to {STATE}, or take "
                "`--user`"
            )
    for path in _written(settings):
        if not path.is_relative_to(STATE):
            raise UsageError(f"{path}: the service may write in {STATE} only; change the setting, or take `--user`")


def _paths(settings: Settings) -> list[tuple[str, Path]]:
    """``section.key`` and each path that stands there."""
    return [
        (f"[{name}] {key}", Path(part.strip()).expanduser())
        for name, section in vars(settings).items()
        if name != "mcp"  # no visitor has tools
        for key, value in vars(section).items()
        if isinstance(value, str)
        for part in value.split(",")
        if part.strip().startswith(("/", "~"))
    ]


def _written(settings: Settings) -> set[Path]:
    """The folders that the settings name for writing, but in the data folder."""
    values = (getattr(getattr(settings, section), key) for section, key in (name.split(".") for name in _WRITTEN))
    paths = (Path(value).expanduser() for value in values if value)
    return {path if not path.suffix else path.parent for path in paths if path.is_absolute()}


def _quoted(what: Path | str, before: str = "") -> str:
    text = f"{before}{what}".replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{text}"' if any(character in text for character in " \\\"';") else text


def _filled(template: str, **values: str) -> str:
    text = Template((_TEMPLATES / template).read_text(encoding="utf-8")).substitute(values)
    while "\n\n\n" in text:  # values that are empty
        text = text.replace("\n\n\n", "\n\n")
    return text
