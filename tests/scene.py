"""Plays a scripted conversation on virtual time and hands back everything that can be checked afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from assistant import config, events, safety
from assistant.audio import IsSpeech
from assistant.audio.files import WavSpeaker
from assistant.conversation import Conversation
from assistant.engines import Engines
from assistant.modes.control import Command
from assistant.modes.push_to_talk import Line, PushToTalk
from assistant.reply.commands import Equipment
from assistant.retrieved import Knowledge
from assistant.tools import Toolbox
from assistant.turn import Turn
from tests import virtual_clock
from tests.scripted import Say, ScriptedLlm, ScriptedMicrophone, ScriptedStt, ScriptedTts, is_speech


@dataclass
class Scene:
    says: Sequence[Say]
    replies: Sequence[object] = ("I am fine.",)
    until: float = 20.0
    settings: dict[str, object] = field(default_factory=dict)
    """``section.key`` -> value, over the defaults."""
    stt: ScriptedStt | None = None
    llm: ScriptedLlm | None = None
    tts: ScriptedTts = field(default_factory=ScriptedTts)
    microphone: ScriptedMicrophone | None = None
    speaker: WavSpeaker | None = None
    knowledge: Knowledge | None = None
    equipment: Equipment | None = None
    toolbox: Toolbox | None = None
    hears: IsSpeech = is_speech
    onsets: Sequence[float] = ()
    """Seconds at which a sound sets in like a voice."""
    key: Sequence[tuple[float, Command]] = ()
    """Push-to-talk: when, in seconds, the key does what."""
    loads: float = 0.0
    """Seconds that the models load, with a key; the microphone is open."""
    cancel_at: float | None = None
    """Virtual second at which Ctrl-C arrives."""
    events: list[tuple[float, events.Event]] = field(default_factory=list)
    on_event: Callable[[Scene, events.Event], None] | None = None

    def play(self) -> Scene:
        virtual_clock.run(self._play())
        return self

    async def _play(self) -> None:
        loop = asyncio.get_running_loop()
        self.stt = self.stt or ScriptedStt(self.says)
        self.llm = self.llm or ScriptedLlm(self.replies)
        self.microphone = self.microphone or ScriptedMicrophone(self.says, self.until)
        self.speaker = self.speaker or WavSpeaker()
        settings = config.load(None, self.settings, {}).settings
        self.conversation = Conversation(
            settings,
            Engines(self.stt, self.llm, self.tts),
            self.speaker,
            safety.load(settings.safety),
            self._observe,
            self.knowledge,
            equipment=self.equipment,
            toolbox=self.toolbox,
        )
        talk = loop.create_task(self._talk_by_key(settings) if self.key else self._talk())
        if self.cancel_at is not None:
            loop.call_later(self.cancel_at, talk.cancel)
        try:
            await talk
        except asyncio.CancelledError:
            pass
        finally:
            self.ended = loop.time()

    async def _talk(self) -> None:
        await self.conversation.listen(self.microphone, self.hears, self._is_onset)

    async def _talk_by_key(self, settings: config.Settings) -> None:
        line = Line(self.microphone, self.hears, settings.endpointing.max_turn)
        talk = PushToTalk(settings, line, self.speaker)
        for at, command in self.key:
            asyncio.get_running_loop().call_later(at, talk.command, command)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(line.take())
            await asyncio.sleep(self.loads)
            await talk.listen(self.conversation)

    def _is_onset(self) -> bool:
        return any(onset <= asyncio.get_running_loop().time() < onset + 0.04 for onset in self.onsets)

    def _observe(self, event: events.Event) -> None:
        self.events.append((asyncio.get_running_loop().time(), event))
        if self.on_event:
            self.on_event(self, event)

    @property
    def turns(self) -> list[Turn]:
        return [event.turn for _, event in self.events if isinstance(event, events.TurnEnded)]

    @property
    def states(self) -> list[str]:
        return [event.state for _, event in self.events if isinstance(event, events.StateChanged)]

    @property
    def notices(self) -> list[str]:
        return [event.text for _, event in self.events if isinstance(event, events.Notice)]

    @property
    def history(self) -> list[tuple[str, str]]:
        return [(message.role, message.content) for message in self.conversation.history]

    def time_of(self, state: str, number: int = 1) -> float:
        """When the conversation entered ``state`` for the ``number``-th time."""
        return [at for at, event in self.events if event == events.StateChanged(state)][number - 1]
