"""How much silence it takes until the user's turn is over, judged by the words so far.

What tells most, on real pauses (`assistant bench endpointing` has the numbers): whether speech recognition, which hears
the voice as well as the words, would go on after the last word with a comma or dots (`Transcript.goes_on`), how likely
the language model ends the sentence there (`Llama.completeness`), and how often this user pauses (`Habit`). The last
word helps. A logistic regression weighs them; `weights` in assistant/bench/endpointing.py fits it.
"""

from __future__ import annotations

import math
import re

from assistant.stt import Transcript

SHORTEST, LONGEST = 0.2, 1.4
"""Seconds of silence after words that are surely complete, and surely incomplete."""
_MIDDLE, _STEEPNESS = -0.4, 1.0  # the score with half the way between both, and how soon it is left behind
_GOES_ON = 5e-4  # the language model's probability of an end, below which it is sure that words follow ("How much");
# else, at most so many seconds
_FEW, _FEW_LONGEST = 3, 0.8  # for so few words: they may be no sentence, and whole ("Book a room")
_SOUNDS_OVER, _SOUNDS_OVER_LONGEST = 0.03, 0.7  # for less `goes_on`: the voice came to an end, misheard as words may be
_DICTATION = 0.6  # seconds at least after three digits: people pause within numbers, in the recordings they did not

_PATIENCE = 8.0  # seconds for who asked to be waited for in the middle of a sentence
_TIME = r"(?:second|sec|moment|minute)"
_WAIT = (
    rf"(?:h(?:old|ang) on(?: an?| one)?(?: {_TIME})?|(?:just|wait|give me) (?:a|one) {_TIME}|one moment"
    rf"|let me (?:think|see|check|look)(?: about (?:it|that)| for a {_TIME})?)(?: please)?"
)
_ENDS_WAITING = re.compile(rf"\b{_WAIT}\W*$", re.IGNORECASE)
_ONLY_WAITS = re.compile(
    rf"\W*(?:(?:no|oh|okay|ok|um|uh|well|please|wait|{_WAIT})\W+)*(?:wait|one {_TIME}|{_WAIT})\W*", re.IGNORECASE
)

_HESITATES = re.compile(
    r"\b(?:u+h+|u+h*m+|a+h+|e+r+m*|h+m+|(?:an?|the|for|of|to|with|in|at|by|like|is|was)\W+you know)\W*$", re.IGNORECASE
)

_OPEN = frozenset(  # after these words something must follow, or nearly always does
    "a an the my your his her its our their this these some any every and or but so because if when while "
    "although unless until that which who whose than as like of to for from with without in into on onto at by "
    "about between over under is are was were be am will would can could should may might must do does did have "
    "has had i we they well also very really enter".split()
)
_SHORT = frozenset(
    "yes no yeah yep nope stop okay ok sure thanks hello hi hey wait cancel help repeat next back continue pause "
    "louder quieter goodbye bye".split()
)
_NUMBERS = frozenset(
    "zero oh one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand".split()
)

CUES = ("completeness", "goes_on", "open", "short", "number", "unmarked", "few", "habit")
_WEIGHTS = {  # (completeness known, goes_on known): a weight for each of CUES, and a constant
    (True, True): (0.77, -0.81, -0.34, 2.94, 1.61, 0.0, 1.79, -1.14, -0.59),
    (True, False): (0.89, 0.0, -0.19, 3.72, 2.75, 0.0, 0.0, -1.07, 2.58),
    (False, True): (0.0, -1.07, -1.96, 4.59, 1.38, 0.0, 0.0, -1.24, -3.10),
    (False, False): (0.0, 0.0, -1.82, 3.90, 1.16, -1.52, 0.0, -0.99, 0.46),
}


def silence_needed(
    transcript: Transcript,
    completeness: float | None = None,
    habit: float = 0.0,
    shortest: float = SHORTEST,
    longest: float = LONGEST,
) -> float:
    """Seconds of silence, counted from the end of speech, after which the answer may be heard.

    ``transcript`` is what was said until the pause, ``completeness`` the language model's probability that a sentence
    ends with it, None when the engine gives none; ``habit`` is `Habit.more_than_usual`. Between ``shortest`` and
    ``longest``; ``longest`` without words, and much longer after words that ask for time.
    """
    known = (completeness is not None, transcript.goes_on is not None)
    *weights, constant = _WEIGHTS[known]
    score = constant + sum(weight * cue for weight, cue in zip(weights, cues(transcript, completeness, habit)))
    return silence_at(score, transcript, completeness, shortest, longest)


def only_asks_to_wait(text: str) -> bool:
    """True for "hold on", "wait, let me think": who says nothing else wants no answer."""
    return _ONLY_WAITS.fullmatch(text) is not None


def silence_at(
    score: float,
    transcript: Transcript,
    completeness: float | None,
    shortest: float = SHORTEST,
    longest: float = LONGEST,
) -> float:
    """``score``: log-odds that the turn is over after the words of ``transcript``."""
    text = transcript.text
    if _ENDS_WAITING.search(text):
        return max(_PATIENCE, longest)
    if not text or _HESITATES.search(text):
        return longest
    silence = shortest + (longest - shortest) / (1 + math.exp(min(_STEEPNESS * (score - _MIDDLE), 50.0)))
    if completeness is not None and completeness >= _GOES_ON and not _is_open(text):
        if _is_few(text):
            silence = min(silence, max(_FEW_LONGEST, shortest))
        if transcript.goes_on is not None and transcript.goes_on < _SOUNDS_OVER:
            silence = min(silence, max(_SOUNDS_OVER_LONGEST, shortest))
    return max(silence, min(_DICTATION, longest)) if _digits(text) >= 3 else silence


def cues(transcript: Transcript, completeness: float | None, habit: float = 0.0) -> tuple[float, ...]:
    """What the regression weighs, in the order of `CUES`; 0 for what is not known."""
    text = transcript.text
    words = _words(text)
    last = words[-1] if words else ""
    return (
        0.0 if completeness is None else math.log(completeness + 1e-3),
        0.0 if transcript.goes_on is None else math.log(transcript.goes_on + 1e-3),
        float(_is_open(text)),
        float(len(words) <= 2 and last in _SHORT),
        float(_is_number(last)),
        float(not text.endswith((".", "?", "!")) or text.endswith("..")),
        float(_is_few(text) and not _is_open(text)),
        habit,
    )


def _is_open(text: str) -> bool:
    return bool(words := _words(text)) and words[-1] in _OPEN


def _is_few(text: str) -> bool:
    return 0 < len(_words(text)) <= _FEW


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+(?:['’][^\W_]+)*", text.lower())


def _digits(text: str) -> int:
    """How many digits, or words for numbers, the text ends with."""
    words = _words(text)
    numbers = next((count for count, word in enumerate(reversed(words)) if not _is_number(word)), len(words))
    return sum(len(word) if word.isdigit() else 1 for word in words[len(words) - numbers :])


def _is_number(word: str) -> bool:
    return word in _NUMBERS or word.isdigit()
