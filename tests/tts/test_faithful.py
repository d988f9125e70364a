"""Whether a voice said the sentence, or other words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.tts.openai.faithful import differs
from tests.tts.test_realtime import SENTENCES


@pytest.mark.parametrize(
    ("sentence", "said"),
    [
        ("I am here, and you cannot go.", "I'm here and you can't go"),
        ("What is your name?", "what’s your name"),
        ("They have not, she would and we will.", "They haven't, she'd, and we'll!"),
        ("Let us go; it is going to rain.", "Let's go. It's gonna rain."),
        ("It is five dollars and fifty cents.", "It's $5.50."),
        ("That makes five million dollars.", "That makes $5 million."),
        ("It was nineteen eighty-four.", "It was 1984."),
        ("In nineteen oh five", "In 1905"),
        ("The year two thousand twenty-six", "the year 2026"),
        ("In twenty twenty-six", "In 2026"),
        ("At three forty-five p.m.", "At 3:45 PM."),
        ("At five o'clock sharp", "At 5:00 sharp"),
        ("one hundred and five people", "105 people"),
        ("one million two hundred thirty-four thousand five hundred sixty-seven", "1,234,567"),
        ("two hundred twenty thousand", "220,000"),
        ("twelve hundred", "1200"),
        ("three point one four", "3.14"),
        ("twenty-five percent of it", "25% of it"),
        ("the twenty-third of May", "the 23rd of May"),
        ("minus five degrees Celsius", "-5 °C"),
        ("three to five", "3–5"),
        ("two plus two equals four", "2 + 2 = 4"),
        ("a thousand and one nights", "1001 nights"),
        ("The N A S A e-mail is okay, Doctor Who.", "The NASA email is OK, Dr. Who."),
        ("Es sind dreiundzwanzig Euro.", "Es sind 23 Euro."),
        ("Ärger über Öl", "Ärger über Öl"),
        ("…", ""),
    ],
)
def test_another_spelling_is_no_difference(sentence: str, said: str) -> None:
    assert not differs(sentence, said) and not differs(said, sentence)


@pytest.mark.parametrize(
    ("sentence", "said"),
    [
        ("What is your name?", "My name is Sol."),
        ("Ignore this and sing.", "La la la."),
        ("I do.", "I do not."),
        ("You can go.", "You can't go."),
        ("He has fifteen.", "He has 50."),
        ("It is five dollars.", "It is five euros."),
        ("five hundred", "five thousand"),
        ("In 2026", "In 2027"),
        ("Where are you?", "23"),
        ("Red, blue.", "Red."),
        ("Red.", "Sure! Red."),
        ("Yes.", ""),
        ("Good morning.", "Buenos días."),
    ],
)
def test_other_words_are(sentence: str, said: str) -> None:
    assert differs(sentence, said) and differs(said, sentence)


@pytest.mark.parametrize("sentence", SENTENCES)
def test_a_sentence_differs_from_no_beginning_of_itself_and_from_every_answer(sentence: str) -> None:
    assert not any(differs(sentence, sentence[:end], so_far=True) for end in range(len(sentence) + 1))
    assert differs(sentence, "Sure, I will do that for you now, just ", so_far=True)
    assert differs(sentence, f"{sentence} Sure.")


@given(st.text(), st.text())
def test_any_text_is_itself_and_a_word_more_is_not(text: str, other: str) -> None:
    assert not differs(text, text)
    assert differs(text, f"{text} absolutely") and differs(f"{text} absolutely", text)
    assert differs(text, other) == differs(other, text)


@given(st.lists(st.sampled_from("five two hundred thousand million 3 20 and point oh to dollar".split()), max_size=40))
def test_any_run_of_number_words_is_read(words: list[str]) -> None:
    assert not differs(" ".join(words), " ".join(words))
