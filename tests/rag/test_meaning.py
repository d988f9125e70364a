"""Words of many languages, by one table."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.meaning import loaded


@pytest.mark.parametrize(
    "word, same, other",
    [
        ("battery", "akku", "lemon"),
        ("battery", "电池", "lemon"),
        ("garantie", "garantía", "hund"),
        ("修理", "维修", "猫"),
        ("bike", "bicycle", "lemon"),
    ],
)
def test_words_of_one_meaning_lie_close_whatever_their_language(word, same, other):
    ((near, far),) = loaded().near([word], [same, other]).tolist()
    assert near > 0.5 > 0.35 > far


def test_a_word_is_itself_and_an_unknown_one_is_near_nothing():
    knows = loaded()
    np.testing.assert_allclose(knows.near(["pump", "qqxzv"], ["pump", "qqxzv"]), [[1, 0], [0, 0]], atol=1e-6)
    assert knows.near([], ["pump"]).shape == (0, 1) and not knows.text([]).any()


def test_the_more_common_a_word_the_less_it_tells():
    knows = loaded()
    assert knows.rarity("the") < knows.rarity("water") < knows.rarity("qqxzv") == 1
    assert knows.rarity("und") < knows.rarity("rechnung")


def test_what_is_written_without_spaces_is_parted_into_known_words():
    assert loaded().words("电动车在哪里充电？") == ["电动", "车", "在", "哪里", "充电"]


def test_a_compound_is_near_what_it_ends_or_begins_with():
    ((whole, other),) = loaded().near(["garantiezeit"], ["garantie", "hund"]).tolist()
    assert whole > 0.5 > other


@given(st.text(alphabet="abzßΩжё食堂のカنـहि 5?\u0301", max_size=30))
def test_any_text_has_words_and_a_meaning(text):
    knows = loaded()
    length = float(np.linalg.norm(knows.text(knows.words(text))))
    assert length == pytest.approx(1, abs=1e-4) or length == 0


def test_what_was_looked_at_is_forgotten():
    knows = loaded()
    knows.vectors(["grizelda"])
    assert knows._vector.cache_info().currsize
    knows.forget()
    assert not knows._vector.cache_info().currsize
