"""A command that was misheard: where the words are none, and not plainly something else, what else the recogniser may
have heard is looked at, and the most probable of it that is a command is taken.
"""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable
from dataclasses import replace

from assistant.skills import Action, learned
from assistant.stt import Hypothesis, Transcript

_LEAST_LIKELY = 0.1
"""That the words heard are a command: below it, other words are not looked for."""
_DOUBT = 0.05
"""That other words are none, at most, where they are as probable as those heard; the less they are, the less doubt."""
_ANSWERS = ("talking.", "itself.", "letters.", "outside.", "memory.unknown", "never_mind", "impossible", "waiting")
"""Commands that, where nothing is done, are answers to talk."""


async def as_command(
    transcript: Transcript,
    means: Callable[[str], tuple[str, Action] | None],
    others: Callable[[], Awaitable[tuple[Hypothesis, ...]]],
) -> Transcript:
    """The transcript, or what is a command instead. ``means``: the commands that words are, and what becomes of them;
    ``others``: all that may have been said, see `Stt.others`. Raises EngineError.
    """
    likely, words = learned.shipped().likely, transcript.text
    if transcript.language not in ("", "en") or likely(words) < _LEAST_LIKELY or means(words) is not None:
        return transcript
    for one in await others():
        if 1 - likely(one.text) <= _DOUBT * math.exp(one.log_odds) and _is_done(means(one.text)):
            return replace(transcript, text=one.text, confidence=one.confidence, weakest=one.weakest, other=None)
    return transcript


def _is_done(found: tuple[str, Action] | None) -> bool:
    """Whether it changes or tells something, where an answer to talk does neither."""
    if found is None:
        return False
    name, action = found
    return bool(action.do or action.ask or action.asks_back) or not name.startswith(_ANSWERS)
