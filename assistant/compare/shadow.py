"""While the user talks with one arm, the others answer the same turns in its shadow, unheard, when nobody speaks.

Their answers are appended to a file beside the journal (`location`), one line of JSON each: ``time``, ``conversation``
and ``turn`` (as in the journal), ``arm``, ``key`` (changes with the arm's files, see arms.fingerprint), ``question``,
``asked`` (of the question and all that was said before, see `as_question`), ``settings`` (of what all arms have in
common, see `identity`) and all of `assistant.compare.answerer.Answered`. `compare replay` takes the answers from there
when key, asked and settings are its own; the times in them are of a thread that gave way to everything else and compare
with nothing.

It never slows the conversation: an answer is begun only after the conversation has been listening for a while, in one
thread of the lowest priority; when the user's voice is heard it ends within one token, and begins again later.
"""

from __future__ import annotations

import asyncio
import dataclasses
import json
import os
import sys
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from assistant import events, journal
from assistant.compare.questions import Question, fingerprint
from assistant.errors import AssistantError, EngineError
from assistant.folders import how_to_install
from assistant.llm import Completion, Message
from assistant.secrets import redact

if TYPE_CHECKING:
    from assistant.compare.answerer import Answered, Answerer
    from assistant.compare.arms import Arm
    from assistant.config import Settings
    from assistant.turn import Turn

_CALM = 0.5  # seconds of listening until the shadow begins: the arm that speaks reads ahead then
_LOWEST = 19
QUESTION_OUTCOMES = ("answered", "interrupted", "unknown", "refused", "failed")
"""Outcomes of turns that were a question."""


class Answers(Protocol):
    """What of an `Answerer` the shadow needs."""

    async def answer(self, question: str, history: Sequence[Message] = ()) -> Answered: ...


class CancellableAnswers(Protocol):
    """What of a local model (see assistant/llm/llama.py) `Quiet` needs."""

    name: str

    async def warm(self, messages: Sequence[Message]) -> None: ...

    def answer(self, messages: Sequence[Message], *, cancelled: Callable[[], bool]) -> Completion: ...

    def close(self) -> None: ...


class Interrupted(Exception):
    """The answer was given up at a token."""


class Quiet:
    """A local model for the background."""

    def __init__(self, engine: CancellableAnswers) -> None:
        self.name: str = engine.name
        self.warm = engine.warm
        self.close = engine.close
        self._engine = engine
        self._stop = threading.Event()

    def answer(self, messages: Sequence[Message]) -> Completion:
        """As of the engine; runs at the lowest priority. Raises Interrupted after `stop`."""
        stop = self._stop
        if sys.platform == "linux":  # elsewhere the priority is the whole process's
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _LOWEST)
        found = self._engine.answer(messages, cancelled=stop.is_set)
        if stop.is_set():
            raise Interrupted
        return found

    def stop(self) -> None:
        """The answer that is being written ends at its next token; later ones are not touched."""
        self._stop.set()
        self._stop = threading.Event()


