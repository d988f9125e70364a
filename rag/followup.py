"""What to search for while a conversation goes on, and when a search is worth repeating."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.words import content_words

_REFERRING = re.compile(
    r"\b(it|its|that|this|these|those|they|them|their|there|he|she|ones?|same|other|else|then)\b", re.IGNORECASE
)
_CONTINUING = re.compile(r"^\s*(and|or|but|so|then|what about|how about|why|ok|okay|yes|no)\b", re.IGNORECASE)
_FEW = 3  # content words below which a question hardly stands for itself


def search_query(question: str, earlier: Sequence[str]) -> str:
    """``question``, after the user's previous one when it leans on it ("and how long does that take?").

    ``earlier`` are the user's previous questions, oldest first. The question's own words stand last and alone decide
    when it stands for itself.
    """
    if not earlier:
        return question
    words = content_words(question)
    leans = len(words) < _FEW or _CONTINUING.match(question) or (_REFERRING.search(question) and len(words) < 2 * _FEW)
    if not leans:
        return question
    previous = earlier[-1]
    if len(content_words(previous)) < _FEW and len(earlier) > 1:
        previous = f"{earlier[-2]} {previous}"
    return f"{previous} {question}"


def same_search(first: str, second: str) -> bool:
    """Whether both transcripts ask for the same: the content words are equal. Then the first one's passages serve."""
    return content_words(first) == content_words(second)
