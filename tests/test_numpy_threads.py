"""numpy multiplies in one thread: its others would wait in a busy loop for cores that the engines work on."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

_THREADS = """
import sys
import assistant.cli
def told(argv=None):
    import os
    assert "numpy" not in sys.modules, "it was imported before it could be told"
    print(os.environ["OPENBLAS_NUM_THREADS"])
    return 0
assistant.cli.main = told
assistant.cli.entry()
"""


@pytest.mark.parametrize(("set_to", "threads"), [(None, "1"), ("2", "2")])
def test_the_program_keeps_numpy_to_one_thread_unless_the_environment_says_otherwise(
    set_to: str | None, threads: str
) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "OPENBLAS_NUM_THREADS"}
    if set_to:
        environment["OPENBLAS_NUM_THREADS"] = set_to
    found = subprocess.run(
        [sys.executable, "-c", _THREADS],
        capture_output=True,
        text=True,
        env=environment,
        cwd=Path(__file__).parents[1],
        check=True,
    )
    assert found.stdout.strip() == threads
