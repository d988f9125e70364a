"""Blind A/B: two arms answer one question, and who asked says which answer is better, without knowing whose it is.

Both answers are there before the first is shown, so that neither can be told by how long it took. Fixed words that only
one kind of arm says are taken out or made the same for all (`blinded`).
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import numpy as np

from assistant.audio import Microphone, Speaker
from assistant.compare import votes
from assistant.compare.shadow import Answers
from assistant.compare.votes import Cast
from assistant.concurrency.worker import Worker
from assistant.config import Settings
from assistant.reply.sentences import SentenceSplitter
from assistant.reply.speakable import speakable
from assistant.settings import EndpointingSettings
from assistant.stt import Stt
from assistant.tts import Tts
from assistant.turns.endpointing import Boundary, Endpointer

_YOUR_QUESTION = "Your question?"
_WHICH = "Which is better: first, second, tie, both bad?"
_WHICH_NOW = "Which is better?"  # from the second vote on: nobody can speak over a prompt, so it is short
_SILENCE = 0.9  # seconds after which a spoken question or vote is over
_PRE_ROLL = 25  # frames (0.5 s) kept from before speech was noticed
_AHEAD = 10.0  # seconds of speech kept ready


def blinded(settings: Settings) -> Settings:
    """``settings`` for arms whose answers must not tell whose they are: no source is named, and no sentence is
    announced as the documents' or as not theirs. What the documents do not tell is "I do not know." where [guard]
    when_unsure has every arm say so, else the model answers on its own. With when_unsure = documents only arms with
    documents would hedge (`Arm.settings`), so none does.
    """
    guard, unknown = settings.guard, settings.guard.unknown or settings.rag.unknown
    silent = guard.when_unsure in ("documents", "say")
    rag = replace(
        settings.rag,
        speak_sources=False,
        own_words="",
        unknown=unknown,
        when_unknown=settings.rag.when_unknown if silent else "answer",
    )
    hedge = "" if guard.when_unsure == "documents" else guard.hedge
    return replace(settings, rag=rag, guard=replace(guard, correction="", unknown=unknown, hedge=hedge))


class Person(Protocol):
    """Who asks and votes."""

    spoken: bool

    async def hear(self, prompt: str) -> str | None:
        """What the person answers to ``prompt``; None when there is nobody left."""

    async def present(self, number: int, answer: str) -> None:
        """Present the first (1) or second (2) answer, to the end."""

    async def announce(self, text: str) -> None:
        """Let the person know ``text``, the way answers are presented."""

    def notice(self, text: str) -> None:
        """Write ``text`` beside it."""


class Reader:
    """Types, and reads the answers."""

    spoken = False

    def __init__(self, read: Callable[[str], str | None], notice: Callable[[str], None]) -> None:
        self._read = read
        self.notice = notice

    async def hear(self, prompt: str) -> str | None:
        return await _typed(self._read, prompt)

    async def present(self, number: int, answer: str) -> None:
        self.notice(f"  {number}: {' '.join(answer.split()) or '(no answer)'}")

    async def announce(self, text: str) -> None:
        self.notice(text)


@dataclass(frozen=True)
class Ears:
    microphone: Microphone
    is_speech: Callable[[np.ndarray], bool]
    """Of one of its frames."""
    stt: Stt
    endpointing: EndpointingSettings = EndpointingSettings()


class Listener:
    """Hears the answers, all in one voice; speaks or types (``read``), whichever comes first."""

    spoken = True

    def __init__(
        self,
        voice: Tts,
        speaker: Speaker,
        notice: Callable[[str], None],
        read: Callable[[str], str | None],
        ears: Ears | None = None,
    ) -> None:
        self._voice = voice
        self._speaker = speaker
        self.notice = notice
        self._read = read
        self._ears = ears
        self._line: asyncio.Task[str | None] | None = None  # being typed; outlasts a turn in which was spoken
        self._keyboard = True  # until its end: a microphone can do without

    async def hear(self, prompt: str) -> str | None:
        if self._ears is None:
            return await _typed(self._read, prompt)
        await self.speak(prompt)
        self.notice(prompt)  # now the microphone listens
        while (found := await self._said_or_typed(self._ears)) is not None:
            if isinstance(found, str):
                words = found
            elif words := (await self._ears.stt.transcribe(found)).text:
                self.notice(f"  {words}")
            if words:
                return words
        return None

    async def announce(self, text: str) -> None:
        self.notice(text)
        await self.speak(text)

    async def present(self, number: int, answer: str) -> None:
        await self.speak(f"{'First' if number == 1 else 'Second'} answer.")
        await self.speak(answer or "No answer.")

    async def speak(self, text: str) -> None:
        """Speak ``text`` to its end. Raises DeviceError, EngineError."""
        from assistant.tts import SAMPLE_RATE

        splitter = SentenceSplitter()
        for sentence in [*splitter.feed(text), *splitter.flush()]:
            async with aclosing(self._voice.speak(speakable(sentence, self._voice.language))) as chunks:
                async for chunk in chunks:
                    self._speaker.write(chunk.pcm24k)
            await asyncio.sleep(max(0.0, (self._speaker.written - self._speaker.played) / SAMPLE_RATE - _AHEAD))
        await self._speaker.drained()

    async def _said_or_typed(self, ears: Ears) -> np.ndarray | str | None:
        """What comes first: the next thing said, see `_utterance`, or the next line typed."""
        if self._line is None and self._keyboard:
            self._line = asyncio.create_task(_typed(self._read, ""))
        said = asyncio.create_task(_utterance(ears))
        try:
            await asyncio.wait([task for task in (said, self._line) if task], return_when=asyncio.FIRST_COMPLETED)
            if self._line is None or not self._line.done():
                return said.result()
            line, self._line = self._line.result(), None
            if line is not None:
                return line
            self._keyboard = False
            return await said
        finally:
            if said.cancel():
                await asyncio.wait([said])  # the microphone is free again


async def _utterance(ears: Ears) -> np.ndarray | None:
    """The next thing said, mono float32 at 16 kHz; None when the microphone has ended."""
    waits = ears.endpointing
    endpointer = Endpointer(replace(waits, complete=_SILENCE, hard=_SILENCE, soft=min(waits.soft, _SILENCE)))
    frames: list[np.ndarray] = []
    speaking = False
    async with aclosing(ears.microphone.frames()) as recorded:
        async for frame in recorded:
            frames.append(frame)
            event = endpointer.push(ears.is_speech(frame), 0.1)
            if event is Boundary.START:
                speaking = True
            if event is Boundary.HARD:
                return np.concatenate(frames)
            if not speaking:
                del frames[:-_PRE_ROLL]
    return np.concatenate(frames) if speaking else None


async def _typed(read: Callable[[str], str | None], prompt: str) -> str | None:
    """One line, in a thread that Ctrl-C need not wait for: asyncio would wait for its own until Enter is pressed."""
    keyboard = Worker("keyboard")
    try:
        return await keyboard.call(read, prompt)
    finally:
        keyboard.close(0.0)


class Arena:
    def __init__(
        self, arms: Mapping[str, Answers], keys: Mapping[str, str], path: Path, person: Person, chance: random.Random
    ) -> None:
        """``keys``: arm -> fingerprint; ``path``: the file of votes."""
        self._arms = arms
        self._keys = keys
        self._path = path
        self._person = person
        self._chance = chance
        self.casts: list[Cast] = []
        """This session's votes."""

    async def run(self, questions: Iterable[str] | None = None) -> None:
        """Until the questions, or the person's, are at an end. Raises AssistantError."""
        async with aclosing(self._questions(questions)) as stream:
            async for question in stream:
                if not await self.round(question):
                    return

    async def round(self, question: str) -> bool:
        """One question, two answers, one vote; False when the person has had enough, which is no vote."""
        person = self._person
        counted = [cast for cast in votes.read(self._path) if self._is_current(cast)]
        pair = votes.next_pair(list(self._arms), counted, self._chance)
        one, other = [(await self._arms[name].answer(question)).text for name in pair]
        for number, text in enumerate((one, other), 1):
            await person.present(number, text)
        if one.split() == other.split():
            await person.announce("Both say the same: a tie.")
            choice = "same"
        else:
            choice = await self._vote()
        if choice == "quit":
            return False
        cast = Cast(question, *pair, (self._keys[pair[0]], self._keys[pair[1]]), (one, other), choice, person.spoken)
        votes.append(self._path, cast)
        self.casts.append(cast)
        return True

    async def _vote(self) -> str:
        while (words := await self._person.hear(_WHICH_NOW if self.casts else _WHICH)) is not None:
            if (choice := votes.meant(words)) is not None:
                return choice
            self._person.notice("That is none of: first, second, tie, both bad; or stop, to end.")
        return "quit"

    async def _questions(self, given: Iterable[str] | None) -> AsyncGenerator[str, None]:
        if given is not None:
            for question in given:
                self._person.notice("")
                await self._person.announce(question)
                yield question
            return
        while (words := await self._person.hear(_YOUR_QUESTION)) is not None:
            if words.strip(" .!").lower() in ("quit", "q", "exit", "stop"):
                return
            if words.strip():
                yield words.strip()

    def _is_current(self, cast: Cast) -> bool:
        return (self._keys.get(cast.first), self._keys.get(cast.second)) == cast.keys

    def revealed(self) -> Sequence[str]:
        """Which arm was which, one line per vote of this session."""
        return [
            f"{number}. {cast.question}: first was {cast.first}, second was {cast.second}; you said {cast.vote}"
            for number, cast in enumerate(self.casts, 1)
        ]
