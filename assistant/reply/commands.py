"""Which words are a command, and what was asked aloud and waits for a yes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.llm import ToolCall
from assistant.reply.steering import Steering
from assistant.reply.tool_use import Asked
from assistant.skills import Action, Before, Controls, Here, said_before
from assistant.skills.stored import machine_time
from assistant.skills.words.assent import NOT_DONE, says_no, says_yes

if TYPE_CHECKING:
    from assistant.memory.facts import Memory
    from assistant.retrieved import Knowledge
    from assistant.skills.loaded import Skills
    from assistant.skills.time.timekeeper import Timekeeper
    from assistant.turn import Turn

_PATIENCE = 60.0  # seconds after which a yes is no answer to the question any more
_PATIENCE_FOR_A_VALUE = 30.0  # and after which words are no answer to "For how long?"
_REMEMBERED = 120.0  # and after which "it" is nothing that was named before
_FEW = 6  # words, of which nobody can tell for sure the language
_LEAVE_AS_IT_WAS = ("talking.repeat", "talking.thanks", "stop_ringing")
_OF_FACTS = ("memory.", "confirmed")


@dataclass(frozen=True)
class Equipment:
    """What commands are carried out with; one for as many conversations as come. See `Here`."""

    skills: Skills
    folder: Path
    timekeeper: Timekeeper
    memory: Memory | None = None
    documents: Knowledge | None = None
    has_tools: bool = False
    lasts: bool = True
    """See `Here.lasts`."""
    stored: bool = False
    """See `Here.stored`."""
    heard: bool = True
    """See `Here.heard`."""
    only_english: bool = False
    """See `Here.only_english`."""

    def close(self) -> None:
        self.timekeeper.close()
        self.skills.close()

    def here(self, controls: Controls, turn: int, conversation: str) -> Here:
        return Here(
            machine_time.here,
            self.folder,
            controls,
            self.timekeeper,
            self.memory,
            self.documents,
            turn,
            conversation,
            self.lasts,
            self.has_tools,
            self.stored,
            self.heard,
            self.only_english,
        )


class Commands:
    """Those of one conversation."""

    def __init__(self, equipment: Equipment | None, steering: Steering) -> None:
        self._equipment, self._steering = equipment, steering
        self._asked: tuple[Action | Asked, int, float] | None = None
        self._latest: tuple[tuple[int, str, str], tuple[str, Action] | None] | None = None
        self._done: tuple[Before, float] = (Before(), 0.0)
        """What the turn before did, and when."""
        self.conversation: Callable[[], str] = lambda: ""
        """The conversation's id in the journal."""

    def ask(self, asked: Action | Asked, turn: Turn) -> None:
        """``turn`` says its question: the next words may be the yes that it needs, or the value."""
        self._asked = asked, turn.id, asyncio.get_running_loop().time()

    def answered(self, words: str) -> Action | tuple[ToolCall, ...] | None:
        """What the words decide that was asked before: what is done now, or the tools that may be called; None = the
        words are something else.
        """
        asked = self._waiting(_PATIENCE)
        if asked is None or (isinstance(asked, Action) and not asked.ask):
            return None
        if says_yes(words):
            return asked.calls if isinstance(asked, Asked) else replace(asked, ask="")
        return Action(NOT_DONE) if says_no(words) else None

    def ended(self, turn: Turn) -> None:
        """A turn with words is over: what was asked before it is decided, unless it was to be said again; what was
        asked in it waits from now on."""
        self._note_done(turn)
        if self._asked is None:
            return
        asked, id, _ = self._asked
        if turn.id == id or turn.skill == "talking.repeat":
            self._asked = asked, id, asyncio.get_running_loop().time()
        elif turn.user and turn.id > id:
            self._asked = None

    def _note_done(self, turn: Turn) -> None:
        if not turn.user or turn.skill in _LEAVE_AS_IT_WAS:
            return
        if self._equipment and self._equipment.memory and not turn.skill.startswith(_OF_FACTS):
            self._equipment.memory.speak_of_other()
        self._done = Before(), 0.0
        if self._equipment and not self._equipment.lasts:
            latest = self._latest[1] if self._latest and self._latest[0][0] == turn.id else None
            action = latest[1] if latest and latest[0] == turn.skill and not latest[1].ask else None
            said_before.keep(action, self._equipment.folder, machine_time.here().timestamp())
        if self._latest and self._latest[0][0] == turn.id and self._latest[1] and turn.heard:
            name, action = self._latest[1]
            if name == turn.skill and not (action.ask or action.asks_back):
                self._done = Before(None, action.commands, action.undo), asyncio.get_running_loop().time()

    def _done_before(self) -> Before:
        done, at = self._done
        return done if asyncio.get_running_loop().time() - at <= _REMEMBERED else Before()

    def _waiting(self, patience: float) -> Action | Asked | None:
        """What was asked and may still be answered."""
        if self._asked is None or asyncio.get_running_loop().time() - self._asked[2] > patience:
            return None
        return self._asked[0]

    @property
    def are_there(self) -> bool:
        """Whether any words are commands here."""
        return self._equipment is not None

    def understood(self, turn: Turn, words: str) -> tuple[str, Action] | None:
        """The names of the commands that ``words`` of the turn are, and what becomes of them; None = they are none."""
        if self._equipment is None:
            return None
        asked = (turn.id, words, turn.language)
        if self._latest is None or self._latest[0] != asked:
            here = self._equipment.here(self._steering, turn.id, self.conversation())
            self._latest = asked, self._look_up(turn, words, here)
        return self._latest[1]

    def _look_up(self, turn: Turn, words: str, here: Here) -> tuple[str, Action] | None:
        """What is few words may be of any language: they are heard in that in which they were asked for."""
        assert self._equipment is not None  # the caller asked
        skills, done = self._equipment.skills, self._done_before()
        before = self._waiting(_PATIENCE_FOR_A_VALUE)
        question = before.asks_back if isinstance(before, Action) else None
        if not self._equipment.lasts and before is None:
            done = said_before.before(skills, here)
            question = done.question
        asked_in = question.language if question else "en"
        if asked_in != "en" and turn.language in ("", asked_in):
            if found := skills.action(words, asked_in, here, replace(done, question=question)):
                turn.language = asked_in
                return found
        heard = question if asked_in == "en" and turn.language in ("", "en") else None
        found = skills.action(words, turn.language, here, replace(done, question=heard))
        other = turn.language if turn.language not in ("", "en") else ""
        if found is None and other and (other == self._steering.spoken_language or len(words.split()) <= _FEW):
            # It speaks another language because it was told to, or few words ("plus 20") were taken for that language.
            found = skills.action(words, "en", here, replace(done, question=question if asked_in == "en" else None))
            turn.language = "en" if found else turn.language
        return found

    def are_meant(self, turn: Turn, words: str) -> bool:
        """Whether the language model need not look at ``words``, the last or the first of the turn's."""
        return self.answered(words) is not None or self.understood(turn, words) is not None
