"""Engines that hang, raise and are replaced, in conversations with scripted engines on virtual time."""

from __future__ import annotations

import asyncio
import concurrent.futures
import queue
import struct
import subprocess
from collections.abc import Callable
from contextlib import aclosing

import numpy as np
import pytest

from assistant import events, replaceable
from assistant.engines import Engines
from assistant.engines.watched import WatchedLlm, WatchedStt, WatchedTts
from assistant.errors import AssistantError, DeviceError, EngineError, NotReady, UsageError
from assistant.llm import Message
from tests import virtual_clock
from tests.scene import Scene
from tests.scripted import Say, ScriptedLlm, ScriptedStt, ScriptedTts

TURNS = [Say(1.0, "how are you"), Say(21.0, "and what about tomorrow"), Say(41.0, "and the day after")]
QUESTION = [Message("system", "Be brief."), Message("user", "What is it?")]
FAULTS = [
    MemoryError(), RuntimeError("out of range"), OSError(5, "Input/output error"), KeyError("tokens"),
    ValueError("x"), TypeError("x"), IndexError(), AttributeError("x"), ZeroDivisionError(), AssertionError(),
    UnicodeDecodeError("utf-8", b"\xff", 0, 1, ""), RecursionError(), TimeoutError(), StopIteration(3),
    StopAsyncIteration(), BufferError(), FileNotFoundError(2, "gone"), ConnectionResetError(),
    struct.error("x"), subprocess.CalledProcessError(1, "x"), concurrent.futures.CancelledError(),
    queue.Empty(), NotImplementedError(), LookupError(), EngineError("no memory; x"), AssistantError("odd"),
    ExceptionGroup("two", [ValueError(), OSError()]), EOFError(), ArithmeticError(), Exception(),
]  # fmt: skip


class Trouble:
    """What one engine does, call by call: nothing special, hang, or raise; then nothing special for ever."""

    def __init__(self, *script: Exception | str) -> None:
        self.script = list(script)

    async def __call__(self) -> None:
        match self.script.pop(0) if self.script else "":
            case "":
                return
            case "hang":
                await asyncio.Event().wait()
            case Exception() as error:
                raise error


class FaultyStt(ScriptedStt):
    trouble = Trouble()

    async def transcribe(self, audio, partial=False):
        if not partial:
            await self.trouble()
        return await super().transcribe(audio, partial)


class FaultyLlm(ScriptedLlm):
    trouble = Trouble()

    async def reply(self, messages):
        await self.trouble()
        async with aclosing(super().reply(messages)) as pieces:
            async for piece in pieces:
                yield piece


class FaultyTts(ScriptedTts):
    trouble = Trouble()

    async def speak(self, text):
        await self.trouble()
        async with aclosing(super().speak(text)) as chunks:
            async for chunk in chunks:
                yield chunk


class Loads:
    """Gives a new engine at each call, all with the same trouble."""

    def __init__(self, make: Callable, trouble: Trouble, errors: list[Exception] | None = None) -> None:
        self.make, self.trouble, self.errors = make, trouble, errors or []
        self.made: list = []

    def __call__(self):
        if self.made and self.errors:
            raise self.errors.pop(0)
        engine = self.make()
        engine.trouble, engine.closed = self.trouble, 0
        engine.close = lambda: setattr(engine, "closed", engine.closed + 1)
        self.made.append(engine)
        return engine


class VirtualWorker:
    """Loads on virtual time, in `seconds`."""

    seconds = 3.0

    def __init__(self, name: str) -> None: ...

    async def call(self, function):
        await asyncio.sleep(self.seconds)
        return function()

    def close(self, timeout: float) -> None: ...


@pytest.fixture(autouse=True)
def virtual_worker(monkeypatch):
    monkeypatch.setattr(replaceable, "Worker", VirtualWorker)
    monkeypatch.setattr(VirtualWorker, "seconds", 3.0)
    return VirtualWorker


