from __future__ import annotations

import socket
from pathlib import Path

import pytest

from assistant.modes.kiosk import unit


@pytest.fixture
def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@pytest.fixture
def program_in_usr(monkeypatch) -> None:
    """Wherever this checkout lies, and whoever may look into it."""
    monkeypatch.setattr(unit, "_program_folders", lambda: [Path("/usr")])
