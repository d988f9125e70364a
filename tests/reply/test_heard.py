"""Playback position -> words: what history keeps of a reply that was interrupted."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from assistant.reply.heard import SpokenReply
from assistant.reply.sentences import SentenceSplitter
from assistant.reply.speakable import speakable
from assistant.tts import SAMPLE_RATE, SpeechChunk


def chunk(seconds: float, spoken: int | None = None) -> SpeechChunk:
    return SpeechChunk(np.zeros(round(seconds * SAMPLE_RATE), np.float32), spoken)


def spoken_reply(text: str, marked: bool = True, start: int = 0) -> tuple[SpokenReply, int]:
    """A reply whose every word takes a tenth of a second, and where its sound ends."""
    reply, position = SpokenReply(), start
    reply.written = text
    splitter = SentenceSplitter()
    for unit in [*splitter.feed(text), *splitter.flush()]:
        words = speakable(unit)
        reply.begin(unit, words, "en", position)
        done = 0
        for word in words.split():
            done = words.index(word, done) + len(word)
            reply.add(chunk(0.1, done if marked else None))
            position += SAMPLE_RATE // 10
        reply.complete()
    return reply, position


def test_a_word_counts_when_its_last_sample_was_played() -> None:
    reply, _ = spoken_reply("One two three. Four five.", start=5000)
    heard = [reply.heard(5000 + round(seconds * SAMPLE_RATE)) for seconds in (0, 0.09, 0.1, 0.29, 0.3, 0.4, 0.5)]
    assert heard == ["", "", "One", "One two", "One two three.", "One two three. Four", "One two three. Four five."]


def test_without_word_times_it_is_a_matter_of_proportion() -> None:
    reply, end = spoken_reply("aaaa bbbb cccc dddd.", marked=False)
    heard = [reply.heard(round(end * part)) for part in (0, 0.3, 0.55, 1)]
    assert heard == ["", "aaaa", "aaaa bbbb", "aaaa bbbb cccc dddd."]
    reply = SpokenReply()
    reply.begin("aaaa bbbb cccc dddd.", "aaaa bbbb cccc dddd.", "en", 0)
    reply.add(chunk(2.0))
    assert reply.heard(round(0.7 * SAMPLE_RATE)) == "aaaa bbbb"  # not complete yet: by the usual pace of speech


def test_a_voice_that_took_over_in_mid_sentence_tells_how_far_the_first_one_came() -> None:
    reply = SpokenReply()
    reply.begin("aaaa bbbb cccc dddd.", "aaaa bbbb cccc dddd.", "en", 0)
    for part in (chunk(1.0), chunk(0.0, 9), chunk(0.5, 14), chunk(0.5, 20)):
        reply.add(part)
    reply.complete()
    heard = [reply.heard(round(seconds * SAMPLE_RATE)) for seconds in (0.3, 0.6, 1.0, 1.4, 1.5, 2.0)]
    assert heard == ["", "aaaa", "aaaa bbbb", "aaaa bbbb", "aaaa bbbb cccc", "aaaa bbbb cccc dddd."]


def test_white_space_and_marks_stay_as_the_model_wrote_them() -> None:
    text = "Do **this**:\n\n1. Boil  water.\n2. Add tea.\n\n```\ncode\n```\nDone."
    reply, end = spoken_reply(text)
    assert reply.heard(end) == text
    assert reply.heard(round(0.55 * SAMPLE_RATE)) == "Do **this**:\n\n1. Boil  water."
    assert reply.heard(end - 1) == text.removesuffix("\nDone.")


def test_a_code_block_counts_once_it_is_reached() -> None:
    reply, end = spoken_reply("See this.\n```\nx\n```\n")
    assert reply.heard(end - 1) == "See" and reply.heard(end) == "See this.\n```\nx\n```"


def test_words_that_the_model_did_not_write_are_joined_to_those_it_did() -> None:
    reply, end = spoken_reply("One two.")
    reply.begin("Sorry.", "Sorry.", "en", end)
    reply.add(chunk(0.1, 6))
    reply.complete()
    assert reply.heard(end + SAMPLE_RATE) == "One two. Sorry."


@given(
    st.lists(
        st.sampled_from(
            ["word", "**a**", "U.S.", ". ", "! ", " ", "\n", "`x`", "```", "1. ", "[t](http://a.b)", "字。", "$5", ", "]
        ),
        max_size=20,
    ).map("".join),
    st.booleans(),
)
def test_what_was_heard_grows_from_nothing_to_everything(text: str, marked: bool) -> None:
    reply, end = spoken_reply(text, marked, start=100)
    heard = [reply.heard(position) for position in range(0, end + 1200, 600)]
    assert all(longer.startswith(shorter) for shorter, longer in zip(heard, heard[1:]))
    assert heard[-1] == text.strip() and (heard[0] == "" or not speakable(text))


def test_what_a_voice_said_instead_is_what_was_heard() -> None:
    reply = SpokenReply()
    reply.written = "What is your name? I wonder."
    for text, said, start in (
        ("What is your name?", "My name is Sol.", 1000),
        (" I wonder.", None, 1000 + SAMPLE_RATE),
    ):
        reply.begin(text, text.strip(), "en", start)
        for number in range(10):
            reply.add(SpeechChunk(np.zeros(SAMPLE_RATE // 10, np.float32), None, said if number > 4 else None))
        reply.add(SpeechChunk(np.zeros(0, np.float32), len(text.strip()), said))
        reply.complete()
    ends = {seconds: reply.heard(1000 + round(seconds * SAMPLE_RATE)) for seconds in (0, 0.1, 0.2, 0.5, 0.99, 1, 2)}
    assert list(ends.values()) == [
        "",
        "",
        "My",
        "My name",
        "My name is",
        "My name is Sol.",
        "My name is Sol. I wonder.",
    ]
    assert reply.differences(1000) == [] and reply.differences(2000) == [("What is your name?", "My name is Sol.")]
