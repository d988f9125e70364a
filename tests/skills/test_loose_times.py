"""Times and lengths of time in other words than the clock's and the calendar's."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from assistant.skills import Impossible
from assistant.skills.values.spoken_time import duration, moment

NOW = datetime(2026, 6, 10, 14, 20, tzinfo=ZoneInfo("Europe/London"))  # a Wednesday


@pytest.mark.parametrize(
    ("words", "when"),
    [
        ("after lunch", "2026-06-11 14:00"),
        ("after school at half three", "2026-06-10 15:30"),
        ("tomorrow at teatime", "2026-06-11 17:00"),
        ("before bed", "2026-06-10 22:00"),
        ("first thing tomorrow", "2026-06-11 09:00"),
        ("friday first thing", "2026-06-12 09:00"),
        ("early on friday", "2026-06-12 09:00"),
        ("this arvo", "2026-06-10 15:00"),
        ("the morn at ten in the morning", "2026-06-11 10:00"),
        ("the seven hours of the morning", "2026-06-11 07:00"),
        ("eight of the evening", "2026-06-10 20:00"),
        ("half past five of the evening", "2026-06-10 17:30"),
        ("six o'clock thirty", "2026-06-10 18:30"),
        ("at five and quarter", "2026-06-10 17:15"),
        ("when it's eight tonight", "2026-06-10 20:00"),
        ("when the clock strikes nine", "2026-06-10 21:00"),
        ("on the stroke of midnight", "2026-06-11 00:00"),
        ("about nine-ish", "2026-06-10 21:00"),
        ("oh six hundred", "2026-06-11 06:00"),
        ("at twenty two hundred hours", "2026-06-10 22:00"),
        ("oh seven thirty", "2026-06-11 07:30"),
        ("this time tomorrow", "2026-06-11 14:20"),
        ("a week tomorrow", "2026-06-18 14:20"),
        ("two weeks from friday", "2026-06-26 00:00"),
        ("tuesday fortnight", "2026-06-30 00:00"),
        ("monday of next week", "2026-06-15 00:00"),
        ("the following monday", "2026-06-15 00:00"),
        ("saturday the thirteenth", "2026-06-13 00:00"),
        ("friday the thirteenth", "2026-11-13 00:00"),
        ("the last friday of the month", "2026-06-26 00:00"),
        ("the first monday in july", "2026-07-06 00:00"),
        ("the end of next month", "2026-07-31 00:00"),
        ("the first of the month", "2026-07-01 00:00"),
        ("the evening of the fifth", "2026-07-05 19:00"),
        ("the evening before christmas", "2026-12-24 19:00"),
        ("the day after halloween", "2026-11-01 00:00"),
        ("an hour before noon tomorrow", "2026-06-11 11:00"),
        ("lunch", None),
        ("the school", None),
        ("the evening before", None),
        ("an hour before friday", None),
    ],
)
def test_a_moment(words: str, when: str | None) -> None:
    found = moment(words, NOW)
    assert (f"{found.at:%Y-%m-%d %H:%M}" if found else None) == when


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("sunday the 13th of june", "13 June is a Saturday, not a Sunday."),
        ("the fifth monday in february", "There is no such Monday in February within a year."),
    ],
)
def test_a_day_that_does_not_exist(words: str, why: str) -> None:
    with pytest.raises(Impossible, match=why):
        moment(words, NOW)


@pytest.mark.parametrize(
    ("words", "minutes"),
    [
        ("about ten minutes", 10),
        ("a good ten minutes", 10),
        ("ten minutes exactly", 10),
        ("an hour or so", 60),
        ("a full hour", 60),
        ("an extra minute", 1),
        ("hour and a half", 90),
        ("three quarters of hour", 45),
        ("a five minutes", 5),
        ("about", None),
    ],
)
def test_a_length(words: str, minutes: int | None) -> None:
    found = duration(words, NOW)
    assert found == (None if minutes is None else timedelta(minutes=minutes))
