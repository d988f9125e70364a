from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def lookalikes() -> list[str]:
    """Chit-chat and questions that resemble commands, and are none."""
    return (Path(__file__).parent / "lookalikes.txt").read_text(encoding="utf-8").splitlines()
