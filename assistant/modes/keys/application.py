"""Under which name desktops know this program: portals since 1.21 want one, and a .desktop file that says so."""

from __future__ import annotations

import os
import sys
from pathlib import Path

ID = "local.voice_assistant"


def write_desktop_file() -> Path | None:
    """Tell this user's desktop of the program; None where that file lies there already, or cannot be written."""
    data = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local/share")
    file = data / "applications" / f"{ID}.desktop"
    text = _TEXT.format(program=_quoted(sys.executable))
    try:
        if file.exists() and file.read_text() == text:
            return None
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    except OSError:
        return None
    return file


def _quoted(program: str) -> str:
    """As the Exec key of the desktop entry specification wants it."""
    for special in '\\"`$':
        program = program.replace(special, f"\\{special}")
    return '"' + program.replace("\\", "\\\\").replace("%", "%%") + '"'


_TEXT = """\
[Desktop Entry]
Type=Application
Name=Voice assistant
Comment=Names the program to this desktop, which gives it its push-to-talk key
Exec={program} -m assistant talk --push-to-talk
Terminal=true
NoDisplay=true
"""
