"""Which of the recogniser's two hypotheses was said, where a word was in doubt, and whether even that is too poor.

The recogniser's own odds are those of all the words together, which the likeliest token each time need not bring to
their highest; words that stand in the user's documents are likelier than others. What a language model holds of both
was measured, too: the bundled one changed the words of unseen speakers for the better as often as for the worse.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from assistant.settings import MannersSettings
from assistant.stt import Transcript

_KNOWN = 0.5  # log-odds for each word that the documents hold


def choose(transcript: Transcript, known: Callable[[str], set[str]] = lambda text: set()) -> Transcript:
    """The transcript, or with the words of `Transcript.other`, if they are more probable.

    ``known``: the words of a text that the documents hold.
    """
    other = transcript.other
    if other is None or other.log_odds + _KNOWN * (len(known(other.text)) - len(known(transcript.text))) <= 0:
        return transcript
    return replace(transcript, text=other.text, confidence=other.confidence, weakest=other.weakest, other=None)


def is_unsure(transcript: Transcript, manners: MannersSettings) -> bool:
    """Whether the words were hardly understood, see [manners] unsure."""
    return is_poor(transcript.understood, manners)


def is_poor(confidence: float | None, manners: MannersSettings) -> bool:
    """Whether a ``confidence`` is too low for an answer; never when nothing is to be asked back."""
    return bool(manners.unsure) and confidence is not None and confidence < manners.unsure_below
