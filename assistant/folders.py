"""Where this program keeps what is the user's."""

from __future__ import annotations

from pathlib import Path


def data_folder() -> Path:
    """Where this program keeps the user's own data (journal, models made here)."""
    from platformdirs import user_data_path

    return user_data_path("voice-assistant", appauthor=False)
