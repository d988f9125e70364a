"""Home Assistant's own tests are counted right: a few in their form, made up here, of which some must fail."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

import pytest

from assistant.bench.home_sentences import run
from assistant.errors import UsageError

_FILE = """
language: "en"
areas: [{name: "Kitchen"}]
entities: [{name: "Egg Lamp", domain: "light"}, {name: "Back Door", domain: "lock"}]
tests:
  - sentences: ["turn on the egg lamp", "the egg lamp on"]
    slots: {name: "Egg Lamp"}
  - sentences: ["turn on the lights in the kitchen"]
    slots: {area: "Kitchen", domain: "light"}
  - sentences: ["turn on the lights in here"]
    slots: {domain: "light"}
  - sentences: ["turn off the egg lamp", "paint the egg lamp"]
    slots: {name: "Egg Lamp"}
  - sentences: ["lock the back door"]
    slots: {name: "Front Door"}
"""


def test_right_and_wrong_ones(tmp_path: Path) -> None:
    folder = tmp_path / "tests" / "en" / "HassTurnOn"
    folder.mkdir(parents=True)
    (folder / "name_only.yaml").write_text(_FILE)
    right, total, misses = run(tmp_path)
    assert (right, total) == (4, 7)
    assert [miss.split(": ", 1)[1] for miss in misses] == [
        "'turn off the egg lamp': HassTurnOff, not HassTurnOn",
        "'paint the egg lamp': nothing was matched",
        "'lock the back door': name is 'Back Door', not 'Front Door'",
    ]


def test_a_folder_without_tests_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=f"holds no tests.*git checkout {version('home-assistant-intents')}$"):
        run(tmp_path)


def test_an_older_checkout_is_not_judged_by_the_few_tests_that_can_be_read(tmp_path: Path) -> None:
    folder = tmp_path / "tests" / "en"
    (folder / "HassTurnOn").mkdir(parents=True)
    (folder / "HassTurnOn" / "name_only.yaml").write_text(_FILE)
    (folder / "light_HassTurnOn.yaml").write_text(_FILE)
    with pytest.raises(UsageError, match=f"older checkout.*git checkout {version('home-assistant-intents')}$"):
        run(tmp_path)
