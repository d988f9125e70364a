"""Voice and ears lent to other programs: an MCP server over stdin and stdout, or on a port of this machine.

The microphone is open only while `listen` or `ask_aloud` waits for words, which a tone tells. One call at a time.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from assistant import __version__, events, knowledge, stt, tts
from assistant.audio import FRAME_SECONDS, IsSpeech, Microphone, Speaker, tones
from assistant.audio.echo import EchoCancellingMicrophone
from assistant.audio.playback import open_speaker
from assistant.config import Settings
from assistant.errors import AssistantError, UsageError
from assistant.folders import data_folder
from assistant.modes.hands_free import load_vad, open_devices
from assistant.reply.sentences import SentenceSplitter
from assistant.reply.speakable import speakable
from assistant.retrieved import Knowledge
from assistant.turns.endpointing import Boundary, Endpointer
from assistant.turns.utterance import beginning, pre_roll
from rag.atomic import write_text
from rag.output import PRIVATE
from rag.text import clean

if TYPE_CHECKING:
    from mcp.server import MCPServer

_LONGEST = 5000  # characters that are said at once
_WAIT = 10.0  # seconds until somebody must have begun to speak, where the program does not say
_LONGEST_WAIT = 120.0
_INSTRUCTIONS = (
    "Speaks to and hears the person at this machine. Keep what you say short and plain: it is heard, not read. "
    "What the person said may be misheard."
)

Devices = Callable[[Settings, events.Observer], tuple[Microphone, Speaker]]


@dataclass
class Lent:
    """What `assistant mcp` offers; all of it is loaded when it is first needed."""

    settings: Settings
    notice: Callable[[str], None]
    devices: Devices = open_devices
    speaker: Callable[[Settings], Speaker] = lambda settings: open_speaker(settings.audio)
    """Opens it alone: who only speaks needs no microphone."""
    engines: Any = None
    """(ears, voice, voice detector); None = as the settings say."""

    def __post_init__(self) -> None:
        self._turn = asyncio.Lock()
        self._documents: Knowledge | None = None
        self._why = ""  # the documents cannot be searched

    async def say(self, text: str) -> None:
        """Returns once it was heard. Raises AssistantError."""
        async with self._turn:
            await self._load()
            speaker = self.speaker(self.settings)
            try:
                await self._speak(speaker, text)
            finally:
                speaker.close()

    async def listen(self, wait: float = _WAIT) -> str:
        """What is said next; empty when nobody begins within ``wait`` seconds. Raises AssistantError."""
        async with self._turn, self._sound() as (microphone, speaker, is_speech):
            return await self._hear(microphone, speaker, is_speech, wait)

    async def ask(self, question: str, wait: float = _WAIT) -> str:
        """Say it, and give what is said next, see `listen`."""
        async with self._turn, self._sound() as (microphone, speaker, is_speech):
            await self._speak(speaker, question)
            return await self._hear(microphone, speaker, is_speech, wait)

    async def search(self, question: str) -> str:
        """The passages that fit, each with its place. Raises AssistantError."""
        async with self._turn:
            if self._documents is None:
                rag = replace(self.settings.rag, enabled=True)
                self._documents = await knowledge.load(rag, self.settings.llm, self._told, hurried=False)
        asked = f"{question.rstrip('?')}?"  # also of words that are no question
        found = await self._documents.look_up(asked, [], None) if self._documents else None
        if found is None or found.confidence is None:
            raise AssistantError(self._why or "the documents cannot be searched; see `assistant doctor`")
        doubt = [knowledge.doubt("en")] if found.doubtful else []
        return "\n\n".join([*doubt, *(f"{passage.written()}:\n{passage.text}" for passage in found.passages)])

    def _told(self, text: str) -> None:
        self._why = text.partition(" (answers ")[0]

    async def close(self) -> None:
        if self.engines:
            for engine in self.engines[:2]:
                engine.close()
        if self._documents:
            self._documents.close()

    async def _load(self) -> None:
        if self.engines is None:
            ears, voice, detector = await asyncio.gather(
                asyncio.to_thread(stt.load, self.settings.stt, self.notice),
                asyncio.to_thread(tts.load, self.settings.tts, self.notice),
                load_vad(self.settings),
            )
            self.engines = ears, voice, detector

    @asynccontextmanager
    async def _sound(self) -> AsyncIterator[tuple[Microphone, Speaker, IsSpeech]]:
        await self._load()
        is_speech: IsSpeech = self.engines[2]
        microphone, speaker = self.devices(self.settings, lambda event: None)
        try:
            if isinstance(microphone, EchoCancellingMicrophone):
                is_speech = microphone.heard_by(is_speech)
            yield microphone, speaker, is_speech
        finally:
            speaker.close()
            microphone.close()

    async def _speak(self, speaker: Speaker, text: str) -> None:
        voice = self.engines[1]
        for sentence in spoken_sentences(text, voice.language):
            async with aclosing(voice.speak(sentence)) as chunks:
                async for chunk in chunks:
                    speaker.write(chunk.pcm24k)
        await speaker.drained()

    async def _hear(self, microphone: Microphone, speaker: Speaker, is_speech: IsSpeech, wait: float) -> str:
        tones.chime(speaker, "opened")
        audio = await utterance(self.settings, microphone, is_speech, wait)
        tones.chime(speaker, "closed")
        if audio is None:
            return ""
        return (await self.engines[0].transcribe(audio)).text


def spoken_sentences(text: str, language: str) -> list[str]:
    """Raises UsageError when nothing in it can be said."""
    if len(text) > _LONGEST:
        raise UsageError(f"the text has more than {_LONGEST:,} characters; say less at once")
    splitter = SentenceSplitter()
    units = [*splitter.feed(clean(text)), *splitter.flush()]
    found = [words for unit in units if (words := speakable(unit, language))]
    if not found:
        raise UsageError("there is nothing in the text that can be said")
    return found


async def utterance(settings: Settings, microphone: Microphone, is_speech: IsSpeech, wait: float) -> np.ndarray | None:
    """The next that is said, mono float32 at 16 kHz; None when nobody begins within ``wait`` seconds."""
    endpointer = Endpointer(settings.endpointing)
    newest = pre_roll(settings.vad)
    frames: list[np.ndarray] = []
    waited = 0.0
    async with aclosing(microphone.frames()) as heard:
        async for frame in heard:
            newest.append(frame)
            boundary = endpointer.push(is_speech(frame), settings.vad.min_speech)
            if boundary is Boundary.START:
                frames = beginning(newest, settings.vad)
            elif frames:
                frames.append(frame)
            waited += FRAME_SECONDS
            if boundary is Boundary.HARD or not frames and waited >= wait:
                break
    return np.concatenate(frames) if frames else None


def server(lent: Lent) -> MCPServer:
    from mcp.server import MCPServer
    from mcp.server.mcpserver.exceptions import ToolError
    from mcp_types import ToolAnnotations

    handlers, level = list(logging.root.handlers), logging.root.level
    made = MCPServer("voice-assistant", version=__version__, instructions=_INSTRUCTIONS, log_level="CRITICAL")
    logging.root.handlers[:] = handlers  # it would write what any library logs
    logging.root.setLevel(level)
    heard = ToolAnnotations(read_only_hint=False, destructive_hint=False, open_world_hint=False)
    reads = ToolAnnotations(read_only_hint=True, open_world_hint=False)

    async def told(work: Awaitable[Any]) -> Any:
        try:
            return await work
        except AssistantError as error:
            raise ToolError(str(error)) from None

    @made.tool(title="Say", annotations=heard, structured_output=False)
    async def say(text: str) -> str:
        """Say a text aloud to the person at this machine; returns once it was heard."""
        await told(lent.say(text))
        return "It was said."

    @made.tool(title="Listen", annotations=heard, structured_output=False)
    async def listen(seconds: float = _WAIT) -> str:
        """Listen to what the person says next, and give it as text; empty when nobody begins to speak within so many
        seconds."""
        return await told(lent.listen(_bounded(seconds)))

    @made.tool(title="Ask aloud", annotations=heard, structured_output=False)
    async def ask_aloud(question: str, seconds: float = _WAIT) -> str:
        """Ask the person a question aloud, and give the spoken answer as text; empty when nobody begins to answer
        within so many seconds."""
        return await told(lent.ask(question, _bounded(seconds)))

    @made.tool(title="Search documents", annotations=reads, structured_output=False)
    async def search_documents(question: str) -> str:
        """Search the person's own documents; gives the passages that fit, each with its place, or nothing."""
        return await told(lent.search(question))

    return made


