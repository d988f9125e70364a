"""Who says goodbye, and nothing else, leaves."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.modes.kiosk.farewell import is_farewell


@pytest.mark.parametrize(
    "words",
    [
        "Goodbye.",
        "Bye!",
        "Bye-bye.",
        "OK, thank you, goodbye.",
        "That's all, thanks.",
        "No, that will be all.",
        "Thank you very much. See you later!",
        "Have a nice day.",
        "Tschüss!",
        "Vielen Dank, auf Wiedersehen.",
        "Danke, das war's.",
        "Merci beaucoup, au revoir.",
        "Non merci, c'est tout.",
        "Muchas gracias, adiós.",
        "Eso es todo, gracias.",
        "Grazie mille, arrivederci.",
        "È tutto, grazie.",
    ],
)
def test_goodbyes(words):
    assert is_farewell(words)


@pytest.mark.parametrize(
    "words",
    [
        "",
        "Thank you.",
        "No.",
        "Okay, thanks.",
        "How do you say goodbye in German?",
        "What does auf Wiedersehen mean?",
        "Is that all?",
        "Who sang Bye Bye Baby?",
        "Good morning.",
        "See you later alligator, who wrote that?",
        "Ciao, come stai?",
        "Ciao.",
        "Buongiorno.",
        "Thats all folks is from which cartoon",
        "Merci.",
    ],
)
def test_what_is_no_goodbye_is_answered(words):
    assert not is_farewell(words)


@given(
    st.lists(st.sampled_from("ok thank you thanks goodbye bye das war es alles merci beaucoup x".split())), st.text()
)
def test_any_words_are_judged_at_once(words, beside):
    assert is_farewell(" ".join(words) + beside) in (True, False)
    assert not is_farewell(" ".join([*words, "elephant"]))
