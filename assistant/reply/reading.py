"""What the language model reads before it answers: the conversation so far, and what the documents say.

It may be read ahead, while the user speaks or nobody waits: the KV cache keeps it.
"""

from __future__ import annotations

from collections.abc import Callable

from assistant.concurrency.failures import explained, failure
from assistant.knowledge import Knowledge, Retrieved
from assistant.llm import Llm
from assistant.reply.history import History, is_few
from assistant.stt import Transcript
from assistant.turn import Turn
from assistant.turns import hypotheses


class Reading:
    def __init__(self, llm: Llm, history: History, knowledge: Knowledge | None, notice: Callable[[str], None]) -> None:
        self.llm = llm
        self._history = history
        self._knowledge = knowledge
        self._notice = notice

    async def look_up(self, turn: Turn, words: str) -> Retrieved | None:
        """What the documents say about ``words``, which are all or the first of the turn's."""
        if not self._knowledge:
            turn.found = None  # the guard may have looked something up for a revision that is void
        elif turn.found is None or turn.found.question != words:
            turn.found = await self._knowledge.look_up(words, self._history.questions(), turn.found)
        return turn.found

    async def ahead(self, words: str = "", found: Retrieved | None = None) -> None:
        """Read what the next prompt begins with: up to the user's ``words``, if there are any already.

        Words are not read when documents are searched and tell nothing about them yet: what they tell comes first.
        """
        if words and (is_few(words) or self._knowledge and not (found and found.text)):
            return
        try:
            await self.llm.warm(self._history.prompt(words, found) if words else self._history.opening())
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
        read = early is not None and found is not None and early.text == found.text
        # New passages take longer to read than the decision about the end of the turn can wait.
        return await self.llm.completeness(self._history.prompt(words, found if read else None))
