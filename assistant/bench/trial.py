"""How good and how quick one language model is on this machine, for `assistant models try`.

Made to come out alike twice: one number of threads, a warm-up, every question in the same order with temperature 0, and
medians over many. Processor time stands beside, which a busy machine changes less than the clock.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from statistics import median

from assistant.bench import tool_trial
from assistant.concurrency.threads import choose
from assistant.config import Settings
from assistant.llm import Completion, Message, llama
from assistant.llm.llama import Llama
from assistant.models import reads
from assistant.models.questions import Question
from assistant.models.tried import Tried
from assistant.reply.sentences import SentenceSplitter
from assistant.reply.speakable import speakable
from assistant.tts import Tts

_TIMED = 12  # questions whose first word is timed, after as many to warm up
_WARM = 3
_REPLY = 40  # tokens; a spoken answer that needs more is none
_LEAST = 4  # tokens that a reply must have for its speed to count


@dataclass(frozen=True)
class Answer:
    question: str
    answer: str
    right: bool


def run(
    settings: Settings,
    name: str,
    questions: Sequence[Question],
    own: Sequence[Question],
    voice: Tts,
    told: Callable[[int, int], None] = lambda done, of: None,
    tools: bool = False,
    rounds: int = 1,
) -> tuple[Tried, list[Answer]]:
    """Load ``settings.llm`` and measure; blocks. ``told``: how many questions are done. ``tools``: whether it can call
    them, too. ``rounds``: how often each first word is timed; of each question the median counts. Raises
    EngineError."""
    import psutil

    process = psutil.Process()
    threads = choose(settings.llm.threads, "llm")
    before = process.memory_info().rss
    engine = llama.load(
        replace(settings.llm, engine="llama", threads=threads, temperature=0.0, max_tokens=_REPLY), lambda text: None
    )
    try:
        system = Message("system", settings.llm.system_prompt)
        for question in questions[:_WARM]:
            engine.answer([system, Message("user", question.ask)])
        busy, began = time.process_time(), time.monotonic()
        answers, completions = [], []
        for number, question in enumerate([*questions, *own], 1):
            completion = engine.answer([system, Message("user", question.ask)], 0.0, 0, _REPLY)
            completions.append(completion)
            answers.append(Answer(question.ask, completion.text, question.answered(completion.text)))
            told(number, len(questions) + len(own))
        cpu = (time.process_time() - busy) / (time.monotonic() - began)
        grown = process.memory_info().rss - before
        timed = [one.ask for one in questions[:_TIMED]]
        first = asyncio.run(_first_words(engine, voice, system, timed, rounds))
        asyncio.run(reads.measure(settings.llm, _asker(engine)))
        right = [one.right for one in answers]
        calls_right, calls_asked = tool_trial.run(engine, system) if tools else (0, 0)
        return Tried(
            name,
            settings.llm.model,
            sum(right[: len(questions)]),
            len(questions),
            sum(right[len(questions) :]),
            len(own),
            median(first),
            _writing(completions),
            _reading(completions, len(engine._tokens([system]))),
            float(grown),
            cpu,
            threads,
            voice.name,
            calls_right=calls_right,
            calls_asked=calls_asked,
        ), answers
    finally:
        engine.close()


def _asker(engine: Llama) -> reads.Ask:
    async def ask(messages: Sequence[Message]) -> str:
        await asyncio.sleep(0)  # else Ctrl-C would wait for the last answer, and then be lost
        return engine.answer(messages, 0.0, 0, _REPLY).text

    return ask


def _writing(completions: Sequence[Completion]) -> float:
    """Tokens/s behind the first one; 0 when no reply was long enough."""
    speeds = [
        (len(one.tokens) - 1) / (one.seconds - one.first)
        for one in completions
        if len(one.tokens) >= _LEAST and one.seconds > one.first
    ]
    return median(speeds) if speeds else 0.0


def _reading(completions: Sequence[Completion], known: int) -> float:
    """Tokens/s of the question; ``known`` tokens before it are in the cache."""
    speeds = [(len(one.prompt) - known) / one.first for one in completions if len(one.prompt) > known and one.first]
    return median(speeds) if speeds else 0.0


async def _first_words(
    engine: Llama, voice: Tts, system: Message, questions: Sequence[str], rounds: int
) -> list[float]:
    """Seconds from each question's end to the first sound of its answer, everything else warm; the median of
    ``rounds``, between which the others are asked."""
    spans = []
    for number, question in enumerate([*questions[:_WARM], *(list(questions) * rounds)]):
        await engine.warm([system])
        began = time.monotonic()
        clause = await _clause(engine, [system, Message("user", question)])
        async with aclosing(voice.speak(speakable(clause, voice.language) or "Yes.")) as chunks:
            async for _ in chunks:
                break
        if number >= _WARM:
            spans.append(time.monotonic() - began)
    return [median(spans[place :: len(questions)]) for place in range(len(questions))]


async def _clause(engine: Llama, messages: Sequence[Message]) -> str:
    splitter = SentenceSplitter()
    async with aclosing(engine.reply(messages)) as pieces:
        async for piece in pieces:
            if ready := splitter.feed(piece):
                return ready[0]
    return " ".join(splitter.flush())
