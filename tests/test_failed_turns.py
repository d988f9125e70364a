"""Whatever breaks in a turn, and however: that turn fails aloud and is told once, and the next one works."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Callable

import pytest

from assistant import config, events, knowledge, safety
from assistant.audio.files import WavSpeaker
from assistant.conversation import Conversation
from assistant.engines import Engines
from assistant.engines.watched import WatchedLlm
from assistant.errors import EngineError
from assistant.reply import answer, apology, guard, heard, prompt, writing
from assistant.retrieved import Retrieved
from assistant.turns.endpointing import Endpointer
from tests import virtual_clock
from tests.scene import Scene
from tests.scripted import Say, ScriptedLlm, ScriptedStt, ScriptedTts, is_speech

SETTINGS = config.load(None, {"manners.filler": "Well,"}, {}).settings
POLICY = safety.load(SETTINGS.safety)


class Panic(BaseException):
    """As code in Rust raises."""


ERRORS = [
    ValueError("odd"),
    KeyError("missing"),
    RecursionError("too deep"),
    MemoryError(),
    UnicodeDecodeError("utf-8", b"\xff", 0, 1, "no start"),
    OSError(errno.ENOSPC, "No space left on device"),
    TimeoutError(),
    ExceptionGroup("several", [ValueError("one"), ExceptionGroup("more", [KeyError("two")])]),
    Panic("called `Option::unwrap()` on a `None` value"),
    BaseExceptionGroup("mixed", [ValueError("one"), Panic("two")]),
]
each_error = pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)


class Trap:
    """Raises ``error`` where `sprung` is called, as long as it is set."""

    def __init__(self, error: BaseException) -> None:
        self.error, self.set = error, True

    def sprung(self, *_: object) -> None:
        if self.set:
            raise self.error.with_traceback(None)  # else each time adds to it

    def before(self, patch: pytest.MonkeyPatch, owner: object, name: str) -> None:
        """In front of the function ``name`` of ``owner``."""
        inner = getattr(owner, name)

        def trapped(*args, **named):
            self.sprung()
            return inner(*args, **named)

        patch.setattr(owner, name, trapped)


class Documents:
    introduction = ""

    async def look_up(self, question, earlier, kept):
        return Retrieved(question)

    def known(self, text):
        return set()

    def forget(self) -> None: ...

    def close(self) -> None: ...


class Talk:
    """A typed conversation on virtual time."""

    def __init__(self) -> None:
        self.llm, self.tts, self.speaker = ScriptedLlm(["I am fine. So are you."]), ScriptedTts(), WavSpeaker()
        self.documents, self.events, self.sounds = Documents(), [], []
        self.talk = Conversation(
            SETTINGS,
            Engines(None, self.llm, self.tts),
            self.speaker,
            POLICY,
            lambda event: self.observe(event),
            self.documents,
        )

    def observe(self, event: events.Event) -> None:
        self.events.append(event)

    @property
    def notices(self) -> list[str]:
        return [event.text for event in self.events if isinstance(event, events.Notice)]


def late(trap: Trap, patch: pytest.MonkeyPatch, owner: object, name: str) -> None:
    """In front of the second item of a stream."""
    inner = getattr(owner, name)

    async def trapped(*args):
        count = 0
        async for item in inner(*args):
            if count == 2:
                trap.sprung()
            count += 1
            yield item

    patch.setattr(owner, name, trapped)


PLACES: dict[str, Callable[[Trap, pytest.MonkeyPatch, Talk], None]] = {
    "retrieval": lambda trap, patch, scene: trap.before(patch, scene.documents, "look_up"),
    "farewell": lambda trap, patch, scene: patch.setattr(scene.talk, "_leaves", trap.sprung),
    "prompt": lambda trap, patch, scene: trap.before(patch, prompt, "messages"),
    "plan of the answer": lambda trap, patch, scene: trap.before(patch, prompt, "plan"),
    "safety of the question": lambda trap, patch, scene: trap.before(patch, safety.Policy, "check_question"),
    "safety of the answer": lambda trap, patch, scene: trap.before(patch, safety.Policy, "check_answer"),
    "guard": lambda trap, patch, scene: trap.before(patch, guard.Guard, "is_sure"),
    "contradictions": lambda trap, patch, scene: trap.before(patch, guard.Guard, "correction"),
    "repetition": lambda trap, patch, scene: trap.before(patch, writing, "repeats"),
    "language model": lambda trap, patch, scene: trap.before(patch, scene.llm, "reply"),
    "language model, midway": lambda trap, patch, scene: late(trap, patch, scene.llm, "reply"),
    "sentences": lambda trap, patch, scene: trap.before(patch, writing.SentenceSplitter, "feed"),
    "last sentence": lambda trap, patch, scene: trap.before(patch, writing.SentenceSplitter, "flush"),
    "spoken forms": lambda trap, patch, scene: trap.before(patch, answer, "speakable"),
    "choice of the voice": lambda trap, patch, scene: trap.before(patch, Engines, "voice"),
    "voice": lambda trap, patch, scene: trap.before(patch, scene.tts, "speak"),
    "voice, midway": lambda trap, patch, scene: late(trap, patch, scene.tts, "speak"),
    "playback": lambda trap, patch, scene: trap.before(patch, scene.speaker, "write"),
    "end of the playback": lambda trap, patch, scene: trap.before(patch, scene.speaker, "drained"),
    "heard words": lambda trap, patch, scene: trap.before(patch, heard.SpokenReply, "heard"),
}
ALONE = ("retrieval", "farewell", "prompt", "plan of the answer")  # nothing was to be heard before these


@each_error
@pytest.mark.parametrize("place", PLACES)
def test_the_turn_fails_aloud_and_is_told_once_and_the_next_one_works(place, error, monkeypatch) -> None:
    scene, trap = Talk(), Trap(error)
    PLACES[place](trap, monkeypatch, scene)

    async def two_turns() -> None:
        first = await scene.talk.ask("How are you?")
        sounded = scene.speaker.written
        trap.set = False
        second = await scene.talk.ask("And now?")
        assert (first.outcome, second.outcome) == ("failed", "answered")
        assert second.heard == "I am fine. So are you." and second.error is None
        assert sounded > 0 or place == "playback", "neither an apology nor a tone"
        assert (first.heard + first.reply).count("Sorry, ") <= 2
        assert scene.notices == [first.error] and "\n" not in first.error
        [*before, last] = scene.llm.prompts[-1]
        assert last.content.endswith("And now?")
        assert "Sorry" not in str(before) and "I am fine" not in str(before).replace("I am fine.", ""), "a half"
        if place in ALONE:
            assert first.heard == apology.OF_ANYTHING

    virtual_clock.run(two_turns())
    assert [event.turn.id for event in scene.events if isinstance(event, events.TurnEnded)] == [1, 2]


@each_error
def test_who_watches_fails_alone(error) -> None:
    scene, trap, told = Talk(), Trap(error), []
    scene.observe = trap.sprung
    both = events.together(trap.sprung, told.append)

    async def two_turns() -> None:
        assert (await scene.talk.ask("How are you?")).outcome == "answered"
        scene.talk._observe = both
        turn = await scene.talk.ask("And now?")
        assert turn.outcome == "answered" and turn.error is None

    virtual_clock.run(two_turns())
    assert [type(event) for event in told].count(events.TurnEnded) == 1
    assert [type(event) for event in told].count(events.Notice) == 1


@pytest.mark.parametrize("end", [KeyboardInterrupt, SystemExit])
@pytest.mark.parametrize("place", ["retrieval", "language model", "voice", "playback", "safety of the answer"])
def test_what_ends_the_program_still_does(place, end, monkeypatch) -> None:
    scene = Talk()
    PLACES[place](Trap(end()), monkeypatch, scene)
    with pytest.raises(end):
        virtual_clock.run(scene.talk.ask("How are you?"))


def test_what_ends_the_program_does_so_from_an_observer_too(monkeypatch) -> None:
    scene = Talk()
    scene.observe = Trap(KeyboardInterrupt()).sprung
    with pytest.raises(KeyboardInterrupt):
        virtual_clock.run(scene.talk.ask("How are you?"))


@each_error
def test_documents_that_break_leave_the_answer_without_them(error, monkeypatch) -> None:
    told: list[str] = []
    documents = knowledge.Documents(SETTINGS.rag, 100, told.append)
    monkeypatch.setattr(documents, "_find", Trap(error).sprung)
    assert asyncio.run(documents.look_up("Why?", [], None)) == Retrieved("Why?")
    documents.close()
    assert len(told) == 1 and "\n" not in told[0]


@each_error
def test_an_engine_that_panics_fails_one_call(error, monkeypatch) -> None:
    llm, trap = ScriptedLlm(["I am fine."]), Trap(error)
    trap.before(monkeypatch, llm, "warm")
    trap.before(monkeypatch, llm, "reply")
    watched = WatchedLlm(lambda: llm, lambda works, text: None)

    async def asked() -> str:
        return "".join([piece async for piece in watched.reply([])])

    async def twice() -> None:
        await watched.warm([])
        with pytest.raises(EngineError, match="ask again"):
            await asked()
        trap.set = False
        assert await asked() == "I am fine. "

    virtual_clock.run(twice())


# ---- by voice -----------------------------------------------------------------------------------------------------


class BrokenStt(ScriptedStt):
    trap: Trap
    partials = False

    async def transcribe(self, audio, partial=False):
        if partial or not self.partials:
            self.trap.sprung()
        return await super().transcribe(audio, partial)


SAYS = [Say(0.3, "how are you", 0.5), Say(4.0, "what is new", 0.5)]
UNTIL = 3.5  # seconds: what is broken until then works afterwards


def hearing(trap: Trap, patch: pytest.MonkeyPatch, scene: Scene, since: float) -> None:
    def hears(frame):
        if asyncio.get_running_loop().time() > since:
            trap.sprung()
        return is_speech(frame)

    scene.hears = hears


def endpointing(trap: Trap, patch: pytest.MonkeyPatch, scene: Scene) -> None:
    push = Endpointer.push

    def trapped(self, *args):
        if asyncio.get_running_loop().time() > 0.7:
            trap.sprung()
        return push(self, *args)

    patch.setattr(Endpointer, "push", trapped)


def recognition(trap: Trap, patch: pytest.MonkeyPatch, scene: Scene, partials: bool = False) -> None:
    scene.stt = BrokenStt(scene.says)
    scene.stt.trap, scene.stt.partials = trap, partials


BY_VOICE: dict[str, tuple[Callable[[Trap, pytest.MonkeyPatch, Scene], None], str]] = {
    "voice detection": (lambda *scene: hearing(*scene, since=0.7), "failed"),
    "voice detection, from the start": (lambda *scene: hearing(*scene, since=0.0), ""),
    "endpointing": (endpointing, "failed"),
    "recognition": (recognition, "failed"),
    "partials": (lambda *scene: recognition(*scene, partials=True), "answered"),
    "the end of the turn": (lambda trap, patch, scene: trap.before(patch, ScriptedLlm, "completeness"), "failed"),
    "stopping the speaker": (lambda trap, patch, scene: trap.before(patch, WavSpeaker, "pause"), "answered"),
}


@pytest.mark.parametrize(("place", "error"), [(p, e) for n, p in enumerate(BY_VOICE) for e in ERRORS[n % 3 :: 3]])
def test_what_breaks_while_the_user_speaks_fails_no_more_than_the_turn(place, error, monkeypatch) -> None:
    trap, (install, outcome) = Trap(error), BY_VOICE[place]
    scene = Scene(SAYS, until=6.5)
    install(trap, monkeypatch, scene)

    inner = scene.hears

    def hears(frame):
        trap.set = trap.set and asyncio.get_running_loop().time() < UNTIL
        return inner(frame)

    scene.hears = hears
    scene.play()
    first, second = ([None] if not outcome else []) + scene.turns
    assert (second.user, second.outcome, second.heard) == ("what is new", "answered", "I am fine.")
    assert second.error is None
    if first is not None:
        assert first.outcome == outcome and (outcome == "answered" or first.heard.startswith("Sorry, "))
    assert len(scene.notices) == (place not in ("partials", "stopping the speaker"))
    assert scene.states[-1] == "listening"
