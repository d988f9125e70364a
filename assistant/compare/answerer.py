"""One arm, loaded, that answers: the live assistant's path from question to answer, whole and measured."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, Protocol

from assistant import knowledge, llm, safety
from assistant.audio.files import WavSpeaker
from assistant.compare.arms import Arm
from assistant.compare.questions import Question
from assistant.concurrency.threads import choose
from assistant.concurrency.worker import Worker
from assistant.config import Settings
from assistant.engines import Engines
from assistant.errors import EngineError
from assistant.folders import how_to_install
from assistant.llm import Message, Piece, Tool
from assistant.memory import shown, wording
from assistant.memory.facts import Fact, Memory, tidy
from assistant.models import reads
from assistant.reply import prompt
from assistant.reply.answer import Answer
from assistant.reply.guard import Guard, mean_probability
from assistant.reply.sentences import SentenceSplitter
from assistant.retrieved import Knowledge, Retrieved
from assistant.tts.silent import Silent
from assistant.turn import Turn

_TOLD = date(2026, 1, 1)  # the same whenever a comparison is made, for it stands in the prompt


@dataclass(frozen=True)
class Answered:
    text: str
    outcome: str
    """``answered``, ``unknown`` (the documents do not tell, the guard withheld it) or ``refused`` (by the policy)."""
    confidence: float | None = None
    """Geometric mean of the answer tokens' probabilities, 0 to 1; None when the model was not asked."""
    sureness: float | None = None
    """What the guard went by: the same of the tokens up to the first sentence, see assistant/reply/guard.py; None when
    it had nothing to judge."""
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
    token, and of the rest the share of the answer's pieces up to there."""
    seconds: float = 0.0
    """Until the whole answer is written."""
    cpu: float = 0.0
    """Seconds of all cores; of this whole process, so it means something only when nothing else runs in it."""
    gpu: float | None = None
    """Seconds of GPU time, at most: those in which the model was asked while layers of it lay on a GPU; each token's
    choice and the layers on the CPU are in it. 0 when the model was not asked; None when none lie there."""
    guarded: str = ""
    """What the guard did with it, see assistant/reply/guard.py."""
    doubtful: bool = False
    """Whether it was said that the passages may not answer."""


class WholeAnswers(Protocol):
    """What of a local model (see assistant/llm/llama.py) an arm needs."""

    name: str

    async def warm(self, messages: Sequence[Message]) -> None: ...

    def answer(self, messages: Sequence[Message]) -> llm.Completion: ...

    def close(self) -> None: ...


class Answerer:
    def __init__(
        self,
        arm: Arm,
        engine: WholeAnswers,
        documents: Knowledge | None,
        settings: Settings,
        policy: safety.Policy,
        on_gpu: bool = False,
        memory: Memory | None = None,
    ) -> None:
        """``on_gpu``: whether layers of the model lie on a GPU."""
        self.memory = memory
        self.arm = arm
        self.name: str = engine.name
        self._engine = engine
        self._documents = documents
        self._settings = settings
        self._policy = policy
        self.gpu_unused = 0.0 if on_gpu else None
        """`Answered.gpu` of an answer for which the model is not asked."""
        self._worker = Worker(f"arm-{arm.name}")
        self._system = prompt.system(settings.llm.system_prompt, documents.introduction if documents else "")

    async def warm(self) -> None:
        """Read the system prompt, as the assistant does before it listens. Raises EngineError."""
        await self._engine.warm([self._system])

    async def answer(self, question: str, history: Sequence[Message] = ()) -> Answered:
        """``history``: the conversation before. Raises EngineError."""
        began, cpu = time.monotonic(), time.process_time()

        def done(text: str, outcome: str, first: float, **more: Any) -> Answered:
            return Answered(
                text,
                outcome,
                doubtful=bool(found and found.doubtful and outcome == "answered"),
                documents=found.confidence if found else None,
                first_sentence=first,
                seconds=time.monotonic() - began,
                cpu=time.process_time() - cpu,
                **more,
            )

        found = await self._look_up(question, history)
        searched = time.monotonic() - began
        known = shown.sure(self.memory, question) if self.memory else []
        plan = prompt.plan(found, self._settings.rag)
        if known:
            plan = prompt.Delivery(instead=" ".join(wording.spoken(fact.text) for fact in known))
        turn, model = Turn(0, question, found=found), _Whole(self._engine, self._worker)
        live = Answer(
            turn,
            Engines(None, model, Silent()),
            WavSpeaker(),  # `write` plays nothing
            self._policy,
            self._settings.manners,
            Guard(self._settings.guard),
            lambda event: None,
        )
        sentences: asyncio.Queue[str | None] = asyncio.Queue()
        await live.write(prompt.messages(self._system, history, question, found), plan.opening, plan.instead, sentences)
        if turn.error:
            raise EngineError(turn.error)
        text, answer = live.reply.written.strip(), model.answer
        outcome = turn.outcome or ("unknown" if plan.unknown and not known else "answered")
        if answer is None:
            quoted = outcome == "answered" and not known and found is not None
            return done(
                text,
                outcome,
                searched,
                gpu=self.gpu_unused,
                confidence=1.0 if known else found.confidence if quoted and found else None,
                passages=_shown(found)[:1] if quoted else (),
            )
        first = searched if plan.opening else searched + answer.first + model.share * (answer.seconds - answer.first)
        passages = _shown(found)
        if found and found.facts:
            passages = ({"title": "memory", "text": found.facts}, *passages)
        return done(
            text,
            outcome,
            first,
            confidence=mean_probability(answer.log_probabilities),
            sureness=turn.sureness,
            passages=passages,
            prompt_tokens=len(answer.prompt),
            answer_tokens=len(answer.tokens),
            finished=answer.finished,
            gpu=answer.seconds if self.gpu_unused is not None else None,
            guarded=turn.guarded,
        )

    def tell(self, question: Question) -> None:
        """What the user says before ``question`` is asked. Raises AssistantError."""
        if self.memory is None:
            return
        for text in question.remember:
            self.memory.remember(Fact(tidy(text), _TOLD), self.memory.contradicted(text))
        for topic in question.forget:
            self.memory.forget(self.memory.about(topic))
        self.memory.prepare()

    async def _look_up(self, question: str, history: Sequence[Message]) -> Retrieved | None:
        facts = await shown.look_up(self.memory, question) if self.memory else ""
        if self._documents is None:
            return Retrieved(question, facts=facts) if facts else None
        earlier = [message.content for message in history if message.role == "user"]
        found = await self._documents.look_up(question, earlier, None)
        if found.confidence is None:
            raise EngineError("the documents could not be searched; see what `assistant rag search` says")
        return replace(found, facts=facts)

    def close(self) -> None:
        self._worker.close()
        self._engine.close()
        if self._documents:
            self._documents.close()
        if self.memory:
            shutil.rmtree(self.memory.path.parent, ignore_errors=True)


