"""Facts that the user asked to be remembered, in one readable file.

A line of it is one fact, ``- 2026-12-02: my sister is called Anna (20261202-152000-ab12cd, turn 3)``: the day it was
told, and its turn in the journal. A person may edit it: a line that begins with ``- `` is a fact, with or without the
rest; every other line is left as it is. What is changed there counts from the next turn on.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.errors import AssistantError
from assistant.memory import wording
from assistant.memory.recall import Embed, Found, Recall
from rag.atomic import replacing, write_text
from rag.text import clean, harmless

if TYPE_CHECKING:
    import numpy as np

LONGEST = 300
"""Characters of a fact."""
_LATELY = 2  # turns
_RECENT = timedelta(minutes=10)
_HEAD = "# What the assistant remembers\n\nOne fact a line. Change them, add some or take some out as you like.\n\n"
_FACT = re.compile(
    r"[-*+]\s+(?:(?P<day>\d{4}-\d\d-\d\d):\s+)?(?P<text>\S.*?)"
    r"(?:\s+\((?P<conversation>\d{8}-\d{6}-[0-9a-f]{6}), turn (?P<turn>\d{1,9})\))?\s*"
)


@dataclass(frozen=True)
class Fact:
    text: str
    """As the user said it, in the user's own person: "my sister is called Anna"."""
    day: date
    conversation: str = ""
    """The id in the journal of the conversation in which it was said."""
    turn: int = 0

    def line(self) -> str:
        place = f" ({self.conversation}, turn {self.turn})" if self.conversation else ""
        return f"- {self.day}: {self.text}{place}"


