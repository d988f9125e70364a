"""Which turns of a conversation stay where not all have room."""

from __future__ import annotations

import math
from collections.abc import Sequence

from assistant.llm import Message

_NEXT_QUESTION = 8  # one part in so many of the room is kept free for it


def turns(messages: Sequence[Message]) -> list[list[Message]]:
    """Each begins with what the user said."""
    found: list[list[Message]] = []
    for message in messages:
        if message.role == "user" or not found:
            found.append([])
        found[-1].append(message)
    return found


def left_out(costs: Sequence[float], used: float, room: float) -> int:
    """How many of the oldest turns are left out, never the last one: as many as make one half of the ``room`` free, so
    that the next turns find the same beginning. It depends only on the ``costs`` of the turns, and on earlier ones in
    the same way. ``used``: what else takes of the room.
    """
    if room == math.inf:
        return 0
    first = 0
    for position, cost in enumerate(costs):
        used += cost
        current = position == len(costs) - 1
        if used + (0 if current else room // _NEXT_QUESTION) > room:
            while first < position and used > room // 2:
                used -= costs[first]
                first += 1
    return first
