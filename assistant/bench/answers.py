"""`assistant bench answers`: does the language model go on answering in a conversation that people interrupt?

Typed conversations through the same history as spoken ones. Some turns are interrupted after a few words; of the others
it is counted which answers are none: fragments, repetitions of an earlier answer, echoes of the question
(`assistant.bench.heard.fault`). The same where words refer back to what was said ("Is it old?"). And how much later the
first token comes with every turn.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterator

import numpy as np

from assistant import llm, safety
from assistant.audio.files import WavSpeaker
from assistant.bench.heard import fault
from assistant.bench.result import Figure, Result
from assistant.config import Settings
from assistant.engines import Engines
from assistant.errors import EngineError
from assistant.llm import Llm
from assistant.reply import prompt
from assistant.reply.answer import Answer
from assistant.reply.guard import Guard
from assistant.reply.history import History
from assistant.reply.sentences import whole_sentences
from assistant.tts.silent import Silent
from assistant.turn import Turn

_INTERRUPTED = (0, 1, 3, 10)  # turns at the beginning of a conversation
_JUDGED = 10  # questions after them
_LONG = 100  # turns of the long conversation, of which every second is interrupted
_COUNTRIES = """France Spain Japan Brazil Egypt Canada India Norway Kenya Peru Poland Greece Chile Turkey Cuba
    Ireland Sweden Austria Nepal Ghana Hungary Vietnam Morocco Portugal Iceland Jordan Denmark Finland Mexico
    Ecuador""".split()
_ANIMALS = """cows bears owls sharks spiders frogs whales bees goats foxes wolves lions rabbits ducks snakes penguins
    squirrels horses eagles dolphins pandas turtles ants bats camels otters hedgehogs koalas crabs parrots""".split()
_THINGS = """refrigerator bicycle telescope battery clock piano compass microwave toaster camera vacuum thermometer
    windmill dishwasher printer parachute submarine kettle guitar helicopter magnet lighthouse radio lock candle radar
    zipper barometer generator computer""".split()
_SUBJECTS = """moon ocean rain gravity volcanoes chess bread tea jazz football Rome cheese pyramids dreams snow honey
    coffee rainbows trains gold salt painting gardens castles glass silk music kites maps bridges""".split()
_QUESTIONS = ("What is the capital of {}?", "What do {} eat?", "How does a {} work?", "Tell me something about {}.")
_FOLLOWING = (  # words that refer back, as people go on; for each of `_QUESTIONS`
    ("How many people live there?", "Is it old?", "What is the best thing to see there?", "My sister lives there."),
    ("And where do they live?", "How old do they get?", "Are they dangerous?", "I have never seen one of them."),
    ("Who invented it?", "Is that hard to build?", "What does it cost?", "My father has one of those."),
    ("Why is that?", "What else is there to know about it?", "I like that.", "Who told you that?"),
)


def questions(seed: int) -> Iterator[str]:
    """Every one of 120 questions once, in an order of its own for each ``seed``; then again."""
    every = [
        form.format(word)
        for form, words in zip(_QUESTIONS, (_COUNTRIES, _ANIMALS, _THINGS, _SUBJECTS), strict=True)
        for word in words
    ]
    shuffle = random.Random(seed)
    while True:
        yield from shuffle.sample(every, len(every))


def followed(seed: int) -> Iterator[str]:
    """As `questions`, each with its four of `_FOLLOWING`."""
    for question in questions(seed):
        yield question
        kind = next(number for number, form in enumerate(_QUESTIONS) if question.startswith(form[: form.index("{")]))
        yield from _FOLLOWING[kind]


def run(rounds: int, settings: Settings) -> Result:
    """10 x ``rounds`` conversations for each number of interruptions. Raises EngineError."""
    engine = llm.load(settings.llm, print)
    try:
        return asyncio.run(_run(engine, settings, 10 * rounds))
    finally:
        engine.close()


async def _run(engine: Llm, settings: Settings, conversations: int) -> Result:
    rows, details = [], []
    half, none = [turn % 2 == 1 for turn in range(_LONG)], [False] * _LONG
    every, once, last = range(conversations), [conversations], [conversations + 1]
    talks = [  # title, which turns are interrupted, seeds, what is asked
        *(
            (f"after {number} interruptions", [True] * number + [False] * _JUDGED, every, questions)
            for number in _INTERRUPTED
        ),
        (f"{_LONG} turns, every second interrupted", half, once, questions),
        ("questions that refer back", none[: 5 * len(_QUESTIONS)], every, followed),
        (f"{_LONG} turns, none interrupted", none, last, questions),
    ]
    for title, interrupted, seeds, asked in talks:
        cases = [case for seed in seeds for case in await converse(engine, settings, interrupted, seed, asked)]
        rows.append(_share(f"answers that are none, {title}", cases))
        details += [case | {"interruptions": sum(interrupted)} for case in cases]
    firsts = [1000 * case["first_token"] for case in cases]
    rows.append(Figure.of(f"transcript to first token, {_LONG} turns", "ms", firsts))
    growth = float(np.polyfit(range(len(firsts)), firsts, 1)[0])
    rows.append(Figure.single("its growth per turn", "ms", len(firsts), growth, most=0.5))
    return Result("answers", rows, {"llm": engine.name}, details)


def _share(name: str, cases: list[dict]) -> Figure:
    share = 100 * sum(case["fault"] is not None for case in cases) / len(cases)
    return Figure.single(name, "%", len(cases), share, most=1.0)


async def converse(
    engine: Llm,
    settings: Settings,
    interrupted: list[bool],
    seed: int,
    asked: Callable[[int], Iterator[str]] = questions,
) -> list[dict]:
    """One conversation, a turn for each of ``interrupted``; a dict for each turn that was not. Raises EngineError."""
    history, cases = History(prompt.system(settings.llm.system_prompt, "")), []
    words_heard = random.Random(seed)
    earlier: list[tuple[str, str]] = []
    for number, (question, cut) in enumerate(zip(asked(seed), interrupted, strict=False), 1):
        turn = Turn(number, user=question, outcome="interrupted" if cut else "answered")
        await engine.warm(history.opening())
        first = await _answer(engine, settings, history, turn)
        if cut:
            turn.heard = " ".join(turn.reply.split()[: words_heard.randint(1, 6)])
        else:
            turn.heard = (whole_sentences(turn.reply) or turn.reply) if turn.cut else turn.reply
            found = _fault(turn.heard, question, [heard for asked, heard in earlier if asked != question])
            cases.append({"question": question, "answer": turn.heard, "fault": found, "first_token": first})
        history.remember(turn)
        earlier.append((question, turn.heard))
    return cases


def _fault(reply: str, question: str, earlier: list[str]) -> str | None:
    """Unlike heard words, written ones show whether a few of them ("Paris.") are meant to be all."""
    if not whole_sentences(reply):
        return "fragment"
    found = fault(reply, question, earlier)
    return None if found == "fragment" else found


async def _answer(engine: Llm, settings: Settings, history: History, turn: Turn) -> float:
    """Write the reply into ``turn``, as a spoken one would come about; the seconds to its first token."""
    messages = history.prompt(turn.user)
    live = Answer(
        turn,
        Engines(None, engine, Silent()),
        WavSpeaker(),  # `write` plays nothing
        safety.load(settings.safety),
        settings.manners,
        Guard(settings.guard),
        lambda event: None,
    )
    began = asyncio.get_running_loop().time()
    await engine.completeness(messages)
    await live.write(messages, "", "", asyncio.Queue())
    if turn.error:
        raise EngineError(turn.error)
    turn.reply = " ".join(live.reply.written.split())
    return turn.timings["llm_first_token"] - began