class Memory:
    """The facts of one person. Its methods raise AssistantError where the file cannot be read or written."""

    def __init__(self, path: Path, embed: Embed | None = None) -> None:
        """``embed``: what compares meanings, see recall.py."""
        self.path = path
        self.embed = embed
        self.on_forgotten: Callable[[Sequence[Fact]], None] = lambda facts: None
        """Told of facts that are gone from the file, so that nothing else keeps them."""
        self._spoken_of: tuple[Fact, int] | None = None
        self._read: tuple[object, tuple[Fact, ...]] = (None, ())
        self._recall = Recall((), embed)

    def facts(self) -> tuple[Fact, ...]:
        """Oldest first. The file is read again when it was changed."""
        state = self._state()
        if state != self._read[0]:
            before, now = self._read[1], tuple(parsed(self._text(), self._changed()))
            self._read = state, now
            texts = {fact.text for fact in now}
            if gone := [fact for fact in before if fact.text not in texts]:
                self.on_forgotten(gone)
        return self._read[1]

    def find(self, question: str, vector: np.ndarray | None = None) -> list[Found]:
        """The facts that ``question`` asks for, best first; ``vector`` is what `embed` makes of it."""
        facts = self.facts()
        if facts is not self._recall.facts:
            self._recall = Recall(facts, self.embed, self._recall)
        return self._recall.find(question, vector)

    def about(self, topic: str) -> list[Fact]:
        """The facts about ``topic``: all words of it stand in them, or it says the same in other words."""
        told = wording.topic(topic)
        held = [fact for fact in self.facts() if wording.holds(fact.text, topic)]
        return held or [fact for fact in self.facts() if told and wording.topic(fact.text) == told]

    def contradicted(self, text: str) -> list[Fact]:
        """The facts that cannot be so when ``text`` is."""
        told = wording.topic(text)
        return [fact for fact in self.facts() if told and wording.topic(fact.text) == told]

    def prepare(self) -> None:
        """Embed the facts that are not yet, which takes some 10 ms for each."""
        self.find("")
        self._recall.embed()

    def remember(self, fact: Fact, instead_of: Sequence[Fact] = ()) -> None:
        """Add ``fact``, and forget those that it corrects."""
        self._replace([old for old in instead_of if old.text != fact.text], fact)

    def forget(self, facts: Sequence[Fact]) -> None:
        self._replace(facts)

    def begin(self) -> None:
        """Make the file, so that it can be edited, where there is none."""
        if not self.path.exists():
            self._replace(())

    def speak_of(self, fact: Fact, turn: int, now: datetime) -> None:
        """``fact`` was told or answered in ``turn``: what the user may mean by "that", also in another process."""
        self._spoken_of = fact, turn
        with contextlib.suppress(OSError):  # it is a convenience
            with replacing(self._note, 0o600, durable=False) as part:
                part.write_text(f"{now.isoformat()} {_digest(fact)}\n", encoding="utf-8")

    def spoken_of(self, turn: int, now: datetime) -> Fact | None:
        """The fact that "that" means in ``turn``; None when none was spoken of lately."""
        if self._spoken_of is None:
            return self._noted(now) if turn <= _LATELY else None
        fact, spoken = self._spoken_of
        return fact if 0 <= turn - spoken <= _LATELY and fact in self.facts() else None

    def speak_of_other(self) -> None:
        """The user went on to something else: in another process "that" is no fact any more."""
        with contextlib.suppress(OSError):
            self._note.unlink(missing_ok=True)

    @property
    def _note(self) -> Path:
        """Holds when which fact was spoken of last, and nothing of its words."""
        return self.path.with_name(f".{self.path.stem}.last")

    def _noted(self, now: datetime) -> Fact | None:
        try:
            when, digest = self._note.read_text(encoding="utf-8").split()
            if not timedelta() <= now - datetime.fromisoformat(when) <= _RECENT:
                return None
        except (OSError, ValueError, TypeError):
            return None
        return next((fact for fact in self.facts() if _digest(fact) == digest), None)

    def _replace(self, gone: Sequence[Fact], new: Fact | None = None) -> None:
        text = self._text()
        day = self._changed()
        lines = [line for line in text.splitlines() if (fact := _parse(line, day)) is None or fact not in gone]
        lines += [new.line()] if new else []
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            write_text(Path(os.path.realpath(self.path)), "\n".join(lines) + "\n", mode=0o600)
        except OSError as error:
            raise AssistantError(
                f"{self.path}: what is remembered cannot be written ({error.strerror or error}); free some space, or "
                "set [memory] path to another folder"
            ) from None
        if gone:
            self.speak_of_other()
        self.facts()

    def _state(self) -> object:
        try:
            found = self.path.stat()
            return found.st_mtime_ns, found.st_size, found.st_ino
        except OSError:
            return "none"

    def _changed(self) -> date:
        """The day of facts that stand there without one."""
        try:
            return date.fromtimestamp(self.path.stat().st_mtime)
        except OSError:
            return date.today()

    def _text(self) -> str:
        try:
            return self.path.read_text(encoding="utf-8-sig")
        except FileNotFoundError:
            return _HEAD
        except UnicodeDecodeError:
            raise AssistantError(f"{self.path}: is no UTF-8 text; save it as UTF-8") from None
        except OSError as error:
            raise AssistantError(
                f"{self.path}: what is remembered cannot be read ({error.strerror}); check its permissions"
            ) from None


def _digest(fact: Fact) -> str:
    return hashlib.sha256(fact.text.encode()).hexdigest()[:16]


def parsed(text: str, changed: date) -> list[Fact]:
    """The facts in a file's ``text``; one without a day is of the day on which it was ``changed``."""
    return [fact for line in text.splitlines() if (fact := _parse(line, changed)) is not None]


def tidy(text: str) -> str:
    """``text`` as a fact is kept: on one line, with nothing in it that steers a language model's template."""
    return harmless(" ".join(clean(text).split())).strip(" .!?,;")


def _parse(line: str, changed: date) -> Fact | None:
    line = " ".join(line.split())
    found = _FACT.fullmatch(line)
    if found is None:
        return None
    try:
        day = date.fromisoformat(found["day"]) if found["day"] else changed
    except ValueError:
        return Fact(tidy(line[1:])[:LONGEST], changed)
    text = tidy(found["text"])[:LONGEST]
    return Fact(text, day, found["conversation"] or "", int(found["turn"] or 0)) if text else None
