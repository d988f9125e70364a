"""A small model imitates what it read: after "The timer is set for ten minutes." it says so again, and sets nothing.

Only commands and tools do things. So a model that called no tool and says that it set, put, sent or switched something
is not believed, unless it was asked how that is done, or to tell a story.
"""

from __future__ import annotations

import re

NOTHING_DONE = "I am not sure what to do, so I changed nothing. Please say it in other words."

_THINGS = (
    r"(?:timers?|alarms?|reminders?|lights?|lamps?|heating|thermostat|volume|music|songs?|messages?|e-?mails?|notes?"
    r"|appointments?|events?|calendar|(?:shopping |to-do )?list)"
)
_DONE = (
    r"(?:set|reset|put|added|cancell?ed|stopped|started|changed|turned|switched|created|deleted|removed|sent|saved"
    r"|booked|scheduled|ordered|paused|extended|updated)"
)
_DO = r"(?:set|put|add|cancel|stop|start|change|turn|switch|create|delete|remove|send|save|book|schedule|order|update)"
_DOING = (
    r"(?:setting|adding|cancell?ing|stopping|turning|switching|removing|deleting|sending|booking|ordering|scheduling"
    r"|reminding)"
)
_OPENING = r"^\W*(?:(?:ok|okay|sure|all ?right|certainly|of course|done|great|yes|got it|no problem)\W+)*"
_CLAIM = re.compile(
    _OPENING + r"(?:"
    rf"(?:your|the|an?)?\s*(?:[\w'-]+ ){{0,3}}{_THINGS} (?:is|are|has been|have been|was|were) (?:now )?{_DONE}\b"
    r"(?! (?:by|when|if|using|up|as|with)\b)"
    rf"|i(?:'ve| have)? (?:just |now |already )?{_DONE} (?:[\w'-]+ ){{1,8}}?{_THINGS}\b"
    rf"|i(?:'ll| will|'m going to| am going to) (?:just |now )?{_DO} (?:[\w'-]+ ){{1,8}}?{_THINGS}\b"
    r"|i(?:'ll| will|'m going to| am going to) (?:be sure to )?remind you\b"
    r"|i(?:'ll| will) (?:wake you|call|text|order|book) "
    rf"|i(?:'m| am) (?:now )?{_DOING}\b"
    r")",
    re.IGNORECASE,
)
_TOLD = re.compile(
    r"^\W*(?:(?:and|so|but|please|can you|could you) )*"
    r"(?:how|why|explain|what (?:is|are|does|do|if)|tell me|write|describe|translate|say|repeat|imagine|pretend)\b"
    r"|\b(?:story|poem|joke|song|translate|pretend)\b",
    re.IGNORECASE,
)


def claims_deed(sentence: str, asked: str) -> bool:
    """Whether a reply's ``sentence``, or its beginning, says that something was or will be done. English only."""
    return not _TOLD.search(asked) and bool(_CLAIM.match(sentence))
