"""English words that are plainly for a home, whatever is in it. Understood where no template with its names fits: so
that the user hears why nothing happens."""

from __future__ import annotations

import re

from assistant.skills.home.manners import core

_THE = r"(?:(?:all|both|every|the|my|our|of)\s+)*(?:\w+\s+){0,3}?"
_WHERE = r"(?:\s+(?:upstairs|downstairs|outside|(?:in|on|at)\s+(?:the|my|our)\s+\w+(?:\s+\w+)?))?"

_LIGHT = r"(?:lights?|lamps?|chandelier)"
_SWITCHED = (
    rf"(?:{_LIGHT}|fans?|heating|heaters?|radiators?|thermostat|boiler|air con(?:ditioning|ditioner)?|tv|television"
    r"|stereo|speakers?|vacuum(?: cleaner)?|sprinklers?|plugs?|sockets?|outlets?|humidifier|dehumidifier"
    r"|ovens?|cookers?|hob|kettle|dishwasher|washing machine|dryer|iron|coffee machine)"
)
_COVER = r"(?:blinds?|shades?|curtains?|shutters?|awnings?|windows?|doors?|gates?|garage)"
_DOOR = r"(?:doors?|gates?|locks?)"
_STATE = r"(?:on|off|open|opened|closed|shut|locked|unlocked)"

_COMMAND = re.compile(
    rf"(?:turn|switch)\s+(?:on|off)\s+{_THE}{_SWITCHED}{_WHERE}"
    rf"|(?:turn|switch)\s+{_THE}{_SWITCHED}{_WHERE}\s+(?:on|off){_WHERE}"
    rf"|(?:turn|put)\s+{_THE}{_SWITCHED}{_WHERE}\s+(?:up|down)(?:\s+a\s+(?:bit|little|touch))?"
    rf"|(?:turn|put)\s+(?:up|down)\s+{_THE}(?:{_LIGHT}|heating|thermostat|radiators?|air con(?:ditioning)?){_WHERE}"
    rf"|(?:dim|brighten)\s+{_THE}{_LIGHT}{_WHERE}"
    rf"|(?:open|close|shut|raise|lower)\s+{_THE}{_COVER}{_WHERE}"
    rf"|(?:lock|unlock)\s+{_THE}{_DOOR}{_WHERE}"
    rf"|set\s+{_THE}(?:thermostat|heating|room temperature)\s+to\s+\w+(?:\s+\w+)?(?:\s+degrees)?"
    rf"|set\s+{_THE}{_LIGHT}{_WHERE}\s+to\s+\w+(?:\s+(?:percent|white))?"
    rf"|(?:is|are)\s+{_THE}(?:{_SWITCHED}|{_COVER}){_WHERE}\s+{_STATE}"
    rf"|(?:start|stop|dock)\s+the\s+(?:(?:robot\s+)?vacuum(?:\s+cleaner)?|lawn\s?mower)",
    re.IGNORECASE,
)
_GUARDED = re.compile(r"\b(?:open|raise|unlock)\b", re.IGNORECASE)
_LONGEST = 120  # characters


def request(words: str, language: str) -> str:
    """The request itself, without manners: "turn on the kitchen light"; empty = it is none."""
    if len(words) > _LONGEST or language.partition("-")[0] != "en":
        return ""
    found = core(words, language).replace(",", "")
    return found if _COMMAND.fullmatch(found) else ""


def question(request: str) -> str:
    """What must be said yes to before ``request``, of which the registry says nothing, is sent; empty = nothing."""
    is_asked = request.lower().startswith(("is ", "are "))
    return f"Shall I {request[0].lower()}{request[1:]}?" if _GUARDED.search(request) and not is_asked else ""
