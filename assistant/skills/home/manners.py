"""What goes around a request in English and is no part of it: "hey, could you ... for me, please"."""

from __future__ import annotations

import re

_BEFORE = re.compile(
    r"(?:hey|hi|hello|ok|okay|oh|um|uh|er|so|well|right|alright|and|please|now|just|quickly|actually|maybe|also|then"
    r"|(?:would|do) you mind|if you (?:don't|wouldn't) mind"
    r"|(?:can|could|will|would|won't) you(?: (?:please|just|maybe|possibly|kindly|quickly|go ahead and))*"
    r"|do me a favou?r(?: and)?|be a (?:dear|love) and"
    r"|i(?:'d| would) like you to|i (?:want|need) you to|i think you should|go ahead and|you can|let's|time to"
    r"|how about you|how about|why don't you|it's time to)\s+",
    re.IGNORECASE,
)
_AFTER = re.compile(
    r"\s+(?:please|now|right now|for me|for us|thanks|thank you|cheers|will you|would you|could you|can you"
    r"|would ya|will ya"
    r"|if you can|if you could|if you (?:don't|wouldn't) mind|again|mate|dear|love|real quick"
    r"|when you (?:can|get a chance)|okay|ok|right away|immediately|then|already)",
    re.IGNORECASE,
)
_GERUNDS = {
    "adjusting": "adjust", "bringing": "bring", "changing": "change", "closing": "close", "dimming": "dim",
    "drawing": "draw", "getting": "get", "killing": "kill", "locking": "lock", "lowering": "lower", "making": "make",
    "muting": "mute", "opening": "open", "pausing": "pause", "playing": "play", "pulling": "pull", "putting": "put",
    "raising": "raise", "running": "run", "setting": "set", "shutting": "shut", "starting": "start",
    "stopping": "stop", "switching": "switch", "turning": "turn", "unlocking": "unlock", "vacuuming": "vacuum",
    "checking": "check", "telling": "tell",
}  # fmt: skip
_SIGNS = re.compile(r"[^\w\s'%°.,:-]|(?<!\w)[.,:-]+|[.,:-]+(?!\w)")
_LONGEST = 400  # characters

_FILLERS = re.compile(
    r"\s+(?:still|currently|right now|at the moment|just|quickly|actually|please|a (?:little )?bit|a little|a touch"
    r"|again|for (?:me|us)|now|right away|really|already)\b",
    re.IGNORECASE,
)


_ABOUT = re.compile(
    r"\b(to|at) (?:about|around|roughly|approximately|maybe|say|something like) "
    r"(?=\d|a? ?quarter|half|[a-z]+teen|[a-z]+ty)",
    re.IGNORECASE,
)
_POINTING = re.compile(r"\b(?:that|those|this|these) (?=\w{3})", re.IGNORECASE)


def core(words: str, language: str) -> str:
    """The request itself, without manners and signs; ``words`` in any other language than English, and when too long
    to be a request."""
    if language.partition("-")[0] != "en" or len(words) > _LONGEST:
        return words
    text = without_signs(words)
    while found := _BEFORE.match(text):
        text = text[found.end() :]
    while (cut := _without_end(text)) != text:
        text = cut
    first, _, rest = text.partition(" ")
    return f"{_GERUNDS.get(first.lower(), first)} {rest}".strip()


def _without_end(text: str) -> str:
    """Its last words are few: an ending is looked for where it may begin."""
    starts = [match.start() for match in re.finditer(r"\s+", text)][-4:]
    return next((text[:at] for at in starts if _AFTER.fullmatch(text, at)), text)


def plainer(core: str) -> str:
    """Without the words that say nothing inside it, too: "is the door still open"."""
    return _ABOUT.sub(r"\1 ", _FILLERS.sub("", core))


def without_pointing(text: str) -> str:
    """ "that ceiling fan" as "the ceiling fan"."""
    return _POINTING.sub("the ", text)


def without_signs(text: str) -> str:
    """As it is said: "Lamp (left)" has no brackets there."""
    return " ".join(_SIGNS.sub(" ", text.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")).split())