def _shown(found: Retrieved | None) -> tuple[dict[str, str], ...]:
    return tuple({"title": one.written(), "text": one.text} for one in found.passages) if found else ()


async def load(arm: Arm, common: Settings, notice: Callable[[str], None]) -> Answerer:
    """``common``: the assistant's settings, of which the arm changes model and documents. Raises AssistantError."""
    from assistant.llm import llama, llamacpp

    settings = steady(arm.settings(common))
    embedder = knowledge.question_embedder(settings.rag)
    if embedder:
        embedder.wait()  # so that each question is judged alike
    policy = safety.load(settings.safety, lambda: embedder)
    engine = await Worker("load-llm").call(llama.load, settings.llm, notice)
    documents = await knowledge.load(settings.rag, settings.llm, notice, hurried=False)
    if settings.rag.enabled and documents is None:
        engine.close()
        raise EngineError(f"arm {arm.name}: the documents cannot be searched; {how_to_install('rag')}")
    if documents is not None:
        await reads.decide(documents, settings, _asker(engine), notice)
    memory = Memory(Path(tempfile.mkdtemp(prefix="compare-memory-")) / "me.md", embedder) if arm.memory else None
    return Answerer(arm, engine, documents, settings, policy, llamacpp.uses_gpu(settings.llm.gpu_layers), memory)


def _asker(engine: WholeAnswers) -> reads.Ask:
    async def ask(messages: Sequence[Message]) -> str:
        return engine.answer(messages).text

    return ask


def steady(settings: Settings) -> Settings:
    """With as many threads as suit this machine, instead of as many as are idle at the moment: on contexts of more than
    256 tokens their number changes llama.cpp's results, and the same comparison is to give the same answers.
    """
    return replace(settings, llm=replace(settings.llm, threads=choose(settings.llm.threads, "llm")))


class _Whole:
    """An engine whose whole answers, with token ids and times, are handed on in a streamed reply's pieces."""

    def __init__(self, engine: WholeAnswers, worker: Worker) -> None:
        self.name = engine.name
        self.answer: llm.Completion | None = None
        """None until the model was asked."""
        self.share = 1.0
        """Part of the answer's pieces that are written when its first sentence is to be spoken."""
        self._engine, self._worker = engine, worker

    async def warm(self, messages: Sequence[Message], tools: Sequence[Tool] = ()) -> None:
        await self._engine.warm(messages)

    async def completeness(self, messages: Sequence[Message], tools: Sequence[Tool] = ()) -> float | None:
        return None  # a question that is typed is whole

    async def forget(self) -> None:
        self.answer = None

    calls_tools = False

    async def reply(self, messages: Sequence[Message], tools: Sequence[Tool] = ()) -> AsyncGenerator[Piece, None]:
        self.answer = answer = await self._worker.call(self._engine.answer, messages)
        splitter, spoken = SentenceSplitter(), False
        for count, piece in enumerate(answer.pieces, 1):
            if not spoken and splitter.feed(piece):
                spoken, self.share = True, count / len(answer.pieces)
            yield piece

    def close(self) -> None:
        self._engine.close()
