"""Whether words say yes or no to what was asked, are meant for what rings, or wake who was sent to sleep."""

from __future__ import annotations

import re

NOT_DONE = "All right, I won't."
_YES = frozenset(
    "yes yeah yep yup sure ok okay certainly absolutely definitely right correct exactly confirm ja oui sí sì".split()
)
_YES_PHRASES = (
    "of course|go ahead|do it|do that|do so|go for it|please do|you may|i do|by all means|why not|sounds good|"
    "that's right|that is right|allow it|send it|that's fine|fine"
).split("|")
_BESIDE_YES = frozenset(
    "please thanks thank you that is would be great fine good do it just now then the a for me".split()
)
_NO = re.compile(
    r"\W*(?:(?:oh|uh|um|well|please|actually|sorry)\W+)*"
    r"(?:no|nope|nah|don't|do not|never|stop|cancel|wait|forget it|leave it|not now|nein|non)\b",
    re.IGNORECASE,
)
_WAKE = re.compile(
    r"\b(?:wake up|good morning|are you (?:there|awake)|come back|hello|hey"
    r"|wach auf|aufwachen|guten morgen|hallo|bist du (?:da|wach)"
    r"|réveille[- ]toi|bonjour|tu es là|salut"
    r"|despierta|buenos días|hola|estás ahí"
    r"|svegliati|buongiorno|ciao|ci sei)\b",
    re.IGNORECASE,
)
_ENOUGH = frozenset(
    "ok okay yes yeah all right alright thanks thank you cheers please now enough quiet silence stop cancel dismiss "
    "off shut up be hush shush got know heard hear i you it that that's the my a will do turn switch timer alarm "
    "reminder ringing ring i'm am coming make noise already".split()
)
_ENOUGH_SAYS = frozenset(
    "ok okay yes yeah right alright thanks thank cheers enough quiet silence stop cancel dismiss off shut hush shush "
    "got heard hear coming know do".split()
)
_MOST = 8  # words


def says_yes(words: str) -> bool:
    """Nothing but a yes: what goes on ("yes, but to Bob") is another wish."""
    plain = " ".join(_words(words))
    for phrase in _YES_PHRASES:
        plain = re.sub(rf"\b{phrase}\b", "yes", plain)
    said = plain.split()
    return 0 < len(said) <= _MOST and bool(_YES & set(said)) and set(said) <= _YES | _BESIDE_YES


def says_no(words: str) -> bool:
    return _NO.match(words[:100]) is not None


def wakes(words: str) -> bool:
    return _WAKE.search(words) is not None


def says_enough(words: str) -> bool:
    """Whether words, said while something rings, are meant for it."""
    said = _words(words)
    return 0 < len(said) <= _MOST and bool(_ENOUGH_SAYS & set(said)) and set(said) <= _ENOUGH


def _words(text: str) -> list[str]:
    return re.findall(r"[\w']+", text.lower().replace("’", "'"))
