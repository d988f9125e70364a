"""Answering: how words become a reply that is heard, and what is remembered of it. Needs no microphone.

A turn is answered by one task (a revision); to interrupt is to cancel that task. How the reply is made stands in
assistant/reply/answer.py, and what the user says is heard in assistant/conversation.py.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from assistant import events
from assistant.audio import Speaker
from assistant.concurrency.failures import explained, failure
from assistant.config import Settings
from assistant.engines import Engines
from assistant.errors import DeviceError
from assistant.events import Observer, State
from assistant.knowledge import language_of
from assistant.llm import Message
from assistant.reply import apology, prompt
from assistant.reply.answer import Answer
from assistant.reply.commands import Commands, Equipment
from assistant.reply.guard import Guard
from assistant.reply.history import History
from assistant.reply.partials import Work
from assistant.reply.reading import Reading
from assistant.reply.steering import Steering
from assistant.reply.tool_use import ToolUse
from assistant.retrieved import Knowledge
from assistant.safety import Policy
from assistant.skills import Action
from assistant.skills.words.languages import LANGUAGES, hint
from assistant.stt import Transcript
from assistant.tools import INTRODUCTION, Toolbox
from assistant.turn import Outcome, Turn


class Answering:
    def __init__(
        self,
        settings: Settings,
        engines: Engines,
        speaker: Speaker,
        policy: Policy,
        observe: Observer,
        knowledge: Knowledge | None = None,
        guard: Guard | None = None,
        leaves: Callable[[str], bool] = lambda words: False,
        equipment: Equipment | None = None,
        toolbox: Toolbox | None = None,
    ) -> None:
        """``leaves``: whether with these words the user takes their leave; they are not answered. ``equipment``: the
        skills, ``toolbox``: what the language model may call.
        """
        self.speaker = speaker
        self._settings = settings
        self._engines = engines
        self._policy = policy
        self._observe = observe = events.together(observe)
        self._knowledge = knowledge
        self._guard = guard or Guard(settings.guard)
        self._leaves = leaves
        self._toolbox: Toolbox | None = None
        self._history = History(self._system_prompt())
        self._reading = Reading(
            engines.llm,
            self._history,
            knowledge,
            lambda text: observe(events.Notice(text)),
            equipment.memory if equipment else None,
        )
        if toolbox is not None:
            self.equip(toolbox)
        self.steering = Steering(lambda: self._engines, lambda: self.history)
        self.commands = Commands(equipment, self.steering)
        self._waiting: deque[Work] = deque()  # what is said as soon as nobody speaks, each ``work(answer)``
        self.state: State = "loading"
        self._answer: Answer | None = None  # the newest revision of the turn that is being answered
        self._turns, self._quiet_since = 0, 0.0
        self._tasks: asyncio.TaskGroup | None = None
        self._between_turns = asyncio.Event()

    @property
    def history(self) -> list[Message]:
        """User and assistant messages; of a reply only the words that were heard."""
        return self._history.messages

    @property
    def turns(self) -> int:
        """The number of the newest turn."""
        return self._turns

    def equip(self, toolbox: Toolbox) -> None:
        """The language model may call these from now on, if it can."""
        self._toolbox = toolbox
        self._reading.tools = lambda words: toolbox.tools(words) if self._engines.llm.calls_tools else ()
        self._history.system = self._system_prompt()

    def restore(self, turns: Sequence[Turn]) -> None:
        """Go on after ``turns``, which another process had with the same user."""
        for turn in turns:
            self._history.remember(turn)
            self._turns = max(self._turns, turn.id)

    async def ask(self, text: str) -> Turn:
        """Answer one typed question aloud and return its turn. Raises DeviceError."""
        language = self._language(text)

        async def respond(answer: Answer) -> None:
            answer.turn.language = language
            await self._respond(answer, Transcript(text.strip()))

        return await self._ask(respond)

    def _language(self, text: str) -> str:
        """Of what was typed, in two letters; empty = English, or not certain: a few words may be those of several."""
        told = hint(text)
        if not told:
            judged = self._policy.language(text)
            told = language_of(text, judged or "en")
            if judged and judged != told:
                return ""
        return told if told in LANGUAGES else ""

    async def _ask(self, work: Callable[[Answer], Awaitable[None]]) -> Turn:
        answer = self._answer = self._new_answer(self._new_turn())
        answer.turn.timings["speech_end"] = answer.turn.timings["hard_endpoint"] = self._now()
        answer.gate.set()
        try:
            await self._settle(work, answer)
        finally:
            self._abandon()
        return answer.turn

    # ---- answering --------------------------------------------------------------------------------------------------

    async def _settle(self, work: Work, answer: Answer, *args: object) -> None:
        """Do ``work(answer, *args)``, which answers. Whatever goes wrong in it fails this turn aloud, and no more.

        Raises DeviceError.
        """
        try:
            await work(answer, *args)
        except BaseException as error:
            answer.failed(failure(error, DeviceError))
            await self._apologise(answer)

    async def _apologise(self, answer: Answer) -> None:
        """A failure was told that `Answer` did not meet itself."""
        if self._answer is answer:
            await answer.say(apology.OF_ANYTHING)
            self._finish(answer, "failed")

    async def _respond(self, answer: Answer, transcript: Transcript) -> None:
        """Answer a final transcript; history gets what was heard of the reply."""
        turn = answer.turn
        turn.revise(transcript.text, transcript.confidence, self._now())
        if self._leaves(turn.user):
            await answer.gate.wait()
            self._finish(answer, "goodbye")
            return
        turn.language = self.steering.spoken_language or turn.language
        decided = self.commands.answered(turn.user)
        if isinstance(decided, tuple):
            answer.allow(decided)
        elif decided is not None:
            turn.skill = "confirmed"
            return await self._act(answer, decided)
        elif understood := self.commands.understood(turn, turn.user):
            turn.skill, action = understood
            return await self._act(answer, action)
        found = await self._reading.look_up(turn, turn.user)
        messages = self._history.prompt(turn.user, found)
        plan = prompt.plan(found, self._settings.rag, turn.language)
        if plan.unknown:
            turn.outcome = "unknown"
        await answer.respond(messages, plan.opening, plan.instead)
        self._finish(answer, "answered")

    async def _act(self, answer: Answer, action: Action) -> None:
        """Carry out a command, or ask first whether it shall be, or for what is missing."""

        async def ask() -> str | None:
            said = await action.do() if action.do and not action.ask else None
            self.commands.ask(action, answer.turn)
            return said

        answer.turn.aside = not action.keep_history
        await answer.act(Action(action.ask or action.say, ask) if action.ask or action.asks_back else action)
        self._finish(answer, "answered")

    def _finish(self, answer: Answer, outcome: Outcome) -> None:
        """An answer came to its own end, unless it is held; nothing more of it will be heard."""
        if self._answer is not answer:
            return
        self._answer = None
        try:
            self._remember(answer, outcome)
        finally:
            self._set_state("listening")
        if self._tasks is not None:
            self._start(self._reading.ahead)  # while nobody waits

    def _cancel_answer(self) -> None:
        answer, self._answer = self._answer, None
        if answer is not None:
            answer.cancel()

    def _abandon(self) -> None:
        """The conversation ends here: what was said and heard until now is kept."""
        if self._answer is not None and self._answer.turn.user:
            self._remember(self._answer, "interrupted")
        self._answer = None

    # ---- memory -----------------------------------------------------------------------------------------------------

    def _remember(self, answer: Answer, outcome: Outcome, played: int | None = None) -> None:
        """Write the turn into history with the words of its reply that were heard, see `Answer.conclude`."""
        answer.conclude(outcome, played)
        self._history.remember(answer.turn)
        self.commands.ended(answer.turn)
        self._end(answer.turn)

    def _end(self, turn: Turn) -> None:
        turn.engines = self._engines.names
        turn.timings["reply_end"] = self._now()
        self._observe(events.TurnEnded(turn))

    def _system_prompt(self) -> Message:
        tools = INTRODUCTION if self._toolbox and self._engines.llm.calls_tools else ""
        documents = self._knowledge.introduction if self._knowledge else ""
        return prompt.system(self._settings.llm.system_prompt, " ".join(filter(None, (documents, tools))))

    # ---- what is said when nobody speaks ---------------------------------------------------------------------------

    def announce(self, sentence: str, heard: Callable[[], None] = lambda: None) -> None:
        """Say it as a turn of its own, as soon as nobody speaks; then call ``heard``. While `listen` runs."""

        async def say(answer: Answer) -> None:
            await answer.say(sentence)
            heard()

        self._waiting.append(say)

    async def tell(self) -> bool:
        """Where nothing is listened to, say the next thing that waits to be said; False when there is none. Raises
        DeviceError.
        """
        if not self._waiting or self._answer is not None:
            return False
        await self._tell(self._waiting.popleft())
        return True

    def propose(self, action: Action) -> None:
        """Ask for the yes that ``action`` needs, as soon as nobody speaks. While `listen` runs."""
        self._waiting.append(lambda answer: self._act(answer, action))

    def _say_later(self, doing: asyncio.Future[str | None]) -> None:
        """Something goes on for a turn that was interrupted: what comes of it is said."""

        def done(doing: asyncio.Future[str | None]) -> None:
            if doing.cancelled():
                return
            error = doing.exception()
            if words := explained(error, "What was begun before") if error else doing.result():
                self.announce(words)

        doing.add_done_callback(done)

    def _tell_later(self, messages: list[Message], results: asyncio.Task[list[Message]]) -> None:
        """Tools go on for a turn that was interrupted: the model tells their results."""

        def done(results: asyncio.Task[list[Message]]) -> None:
            if not results.cancelled() and not results.exception():
                self._waiting.append(lambda answer: answer.respond([*messages, *results.result()]))

        results.add_done_callback(done)

    async def _tell(self, work: Work) -> None:
        """Do ``work`` in an answer of its own; again later, when the user speaks before anything of it was heard."""
        if self._answer is not None:
            self._waiting.appendleft(work)
            return
        answer = self._answer = self._new_answer(self._new_turn())
        answer.task = asyncio.current_task()
        answer.gate.set()
        try:
            await work(answer)
        except asyncio.CancelledError:
            if not answer.heard_any():
                self._waiting.appendleft(work)
            raise
        self._finish(answer, "answered")

    # ---- small things -----------------------------------------------------------------------------------------------

    def _start(self, work: Work, *args: Any) -> asyncio.Task[None]:
        """Do ``work(*args)`` beside all else. Whatever goes wrong in it is told, and no more, but for DeviceErrors."""
        assert self._tasks is not None  # work beside the microphone begins within `listen` only
        return self._tasks.create_task(self._beside(work, *args))

    async def _beside(self, work: Work, *args: Any) -> None:
        try:
            await work(*args)
        except BaseException as error:
            self._observe(events.Notice(explained(failure(error, DeviceError), "What went on beside the conversation")))

    def _new_turn(self) -> Turn:
        self._turns += 1
        return Turn(id=self._turns)

    def _new_answer(self, turn: Turn) -> Answer:
        tools = None
        if self._toolbox is not None:
            tools = ToolUse(self._toolbox, lambda asked: self.commands.ask(asked, turn), self._tell_later)
        return Answer(
            turn,
            self._engines,
            self.speaker,
            self._policy,
            self._settings.manners,
            self._guard,
            self._watch,
            self.steering.pace,
            tools,
            self._say_later,
        )

    def _watch(self, event: events.Event) -> None:
        if isinstance(event, events.Speaking) and self._answer is not None and self._answer.heard_any():
            self._set_state("speaking")
        self._observe(event)

    def _set_state(self, state: State) -> None:
        if state != self.state:
            self.state = state
            self._between_turns.set() if state == "listening" else self._between_turns.clear()
            self._quiet_since = self._now()
            self._observe(events.StateChanged(state))

    def _now(self) -> float:
        return asyncio.get_running_loop().time()
