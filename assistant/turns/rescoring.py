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

_BEHIND = 1  # words behind the last difference in which the language model may show that it fits
_CLEAR = 0.5  # the recogniser's log-odds above which the language model is not asked, which hardly ever changed that
_MODEL, _LETTER, _KNOWN = 0.1, 0.125, 0.5  # for its log-odds, for a letter more (longer is less likely), for a word


def windows(texts: Sequence[str]) -> list[str]:
    """What of each text must be read to tell them apart: all but the words that they share at the end, save a few."""
    split = [text.split() for text in texts]
    shared = 0
    while all(len(words) > shared for words in split) and len({words[-shared - 1] for words in split}) == 1:
        shared += 1
    return [" ".join(words[: len(words) - max(0, shared - _BEHIND)]) for words in split]


def is_close(transcript: Transcript) -> bool:
    """Whether the recogniser holds the other hypothesis about as probable."""
    return transcript.other is not None and transcript.other.log_odds < _CLEAR


def choose(
    transcript: Transcript, model: Sequence[float] | None, known: Callable[[str], set[str]] = lambda text: set()
) -> Transcript:
    """The transcript, or with the words of `Transcript.other`, if they are more probable.

    ``model``: the language model's log-probability of both texts, None when it was not asked or cannot tell; the
    recogniser then decides. ``known``: the words of a text that the documents hold.
    """
    other = transcript.other
    if other is None:
        return transcript
    score = other.log_odds + _KNOWN * (len(known(other.text)) - len(known(transcript.text)))
    if model is not None:
        score += _MODEL * (model[1] - model[0]) + _LETTER * (len(other.text) - len(transcript.text))
    if score <= 0:
        return transcript
    return replace(transcript, text=other.text, confidence=other.confidence, weakest=other.weakest, other=None)


def is_unsure(transcript: Transcript, manners: MannersSettings) -> bool:
    """Whether the words were hardly understood, see [manners] unsure."""
    understood = transcript.understood
    return bool(manners.unsure) and understood is not None and understood < manners.unsure_below
