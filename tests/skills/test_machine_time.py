from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from assistant.skills.stored import machine_time
from assistant.skills.values import cities


@pytest.fixture
def fresh():
    machine_time.zone.cache_clear()
    yield
    machine_time.zone.cache_clear()


def test_the_zone_is_the_one_named_and_has_daylight_saving_time(fresh, monkeypatch):
    monkeypatch.setenv("TZ", "Europe/Berlin")
    assert machine_time.zone() == ZoneInfo("Europe/Berlin") == machine_time.here().tzinfo


def test_a_zone_that_does_not_exist_is_passed_over(fresh, monkeypatch):
    monkeypatch.setenv("TZ", "../../nowhere")
    assert machine_time.here().tzinfo is not None


def test_the_steady_clock_counts_since_one_boot():
    (boot, first), (same, second) = machine_time.boot_clock(), machine_time.boot_clock()
    assert boot == same and second >= first


def test_each_place_has_a_zone():
    places = [place for places in cities._OTHERS.values() for place in places.split("|")]
    assert [place for place in places if cities.zone_of(place) is None] == []
    assert cities.zone_of("tokyo") == ZoneInfo("Asia/Tokyo") and cities.zone_of("narnia") is None
