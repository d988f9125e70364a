"""When the moon is full and new: J. Meeus, Astronomical Algorithms, 1991, chapter 47; right to some minutes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

_EPOCH = datetime(2000, 1, 1, 12, tzinfo=UTC)
_EPOCH_DAY = 2451545.0
"""The Julian day of the epoch."""
_MONTHS_A_YEAR = 12.3685
_TERMS = (  # new moon, full moon (days); times sun's, moon's anomaly, argument of latitude
    (-0.40720, -0.40614, 0, 1, 0),
    (0.17241, 0.17302, 1, 0, 0),
    (0.01608, 0.01614, 0, 2, 0),
    (0.01039, 0.01043, 0, 0, 2),
    (0.00739, 0.00734, -1, 1, 0),
    (-0.00514, -0.00515, 1, 1, 0),
    (0.00208, 0.00209, 2, 0, 0),
    (-0.00111, -0.00111, 0, 1, -2),
    (-0.00057, -0.00057, 0, 1, 2),
    (0.00056, 0.00056, 1, 2, 0),
    (-0.00042, -0.00042, 0, 3, 0),
    (0.00042, 0.00042, 1, 0, 2),
    (0.00038, 0.00038, 1, 0, -2),
    (-0.00024, -0.00024, -1, 2, 0),
)


def days(phase: str, today: date, count: int = 3) -> Sequence[date]:
    """Those to come, today's with them, of a "full moon" or "new moon", as the local calendar has them."""
    full = phase == "full moon"
    first = math.floor((today.year + (today.timetuple().tm_yday - 1) / 365.25 - 2000) * _MONTHS_A_YEAR) - 1
    dates = (at(first + more, full).astimezone().date() for more in range(count + 4))
    return [day for day in dates if day >= today][:count]


def at(number: int, full: bool) -> datetime:
    """The new moon of that number, counted from the one of 6 January 2000, or the full moon after it."""
    moons = number + 0.5 * full
    centuries = moons / (100 * _MONTHS_A_YEAR)
    sun = 2.5534 + 29.10535670 * moons
    moon = 201.5643 + 385.81693528 * moons + 0.0107582 * centuries**2
    latitude = 160.7108 + 390.67050284 * moons - 0.0016118 * centuries**2
    flatter = 1 - 0.002516 * centuries
    day = 2451550.09766 + 29.530588861 * moons + 0.00015437 * centuries**2
    for new, whole, by_sun, by_moon, by_latitude in _TERMS:
        angle = math.radians(by_sun * sun + by_moon * moon + by_latitude * latitude)
        day += (whole if full else new) * flatter ** abs(by_sun) * math.sin(angle)
    return _EPOCH + timedelta(days=day - _EPOCH_DAY)
