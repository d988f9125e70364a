from __future__ import annotations

from pathlib import Path

import pytest

from tests.ci.pretended import Machine, pretended


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return pretended(tmp_path)
