"""Units and numbers as people write them."""

from __future__ import annotations

import pytest

from rag.units import UNITS, in_base, number, unit_of


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ((16, "oz"), (1, "lb")),
        ((36, "inch"), (1, "yard")),
        ((1760, "yard"), (1, "mile")),
        ((1, "mph"), (1.609344, "kmh")),
        ((450, "kpa"), (4.5, "bar")),
        ((1, "gallon"), (231 * 16.387064, "ml")),
        ((1, "week"), (168, "h")),
        ((1, "century"), (10, "decade")),
    ],
)
def test_units_of_one_kind_convert_exactly(one, other):
    (size, kind), (other_size, other_kind) = in_base(*one), in_base(*other)
    assert kind == other_kind and size == pytest.approx(other_size, rel=1e-12)


def test_each_kind_is_named_for_a_unit_of_its_own_whose_factor_is_one():
    assert {kind: UNITS[kind.replace("/", "")] for kind, _ in UNITS.values()} == {
        kind: (kind, 1) for kind, _ in UNITS.values()
    }


@pytest.mark.parametrize(
    ("token", "unit"),
    [("litres", "litre"), ("ms", "ms"), ("inches", "inches"), ("as", None), ("bars", "bar"), ("s", "s"), ("", None)],
)
def test_plurals_name_their_unit(token, unit):
    assert unit_of(token) == unit


@pytest.mark.parametrize(
    ("token", "value"),
    [
        ("1,850", 1850),
        ("4,5", 4.5),
        ("-5", -5),
        ("1.2.3", None),
        ("20:15", None),
        ("4k", None),
        ("nan", None),
        ("²", None),
    ],
)
def test_numbers_are_read_as_people_write_them(token, value):
    assert number(token) == value
