from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.turns.backchannel import is_backchannel


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "...",
        "Mm-hm.",
        "mhm",
        "Okay.",
        "OK",
        "Yeah, right.",
        "I see.",
        "Got it!",
        "Uh-huh",
        "Hmm",
        "oh wow",
        "All right.",
        "Of course.",
    ],
)
def test_listening_sounds_do_not_interrupt(text):
    assert is_backchannel(text)


@pytest.mark.parametrize(
    "text",
    [
        "Stop.",
        "No.",
        "Wait",
        "Go forward ten meters.",
        "Okay, but what about Rome?",
        "Yes, stop.",
        "I see a bridge.",
        "go",
        "What?",
        "okay okay okay okay okay",
        "Right, next one.",
        "2",
    ],
)
def test_words_interrupt(text):
    assert not is_backchannel(text)


@given(st.text(max_size=40))
def test_any_text_is_judged_and_one_strange_word_is_enough_to_interrupt(text):
    is_backchannel(text)
    assert not is_backchannel(f"{text} stop")
