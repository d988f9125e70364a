"""Quiet hours: several, over midnight, and where summer time begins."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.errors import UsageError
from assistant.modes.kiosk.quiet_hours import QuietHours, read


def at(hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 3, 2, hour, minute)


def test_without_quiet_hours_it_is_never_quiet():
    assert read("") == QuietHours() and read("").until(at(3)) is None


def test_hours_over_midnight_and_a_second_range():
    quiet = read("22:00-07:00, 12:30-13:30")
    assert quiet.until(at(22)) == quiet.until(at(0)) == quiet.until(at(6, 59)) == time(7)
    assert quiet.until(at(12, 30)) == time(13, 30)
    assert not any(quiet.until(moment) for moment in (at(7), at(12, 29), at(13, 30), at(21, 59)))


def test_until_midnight_may_be_written_as_24():
    assert read("20:00-24:00").until(at(23, 59)) == time(0) and read("20:00-24:00").until(at(0)) is None


def test_where_summer_time_begins_the_clock_on_the_wall_counts():
    berlin, quiet = ZoneInfo("Europe/Berlin"), read("01:30-03:30")
    begin = datetime(2026, 3, 29, 0, 30, tzinfo=ZoneInfo("UTC"))  # 01:30 there; at 02:00 it becomes 03:00
    lasted = [bool(quiet.until((begin + timedelta(minutes=step)).astimezone(berlin))) for step in range(90)]
    assert lasted.index(False) == 60


@pytest.mark.parametrize("text", ["22-7", "25:00-07:00", "22:00", "22:60-23:00", "a", "22:00-07:00;12:00-13:00"])
def test_what_is_no_time_of_day_is_refused_in_one_sentence(text):
    with pytest.raises(UsageError, match=r"^\[kiosk\] quiet_hours: .*write it like 22:00-07:00"):
        read(text)


def test_hours_that_begin_when_they_end_are_refused():
    with pytest.raises(UsageError, match="begins when it ends"):
        read("08:00-08:00")


@given(st.text(alphabet="0123456789:-, "))
def test_any_text_is_read_or_refused(text):
    try:
        read(text).until(at(12))
    except UsageError as error:
        assert "\n" not in str(error)


@given(st.times(), st.times(), st.datetimes())
def test_hours_and_the_hours_between_them_fill_the_day(begin, end, now):
    begin, end = begin.replace(second=0, microsecond=0), end.replace(second=0, microsecond=0)
    if begin == end:
        return
    one, other = (read(f"{first:%H:%M}-{second:%H:%M}") for first, second in ((begin, end), (end, begin)))
    assert (one.until(now) is None) != (other.until(now) is None)
