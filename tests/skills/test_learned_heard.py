"""Slots of a line in what the recogniser made of it."""

from __future__ import annotations

from assistant.skills.learned.heard import carried_over
from assistant.skills.learned.samples import heard, sample
from assistant.skills.words import wording


def carried(line: str, words: str) -> str | None:
    found = carried_over(sample("timer.set", line), wording.words(words))
    return found and found.marked


def test_slots_stand_where_their_words_are_now():
    assert carried("set a timer for [ten minutes](duration) please", "said a timer for ten minutes please") == (
        "said a timer for [ten minutes](duration) please"
    )
    assert carried("[pasta](name) timer for [ten minutes](duration)", "past a timer for ten minute") == (
        "[past a](name) timer for [ten minute](duration)"
    )


def test_what_teaches_nothing_is_left_out():
    assert carried("set a timer for [ten minutes](duration)", "set a timer for ten minutes") is None, "the same words"
    assert carried("set a timer for [ten minutes](duration)", "the cat sat on it") is None, "other words altogether"
    assert carried("a timer for the good [eggs](name)", "a timer for the good") is None, "a slot without words"


def test_kept_lines_have_a_kind_and_well_formed_slots():
    lines = heard()
    assert len(lines) > 1000 and all(one.kind and one.words for one in lines)
    assert all(begin < end <= len(one.words) for one in lines for _, begin, end in one.slots)
