"""The chosen voice first; when it fails, or lets the listener wait, the spare one says that sentence: never silence.

Once it was late with an answer, the spare voice begins the next ones at once and the chosen one goes on with the second
sentence, until it is quicker again.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing

import numpy as np

from assistant.errors import EngineError
from assistant.tts import CHARACTERS_PER_SECOND, SAMPLE_RATE, SpeechChunk, Tts, forget, prepare
from assistant.tts.lateness import Lateness

_COOL_DOWN = 30.0  # seconds without a new try, so that an outage costs one deadline and not one per sentence
_LEAD = 0.15  # seconds before the deadline at which the spare voice begins to work, unheard: what a local one needs for
# its first sound on a slow machine
_LATE = 2  # sentences in a row after which lateness is an outage, too
_WORD = "OK."  # of any language
_OPENING = 5.0  # seconds in which a connection is open
_FADE = SAMPLE_RATE // 200  # 5 ms from where a voice broke off down to nothing: no click

Silence = Callable[[], Awaitable[None]]
"""Waits until somebody listens and hears nothing. It may raise DeviceError."""


class Fallback:
    def __init__(
        self,
        chosen: Tts,
        spare: Tts,
        notice: Callable[[str], None],
        deadline: float = float("inf"),
        language: str = "",
        distant: bool = False,
    ) -> None:
        """``deadline``: seconds of silence after which the spare voice begins a sentence that the chosen one has not
        begun; the chosen one is asked again for the next. ``language``: of what is read, where the chosen voice reads
        many. ``distant``: the chosen one is asked for a word, unheard, once a conversation is prepared: then it is
        known before the first answer whether it is late.
        """
        self._chosen, self._spare, self._notice, self._deadline = chosen, spare, notice, deadline
        self._retry_at, self._failing, self._late = 0.0, False, 0
        self._pace = CHARACTERS_PER_SECOND
        self.name = chosen.name
        """The voice that spoke last."""
        self._lateness, self._told_late = Lateness(), False
        self._trial: asyncio.Task[None] | None = None
        self._to_ask = distant and deadline < float("inf")
        self._begins = False
        """Whether the next sentence that is prepared is the first one of an answer."""
        self.language = language or chosen.language

    async def speak(
        self, text: str, silence: Silence | None = None, first: bool = False
    ) -> AsyncGenerator[SpeechChunk, None]:
        """Without ``silence`` nobody waits: lateness does not matter, only failure. ``first``: of an answer."""
        self._begins = False
        if asyncio.get_running_loop().time() < self._retry_at:
            chunks = self._rest(text, 0)
        elif first and silence is not None and self._lateness.known:
            chunks = self._at_once(text, silence)
        else:
            chunks = self._hedged(text, silence, first)
        async with aclosing(chunks):
            async for chunk in chunks:
                yield chunk

    def prepare(self, text: str) -> None:
        """See `assistant.tts.prepare`."""
        begins, self._begins = self._begins, not text
        if not text:
            self._end_trial()
        elif begins and self._lateness.known:
            return  # the spare voice will say it
        if asyncio.get_running_loop().time() >= self._retry_at:
            prepare(self._chosen, text)
            if self._to_ask and self._lateness.is_untold:
                self._trial = asyncio.get_running_loop().create_task(self._ask())
            self._to_ask = False

    def forget(self) -> None:
        """See `assistant.tts.forget`."""
        self._end_trial()
        forget(self._chosen)
        forget(self._spare)

    def close(self) -> None:
        self._chosen.close()
        self._spare.close()

    async def _hedged(self, text: str, silence: Silence | None, first: bool) -> AsyncGenerator[SpeechChunk, None]:
        """The chosen voice, or the spare one where that is late or fails."""
        start = _Start(self._chosen.speak(text))
        spare: _Start | None = None
        try:
            if not await self._is_in_time(start, silence):
                spare = _Start(self._rest(text, 0))
                await asyncio.wait([start.first], timeout=min(_LEAD, self._deadline))
                if await _earlier(start, spare) is spare:
                    self._was_late(start, first)
                    await start.stop()
                    async with aclosing(spare.chunks()) as chunks:
                        async for chunk in chunks:
                            yield chunk
                    return
                await spare.stop()
            async with aclosing(self._unless_it_fails(text, start, first)) as chunks:
                async for chunk in chunks:
                    yield chunk
        finally:
            await start.stop()
            if spare is not None:
                await spare.stop()

    async def _at_once(self, text: str, silence: Silence) -> AsyncGenerator[SpeechChunk, None]:
        """The spare voice, or the chosen one where that fails."""
        spare = _Start(self._rest(text, 0))
        try:
            self._try_again(text)
            await asyncio.wait([spare.first])
            chunks = spare.chunks() if spare.error is None else self._hedged(text, silence, True)
            async with aclosing(chunks):
                async for chunk in chunks:
                    yield chunk
        finally:
            await spare.stop()

    def _try_again(self, text: str) -> None:
        """Ask the chosen voice, unheard, and stop it as soon as it is known whether it is still late."""
        loop = asyncio.get_running_loop()
        self._end_trial()
        if not self._lateness.is_doubtful(loop.time()):
            return

        async def trial() -> None:
            late = await self._is_late(text, self._deadline)
            if late is not None:
                self._lateness.note(late, loop.time())

        self._trial = loop.create_task(trial())

    async def _ask(self) -> None:
        """Find out whether the voice is late; its connection is open when the first word has come."""
        late = await self._is_late(_WORD, _OPENING)
        if late is False:
            late = await self._is_late(_WORD, self._deadline)
        if late is not None:
            self._lateness.note(late, asyncio.get_running_loop().time())
        if late:
            self._tell_late()

    async def _is_late(self, text: str, most: float) -> bool | None:
        """Whether it gives no sound within ``most`` seconds, unheard; None when it fails."""
        start = _Start(self._chosen.speak(text))
        try:
            await asyncio.wait([start.first], timeout=most)
            if start.error is not None:
                self._failed(start.error)
                return None
            return not start.first.done()
        finally:
            await start.stop()

    def _end_trial(self) -> None:
        if self._trial is not None:
            self._trial.cancel()
        self._trial = None

    async def _is_in_time(self, start: _Start, silence: Silence | None) -> bool:
        """Whether the first sound, or a failure, comes before the listener has waited too long, less `_LEAD`.

        Raises DeviceError.
        """
        if silence is None or self._deadline == float("inf"):
            return True

        async def too_long() -> None:
            await silence()
            await asyncio.sleep(max(0.0, self._deadline - _LEAD))

        timer = asyncio.ensure_future(too_long())
        try:
            await asyncio.wait([start.first, timer], return_when=asyncio.FIRST_COMPLETED)
            if not start.first.done():
                timer.result()
            return start.first.done()
        finally:
            timer.cancel()

    async def _unless_it_fails(self, text: str, start: _Start, first: bool) -> AsyncGenerator[SpeechChunk, None]:
        """The chosen voice to its end; where it breaks off, the spare one goes on."""
        samples, last, told = 0, 0.0, None
        self.name = self._chosen.name
        try:
            async with aclosing(start.chunks()) as chunks:
                async for chunk in chunks:
                    samples += len(chunk.pcm24k)
                    last = float(chunk.pcm24k[-1]) if len(chunk.pcm24k) else last
                    told = chunk.spoken
                    yield chunk
        except EngineError as error:
            self._failed(error)
        else:
            self._failing, self._late = False, 0
            if first:
                self._lateness.note(False, asyncio.get_running_loop().time())
            if samples:
                self._pace = len(text) / samples * SAMPLE_RATE
            return
        spoken = _spoken(text, samples / SAMPLE_RATE * self._pace) if told is None else told
        if samples:  # tells how far the chosen voice came
            yield SpeechChunk(np.linspace(last, 0, _FADE, dtype=np.float32), spoken)
        async with aclosing(self._rest(text, spoken)) as rest:
            async for chunk in rest:
                yield chunk

    async def _rest(self, text: str, begin: int) -> AsyncGenerator[SpeechChunk, None]:
        """The spare voice says ``text[begin:]``."""
        rest = text[begin:]
        skipped = begin + len(rest) - len(rest.lstrip())
        if not rest.strip():
            return
        async with aclosing(self._spare.speak(rest.strip())) as chunks:
            async for chunk in chunks:
                self.name = self._spare.name
                yield SpeechChunk(chunk.pcm24k, None if chunk.spoken is None else skipped + chunk.spoken)

    def _was_late(self, start: _Start, first: bool) -> None:
        if start.error is not None:
            self._failed(start.error)
            return
        if first:
            self._lateness.note(True, asyncio.get_running_loop().time())
            self._tell_late()
        self._late += 1
        if self._late >= _LATE:
            self._late = 0
            self._failed(EngineError(f"{self._chosen.name} was too slow for {_LATE} sentences in a row"))

    def _tell_late(self) -> None:
        if not self._told_late:
            self._notice(
                f"{self._chosen.name} gave no sound within {self._deadline:g} s; {self._spare.name} begins the "
                "answers until it is quicker; a higher [tts] deadline waits for it"
            )
        self._told_late = True

    def _failed(self, error: EngineError) -> None:
        self._retry_at = float("inf") if error.lasting else asyncio.get_running_loop().time() + _COOL_DOWN
        if not self._failing:
            self._notice(f"{error}; {self._spare.name} speaks meanwhile")
        self._failing = True


class _Start:
    """A sentence on its way to its first sound."""

    def __init__(self, chunks: AsyncGenerator[SpeechChunk, None]) -> None:
        self._chunks = chunks
        self.first = asyncio.ensure_future(self._next())

    @property
    def error(self) -> EngineError | None:
        error = self.first.exception() if self.first.done() and not self.first.cancelled() else None
        return error if isinstance(error, EngineError) else None

    async def chunks(self) -> AsyncGenerator[SpeechChunk, None]:
        chunk = await self.first
        while chunk is not None:
            yield chunk
            chunk = await self._next()

    async def stop(self) -> None:
        """Idempotent."""
        self.first.cancel()
        await asyncio.wait([self.first])
        if not self.first.cancelled():
            self.first.exception()  # was seen: nobody is to be told that it was not
        await self._chunks.aclose()

    async def _next(self) -> SpeechChunk | None:
        return await anext(self._chunks, None)


async def _earlier(one: _Start, other: _Start) -> _Start:
    """Which of the two comes to sound; ``one`` when both do at once or both fail."""
    waiting = {one.first, other.first}
    while waiting:
        _, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        for start in (one, other):
            if start.first.done() and start.error is None:
                return start
    return one


def _spoken(text: str, characters: float) -> int:
    """Where to go on after about so many characters: at a word, rather repeating one than losing one."""
    if characters < 1:
        return 0
    return max(0, text.rfind(" ", 0, min(int(characters), len(text) - 1)))
