"""Which of the recogniser's hypotheses was said, where a word was in doubt.

Three cues are added up, in natural logarithms: how much more the recogniser holds of the one than of the other, how
much likelier the language model finds its words after what was said before, and which words the user's documents know.
The weights were fitted on half of the speakers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from assistant.settings import MannersSettings
from assistant.stt import Transcript

MOST = 1
"""Other hypotheses that are looked at: each costs reading its words, and a second one won nothing."""
_BEHIND = 1  # words behind the last difference in which the language model may show that it fits
_MODEL, _LETTER, _KNOWN = 0.4, 0.125, 1.0  # for its log-odds, for a letter more (longer is always less likely), a word


def windows(texts: Sequence[str]) -> list[str]:
    """What of each text must be read to tell them apart: all but the words that they share at the end, save a few."""
    split = [text.split() for text in texts]
    shared = 0
    while all(len(words) > shared for words in split) and len({words[-shared - 1] for words in split}) == 1:
        shared += 1
    return [" ".join(words[: len(words) - max(0, shared - _BEHIND)]) for words in split]


def choose(
    transcript: Transcript, model: Sequence[float] | None, known: Callable[[str], set[str]] = lambda text: set()
) -> Transcript:
    """The transcript, or what was more probably said.

    ``model``: the language model's log-probability of the text and of each of `Transcript.others`, None when it cannot
    tell; the recogniser's own order then holds. ``known``: the words of a text that the conversation or the documents
    hold.
    """
    first = transcript.text
    best, most = transcript, 0.0
    for number, other in enumerate(transcript.others[:MOST], 1):
        score = other.log_odds
        if model is not None:
            score += _MODEL * (model[number] - model[0]) + _LETTER * (len(other.text) - len(first))
        score += _KNOWN * (len(known(other.text)) - len(known(first)))
        if score > most:
            best = replace(transcript, text=other.text, confidence=other.confidence, weakest=other.weakest)
            most = score
    return best


def is_unsure(transcript: Transcript, manners: MannersSettings) -> bool:
    """Whether the words were hardly understood, see [manners] unsure."""
    understood = transcript.understood
    return bool(manners.unsure) and understood is not None and understood < manners.unsure_below
