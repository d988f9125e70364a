"""What is said aloud when an engine failed: what happened, in words for the ear. The screen shows the error itself."""

from __future__ import annotations

from assistant.errors import Busy, NotReady

_HEARING = "Sorry, speech recognition failed."
_HEARING_LATER = "Sorry, speech recognition is not ready yet. Please say that again in a moment."
_THINKING = "Sorry, the language model did not answer."
_THINKING_BROKE = "Sorry, the language model broke off."
_THINKING_LATER = "Sorry, the language model is not ready yet. Please ask again in a moment."
OF_ANYTHING = "Sorry, something went wrong."
_THINKING_BUSY = "Sorry, the language model is busy. The service asks to wait "


def of_hearing(error: BaseException) -> str:
    return _HEARING_LATER if isinstance(error, NotReady) else _HEARING


def of_thinking(error: BaseException, begun: bool) -> str:
    """``begun``: whether some of the reply was written."""
    if isinstance(error, NotReady):
        return _THINKING_LATER
    if isinstance(error, Busy) and not begun:
        return f"{_THINKING_BUSY}{error.wait}."
    return _THINKING_BROKE if begun else _THINKING


def without(heard: str) -> str:
    """What was heard of a reply, but for an apology at its end: a small model would repeat that for ever."""
    for apology in (_HEARING, _HEARING_LATER, _THINKING, _THINKING_BROKE, _THINKING_LATER, _THINKING_BUSY, OF_ANYTHING):
        begin = heard.rfind("Sorry, ")
        if begin >= 0 and (apology.startswith(heard[begin:]) or heard.startswith(_THINKING_BUSY, begin)):
            return heard[:begin].rstrip()
    return heard
