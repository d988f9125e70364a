"""Push-to-talk: a key, or `assistant press`, opens the microphone and closes it again.

Inside, the microphone is open all the time, and key and sound come in one line, in the order in which they happened: so
the words from just before the key are there, and what is said and pressed while the models load is heard after that.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, aclosing

import numpy as np

from assistant import modes
from assistant.audio import FRAME_SECONDS, IsSpeech, Microphone, Speaker
from assistant.audio.echo import EchoCancellingMicrophone
from assistant.audio.tones import chime
from assistant.concurrency.failures import failure, leaf
from assistant.config import Settings
from assistant.conversation import Conversation
from assistant.errors import AssistantError
from assistant.events import OpenedBy
from assistant.modes import control, keys
from assistant.modes.hands_free import load_vad, open_devices
from assistant.modes.keys.source import Source
from assistant.screen import Screen
from assistant.settings.modes import PushToTalkSettings
from assistant.turns.key_endpointing import KeyEndpointer, UntilFaded
from assistant.turns.talk_key import TalkKey

_NONE = Source("none", "asked for")
_LOST = 1.0  # seconds after the release in which the device must have handed over what was said
_USUAL = 0.06  # seconds between two blocks of sound, and some more: less is not late
_KEPT = 50  # frames (1 s) kept for a key that goes down while the models load: more than is taken from before it


async def run(
    settings: Settings, screen: Screen, beside: modes.Beside | None = None, reread: Callable[[], Settings] | None = None
) -> None:
    """Talk until cancelled; ``reread``: see `modes.conversation`.

    Raises DeviceError, and UsageError when the key that is asked for cannot be had.
    """
    vad = await load_vad(settings)
    microphone, speaker = open_devices(settings, screen)
    is_speech = microphone.heard_by(vad) if isinstance(microphone, EchoCancellingMicrophone) else vad
    line = Line(microphone, UntilFaded(is_speech), settings.endpointing.max_turn)
    talk = PushToTalk(settings, line, speaker)
    try:
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(control.serving(talk.command, screen.note))
            source = _NONE
            if settings.push_to_talk.source != "command":
                source = await stack.enter_async_context(keys.open_source(settings.push_to_talk, screen.note))
            tasks = await stack.enter_async_context(asyncio.TaskGroup())
            running = [tasks.create_task(line.take()), tasks.create_task(talk.follow(source))]
            screen.note(how_to_talk(settings.push_to_talk, source))
            async with modes.conversation(
                settings, speaker, screen, beside=beside, reread=reread, lasts=True
            ) as conversation:
                screen(OpenedBy("assistant press" if source.name == _NONE.name else settings.push_to_talk.key))
                await talk.listen(conversation)
            for task in running:
                task.cancel()
    except* AssistantError as group:
        raise leaf(group) from None
    finally:
        microphone.close()


def how_to_talk(settings: PushToTalkSettings, source: Source) -> str:
    """One sentence for the user."""
    key = settings.key
    if source.name == _NONE.name:
        return "Open the microphone with `assistant press`, close it with `assistant release`; `toggle` does either."
    if settings.style == "toggle" or not source.releases:
        return f"Press {key}, speak, and press it again."
    tap = "" if settings.style == "hold" else "; or tap it, speak, and tap it again"
    return f"Hold {key} while you speak{tap}."


class PushToTalk:
    """The key of one conversation, whoever presses it."""

    def __init__(self, settings: Settings, line: Line, speaker: Speaker) -> None:
        self._key = TalkKey(settings.push_to_talk.style, settings.endpointing.max_turn)
        self._endpointer = KeyEndpointer(settings.endpointing)
        self._tones = settings.push_to_talk.tones
        self._line, self._speaker = line, speaker
        self._conversation: Conversation | None = None

    async def listen(self, conversation: Conversation) -> None:
        """Converse until the microphone ends or this is cancelled. Raises DeviceError."""
        self._conversation = conversation
        self._line.on_key = self._reach
        try:
            await conversation.listen(self._line, self._line.is_speech, endpointer=self._endpointer)
        finally:
            self._conversation = None

    def _reach(self, opens: bool) -> None:
        assert self._conversation is not None  # it takes the line's frames
        self._conversation.reach(self._endpointer.press() if opens else self._endpointer.release(self._line.late))
        if not opens:
            asyncio.get_running_loop().call_later(_LOST, self._give_up)

    def _give_up(self) -> None:
        """The microphone may be gone, with the last of what was said."""
        if self._conversation is not None and (boundary := self._endpointer.overdue()):
            self._conversation.reach(boundary)

    async def follow(self, source: Source) -> None:
        """Do what the key does, until cancelled."""
        async with aclosing(source.presses()) as presses:
            async for down in presses:
                self._do(self._key.press if down else self._key.release)

    def command(self, command: control.Command) -> str:
        """Do what `assistant press` and its like say; there is nothing that is refused."""
        match command:
            case "press":
                self._do(self._key.press)
            case "release":
                self._do(self._key.release)
            case "toggle":
                self._do(self._key.toggle)
            case "stop" if self._conversation is not None:
                self._conversation.interrupt()
        return ""

    def _do(self, action: Callable[[float], None]) -> None:
        loop = asyncio.get_running_loop()
        now = loop.time()
        was_open = self._key.is_open(now)
        action(now)
        opens = self._key.is_open(now)
        if opens == was_open:
            return
        self._line.key(opens)
        if self._tones:  # once the reply that a press ends is silent
            loop.call_soon(chime, self._speaker, "opened" if opens else "closed")


class Line:
    """A Microphone (see assistant.audio) from which frames are taken (`take`) before anybody asks for them, and with
    them what the key does: ``on_key`` is told it when all frames before it were yielded."""

    def __init__(self, microphone: Microphone, is_speech: IsSpeech, longest: float) -> None:
        """``longest``: seconds that are kept from the first press on until somebody takes the frames."""
        self.on_key: Callable[[bool], None] = lambda opens: None
        self._microphone = microphone
        self._judge = is_speech
        self._waiting: asyncio.Queue[tuple[np.ndarray, bool | BaseException] | bool | None] = asyncio.Queue()
        self._most = _KEPT
        self._longest = max(_KEPT, round(longest / FRAME_SECONDS))
        self._speech: bool | BaseException = False
        self._count = 0
        self._offsets: deque[float] = deque(maxlen=_KEPT)  # of each frame's arrival from its place in the sound

    @property
    def late(self) -> float:
        """Seconds of sound that should have come by now, and did not because the machine is busy."""
        if not self._offsets:
            return 0.0
        passed = asyncio.get_running_loop().time() - self._count * FRAME_SECONDS
        return max(0.0, passed - min(self._offsets) - _USUAL)

    async def take(self) -> None:
        """Take what the microphone records until it ends. Raises DeviceError."""
        loop = asyncio.get_running_loop()
        async with aclosing(self._microphone.frames()) as frames:
            async for frame in frames:
                self._count += 1
                self._offsets.append(loop.time() - self._count * FRAME_SECONDS)
                if self._waiting.qsize() >= self._most:
                    self._waiting.get_nowait()
                self._waiting.put_nowait((frame, self._judged(frame)))
        self._waiting.put_nowait(None)

    def _judged(self, frame: np.ndarray) -> bool | BaseException:
        """What went wrong is kept for who asks about the frame."""
        try:
            return self._judge(frame)
        except BaseException as error:
            return failure(error)

    def key(self, opens: bool) -> None:
        """The microphone is open from now on, or closed."""
        self._most = self._longest
        self._waiting.put_nowait(opens)

    async def frames(self) -> AsyncGenerator[np.ndarray, None]:
        self._most = self._longest
        while (item := await self._waiting.get()) is not None:
            if isinstance(item, bool):
                self.on_key(item)
            else:
                frame, self._speech = item
                yield frame

    def is_speech(self, frame: np.ndarray) -> bool:
        """Whether there is speech in ``frame``, the one that was yielded last."""
        if isinstance(self._speech, BaseException):
            raise self._speech
        return self._speech

    def close(self) -> None:
        self._microphone.close()