def played(
    part: str, *script: Exception | str, errors: list[Exception] | None = None, says=TURNS
) -> tuple[Scene, Loads]:
    """A conversation of three questions in which one engine does what ``script`` says."""
    scene = Scene(says, ["One fine day.", "Rain.", "Sun."], until=says[-1].at + 20)

    def tell(works: bool, text: str) -> None:
        scene._observe(events.Health(part, works, text))

    makes = {
        "stt": lambda: FaultyStt(says),
        "llm": lambda: FaultyLlm(["It rains.", "It rains a lot."]),
        "tts": lambda: FaultyTts(),
    }
    loads = Loads(makes[part], Trouble(*script), errors)
    watched = {"stt": WatchedStt, "llm": WatchedLlm, "tts": WatchedTts}[part]
    setattr(scene, part, watched(loads, tell, 8.0))
    return scene.play(), loads


def health(scene: Scene) -> list[tuple[bool, str]]:
    return [(event.works, event.text) for _, event in scene.events if isinstance(event, events.Health)]


@pytest.mark.parametrize(
    "part, sorry",
    [("stt", "Sorry, speech recognition failed."), ("llm", "Sorry, the language model did not answer."), ("tts", "")],
)
def test_an_engine_that_hangs_fails_its_turn_aloud_and_is_replaced_before_the_next(part, sorry):
    scene, loads = played(part, "", "hang")
    assert [turn.outcome for turn in scene.turns] == ["answered", "failed", "answered"]
    assert scene.turns[1].heard == sorry
    assert "gave nothing for 8 s" in scene.turns[1].error and len(scene.notices) == 1
    assert len(loads.made) == 2 and loads.made[0].closed == 1
    assert 30 < scene.time_of("listening", 3) < 34
    assert [works for works, _ in health(scene)] == [False, True]
    assert "was loaded again, because it gave nothing" in health(scene)[1][1]


def test_without_any_voice_a_tone_is_heard_and_the_turn_ends():
    scene, _ = played("tts", EngineError("no voice"))
    assert [turn.outcome for turn in scene.turns] == ["failed", "answered", "answered"]
    first_end = next(at for at, event in scene.events if isinstance(event, events.TurnEnded))
    assert first_end < 4.0
    assert np.abs(scene.speaker.audio()[:7200]).max() > 0.05  # 0.3 s


@pytest.mark.parametrize("part", ["stt", "llm", "tts"])
def test_one_error_costs_one_turn_two_in_a_row_the_engine(part):
    scene, loads = played(part, RuntimeError("bad alloc"), "", RuntimeError("bad alloc"))
    assert [turn.outcome for turn in scene.turns] == ["failed", "answered", "failed"]
    assert len(loads.made) == 1
    scene, loads = played(part, RuntimeError("bad alloc"), RuntimeError("bad alloc"))
    assert [turn.outcome for turn in scene.turns] == ["failed", "failed", "answered"]
    assert len(loads.made) == 2
    assert "RuntimeError in test_watched.py, line" in scene.turns[0].error


def test_a_reply_that_breaks_off_is_said_to_have_broken_off():
    class Breaking(ScriptedLlm):
        async def reply(self, messages):
            yield "It rains. "
            raise OSError("gone")

    scene = Scene(TURNS[:1], llm=WatchedLlm(lambda: Breaking([]), lambda works, text: None)).play()
    assert scene.turns[0].heard == "It rains. Sorry, the language model broke off."


def test_a_turn_waits_for_the_new_engine_only_so_long_then_says_that_it_is_not_ready(virtual_worker):
    virtual_worker.seconds = 25.0
    says = [Say(float(at), "how are you") for at in (1, 11, 25, 60)]
    scene, loads = played("llm", "", "hang", says=says)
    assert [turn.outcome for turn in scene.turns] == ["answered", "failed", "failed", "answered"]
    assert scene.turns[2].heard == "Sorry, the language model is not ready yet. Please ask again in a moment."


def test_an_engine_that_cannot_be_loaded_again_is_tried_with_the_next_turn():
    scene, loads = played("stt", "hang", errors=[EngineError("no memory; free some")])
    assert [turn.outcome for turn in scene.turns] == ["failed", "answered", "answered"]
    texts = [text for _, text in health(scene) if text]
    assert texts[0] == "scripted stt cannot be loaded again (no memory; free some); the next turn tries it once more"


def test_while_nobody_can_load_it_every_turn_says_so():
    scene, loads = played("stt", "hang", errors=[EngineError("no memory")] * 9)
    assert [turn.outcome for turn in scene.turns] == ["failed", "failed", "failed"]
    assert scene.turns[1].heard == "Sorry, speech recognition is not ready yet. Please say that again in a moment."


