"""What the language model reads before it answers: the conversation so far, what the documents say, and what the user
asked to be remembered.

It may be read ahead, while the user speaks or nobody waits: the KV cache keeps it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from assistant.concurrency.failures import explained, failure
from assistant.llm import Llm, Tool
from assistant.memory import shown
from assistant.memory.facts import Memory
from assistant.reply.history import History, is_few
from assistant.retrieved import Knowledge, Retrieved
from assistant.stt import Transcript
from assistant.turn import Turn
from assistant.turns import hypotheses


class Reading:
    def __init__(
        self,
        llm: Llm,
        history: History,
        knowledge: Knowledge | None,
        notice: Callable[[str], None],
        memory: Memory | None = None,
    ) -> None:
        self.llm = llm
        self._history = history
        self._knowledge = knowledge
        self._notice = notice
        self._memory = memory
        self.tools: Callable[[str], Sequence[Tool]] = lambda words: ()
        """What the model is told of when the user says so: it is read before all else."""
        self._told = ""
        if memory is not None:
            memory.on_forgotten = history.forget

    async def look_up(self, turn: Turn, words: str) -> Retrieved | None:
        """What documents and memory say about ``words``, which are all or the first of the turn's."""
        before = turn.found
        if before is not None and before.question == words and self._knowledge:
            return before
        facts = await self._remembered(words, before.facts if before else "")
        if self._knowledge:
            found = await self._knowledge.look_up(words, self._history.questions(), before)
            turn.found = replace(found, facts=facts)
        else:  # the guard may have looked something up for a revision that is void
            turn.found = Retrieved(words, facts=facts) if facts else None
        return turn.found

    async def _remembered(self, words: str, kept: str) -> str:
        """See `assistant.memory.shown.look_up`. Never raises: what is wrong is said, once."""
        if self._memory is None:
            return ""
        try:
            facts = await shown.look_up(self._memory, words, kept)
        except BaseException as error:
            sentence = explained(failure(error), "Remembering")
            if sentence != self._told:
                self._told = sentence
                self._notice(sentence)
            return ""
        self._told = ""
        return facts

    async def ahead(self, words: str = "", found: Retrieved | None = None) -> None:
        """Read what the next prompt begins with: up to the user's ``words``, if there are any already.

        Words are not read when documents are searched and tell nothing about them yet: what they tell comes first.
        """
        if words and (is_few(words) or self._knowledge and not (found and found.text)):
            return
        try:
            prompt = self._history.prompt(words, found) if words else self._history.opening()
            await (self.llm.warm(prompt, tools) if (tools := self.tools(words)) else self.llm.warm(prompt))
        except BaseException as error:
            self._notice(explained(failure(error), "Reading ahead"))

    def choose(self, transcript: Transcript) -> Transcript:
        """The one of the recogniser's hypotheses that was most probably said."""
        return (
            hypotheses.choose(transcript, self._knowledge.known) if self._knowledge else hypotheses.choose(transcript)
        )

    async def completeness(self, turn: Turn, words: str) -> float | None:
        """How likely the turn is over after its ``words``, see `Llm.completeness`. Raises EngineError."""
        early, found = turn.found, await self.look_up(turn, words)
        read = early is not None and found is not None and early.shown == found.shown
        # New passages or facts take longer to read than the decision about the end of the turn can wait.
        prompt = self._history.prompt(words, found if read else None)
        if tools := self.tools(words):
            return await self.llm.completeness(prompt, tools)
        return await self.llm.completeness(prompt)
