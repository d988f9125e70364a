"""Sums as people say them."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.skills.numbers import sums
from assistant.skills.values.spoken_sums import sum_of
from assistant.spoken.en_numbers import cardinal
from tests.skills.saying import Skill

SKILL = Skill(sums)


@pytest.mark.parametrize(
    "words, said",
    [
        ("What's seventeen times twenty three?", "17 times 23 is 391."),
        ("twelve plus thirty minus four", "12 plus 30 minus 4 is 38."),
        ("and the square root of 144?", "The square root of 144 is 12."),
        ("Could you work out fifteen percent of eighty for me", "15 percent of 80 is 12."),
        ("how much is 15% of 80", "15 percent of 80 is 12."),
        ("what is 20 percent off 45", "20 percent off 45 is 36."),
        ("Split 84 between 3 please", "84 divided by 3 is 28."),
        ("how much is eighty four split between 3 people", "84 divided by 3 is 28."),
        ("how many times does seven go into eighty four", "84 divided by 7 is 12."),
        ("tell me what half of 250 is", "Half of 250 is 125."),
        ("two to the power of ten", "2 to the power of 10 is 1,024."),
        ("what is three to the fourth", "3 to the power of 4 is 81."),
        ("What do I get if I add 19 percent VAT to 50?", "50 plus 19 percent is 59.5."),
        ("if I take 20 percent off 60 what do I get", "20 percent off 60 is 48."),
        ("what is two to the 10", "2 to the power of 10 is 1,024."),
        ("what's a third of 450 grams", "A third of 450 grams is 150 grams."),
        ("20 percent of two litres", "20 percent of 2 litres is 0.4 litres."),
        ("what is 7 factorial", "7 factorial is 5,040."),
        ("what are seven eights", "7 times 8 is 56."),
        ("what's two and two", "2 plus 2 is 4."),
        ("two plus two is what", "2 plus 2 is 4."),
        ("what's the average of 3, 4 and 8", "The average of 3, 4 and 8 is 5."),
        ("what is the difference between 7 and 12", "The difference between 7 and 12 is 5."),
        ("what percentage of 80 is 20", "20 of 80 is 25 percent."),
        ("twenty is what percent of eighty", "20 of 80 is 25 percent."),
        ("what is thirty seven out of fifty as a percentage", "37 of 50 is 74 percent."),
        ("what percentage is 18 out of 24", "18 of 24 is 75 percent."),
        ("how much would a 15 percent tip on 48 be", "15 percent of 48 is 7.2."),
        ("what is 100 divided by 3", "100 divided by 3 is about 33.33."),
        ("two thirds of ninety", "Two thirds of 90 is 60."),
        ("what is 0.1 plus 0.2", "0.1 plus 0.2 is 0.3."),
        ("take five away from three", "3 minus 5 is minus 2."),
        ("split eighty six pounds between five people", "86 pounds divided by 5 is 17.20 pounds."),
        ("how much is ten percent of 90 Swiss francs", "10 percent of 90 swiss francs is 9 swiss francs."),
        ("if a jumper is forty percent off fifty five what do I pay", "40 percent off 55 is 33."),
        ("if I have 100 and spend 37 how much is left", "100 minus 37 is 63."),
        ("what's thirty seven less than a hundred", "100 minus 37 is 63."),
        ("what is the square of nine", "9 squared is 81."),
        ("how many sevens are in fifty six", "56 divided by 7 is 8."),
        ("add 5, 6 and 7 together", "5 plus 6 plus 7 is 18."),
        ("what is a third plus a quarter", "A third plus 0.25 is about 0.583."),
        ("what is 100 minus 20 percent", "100 minus 20 percent is 80."),
        ("what is 17 modulo 5", "17 modulo 5 is 2."),
        ("what is two plus three times four", "2 plus 3 times 4 is 14."),
        ("what is 1 divided by 8000", "1 divided by 8,000 is 0.000125."),
        ("two to the power of a hundred", "2 to the power of 100 is about 1.27 times 10 to the power of 30."),
    ],
)
def test_a_sum_is_worked_out_however_it_is_asked(words, said):
    assert SKILL.says(words) == said


@pytest.mark.parametrize(
    "words, said",
    [
        ("what is one divided by zero", "Nothing can be divided by zero."),
        ("what's zero over zero", "Nothing can be divided by zero."),
        ("the square root of minus four", "Minus 4 has no square root."),
        ("what is 171 factorial", "171 factorial is more than I can work out."),
        ("a thousand to the power of 500", "1,000 to the power of 500 is more than I can work out."),
        ("what is one half factorial", "Only whole numbers from 0 have a factorial."),
        ("9 to the power of 9 to the power of 9", "9 to the power of 9 to the power of 9 is more than I can work out."),
    ],
)
def test_what_cannot_be_worked_out_is_said(words, said):
    assert SKILL.says(words) == said


def test_no_lookalike_is_taken_for_a_sum(lookalikes):
    assert [words for words in lookalikes if SKILL.command(words)] == []


@pytest.mark.parametrize("words", ["two and two", "five percent", "half", "add milk to 4", "555-1234", "(2", "2 plus"])
def test_what_computes_nothing_is_no_sum(words):
    assert SKILL.command(words) == ""


@pytest.mark.parametrize(
    "written, said", [("17*23", "391"), ("(2+3)*4", "20"), ("12 - 30/4", "4.5"), ("2^10", "1,024")]
)
def test_what_a_language_model_writes_is_understood_too(written, said):
    sum = sum_of(written)
    assert sum is not None and sums.result(sum) == said


@settings(max_examples=60)
@given(
    st.lists(st.integers(min_value=0, max_value=10**6), min_size=2, max_size=5),
    st.lists(st.sampled_from(["plus", "minus", "times"]), min_size=4, max_size=4),
)
def test_chains_follow_the_rules_of_arithmetic(numbers, signs):
    words, formula = cardinal(numbers[0]), str(numbers[0])
    for sign, value in zip(signs, numbers[1:]):
        words += f" {sign} {cardinal(value)}"
        formula += {"plus": "+", "minus": "-", "times": "*"}[sign] + f"Fraction({value})"
    sum = sum_of(words)
    expected = eval(formula, {"Fraction": Fraction})
    if sum is not None and abs(expected) < 10**15:
        assert sums.result(sum).replace("minus ", "-").replace(",", "") == str(expected)
    assert sum is not None


WORDS = "two hundred and of the square root percent off minus plus over sum average split between ( ) to".split()


@settings(max_examples=60)
@given(st.lists(st.sampled_from(WORDS), max_size=40).map(" ".join))
def test_no_words_make_it_fail(words):
    if sum := sum_of(words):
        try:
            sums.result(sum)
        except sums.Impossible:
            pass
