"""Partial transcripts: what the user has said so far, looked at while they speak, and read ahead for the answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from assistant.concurrency.failures import failure
from assistant.reply.reading import Reading
from assistant.stt import Stt, Transcript
from assistant.turn import Turn
from assistant.turns.utterance import Utterance

Work = Callable[..., Awaitable[None]]


class Partials:
    """One at a time. ``start(work, *args)`` does it beside all else; ``heard`` is told each transcript that has words,
    and ``is_open`` says whether an utterance is still what the user is saying, and nothing but that is done with it.
    Words that ``is_command`` are not read."""

    def __init__(
        self,
        reading: Reading,
        start: Callable[..., asyncio.Task[None]],
        heard: Callable[[Utterance, Transcript], None],
        is_open: Callable[[Utterance], bool],
        is_command: Callable[[Turn, str], bool] = lambda turn, words: False,
    ) -> None:
        self._reading, self._start, self._heard, self._is_open = reading, start, heard, is_open
        self._is_command = is_command
        self._task: asyncio.Task[None] | None = None

    def begin(self, stt: Stt, utterance: Utterance) -> None:
        """Transcribe what there is of ``utterance``, unless that is under way."""
        if self._task is None or self._task.done():  # one that was cancelled at once never ran
            self._task = self._start(self._transcribe, stt, utterance)

    def cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()

    async def _transcribe(self, stt: Stt, utterance: Utterance) -> None:
        try:
            utterance.transcribed = len(utterance.frames)
            transcript = await stt.transcribe(utterance.audio(), partial=True)
        except BaseException as error:
            failure(error)
            return  # the final pass meets the same error and reports it
        finally:
            self._task = None
        if transcript.text:
            self._heard(utterance, transcript)
            if self._is_open(utterance) and not self._is_command(utterance.turn, transcript.text):
                self._start(self._read_ahead, utterance, transcript.text)

    async def _read_ahead(self, utterance: Utterance, words: str) -> None:
        """Find what the documents say, and let the language model read it and the words."""
        found = await self._reading.look_up(utterance.turn, words)
        if self._is_open(utterance):
            await self._reading.ahead(words, found)
