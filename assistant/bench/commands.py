"""The commands of a longer piece of work, as a user would type them, each timed."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from assistant.errors import AssistantError


class Commands:
    def __init__(self, folder: Path, settings: Sequence[str]) -> None:
        self.folder = folder
        """Holds the user's data and config.toml of these commands, and whatever else they need."""
        self.seconds: dict[str, float] = {}
        self._settings = [f"--set={one}" for one in settings]
        self._environment = {
            **os.environ,
            "XDG_DATA_HOME": str(folder / "data"),
            "ASSISTANT_CONFIG": str(folder / "config.toml"),
        }

    def do(self, title: str, *words: str) -> str:
        """Run ``assistant words...`` and return what it printed. Raises AssistantError when it fails."""
        began = time.monotonic()
        done = subprocess.run(
            [sys.executable, "-m", "assistant", *words, *self._settings],
            env=self._environment,
            capture_output=True,
            text=True,
        )
        self.seconds[title] = time.monotonic() - began
        if done.returncode:
            raise AssistantError(
                f"assistant {' '.join(words)} ended with {done.returncode}: {done.stderr.strip()[-400:]}"
            )
        return done.stdout


@contextmanager
def in_a_new_home(settings: Sequence[str]) -> Iterator[Commands]:
    """What the commands leave behind is removed at the end."""
    with tempfile.TemporaryDirectory(prefix="assistant-bench-") as name:
        folder = Path(name)
        (folder / "config.toml").touch()
        yield Commands(folder, settings)
