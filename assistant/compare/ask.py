"""One arm, loaded, answering: the live assistant's path from the question's words to the answer's, whole and measured."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass

from assistant import asking, knowledge, llm, safety
from assistant.answer import Answer
from assistant.compare.arms import Arm
from assistant.config import Settings
from assistant.engines import Engines
from assistant.errors import EngineError
from assistant.guard import Guard, mean_probability
from assistant.llm import Message, Piece
from assistant.sentences import SentenceSplitter
from assistant.turn import Turn
from assistant.worker import Worker

_SEARCHES = 3  # attempts: a search that a busy machine made late must not look like documents that do not tell


@dataclass(frozen=True)
class Answered:
    text: str
    outcome: str
    """``answered``, ``unknown`` (the documents do not tell, or the guard withheld it) or ``refused`` (by the policy)."""
    confidence: float | None = None
    """Geometric mean of the answer tokens' probabilities, 0 to 1; None when the model was not asked."""
    documents: float | None = None
    """Confidence that the documents hold the answer, 0 to 1; None without documents."""
    passages: tuple[dict[str, str], ...] = ()
    """``{"title", "text"}`` of what was put before the question."""
    prompt_tokens: int = 0
    answer_tokens: int = 0
    finished: bool = True
    """False when [llm] max_tokens cut the answer."""
    first_sentence: float = 0.0
    """Seconds from the question's last word until the first sentence to speak is written. The model's time to its first
    token, and of the rest the share that the sentence has in the text."""
    seconds: float = 0.0
    """Until the whole answer is written."""
    cpu: float = 0.0
    """Seconds of all cores; of this whole process, so it means something only when nothing else runs in it."""
    guarded: str = ""
    """What the guard did with it, see assistant/guard.py."""


class Answerer:
    def __init__(self, arm: Arm, engine, documents: knowledge.Knowledge | None, settings: Settings,
                 policy: safety.Policy) -> None:
        self.arm = arm
        self.name: str = engine.name
        self._engine = engine
        self._documents = documents
        self._settings = settings
        self._policy = policy
        self._worker = Worker(f"arm-{arm.name}")
        self._system = asking.system(settings.llm.system_prompt, documents.introduction if documents else "")

    async def warm(self) -> None:
        """Read the system prompt, as the assistant does before it listens. Raises EngineError."""
        await self._engine.warm([self._system])

    async def answer(self, question: str, history: Sequence[Message] = ()) -> Answered:
        """``history``: the conversation before. Raises EngineError."""
        began, cpu = time.monotonic(), time.process_time()

        def done(text: str, outcome: str, first: float, **more) -> Answered:
            return Answered(text, outcome, documents=found.confidence if found else None, first_sentence=first,
                            seconds=time.monotonic() - began, cpu=time.process_time() - cpu, **more)

        found = await self._look_up(question, history)
        searched = time.monotonic() - began
        plan = asking.plan(found, self._settings.rag)
        turn, model = Turn(0, question, found=found), _Whole(self._engine, self._worker)
        live = Answer(turn, Engines(None, model, None), None, self._policy, self._settings.manners,
                      Guard(self._settings.guard), lambda event: None)
        sentences: asyncio.Queue[str | None] = asyncio.Queue()
        await live.write(asking.messages(self._system, history, question, found), plan.opening, plan.instead, sentences)
        if turn.error:
            raise EngineError(turn.error)
        text, answer = live.reply.written.strip(), model.answer
        outcome = turn.outcome or ("unknown" if plan.instead else "answered")
        if answer is None:
            return done(text, outcome, searched)
        first = searched if plan.opening else searched + answer.first + model.share * (answer.seconds - answer.first)
        passages = tuple({"title": passage.written(), "text": passage.text} for passage in found.passages) if found else ()
        return done(text, outcome, first, confidence=mean_probability(answer.log_probabilities), passages=passages,
                    prompt_tokens=len(answer.prompt), answer_tokens=len(answer.tokens), finished=answer.finished,
                    guarded=turn.guarded)

    async def _look_up(self, question: str, history: Sequence[Message]) -> knowledge.Found | None:
        if self._documents is None:
            return None
        earlier = [message.content for message in history if message.role == "user"]
        for _ in range(_SEARCHES):
            found = await self._documents.look_up(question, earlier, None)
            if found.confidence is not None:
                return found
        raise EngineError("the documents could not be searched; see what `assistant rag search` says")

    def close(self) -> None:
        self._worker.close()
        self._engine.close()
        if self._documents:
            self._documents.close()


async def load(arm: Arm, common: Settings, notice: Callable[[str], None]) -> Answerer:
    """``common``: the assistant's settings, of which the arm changes model and documents only. Raises AssistantError."""
    from assistant.llm import llama

    settings = arm.settings(common)
    policy = safety.load(settings.safety)
    engine = await Worker("load-llm").call(llama.load, settings.llm, notice)
    documents = await knowledge.load(settings.rag, settings.llm, notice)
    if settings.rag.enabled and documents is None:
        engine.close()
        raise EngineError(f"arm {arm.name}: the documents cannot be searched; run `make rag`")
    return Answerer(arm, engine, documents, settings, policy)


class _Whole:
    """An engine whose whole answers, which tell token ids and probabilities, are handed on word by word, as if streamed."""

    def __init__(self, engine, worker: Worker) -> None:
        self.answer: llm.Answer | None = None
        """None until the model was asked."""
        self.share = 1.0
        """Part of the text that the first sentence to speak is."""
        self._engine, self._worker = engine, worker

    async def reply(self, messages: Sequence[Message]) -> AsyncIterator[Piece]:
        self.answer = answer = await self._worker.call(self._engine.answer, messages)
        splitter = SentenceSplitter()
        sentences = [*splitter.feed(answer.text), *splitter.flush()]
        self.share = len(sentences[0]) / len(answer.text) if sentences else 1.0
        given = 0
        for word in re.finditer(r"\S+\s*", answer.text):
            end = round(len(answer.tokens) * word.end() / len(answer.text))
            piece = Piece(word[0])
            piece.log_probabilities = answer.log_probabilities[given:end]
            given = end
            yield piece