def _bounded(seconds: float) -> float:
    return min(max(seconds, 1.0), _LONGEST_WAIT) if seconds == seconds else _WAIT  # not for nan


async def serve_stdio(settings: Settings, notice: Callable[[str], None]) -> None:
    """Until stdin ends."""
    lent = Lent(settings, notice)
    try:
        await server(lent).run_stdio_async()
    finally:
        await lent.close()


async def serve_http(settings: Settings, port: int, notice: Callable[[str], None]) -> None:
    """On 127.0.0.1, for programs that know the token. Raises UsageError."""
    import uvicorn

    try:
        listening = socket.create_server(("127.0.0.1", port))
    except OSError as error:
        raise UsageError(f"port {port} cannot be used ({error.strerror}); give another one with --port") from None
    path = data_folder() / "mcp" / "token"
    app = guarded(server(lent := Lent(settings, notice)).streamable_http_app(), token(path))
    notice(f"http://127.0.0.1:{port}/mcp; programs send the token that lies in {path}, as Authorization: Bearer TOKEN")
    try:
        await uvicorn.Server(uvicorn.Config(app, log_level="critical")).serve(sockets=[listening])
    finally:
        await lent.close()


def token(path: Path) -> str:
    """Made once."""
    try:
        kept = path.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        kept = ""
    if len(kept) < 32:
        kept = secrets.token_urlsafe(32)
        write_text(path, kept + "\n", PRIVATE)
    return kept


def guarded(app: Any, token: str) -> Any:
    """The same application, for those who send the token."""
    wanted = f"Bearer {token}".encode()

    async def guard(scope: Any, receive: Any, send: Any) -> None:
        given = dict(scope.get("headers") or ()).get(b"authorization", b"")
        if scope["type"] == "http" and not secrets.compare_digest(given, wanted):
            headers = [(b"www-authenticate", b"Bearer"), (b"content-type", b"text/plain")]
            await send({"type": "http.response.start", "status": 401, "headers": headers})
            await send({"type": "http.response.body", "body": b"The token is missing or wrong."})
            return
        await app(scope, receive, send)

    return guard
