"""After a crash: the conversation goes on where the one before it was cut off, and says so."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from assistant import events, journal
from assistant.concurrency import restarts
from assistant.concurrency.failures import failure
from assistant.conversation import Conversation
from assistant.journal import Journal
from assistant.turn import Turn

_TURNS = 40  # more do not fit into most models' contexts


class Resumption:
    """An observer of the conversation; without a crash it only tells the process above that this one is ready."""

    def __init__(self, kept: Journal, notice: Callable[[str], None]) -> None:
        self._journal, self._notice = kept, notice
        self._talk: Conversation | None = None
        self._saying: asyncio.Task[None] | None = None

    def take_up(self, talk: Conversation) -> None:
        """Before ``talk`` listens: give it the turns of the conversation that the crash ended."""
        self._talk = talk
        if restarts.crash and restarts.conversation:
            talk.restore(_since_forgetting(journal.turns(self._journal.path, restarts.conversation))[-_TURNS:])
            self._journal.conversation = restarts.conversation

    def __call__(self, event: events.Event) -> None:
        if self._talk is None or event != events.StateChanged("listening"):
            return
        talk, self._talk = self._talk, None
        restarts.ready(self._journal.conversation)
        if restarts.crash:
            self._saying = asyncio.get_running_loop().create_task(self._say(talk))

    async def _say(self, talk: Conversation) -> None:
        known = bool(talk.history)
        self._notice(
            f"The program crashed ({restarts.crash}) and was started again; what was said before is "
            + ("still known" if known else "gone")
        )
        try:
            await talk.say("Sorry, I had to start again" + (", but I still know what we said." if known else "."))
        except BaseException as error:
            failure(error)  # the conversation meets the same one and reports it


def _since_forgetting(turns: Sequence[Turn]) -> Sequence[Turn]:
    """What was to be forgotten was said before."""
    last = max((number for number, turn in enumerate(turns, 1) if "memory.forget" in turn.skill), default=0)
    return turns[last:]
