"""The wake word leaves the transcript, and nothing else does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.bench.voices import sentences
from assistant.bench.wer import words
from assistant.wake.model import BUILT_IN
from assistant.wake.strip import without


@pytest.mark.parametrize(
    ("word", "transcript", "question"),  # transcripts are Moonshine's, of synthesized voices
    [
        ("okay_nabu", "Okay, Napoo.", ""),
        ("okay_nabu", "Okay, now, boo.", ""),
        ("okay_nabu", "Ok, Nabu, who wrote Romeo and Juliet.", "Who wrote Romeo and Juliet."),
        ("okay_nabu", "Ok, knobble set a timer for 10 minutes.", "Set a timer for 10 minutes."),
        ("okay_nabu", "Akae Nabo who wrote Romeo and Juliet.", "Who wrote Romeo and Juliet."),
        ("hey_jarvis", "Hey, jauvis!", ""),
        ("hey_jarvis", "Hey, Jarvis, set a time-of-a-ten minute.", "Set a time-of-a-ten minute."),
        ("hey_mycroft", "Hammercraft.", ""),
        ("hey_mycroft", "Hain the groft set a timer for 10 minutes.", "Set a timer for 10 minutes."),
        ("alexa", "Alexa what time is it?", "What time is it?"),
        ("okay_nabu", "", ""),
        ("okay_nabu", "Okay, thank you.", "Okay, thank you."),
        ("okay_nabu", "Ok, what about tomorrow?", "Ok, what about tomorrow?"),
        ("hey_jarvis", "Hey, what time is it?", "Hey, what time is it?"),
        ("alexa", "A lake is where?", "A lake is where?"),
        ("alexa", "All extra costs", "All extra costs"),
    ],
)
def test_what_is_left_of_a_transcript(word, transcript, question):
    assert without(transcript, word) == question


@pytest.mark.parametrize("word", BUILT_IN)
def test_sentences_without_a_wake_word_stay_as_they_are(word):
    assert [without(text, word) for text in sentences()] == sentences()


@pytest.mark.parametrize("word", BUILT_IN)
def test_a_sentence_is_whole_behind_its_wake_word(word):
    for text in sentences():
        assert words(without(f"{word.replace('_', ' ').title()}, {text}", word)) == words(text)


@given(st.text(max_size=40), st.sampled_from(BUILT_IN))
def test_only_a_beginning_is_ever_taken(text, word):
    left = without(text, word)
    assert left == text or text.lower().endswith(left[1:].lower())
