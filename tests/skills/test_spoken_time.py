from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from assistant.skills import Impossible
from assistant.skills.values.spoken_time import Days, days, duration, moment
from assistant.skills.values.time_words import SMALL, known

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 12, 2, 15, 20, tzinfo=BERLIN)  # a Wednesday

DURATIONS = {
    "ninety seconds": 90,
    "90 secs": 90,
    "10min": 600,
    "one minute thirty": 90,
    "five-minute": 300,
    "five more minutes": 300,
    "another five minutes": 300,
    "a couple of minutes": 120,
    "two and a half minutes": 150,
    "half a minute": 30,
    "half an hour": 1800,
    "a half hour": 1800,
    "a quarter of an hour": 900,
    "three quarters of an hour": 2700,
    "an hour and a half": 5400,
    "an hour and a quarter": 4500,
    "one and a half hours": 5400,
    "1.5 hours": 5400,
    "1 hour 20": 4800,
    "2 hours and ten minutes": 7800,
    "an hour, twenty minutes": None,
    "a fortnight": 14 * 86400,
    "0 seconds": 0,
    "1000 hours": 3_600_000,
    "ten": None,
    "a hundred": None,
    "ten minutes five minutes": None,
    "ten minute one": None,
    "five minutes ago": None,
    "minutes": None,
    "a minute of silence": None,
    "an egg": None,
    "": None,
}

MOMENTS = {
    "at seven": "2026-12-02 19:00",
    "at three": "2026-12-03 03:00",
    "at twelve": "2026-12-03 00:00",
    "at half past six in the evening": "2026-12-02 18:30",
    "half six": "2026-12-02 18:30",
    "quarter to nine": "2026-12-02 20:45",
    "twenty five to seven": "2026-12-02 18:35",
    "five to one": "2026-12-03 00:55",
    "five to midnight": "2026-12-02 23:55",
    "ten past noon": "2026-12-03 12:10",
    "7:30 pm": "2026-12-02 19:30",
    "six thirty a.m.": "2026-12-03 06:30",
    "seven oh five": "2026-12-02 19:05",
    "7 a m": "2026-12-03 07:00",
    "at 1830": "2026-12-02 18:30",
    "at fifteen hundred hours": "2026-12-03 15:00",
    "12:30 am": "2026-12-03 00:30",
    "midnight": "2026-12-03 00:00",
    "tomorrow at midnight": "2026-12-04 00:00",
    "tonight at one": "2026-12-03 01:00",
    "tonight at eleven": "2026-12-02 23:00",
    "this evening at 7:30": "2026-12-02 19:30",
    "tomorrow at six": "2026-12-03 06:00",
    "six in the morning": "2026-12-03 06:00",
    "a quarter to seven tomorrow evening": "2026-12-03 18:45",
    "the day after tomorrow at 8 pm": "2026-12-04 20:00",
    "on Friday at noon": "2026-12-04 12:00",
    "monday morning at six": "2026-12-07 06:00",
    "at six on monday": "2026-12-07 06:00",
    "on wednesday at four": "2026-12-02 16:00",
    "tuesday next week at ten": "2026-12-08 10:00",
    "in two hours": "2026-12-02 17:20",
    "in an hour and a half": "2026-12-02 16:50",
    "an hour from now": "2026-12-02 16:20",
    "in three days": "2026-12-05 15:20",
    "in three days at noon": "2026-12-05 12:00",
    "in an hour's time": "2026-12-02 16:20",
    "in a month": "2027-01-02 15:20",
    "seven": None,
    "six eggs": None,
    "at 25": None,
    "at seven at eight": None,
    "in": None,
    "in love": None,
    "the third of": None,
    "a time": None,
    "": None,
}

DATES = {
    "tomorrow": "2026-12-03",
    "yesterday": "2026-12-01",
    "on wednesday": "2026-12-09",
    "next tuesday": "2026-12-08",
    "next friday": "2026-12-11",
    "friday week": "2026-12-11",
    "a week on friday": "2026-12-11",
    "last friday": "2026-11-27",
    "the second": "2026-12-02",
    "second of may": "2027-05-02",
    "the 3rd of May": "2027-05-03",
    "May third": "2027-05-03",
    "may the fourth": "2027-05-04",
    "the twenty fourth of december": "2026-12-24",
    "december 24th 2027": "2027-12-24",
    "the first of january twenty thirty": "2030-01-01",
    "on the 31st": "2026-12-31",
    "29 february": "2028-02-29",
    "2026-12-24": "2026-12-24",
    "christmas": "2026-12-25",
    "new year's eve": "2026-12-31",
    "easter": "2027-03-28",
    "pancake day": "2027-02-09",
    "father's day": "2027-06-20",
    "hogmanay": "2026-12-31",
    "easter monday 2030": "2030-04-22",
    "thanksgiving": "2027-11-25",
    "this weekend": "2026-12-05",
    "next week": "2026-12-09",
    "next month": "2027-01-01",
}


