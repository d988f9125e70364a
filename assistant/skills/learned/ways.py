"""Which way a thing of the home is to go where no number says how far: "brighter", "turn it down", "it's too hot"."""

from __future__ import annotations

from collections.abc import Sequence

_KINDS = ("home.brightness", "home.temperature", "home.volume")
_PLAINLY = {
    **dict.fromkeys("up raise raising increase increasing boost bump higher".split(), "up"),
    **dict.fromkeys("down doon lower lowering reduce reducing decrease decreasing drop".split(), "down"),
}
_ALIKE = {
    **dict.fromkeys("bright brighter brighten brightening loud louder warm warmer warming".split(), "up"),
    **dict.fromkeys("hot hotter heat heating crank cosy cosier cozy cozier toasty toastier".split(), "up"),
    **dict.fromkeys("dim dimmer dimming dark darker darken soft softer soften quiet quieter".split(), "down"),
    **dict.fromkeys("cool cooler cooling cold colder chillier".split(), "down"),
}
"""How it is to be, or, after "too", how it is."""
_THINGS = frozenset(("heat", "heating"))
_AMOUNTS = {"more": "up", "less": "down"}
_REVERSED = frozenset("too less not".split())
_OTHER = {"up": "down", "down": "up"}
_SILENT = frozenset("mute muted silence silent hush shush unheard".split())
_FULL = {"full": "full", "fully": "full", "max": "full", "maximum": "full", "half": "half", "halfway": "half"}


def of(kind: str, words: Sequence[str]) -> dict[str, str]:
    """``words``: those of a request of this kind that fill no slot. A slot more, ``way`` (up, down), ``level`` (full,
    half) or ``silence``; none where they do not say, or say both."""
    if kind not in _KINDS:
        return {}
    if kind == "home.volume" and not _SILENT.isdisjoint(words):
        return {"silence": "mute"}
    if kind == "home.brightness" and (level := next((_FULL[word] for word in words if word in _FULL), "")):
        return {"level": level}
    for told in (_PLAINLY, _ALIKE, _AMOUNTS):
        found = {
            _OTHER[told[word]] if told is _ALIKE and _REVERSED & set(words[max(at - 2, 0) : at]) else told[word]
            for at, word in enumerate(words)
            if word in told
        }
        if found:
            return {"way": found.pop()} if len(found) == 1 else {}
    return {}


def is_way(words: str) -> bool:
    """Whether they say only how a thing is to be, and name none: "cosier"."""
    said = set(words.lower().split())
    return said <= (_PLAINLY.keys() | _ALIKE.keys() | _AMOUNTS.keys() | _REVERSED) - _THINGS
