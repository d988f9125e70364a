"""Lasting facts in what was said, to be proposed at the start of the next conversation: never kept without a yes.

Rules choose the sentences that tell something lasting of the user.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.memory import wording
from assistant.memory.facts import Memory, tidy
from assistant.turn import Turn

MOST = 3
"""Facts of one conversation that are proposed."""
_LASTING = re.compile(
    r"(?:i|we) (?:live|work|was born|were born|grew up|come from|studied|speak|play|collect|own|am allergic|can't eat|"
    r"cannot eat|don't eat|never eat|don't drink|never drink|always|hate|love|prefer|"
    r"have (?:a|an|two|three|four|five|no))\b"
    r"|i'?m (?:allergic|called|a|an|from|married|divorced|retired|vegetarian|vegan|left|\w+ years old)\b"
    r"|i am (?:allergic|called|a|an|from|married|divorced|retired|vegetarian|vegan|left|\w+ years old)\b"
    r"|(?:my|our) [\w' -]{2,40}? (?:is|are|lives?|works?|was born|comes from|has|is called|can't eat)\b",
    re.IGNORECASE,
)
_PASSING = re.compile(
    r"\b(?:today|tonight|yesterday|tomorrow|now|right now|at the moment|just|currently|this (?:morning|evening|week|"
    r"afternoon|year|month)|for (?:breakfast|lunch|dinner|supper)|breakfast|hungry|tired|cold|late|ill|sick|sad|happy|"
    r"bored|busy|ready|back|here|sure|sorry|afraid so|wondering|thinking|looking|trying|going|a bit|so)\b",
    re.IGNORECASE,
)


def proposals(turns: Sequence[Turn], memory: Memory) -> dict[str, int]:
    """The newest `MOST` sentences of the user's that may tell a lasting fact, newest last, none that is known, and the
    turn of each: what the user is asked about, see `question`. Raises AssistantError.
    """
    known = [fact.text for fact in memory.facts()]
    found: dict[str, int] = {}
    for turn in turns:
        if turn.outcome not in ("answered", "interrupted", "unknown"):
            continue
        for part in re.split(r"(?<=[.!?])\s+", turn.user):
            text = tidy(
                re.sub(r"^\W*(?:(?:and|but|so|well|oh|yes|no|you know|by the way)\b\W*)+", "", part, flags=re.I)
            )
            if part.rstrip().endswith("?") or not _LASTING.match(text) or _PASSING.search(text):
                continue
            if not wording.is_instruction(text) and not any(wording.same(fact, text) for fact in known):
                found[text[:1].lower() + text[1:] if re.match(r"(?:My|Our|We)\b", text) else text] = turn.id
    return dict(list(found.items())[-MOST:])


def question(fact: str) -> str:
    """What the user is asked: "Shall I remember that your sister is called Anna?"."""
    return f"Shall I remember that {wording.to_you(fact)}?"
