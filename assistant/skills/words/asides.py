"""Words beside a command that only say why: "set a timer for five minutes, the eggs are on", "wake me at six
because I have a lecture". English."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

_MOST_PARTS = 4
_LEAST_WORDS, _MOST_WORDS = 2, 40
_LEAST_MAIN = 4
_LINK = r"(?:because|cos|'cause|cause|coz|since|as|so that|so|or else|or|otherwise|and|for|but|then|oh|well|else) "
_WHO = (
    r"(?:i|i'm|i've|i'll|i'd|we|we're|we've|we'll|it|it's|that's|there's|this|my|our|the|he|he's|she|she's|they|they're|"
    r"\w+'s|"
    r"need to|have to|got to|gotta|his|her|their|somebody|someone|everybody|everyone|nobody|you'd|no rush|no hurry)"
)
_ASIDE = re.compile(rf"(?:{_LINK})*{_WHO}\b.+", re.IGNORECASE)
_NONE = re.compile(
    r"\b(?:said|says|say|told|tells|asked|asks|thought|wondered|instead|cancel|stop|never mind|forget it|timers?|"
    r"alarms?|reminders?|remind|wake|set)\b|\b(?:don't|do not|didn't) (?:want|need|bother|care)\b",
    re.IGNORECASE,
)
"""Words of what is told, taken back, or asked for as well."""
_COMMA = re.compile(r"\s*,\s+|\s*[;:]\s+|\s+[-–—]\s+")
_WHY = re.compile(
    r"\s+(?=(?:because|cos|coz|'cause|or else i|so that i|so i|since i|as i)\b)"
    r"|\s+(?=i (?:need|have|beg|must|can't|cannot|want|feel|think)\b|(?:i've|i'm) )",
    re.IGNORECASE,
)
_UNENDED = re.compile(
    r"\b(?:because|cos|coz|cause|since|as|so|that|and|or|but|if|when|which|what|how|to)$", re.IGNORECASE
)
_OF_TIME = re.compile(
    r"\b(?:timers?|alarms?|remind\w*|wake|waking|get me up|snooze|sleep|time|clock|count\w*|date|day|forget|remember|"
    r"min\w*|hours?|sec\w*|o'clock|pause|resume)\b",
    re.IGNORECASE,
)
_OF_THINGS = re.compile(
    r"\b(?:turn|switch|put|pop|stick|open|close|shut|draw|lock|dim|lower|raise|heat|warm|cool|set|play|skip|mute|add|"
    r"take|cross|tick|lists?|lights?|lamps?|heating|volume|louder|quieter|slower|faster|slow|speak|talk|repeat|convert|"
    r"missed|catch|hear|plus|minus|times|divided|percent|degrees)\b",
    re.IGNORECASE,
)
"""Others are not looked at, which takes time."""
KINDS = ("timer.", "alarm.", "reminder.", "clock.")
THINGS = (
    "home", "list.", "sums.", "units.", "currencies.", "documents.", "talking.louder", "talking.quieter",
    "talking.volume", "talking.mute", "talking.faster", "talking.slower", "talking.repeat",
)  # fmt: skip
"""Of a command with one of these, what is beside it must ask for nothing."""


def without(words: str) -> Iterator[str]:
    """``words`` without what may be such a reason, the least left out first."""
    text = words.strip().rstrip(".!")
    if not _LEAST_WORDS < len(text.split()) <= _MOST_WORDS or "?" in text[:-1]:
        return
    text = text.rstrip("?")
    if not (_OF_TIME.search(text) or _OF_THINGS.search(text)):
        return
    yield from _of_parts(_COMMA.split(text))
    for joint in list(_WHY.finditer(text))[:_MOST_PARTS]:
        main, aside = text[: joint.start()], text[joint.end() :]
        if _is_aside(aside) and not _UNENDED.search(main):
            yield main.rstrip(" ,")


def is_main(words: str, sentence: str) -> bool:
    """Whether ``sentence``, one of `without`, may be guessed at: a few words after a told one are told, too."""
    return words.strip().startswith(sentence) and len(sentence.split()) >= _LEAST_MAIN


def beside(words: str, sentence: str) -> list[str]:
    """What `without` left out of ``words``."""
    return [part for part in _COMMA.split(words.strip().rstrip(".!?").replace(sentence, ",", 1)) if part.strip(" ,")]


def is_of_it(sentence: str, beside: Sequence[str]) -> bool:
    """Whether ``sentence`` speaks of what only these name: "the oats are gone, put them on the list"."""
    return bool(beside) and bool(re.search(r"\b(?:it|them|those|these|one|some|there)\b", sentence, re.IGNORECASE))


def _of_parts(parts: list[str]) -> Iterator[str]:
    if not 1 < len(parts) <= _MOST_PARTS:
        return
    for left in range(len(parts) - 1, 0, -1):
        for begin in range(len(parts) - left + 1):
            dropped = parts[:begin] + parts[begin + left :]
            if all(map(_is_aside, dropped)):
                yield ", ".join(parts[begin : begin + left])


def _is_aside(part: str) -> bool:
    return len(part.split()) >= _LEAST_WORDS and bool(_ASIDE.fullmatch(part)) and not _NONE.search(part)
