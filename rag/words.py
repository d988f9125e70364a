"""Words that carry meaning: what a stop word is, and which forms are one word. Those without a language are English."""

from __future__ import annotations

from rag import language

STOP_WORDS = language.of("en").stop


def stem(word: str) -> str:
    """The part that the forms of a lower-case English word share, by Snowball's stemmer: "valve" and "valves" are
    "valv". It is to be compared, not read."""
    return language.of("en").stem(word)


def forget() -> None:
    """Drop what is kept of words that were looked at."""
    language.forget()


def words(text: str) -> list[str]:
    """In lower case; numbers and the parts of part numbers ("5-0210") count."""
    return language.words(text)


def content_words(text: str) -> list[str]:
    """The stems of the `words` of its language, without stop words; without spaces, pairs of characters."""
    code = language.detect(text)
    if not language.tight(code):
        return language.terms(text, code)
    return [term for part in language.subjects(text, code) for term in language.pairs(part) or [part]]
