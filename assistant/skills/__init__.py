"""What needs no language model: spoken commands, matched by sentence templates, and what they do.

A skill is one module with a table of commands, ``COMMANDS``, and one function, ``run(asked, here)``. Those of this
package are named in `SKILLS`; a user's own lie in the folder [skills] path. The words of a command are matched in
words/matching.py, and what stands in its slots is understood in values/slots.py.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from assistant.memory.facts import Memory
    from assistant.retrieved import Knowledge
    from assistant.skills.asking.asking_back import Question
    from assistant.skills.time.timekeeper import Timekeeper

SKILLS = (
    "assistant.skills.time.clock",
    "assistant.skills.time.calendar_facts",
    "assistant.skills.time.timers",
    "assistant.skills.time.in_time",
    "assistant.skills.time.alarms",
    "assistant.skills.time.reminders",
    "assistant.skills.lists.lists",
    "assistant.skills.everything",
    "assistant.skills.numbers.sums",
    "assistant.skills.numbers.tips",
    "assistant.skills.numbers.letters",
    "assistant.skills.numbers.units",
    "assistant.skills.numbers.currencies",
    "assistant.skills.talk.talking",
    "assistant.skills.numbers.chance",
    "assistant.skills.talk.documents",
    "assistant.skills.talk.memory",
    "assistant.skills.talk.itself",
    "assistant.skills.follow_ups.taken_back",
    "assistant.skills.talk.outside",
    "assistant.skills.home",
)
"""Where two match equally well, the earlier one is taken."""


@dataclass(frozen=True)
class Sentences:
    """One row of a skill's table. See `command`."""

    name: str
    help: str
    templates: Mapping[str, tuple[str, ...]]
    """Language -> sentences."""
    destructive: bool = False


def command(name: str, help: str, *english: str, destructive: bool = False, **others: tuple[str, ...]) -> Sentences:
    """``help``: what it does, as a language model is told; ``english``: sentences in hassil's language, e.g.
    "(set|start) [a] timer for {duration}"; ``others``: the same in another language, ``de=("...",)``.

    A slot is named after its kind, see `assistant.skills.values.slots`, or holds any words: ``{name}``.
    ``destructive``: a language model that calls it must ask the user first.
    """
    return Sentences(name, help, {"en": english, **others}, destructive)


@dataclass(frozen=True)
class Command:
    """What was asked for."""

    name: str
    values: Mapping[str, Any] = field(default_factory=dict)
    """Slot -> what its kind makes of the words; the words themselves where the slot has no kind."""
    words: str = ""
    """All that was said."""
    language: str = "en"


@dataclass(frozen=True)
class Action:
    """What becomes of a command."""

    say: str = ""
    """What is said; it is made ready while the user may still go on speaking."""
    do: Callable[[], Awaitable[str | None]] | None = None
    """Done once the user has surely finished, and before anything is heard; what it gives is said instead of `say`.
    What it raises is said, too: AssistantError in its own words."""
    ask: str = ""
    """What the user must say yes to before `do`; asked aloud instead of `say`."""
    keep_history: bool = True
    """Whether the language model is shown this turn later."""
    asks_back: Question | None = None
    """What `say` asks for: the next words may be the answer."""
    commands: tuple[Command, ...] = ()
    """What it carries out."""
    undo: Callable[[], Awaitable[str]] | None = None
    """Takes back what `do` did, and gives what is said of that; None = that cannot be."""


@dataclass(frozen=True)
class Before:
    """What words may answer, or refer to."""

    question: Question | None = None
    """What was asked back just before them."""
    done: tuple[Command, ...] = ()
    """What the turn before them did."""
    undo: Callable[[], Awaitable[str]] | None = None
    """Takes that back; None = that cannot be."""


class Impossible(Exception):
    """Understood, and cannot be: "There is no 31 February." Its text is said; the next words may answer it."""

    def __init__(self, text: str, asks_back: Question | None = None) -> None:
        super().__init__(text)
        self.asks_back = asks_back


class Controls(Protocol):
    """The conversation, as a skill steers it. For `Action.do` only."""

    def last_reply(self) -> str:
        """What was heard of the reply before; empty = none."""

    def last_words(self) -> str:
        """What the user said before."""

    def told(self) -> Sequence[str]:
        """All that the user said in this conversation and the language model is shown."""

    def volume(self, factor: float | None = None) -> float:
        """0 to 1; sets it first, unless None."""

    def audible(self) -> float:
        """The volume that it had before it was 0, or has."""

    def rate(self, factor: float | None = None) -> float:
        """How much quicker than usual it speaks, 0.5 to 2; sets it first, unless None."""

    async def language(self, code: str) -> bool:
        """Speak that language (two letters; empty = as before) from now on; False = no engine here can."""

    def sleep(self) -> None:
        """Answer nothing until it is woken by a key, or by words such as "wake up"."""

    def goodbye(self) -> None:
        """End the conversation after this turn."""

    def wake(self) -> None: ...

    def stop(self) -> bool:
        """Silence what rings; False = nothing did."""


@dataclass(frozen=True)
class Here:
    """What a skill may use."""

    now: Callable[[], datetime]
    """The wall clock, aware of its time zone."""
    folder: Path
    """Where skills keep what lasts, for this user alone."""
    controls: Controls
    timekeeper: Timekeeper
    memory: Memory | None = None
    """None where nothing is remembered, as in the kiosk."""
    documents: Knowledge | None = None
    turn: int = 0
    """The number of the turn that asks."""
    conversation: str = ""
    """Its id in the journal."""
    lasts: bool = True
    """Whether this program goes on after its answer, so that what is set rings in it and stays as it is set."""
    has_tools: bool = False
    """Whether the language model can call tools of others, see [mcp.NAME]."""
    stored: bool = False
    """Whether the user added documents, asked or not."""
    heard: bool = True
    """Whether its answers are spoken; else they are only read."""
    only_english: bool = False
    """Whether the language model knows no other language."""


class Skill(Protocol):
    """A skill's module."""

    COMMANDS: tuple[Sentences, ...]

    def run(self, asked: Command, here: Here) -> Action | None:
        """Quick, and without effect: what changes something is `Action.do`. None = it was not meant after all.

        Raises Impossible.
        """
