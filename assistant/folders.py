"""Where this program lies, where it keeps what is the user's, and how what it lacks is installed."""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path

_NAME = "voice-assistant"


def data_folder() -> Path:
    """Where this program keeps the user's own data (journal, models made here)."""
    from platformdirs import user_data_path

    return user_data_path(_NAME, appauthor=False)


def cache_folder() -> Path:
    """Where this program keeps what it could make again."""
    from platformdirs import user_cache_path

    return user_cache_path(_NAME, appauthor=False)


def control_sockets() -> list[Path]:
    """Where the assistant that runs takes `assistant press` and its like: in the first; who tells it looks into all.

    A service has no folder of the session, and whoever tells it something may have one.
    """
    session = os.environ.get("XDG_RUNTIME_DIR", "")
    folders = [Path(session) / _NAME] if session else []
    return [folder / "control.sock" for folder in (*folders, data_folder() / "control")]


def config_folder() -> Path:
    """Where the user's own config.toml lies when there is none in the working directory."""
    from platformdirs import user_config_path

    return user_config_path(_NAME, appauthor=False)


def checkout() -> Path | None:
    """The repository that this program runs in; None when it was installed as a package."""
    root = Path(__file__).parents[1]
    return root if (root / "pyproject.toml").is_file() else None


def install_command(extra: str) -> str:
    """What installs the packages of an ``extra`` of pyproject.toml."""
    return f"make {extra}" if checkout() else f'pip install "{_NAME}[{extra}]"'


def how_to_install(extra: str = "") -> str:
    """What to do when the packages of an ``extra``, or those that are always needed, are missing or damaged."""
    if extra or checkout():
        return f"run `{install_command(extra or 'setup')}`"
    return f"install {_NAME} again"


def narrow(folder: Path) -> bool:
    """Take from other accounts what they may read in ``folder``, as earlier versions left it; whether there was
    anything.

    Left as it is: a link, another account's folder, one that passes its group on (set-group-id): somebody shares it on
    purpose. So is what lies in a folder that others cannot enter.
    """
    try:
        found = folder.lstat()
        own = stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() and not found.st_mode & stat.S_ISGID
        if not own or not _narrowed(folder):
            return False
    except (OSError, AttributeError):  # Windows has no such modes
        return False
    for place, folders, files in os.walk(folder):
        for name in (*folders, *files):
            with contextlib.suppress(OSError):
                _narrowed(Path(place, name))
    return True


def _narrowed(path: Path) -> bool:
    """Whether the mode of ``path``, which may be a file with one name alone, was too wide and is not any more."""
    found = path.lstat()
    shared = not stat.S_ISDIR(found.st_mode) and (not stat.S_ISREG(found.st_mode) or found.st_nlink > 1)
    if shared or not found.st_mode & 0o077:
        return False
    path.chmod(stat.S_IMODE(found.st_mode) & 0o700)
    return not path.lstat().st_mode & 0o077