def test_where_not_even_a_new_engine_can_be_loaded_the_whole_process_gives_up(virtual_worker, monkeypatch):
    gave_up = []
    monkeypatch.setattr(replaceable.restarts, "give_up", lambda: gave_up.append(True))
    virtual_worker.seconds = 1000.0
    scene, loads = played("stt", "", "hang", says=[Say(float(at), "how are you") for at in (1, 11, 100, 190)])
    assert gave_up and len(loads.made) == 1
    assert any("that hangs as well; start the program again" in text for _, text in health(scene))


def test_speaking_on_while_an_engine_hangs_neither_blocks_nor_hides_it():
    says = [Say(float(at), "and now this") for at in range(1, 40, 3)]  # each interrupts the one before
    scene, loads = played("llm", *["hang"] * 9, says=says)
    assert len(loads.made) >= 2  # though none was waited for to the end
    assert scene.turns[-1].outcome == "answered"


@pytest.mark.parametrize("error", FAULTS, ids=lambda error: type(error).__name__)
def test_whatever_an_engine_raises_is_one_sentence_and_the_next_call_works(error):
    stt = WatchedStt(Loads(lambda: FaultyStt(TURNS), Trouble(error)), lambda works, text: None)
    llm = WatchedLlm(Loads(lambda: FaultyLlm(["Yes."]), Trouble(error)), lambda works, text: None)
    tts = WatchedTts(Loads(FaultyTts, Trouble(error)), lambda works, text: None)
    engines = Engines(stt, llm, tts)

    async def silence() -> None: ...

    async def hear() -> None:
        await stt.transcribe(np.zeros(320, np.float32))

    async def think() -> None:
        async with aclosing(llm.reply(QUESTION)) as pieces:
            assert [piece async for piece in pieces] == ["Yes. "]

    async def speak() -> None:
        voice = await engines.voice("en", silence)
        async with aclosing(voice.speak("Yes.")) as chunks:
            assert [chunk async for chunk in chunks]

    async def each() -> None:
        for work in (hear, think, speak):
            with pytest.raises(AssistantError) as caught:
                await work()
            assert "\n" not in str(caught.value) and str(caught.value)
            await work()

    virtual_clock.run(each())


@pytest.mark.parametrize("error", [DeviceError("the speaker is gone"), UsageError("no such voice")])
def test_the_speakers_and_the_users_errors_are_not_the_engines(error):
    told = []
    tts = WatchedTts(Loads(FaultyTts, Trouble(error, error, error)), lambda works, text: told.append(works))

    async def three_times() -> None:
        for _ in range(3):
            with pytest.raises(type(error)):
                async for _chunk in tts.speak("Yes."):
                    pass

    virtual_clock.run(three_times())
    assert not told and tts._tts.engine is not None


def test_reading_ahead_and_the_end_of_a_turn_never_fail():
    class Broken(ScriptedLlm):
        async def warm(self, messages):
            raise RuntimeError("x")

        async def completeness(self, messages):
            raise RuntimeError("x")

    llm = WatchedLlm(lambda: Broken([]), lambda works, text: None)

    async def both() -> None:
        await llm.warm(QUESTION)
        assert await llm.completeness(QUESTION) is None

    virtual_clock.run(both())


def test_not_ready_is_an_engine_error_that_is_raised_while_it_loads(virtual_worker):
    virtual_worker.seconds = 30.0
    llm = WatchedLlm(Loads(lambda: FaultyLlm(["Yes."]), Trouble("hang")), lambda works, text: None)

    async def ask() -> list[str]:
        async with aclosing(llm.reply(QUESTION)) as pieces:
            return [piece async for piece in pieces]

    async def scene() -> None:
        loop = asyncio.get_running_loop()
        with pytest.raises(EngineError, match="gave nothing"):
            await ask()
        begun = loop.time()
        with pytest.raises(NotReady, match="still being loaded"):
            await ask()
        assert loop.time() - begun == pytest.approx(10.0, abs=0.3)
        await asyncio.sleep(30)
        assert await ask() == ["Yes. "]

    virtual_clock.run(scene())


def test_a_worker_hands_on_a_stop_iteration_too():
    from assistant.worker import Worker

    async def call() -> None:
        worker = Worker("x")
        with pytest.raises(RuntimeError, match="StopIteration"):
            await worker.call(next, iter(()))
        worker.close()

    asyncio.run(call())