@pytest.mark.parametrize("words", DURATIONS)
def test_durations(words):
    seconds = DURATIONS[words]
    assert duration(words, NOW) == (None if seconds is None else timedelta(seconds=seconds))


@pytest.mark.parametrize("words", MOMENTS)
def test_times_of_day(words):
    found = moment(words, NOW)
    assert (found and f"{found.at:%Y-%m-%d %H:%M}") == MOMENTS[words]
    assert found is None or found.has_time


@pytest.mark.parametrize("words", DATES)
def test_dates(words):
    found = moment(words, NOW)
    assert found is not None and f"{found.at:%Y-%m-%d}" == DATES[words]
    assert found.has_date and not found.has_time


def test_of_two_readings_the_next_one_to_come_is_meant():
    assert moment("at seven", NOW.replace(hour=6)).at.hour == 7
    assert moment("at seven", NOW.replace(hour=7)).at.hour == 19
    assert moment("at seven", NOW.replace(hour=20)).at == NOW.replace(day=3, hour=7, minute=0)
    assert moment("at seven", NOW).either_half and not moment("at seven pm", NOW).either_half
    assert not moment("in the morning", NOW).has_time


@pytest.mark.parametrize("words", ["the 31st of february", "april 31", "32 may", "29 february 2027", "in 9000 years"])
def test_what_cannot_be_is_said(words):
    with pytest.raises(Impossible, match=r"\.$"):
        moment(words, NOW)


def test_clocks_that_change():
    before = datetime(2027, 3, 27, 22, 0, tzinfo=BERLIN)  # they go forward at 2 o'clock
    assert moment("in six hours", before).at == before.astimezone(UTC) + timedelta(hours=6)
    assert moment("in six hours", before).at.hour == 5
    assert moment("tomorrow at 2:30 am", before).at.hour == 3  # there is no half past two
    assert moment("tomorrow at noon", before).at - before.astimezone(UTC) == timedelta(hours=13)
    first = datetime(2026, 10, 25, 2, 40, tzinfo=BERLIN)  # 2:30 comes a second time
    assert moment("at 2:30 am", first).at.astimezone(UTC) - first.astimezone(UTC) == timedelta(minutes=50)


def test_days_of_every_week():
    assert days("every day", NOW) == Days(frozenset(range(7)))
    assert days("on weekdays", NOW) == days("monday to friday", NOW) == Days(frozenset(range(5)))
    assert days("mondays, wednesdays and fridays", NOW) == Days(frozenset({0, 2, 4}))
    assert days("every monday and thursday", NOW) == Days(frozenset({0, 3}))
    assert days("every morning", NOW) == Days(frozenset(range(7)), "morning")
    assert days("monday", NOW) is days("every", NOW) is days("every other day", NOW) is None


def test_words_that_are_no_time_are_decided_by_their_words_alone():
    assert not known("the lights in") and not known("at home") and known("at half past six")


@given(st.integers(0, 99), st.integers(1, 59), st.booleans())
def test_every_count_reads_back_in_words_and_digits(hours, minutes, words):
    spoken = {number: name for name, number in SMALL.items()}
    said = [spoken[count] if words else str(count) for count in (hours, minutes)]
    assert duration(f"{said[0]} hours and {said[1]} minutes", NOW) == timedelta(hours=hours, minutes=minutes)


@given(st.datetimes(datetime(2026, 1, 1), datetime(2032, 1, 1)), st.integers(0, 23), st.integers(0, 59))
def test_a_written_time_is_the_next_such_time(now, hour, minute):
    now = now.replace(tzinfo=BERLIN)
    said = f"{hour:02}:{minute:02}"
    at = moment(f"at {said} {'am' if hour < 12 else 'pm'}" if 0 < hour <= 12 else f"at {said}", now).at
    assert now.astimezone(UTC) < at.astimezone(UTC) <= now.astimezone(UTC) + timedelta(hours=26)
    assert at.tzinfo is BERLIN and at.minute == minute


@given(
    st.lists(st.sampled_from(sorted(SMALL) + "at in the of on half past to may a an day next am 31 7:30 0 - ,".split()))
)
def test_no_words_make_it_fail(words):
    for understand in (duration, moment, days):
        try:
            understand(" ".join(words), NOW)
        except Impossible as error:
            assert str(error).endswith(".")


@given(st.text("0123456789²٣:.-', apmnt", max_size=20))
@example("13am")
def test_no_text_makes_it_fail(text):
    for understand in (duration, moment):
        try:
            assert understand(text, NOW) is None or text
        except Impossible as error:
            assert str(error).endswith(".")
