"""The word error rate against jiwer, which counts the same but normalises nothing."""

from __future__ import annotations

import jiwer
import pytest
from hypothesis import given
from hypothesis import strategies as some

from assistant.bench.wer import edits, wer, words

WORDS = some.lists(some.sampled_from(["a", "b", "c", "d"]), max_size=8)


@given(some.lists(WORDS, min_size=1, max_size=8), some.data())
def test_counts_what_jiwer_counts(references, data):
    hypotheses = [data.draw(WORDS) for _ in references]
    if any(references):
        said, heard = ([" ".join(line) for line in lines] for lines in (references, hypotheses))
        assert wer(said, heard) == pytest.approx(jiwer.wer(said, heard))


def test_punctuation_case_and_digits_are_not_errors():
    assert wer(["enter nine one six nine", "it's forty two, really"], ["Enter 9169.", "It’s 42 really!"]) == 0


def test_every_kind_of_error_counts_once():
    assert edits("the cat sat".split(), "the dog sat".split()) == 1
    assert edits("the cat sat".split(), "the sat".split()) == 1
    assert edits("the cat sat".split(), "the cat has sat".split()) == 1
    assert wer(["four words were said"], ["four words said"]) == 0.25


def test_words_heard_in_silence_are_errors():
    assert wer(["", ""], ["", ""]) == 0
    assert wer([""], ["you"]) == 1


def test_numbers_are_spelled():
    assert words("At 15:30, 7 of 1,200") == "at fifteen thirty seven of one two zero zero".split()


def test_lists_of_different_length_are_refused():
    with pytest.raises(ValueError):
        wer(["a"], [])
