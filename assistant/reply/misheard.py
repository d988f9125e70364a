"""A command that was misheard: where the words are none, and not plainly something else, what else the recogniser may
have heard is looked at, and the most probable of it that is a command is taken.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

from assistant.skills import Action, learned
from assistant.stt import Hypothesis, Transcript

_LEAST_LOG_ODDS = -2.0
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
    words = transcript.text
    if transcript.language not in ("", "en") or not learned.may_be_command(words) or means(words) is not None:
        return transcript
    for one in await others():
        if one.log_odds >= _LEAST_LOG_ODDS and learned.may_be_command(one.text) and _is_done(means(one.text)):
            return replace(transcript, text=one.text, confidence=one.confidence, weakest=one.weakest, other=None)
    return transcript


def _is_done(found: tuple[str, Action] | None) -> bool:
    """Whether it changes or tells something, where an answer to talk does neither."""
    if found is None:
        return False
    name, action = found
    return bool(action.do or action.ask or action.asks_back) or not name.startswith(_ANSWERS)
