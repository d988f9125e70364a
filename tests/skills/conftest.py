from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.skills import home
from assistant.skills.home.address import Address
from assistant.skills.home.home import Home
from assistant.skills.home.registry import Entity, Place, Registry
from assistant.skills.loaded import Skills


@pytest.fixture(scope="session")
def lookalikes() -> list[str]:
    """Chit-chat and questions that resemble commands, and are none."""
    return (Path(__file__).parent / "lookalikes.txt").read_text(encoding="utf-8").splitlines()


@pytest.fixture(scope="module")
def at_home() -> Iterator[Skills]:
    """The home's skill, with four lamps and nothing behind them."""
    lamps = ("Kitchen light", "Bedroom light", "Hall light", "Desk lamp")
    known = [Entity(f"light.{at}", (name,), name.split()[0]) for at, name in enumerate(lamps)]
    house = Home(Address("http://127.0.0.1:9", "none"))
    house.take(Registry(tuple(known), tuple(Place(name.split()[0], (name.split()[0],)) for name in lamps[:3])))
    home.use(house)
    yield Skills([home])  # type: ignore[list-item]
    home.close()
