"""What an endpoint takes of a request: all of it, until it refuses something."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from assistant.llm import Message, Tool
from assistant.llm import endpoint_refusals as refusals
from assistant.llm.endpoint_answers import Empty, NoReply, Refused, said
from assistant.llm.endpoint_errors import broken, raw
from assistant.llm.endpoint_room import Known, Room

_NO_MATTER_OF_THE_REQUEST = (401, 402, 403, 408, 409, 429, 502, 504)  # statuses
_OF_THE_REQUEST = (400, 422)
_TELLS_ITS_CAUSE = (401, 402, 403, 404, 405, 407, 408, 409, 410, 415, 429, 451, 503, 504, 529)
_LIMITS = {"max_tokens": "max_completion_tokens", "max_completion_tokens": "max_tokens"}
_TEMPLATES_FAIL = (400, 422, 500)
_GUESSES = 2  # without the older half, and without all that came before


class Takes:
    def __init__(self, options: dict[str, Any], room: Room) -> None:
        self.options = options
        self.refused: set[str] = set()
        self.system_alone = True  # whether it takes a system message
        self.took_tools = self.answered = False  # whether it ever did
        self.failed = False  # whether the last reply did
        self.room = room
        self.guesses = _GUESSES  # that are made where an error may be of the conversation's length

    def state(self) -> tuple[dict[str, Any], set[str], bool, Known]:
        return dict(self.options), set(self.refused), self.system_alone, self.room.known

    def restore(self, state: tuple[dict[str, Any], set[str], bool, Known]) -> None:
        options, refused, self.system_alone, self.room.known = state
        self.options, self.refused = dict(options), set(refused)


class Trial:
    """The requests for one reply, each without what was refused of the one before."""

    def __init__(self, takes: Takes) -> None:
        self._takes, self._known = takes, takes.state()
        self._guesses = 0
        self._refusal = ""  # the words of the first one that was avoided
        self._too_long = True  # whether less may help where it is said to be too much
        self.alone = False
        """Whether nothing but the last turn is sent."""
        self.told: Exception | None = None
        """What was wrong before anything was guessed."""

    def failed(self) -> None:
        """Leaving out did not help: what is known is what was known before."""
        self._takes.restore(self._known)
        self._takes.failed = True
        if self._guesses:
            self._takes.guesses = 1

    def answered(self) -> None:
        self._takes.guesses, self._takes.answered, self._takes.failed = _GUESSES, True, False

    def avoids(self, error: Exception, kept: Sequence[Message], tools: Sequence[Tool]) -> bool:
        """Whether another request can be made that avoids what was refused; if it is answered, all are made so."""
        status, words = _status(error), _words(error)
        if is_full(error, self._takes.options):
            if self._too_long and self._takes.room.refused(kept, tools, guessed=False):
                return True
            if self._too_long:
                self._too_long = False
                self._takes.room.known = self._known[-1]
        if status in _NO_MATTER_OF_THE_REQUEST or isinstance(error, Empty) or status is None:
            return False
        if not self._leaves_out(words, kept, status, bool(tools)):
            return False
        self._refusal = self._refusal or words[0]
        return True

    def guesses(self, error: Exception, kept: Sequence[Message], tools: Sequence[Tool]) -> bool:
        """Whether it is asked once more in another way, since nothing explains the error: with less of the
        conversation, and without a system message where none was ever answered.
        """
        if not unexplained(error) or not (self._shortens(error, kept, tools) or self._drops_system(error, kept)):
            return False
        self.told = self.told or error
        return True

    def _shortens(self, error: Exception, kept: Sequence[Message], tools: Sequence[Tool]) -> bool:
        if self._guesses >= self._takes.guesses:
            return False
        if not self._takes.failed and not self._takes.room.untried(kept, tools):
            return False  # as much was answered before
        before = self._takes.state()
        if self._refusal and self._refusal == _words(error)[0]:
            self._takes.restore((*self._known[:-1], before[-1]))  # nothing of it was to blame
        if not self._takes.room.refused(kept, tools, guessed=True):
            self._takes.restore(before)
            return False
        self._guesses += 1
        self.alone = self._guesses == self._takes.guesses
        return True

    def _drops_system(self, error: Exception, kept: Sequence[Message]) -> bool:
        takes = self._takes
        if takes.answered or not takes.system_alone or kept[0].role != "system":
            return False
        words = said(getattr(error, "body", None)) or said(raw(error)) or str(error)
        if _status(error) not in _TEMPLATES_FAIL or not refusals.of_template(words):
            return False
        takes.restore(self._known)
        self._guesses, self.alone, takes.system_alone = takes.guesses, False, False
        return True

    def _leaves_out(self, words: Sequence[str], kept: Sequence[Message], status: int, with_tools: bool) -> bool:
        takes = self._takes
        for told in words:
            refused = refusals.option(told, takes.options)
            if refused is not None:
                value = takes.options.pop(refused)
                takes.refused.add(refused)
                other = _LIMITS.get(refused)
                if other and other not in takes.refused and re.search(rf"\b{other}\b", told):
                    takes.options[other] = value
                return True
            if takes.system_alone and kept[0].role == "system" and refusals.of_system(told, with_tools):
                takes.system_alone = False
                return True
        if refusals.option(words[0], takes.refused) or status not in _OF_THE_REQUEST:
            return False
        meant = refusals.nameless(" ".join(words), takes.options)
        if not meant or (with_tools and meant[0] in _LIMITS):  # the tools may be meant, too
            return False
        for name in meant:
            del takes.options[name]
        return True


def is_full(error: Exception, options: Iterable[str] = ()) -> bool:
    """Whether it says that the conversation is too long. ``options``: those that it may name instead."""
    if isinstance(error, Empty):
        return error.full
    status = _status(error)
    if status is None or (status in _NO_MATTER_OF_THE_REQUEST and status not in (429, 502)):
        return False
    told, quoted = _words(error)
    return refusals.of_length(told, status) or (
        refusals.option(told, options) is None and refusals.of_length(quoted, status)
    )


def seems_full(error: Exception) -> bool:
    """Whether its words are of a prompt, or of a size and of too much."""
    return refusals.perhaps_of_length(_words(error)[0]) and unexplained(error)


def unexplained(error: Exception) -> bool:
    """Whether nothing explains the error, so that it may be the conversation's length."""
    match error:
        case Empty():
            return not error.thought
        case NoReply():
            return not str(error)
    status = _status(error)
    if status is None:
        return broken(error)
    return status not in _TELLS_ITS_CAUSE and not any(map(refusals.explained, _words(error)))


def refuses_tools(error: Exception) -> bool:
    """Whether it says so, or refuses the request without a word that tells why."""
    status = _status(error)
    return status in _OF_THE_REQUEST or status in (404, 405, 500, 501) and refusals.of_tools(_words(error)[0])


def _status(error: Exception) -> int | None:
    """The status of a refusal; None = it is none."""
    return 400 if isinstance(error, Refused) else getattr(error, "status_code", None)


def _words(error: Any) -> tuple[str, str]:
    """What it says, and all of the answer, which may quote the request."""
    told = f"{said(getattr(error, 'body', None))} {getattr(error, 'param', '') or ''} {error}"
    return told, raw(error)
