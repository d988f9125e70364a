from __future__ import annotations

import pytest

from assistant.bench.virtual_card import VirtualCard


@pytest.fixture
def card():
    with VirtualCard() as card:
        yield card
