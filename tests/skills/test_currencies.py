"""Currencies, at the rates of a day that is said."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from currency_converter import CurrencyConverter
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.skills.numbers import currencies
from assistant.skills.values.spoken_money import currency, money
from tests.skills.saying import Skill, here

SKILL = Skill(currencies)
RATES = "Date, USD, JPY, GBP, CHF,\n27 November 2026, 1.1560, 180.00, 0.8800, 0.9300,\n"


@pytest.fixture
def rates(tmp_path, monkeypatch):
    """Those of 27 November 2026, five days before the tests' now."""
    (tmp_path / "rates.csv").write_text(RATES)
    converter = CurrencyConverter(str(tmp_path / "rates.csv"), decimal=True)
    monkeypatch.setattr(currencies, "_rates", lambda: converter)


@pytest.mark.parametrize(
    "words, said",
    [
        ("how much is 20 dollars in euros", "20 US dollars are 17.3 euros."),
        ("How many pounds do I get for a hundred euros?", "100 euros are 88 British pounds."),
        ("what would fifty quid be in dollars", "50 British pounds are 65.68 US dollars."),
        ("convert twenty Swiss francs to yen please", "20 Swiss francs are 3,870.97 yen."),
        ("five pounds fifty in euros", "5.5 British pounds are 6.25 euros."),
        ("if I have 100 bucks how many euros is that", "100 US dollars are 86.51 euros."),
        ("what's the exchange rate between the dollar and the euro", "1 US dollar is 0.8651 euros."),
        ("one yen in pounds", "1 yen is 0.00489 British pounds."),
    ],
)
def test_an_amount_is_said_in_another_currency_with_the_day_of_the_rate(words, said, rates):
    assert SKILL.says(words) == f"At the European Central Bank's rate of 27 November 2026, {said}"


def test_a_rate_that_is_older_than_thirty_days_is_called_old(rates):
    later = datetime(2026, 12, 28, 12, 0).astimezone()
    assert SKILL.says("20 dollars in euros", here(now=lambda: later)).endswith("17.3 euros. That rate is 31 days old.")
    on_time = later - timedelta(days=1)
    assert SKILL.says("20 dollars in euros", here(now=lambda: on_time)).endswith("17.3 euros.")


def test_a_currency_without_a_rate_is_named(rates):
    said = "The European Central Bank gives no rate for Russian roubles, so I cannot say."
    assert SKILL.says("how much is 100 roubles in euros") == said
    assert SKILL.says("10 euros in euros") == "That is 10 euros already."


def test_the_rates_that_are_installed_can_be_read():
    said = SKILL.says("how much is 20 dollars in euros")
    assert re.match(r"At the European Central Bank's rate of \d+ \w+ 20\d\d, 20 US dollars are [\d.]+ euros\.", said)
    assert currencies.rates_date() >= date(2026, 10, 30)


def test_no_lookalike_is_taken_for_money(lookalikes, rates):
    assert [words for words in lookalikes if SKILL.command(words)] == []


@pytest.mark.parametrize(
    "words, amount, code",
    [
        ("$20", "20", "USD"), ("€1.5 million", "1500000", "EUR"), ("20 €", "20", "EUR"),
        ("half a dollar", "0.5", "USD"),
        ("a pound", "1", "GBP"), ("three euros and 20 cents", "3.2", "EUR"), ("the dollar", "1", "USD"),
        ("20 usd", "20", "USD"), ("two hundred hong kong dollars", "200", "HKD"),
    ],
)  # fmt: skip
def test_money_is_understood_however_it_is_said(words, amount, code):
    found = money(words)
    assert found is not None and (found.amount, found.currency.code) == (Decimal(amount), code)


@pytest.mark.parametrize(
    "words", ["", "twenty", "five pounds of sugar", "try", "a lot of money", "$", "two pounds 500"]
)
def test_what_is_no_money_gives_none(words):
    assert money(words) is None and (currency(words) is None)


@settings(max_examples=50)
@given(st.lists(st.sampled_from("$ € 20 5.5 a half the dollar euros and fifty cents million £3".split())).map(" ".join))
def test_no_words_make_it_fail(words):
    assert money(words) is None or money(words).amount is not None
