"""English words that are plainly for a home, whatever is in it. Understood where no template with its names fits: so
that the user hears why nothing happens."""

from __future__ import annotations

import re

_BEFORE = r"(?:(?:hey|ok|okay|please|now|can you|could you|will you|would you)\s+)*"
_AFTER = r"(?:\s+(?:please|now|for me|again|thanks|thank you))*"
_THE = r"(?:(?:all|both|every|the|my|our|of)\s+)*(?:\w+\s+){0,3}?"
_WHERE = r"(?:\s+(?:upstairs|downstairs|outside|(?:in|on|at)\s+(?:the|my|our)\s+\w+(?:\s+\w+)?))?"

_LIGHT = r"(?:lights?|lamps?|chandelier)"
_SWITCHED = (
    rf"(?:{_LIGHT}|fans?|heating|heaters?|radiators?|thermostat|boiler|air con(?:ditioning|ditioner)?|tv|television"
    r"|stereo|speakers?|vacuum(?: cleaner)?|sprinklers?|plugs?|sockets?|outlets?|humidifier|dehumidifier)"
)
_COVER = r"(?:blinds?|shades?|curtains?|shutters?|awnings?|windows?|doors?|gates?|garage)"
_DOOR = r"(?:doors?|gates?|locks?)"
_STATE = r"(?:on|off|open|opened|closed|shut|locked|unlocked)"

_COMMAND = re.compile(
    rf"{_BEFORE}(?P<core>"
    rf"(?:turn|switch)\s+(?:on|off)\s+{_THE}{_SWITCHED}{_WHERE}"
    rf"|(?:turn|switch)\s+{_THE}{_SWITCHED}{_WHERE}\s+(?:on|off){_WHERE}"
    rf"|(?:dim|brighten)\s+{_THE}{_LIGHT}{_WHERE}"
    rf"|(?:open|close|shut|raise|lower)\s+{_THE}{_COVER}{_WHERE}"
    rf"|(?:lock|unlock)\s+{_THE}{_DOOR}{_WHERE}"
    rf"|set\s+{_THE}(?:thermostat|heating|room temperature)\s+to\s+\w+(?:\s+\w+)?(?:\s+degrees)?"
    rf"|set\s+{_THE}{_LIGHT}{_WHERE}\s+to\s+\w+(?:\s+(?:percent|white))?"
    rf"|(?:is|are)\s+{_THE}(?:{_SWITCHED}|{_COVER}){_WHERE}\s+{_STATE}"
    rf"|(?:start|stop|dock)\s+the\s+(?:(?:robot\s+)?vacuum(?:\s+cleaner)?|lawn\s?mower)"
    rf"){_AFTER}",
    re.IGNORECASE,
)
_SIGNS = re.compile(r"[^\w\s']+")
_GUARDED = re.compile(r"\b(?:open|raise|unlock)\b", re.IGNORECASE)
_LONGEST = 120  # characters


def request(words: str, language: str) -> str:
    """The request itself, without manners: "turn on the kitchen light"; empty = it is none."""
    if len(words) > _LONGEST or language.partition("-")[0] != "en":
        return ""
    found = _COMMAND.fullmatch(" ".join(_SIGNS.sub(" ", words).split()))
    return found["core"] if found else ""


def question(core: str) -> str:
    """What must be said yes to before ``core`` is sent to a home whose registry says nothing about it; or nothing."""
    is_asked = core.lower().startswith(("is ", "are "))
    return f"Shall I {core[0].lower()}{core[1:]}?" if _GUARDED.search(core) and not is_asked else ""
