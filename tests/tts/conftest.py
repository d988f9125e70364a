"""What tests of a voice that fails have in common."""

from __future__ import annotations

import pytest

from assistant import tts
from assistant.tts import choice


@pytest.fixture
def espeak_stands_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever another quick voice is installed, too: espeak speaks the same each time."""
    table = tuple(engine for engine in tts.ENGINES if engine.leaves or engine.name == "espeak")
    monkeypatch.setattr(choice, "ENGINES", table)