class Shadow:
    """An observer of the conversation (`assistant.modes.Beside`) that has every other arm answer each turn, too."""

    def __init__(
        self,
        arms: Mapping[str, Answers],
        keys: Mapping[str, str],
        settings: str,
        path: Path,
        notice: Callable[[str], None],
        stop: Callable[[], None] = lambda: None,
    ) -> None:
        """``keys``: arm -> fingerprint; ``settings``: as in the file. ``stop`` ends at once what the arms do."""
        self.path = path
        self.counts = dict.fromkeys(arms, 0)
        """Arm -> turns it has answered."""
        self.conversation = ""
        """The journal's id of it; empty until something was asked."""
        self.turns = 0
        """In which something was asked."""
        self._arms = dict(arms)
        self._keys = keys
        self._settings = settings
        self._notice = notice
        self._stop = stop
        self._history: list[Message] = []
        self._due: deque[tuple[str, dict[str, Any], list[Message]]] = deque()  # (arm, what is known, history)
        self._listening = False
        self._work: asyncio.Task[None] | None = None

    @property
    def due(self) -> Counter[str]:
        """Arm -> turns that it has not answered yet."""
        return Counter(arm for arm, *_ in self._due)

    def __call__(self, event: events.Event, conversation: str) -> None:
        match event:
            case events.StateChanged(state):
                self._listening = state == "listening"
                if not self._listening:
                    self._rest()
                elif self._due:
                    self._begin()
            case events.TurnEnded(turn):
                self._enqueue(turn, conversation)

    async def finished(self) -> None:
        """Answer what is still due, the conversation being over."""
        while self._due:
            work = self._begin(calm=0.0)
            await asyncio.wait([work])  # not the task itself: who cancels this must not seem to have cancelled that
            if not work.cancelled():
                work.result()

    def end(self) -> None:
        """Stop at once; what is `due` stays so."""
        self._listening = False
        self._rest()

    def _enqueue(self, turn: Turn, conversation: str) -> None:
        if turn.user and turn.outcome in QUESTION_OUTCOMES:
            self.conversation, self.turns = conversation, self.turns + 1
            about = {
                "conversation": conversation,
                "turn": turn.id,
                "question": turn.user,
                "asked": fingerprint([as_question(conversation, turn.id, turn.user, self._history)]),
            }
            self._due.extend((arm, about, list(self._history)) for arm in self._arms)
        self._history += remembered(turn.user, turn.heard, turn.outcome)
        if self._listening:
            self._begin()

    def _begin(self, calm: float = _CALM) -> asyncio.Task[None]:
        if self._work is None or self._work.done():
            self._work = asyncio.get_running_loop().create_task(self._answer_all(calm))
        return self._work

    def _rest(self) -> None:
        if self._work is not None:
            self._stop()
            self._work.cancel()
            self._work = None

    async def _answer_all(self, calm: float) -> None:
        await asyncio.sleep(calm)
        while self._due:
            arm, about, history = self._due[0]  # taken out when it is answered: who is interrupted begins again
            try:
                found = await self._arms[arm].answer(about["question"], history)
            except AssistantError as error:
                self._notice(f"{arm} did not answer in the shadow: {error}")
            else:
                self._write(arm, about, found)
            self._due.popleft()

    def _write(self, arm: str, about: Mapping[str, Any], found: Answered) -> None:
        row = {
            "time": datetime.now().astimezone().isoformat(timespec="milliseconds"),
            **about,
            "arm": arm,
            "key": self._keys[arm],
            "settings": self._settings,
            **{
                name: round(value, 4) if isinstance(value, float) else value
                for name, value in dataclasses.asdict(found).items()
            },
        }
        row |= {"question": redact(row["question"]), "text": redact(row["text"])}
        try:
            os.close(journal.append(self.path, [json.dumps(row, ensure_ascii=False).encode("utf-8", "replace")]))
            self.counts[arm] += 1
        except OSError as error:
            self._notice(
                f"{self.path}: the answers of {arm} cannot be written ({error.strerror or error}); free some "
                "space; `assistant compare replay` can repeat them later"
            )


def remembered(user: str, heard: str, outcome: str) -> list[Message]:
    """What the conversation remembers of a turn (see Conversation._remember)."""
    if not user or outcome in ("unsure", "unknown", "nothing_said"):
        return []
    return [Message("user", user), *([Message("assistant", heard)] if heard else [])]


def as_question(conversation: str, turn: int, user: str, history: Sequence[Message]) -> Question:
    """A turn as a question for any arm, with what had been said and heard before it."""
    earlier = tuple({"role": message.role, "content": message.content} for message in history)
    return Question(f"{conversation}-{turn}", user, kind="recorded", history=earlier)


def location(path: Path) -> Path:
    """The file that belongs to the journal at ``path``."""
    return path.with_name(f"{path.stem}-shadow.jsonl")


def read(path: Path) -> Iterator[dict[str, Any]]:
    """The answers, oldest first; torn lines are left out. Raises AssistantError."""
    return (row for row in journal.read(path) if "arm" in row and "text" in row)


async def load(
    arms: Sequence[Arm], keys: Mapping[str, str], common: Settings, path: Path, notice: Callable[[str], None]
) -> tuple[Shadow, list[Answerer]]:
    """The shadow of ``arms``, loaded, and what is to be closed after it. Raises AssistantError."""
    from assistant import knowledge, safety
    from assistant.compare.answerer import Answerer
    from assistant.compare.identity import identity
    from assistant.concurrency.worker import Worker
    from assistant.llm import llama

    policy = safety.load(common.safety)
    loaded: list[Answerer] = []
    engines: list[Quiet] = []
    documents = None
    try:
        for arm in arms:
            settings = arm.settings(common)
            llm = dataclasses.replace(settings.llm, threads=1)
            if arm.rag and documents is None:
                documents = await knowledge.load(settings.rag, settings.llm, notice, hurried=False)
                if documents is None:
                    raise EngineError(f"arm {arm.name}: the documents cannot be searched; {how_to_install('rag')}")
            engines.append(Quiet(await Worker(f"load-{arm.name}").call(llama.load, llm, notice)))
            loaded.append(Answerer(arm, engines[-1], documents if arm.rag else None, settings, policy))
    except BaseException:
        for answerer in loaded:
            answerer.close()
        raise

    def stop() -> None:
        for engine in engines:
            engine.stop()

    alike, _ = identity(common)
    return Shadow({answerer.arm.name: answerer for answerer in loaded}, keys, alike, path, notice, stop), loaded
