"""What is read aloud is plain words; what was heard of them maps back to what was written."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.reply.speakable import heard_prefix, speakable


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Plain words, 3.14 and Dr. Smith's 5%.", "Plain words, three point one four and Doctor Smith's five percent."),
        ("**Paris** is the *capital* of `France`, ~~not~~ __really__.", "Paris is the capital of France, not really."),
        ("# A heading", "A heading"),
        ("- **Name:** Bob", "Name: Bob"),
        ("> - [ ] to do", "to do"),
        ("1. First", "one. First"),
        ("*- item*", "item"),
        ("| a | b |", "a, b"),
        ("|---|:--|", ""),
        ("one\ntwo", "one, two"),
        ('See [the docs](https://docs.example.com/a?b=c "t") now [1][^2].', "See the docs now."),
        ("![a cat](cat.png)", "a cat"),
        ("[open **link", "open link"),
        ("text](http://x.y/z(1)) on", "text on"),
        (
            "Go to https://www.example.com/a/b?x=1. Then www.foo.org/x!",
            "Go to example dot com. Then foo dot org slash x!",
        ),
        (
            "It runs on http://user:secret@localhost:8000/v1, <https://a.b>.",
            "It runs on localhost slash v one, a dot b.",
        ),
        ("Mail joe.b@mail.example.co.uk today.", "Mail joe dot b at mail dot example dot co dot uk today."),
        ("```py\nx = 1\n```", ""),
        ("~~~\nnever closed", ""),
        ("Call `some_function(x)` or `" + "x = 1; " * 20 + "`.", "Call some function(x) or."),
        ("Great! 😀👍🏽❤️👩‍👩‍👧🇩🇪1️⃣ ✅", "Great! one"),
        ("😀", ""),
        ("...", ""),
        ("***", ""),
        ("", ""),
        (" \n ", ""),
        ("\x00\ud800", ""),
        ("<b>bold</b><br>more <!-- no --> &amp; &lt;", "bold, more &"),
        ("done<|im_end|></s>", "done"),
        (
            "It costs $5.50, €5, £1 million and $1.",
            "It costs five dollars fifty, five euros, one million pounds and one dollar.",
        ),
        (
            "25°C, 77 °F, ~5 km, #1, C#, 2^10, 3*4, a -> b, x < y",
            "twenty-five degrees Celsius, seventy-seven degrees Fahrenheit, about five kilometers, number one, "
            "C sharp, two to the power of ten, three times four, a to b, x is less than y",
        ),
        (
            r"So $x^2 + y$, $$\frac{a}{b}$$, \(z\) and $n$ cost $5 or $6.",
            "So x squared plus y, a over b, z and n cost five dollars or six dollars.",
        ),
        ("hash " + "0123456789abcdef" * 5 + " end", "hash end"),
        ("今日は。 हिन्दी naïve", "今日は。 हिन्दी naïve"),
        (
            "**5 * 3** is **15** and `2**10` is *1024*.",
            "five times three is fifteen and two to the power of ten is one thousand twenty-four.",
        ),
        (r"The answer is **\boxed{42}**; 3\*4 and \$5.", "The answer is forty-two; three times four and five dollars."),
        ("- 5 kg\n- 1/2 cup\n* 5 - 3 = 2", "five kilograms, one half cup, five minus three equals two"),
        ("| Tea | $2.50 |", "Tea, two dollars fifty"),
        ("Write to <joe@x.com>. 25° C", "Write to joe at x dot com. twenty-five degrees Celsius"),
    ],
)
def test_a_voice_gets_plain_words(text: str, words: str) -> None:
    assert speakable(text) == words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Se maksaa $5 ja 25°C.", "Se maksaa $5 ja 25°C."),
        ("**5 * 3** × 2^10", "5 × 3 × 2 10"),
        (r"\boxed{42}, $x^2$ a -> b", "42, x 2 a b"),
        ("https://user@example.com/a", "example.com/a"),
    ],
)
def test_a_language_without_spoken_forms_keeps_its_digits_and_hears_no_english(text: str, words: str) -> None:
    assert speakable(text, "fi") == words


_LANGUAGES = st.sampled_from(["en", "de", "fr", "es", "it", "fi"])
_MARKED = st.lists(
    st.one_of(
        st.sampled_from(
            [
                "word",
                "a",
                " ",
                "\n",
                "*",
                "**",
                "_",
                "`",
                "```",
                "~~~",
                "#",
                "# ",
                "- ",
                "> ",
                "|",
                "[",
                "]",
                "](http://a.b/c)",
                "(",
                ")",
                "https://a.example.com/x?y",
                "://",
                "http",
                "www.",
                "joe@a.com",
                "@",
                ".",
                ", ",
                "!",
                "<b>",
                "<",
                ">",
                "</s>",
                "<|im_end|>",
                "&lt;",
                "&amp;",
                "&",
                "$",
                "$5",
                "€",
                "5",
                "^",
                "\\",
                "{",
                "}",
                "\\frac{a}",
                "😀",
                "\u200d",
                "\ufe0f",
                "°C",
                "×",
                "->",
                "--",
                "---",
                "[1]",
                "x" * 70,
                "é",
                "字",
                "हि",
                "~5",
                ";",
                "x = 1",
                "#1",
                "C#",
                "5 * 3",
                "2**10",
                "\\boxed{42}",
                "$x^2$",
                "3/4/2025",
                "14:30",
                "5 km",
                "XIV.",
                "Dr.",
                "1.",
                "№",
            ]
        ),
        st.text(max_size=4),
    ),
    max_size=25,
).map("".join)


@given(_MARKED, _LANGUAGES)
def test_no_markup_is_left_and_nothing_changes_the_second_time(text: str, language: str) -> None:
    words = speakable(text, language)
    assert not re.search(r"[*_`~#\[\]{}<>|\\^\x00-\x1f]|://|  |^ | $", words), words
    assert not any(0x1F000 <= ord(character) <= 0x1FAFF or 0xD800 <= ord(character) <= 0xDFFF for character in words)
    assert words == "" or any(character.isalnum() for character in words)
    assert speakable(words, language) == words


@given(_MARKED, _LANGUAGES)
def test_what_was_heard_grows_word_by_word_to_the_whole_text(text: str, language: str) -> None:
    words = speakable(text, language)
    heard = [heard_prefix(text, words, spoken, language) for spoken in range(len(words) + 1)]
    assert heard[-1] == text
    assert all(longer.startswith(shorter) for shorter, longer in zip(heard, heard[1:]))
    if words:
        assert heard[0] == ""


def test_heard_text_ends_after_a_whole_word_with_its_marks() -> None:
    text = "See **the docs** at [our *site*](https://a.b) for $5 or so."
    words = speakable(text)
    assert words == "See the docs at our site for five dollars or so."

    def heard(said: str) -> str:
        return heard_prefix(text, words, len(said))

    assert heard("Se") == ""
    assert heard("See") == "See"
    assert heard("See the doc") == "See **the"
    assert heard("See the docs ") == "See **the docs**"
    assert heard("See the docs at our site") == "See **the docs** at [our *site*](https://a.b)"
    assert heard("See the docs at our site for five") == heard("See the docs at our site for")
    assert heard("See the docs at our site for five dollars") == "See **the docs** at [our *site*](https://a.b) for $5"


def test_a_block_that_is_not_read_aloud_is_passed_as_a_whole() -> None:
    assert heard_prefix("```\nx\n```", "", 0) == "```\nx\n```"
