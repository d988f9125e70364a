"""Any answer of a cloud voice's server: sound, or one sentence; never noise, never a wait without end."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Callable
from types import SimpleNamespace
from typing import Any

import httpx2
import numpy as np
import openai
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai.resources.realtime.realtime import AsyncRealtimeConnection
from websockets.exceptions import ConnectionClosedError

from assistant.errors import EngineError
from assistant.tts import TtsSettings
from assistant.tts.openai.engine import OpenAI
from assistant.tts.openai.realtime import Realtime
from assistant.tts.openai.socket import Socket
from tests import virtual_clock
from tests.fuzz.examples import JSON, altered, damaged, examples
from tests.fuzz.test_audio_files import FORMATS

TEXT = "It is old."
PCM = (0.3 * np.sin(np.arange(6000) * 0.05) * 32767).astype("<i2").tobytes()
SOUNDS = [PCM, *(sound for sounds in FORMATS.values() for sound in sounds)]
KINDS = st.sampled_from(
    [
        "",
        "audio/pcm",
        "audio/l16; rate=16000",
        "audio/pcm;rate=nan;channels=99",
        "audio/mpeg",
        "text/html",
        ";;=",
        "\x00",
    ]
)
RESPONSE = {
    "id": "r1",
    "object": "realtime.response",
    "status": "completed",
    "status_details": {"type": "failed", "reason": "x", "error": {"type": "server_error", "code": "x"}},
    "metadata": {"request": "sentence-1"},
    "usage": {
        "input_tokens": 200,
        "output_tokens": 120,
        "input_token_details": {"text_tokens": 200, "audio_tokens": 0, "cached_tokens": 100},
        "output_token_details": {"text_tokens": 20, "audio_tokens": 100},
    },
}
WHERE = {"response_id": "r1", "item_id": "i1", "output_index": 0, "content_index": 0}
EVENTS = [
    {"type": "response.created", "event_id": "e1", "response": RESPONSE},
    {"type": "response.output_audio.delta", "delta": base64.b64encode(PCM).decode(), **WHERE},
    {"type": "response.output_audio_transcript.delta", "delta": "It is ", **WHERE},
    {"type": "response.output_audio_transcript.done", "transcript": TEXT, **WHERE},
    {"type": "response.done", "event_id": "e2", "response": RESPONSE},
    {"type": "error", "error": {"type": "invalid_request_error", "code": "x", "message": "No.", "event_id": "session"}},
]


async def heard(voice: Any) -> np.ndarray:
    """Raises EngineError; TimeoutError, when it would wait for ever."""
    async with asyncio.timeout(20):
        chunks = [chunk.pcm24k async for chunk in voice.speak(TEXT)]
    return np.concatenate(chunks)


def is_sound_or_a_sentence(voice: Any, run: Callable[..., np.ndarray] = asyncio.run) -> None:
    try:
        samples = run(heard(voice))
    except EngineError as error:
        assert str(error)
        return
    finally:
        voice.close()
    assert np.isfinite(samples).all() and np.abs(samples).max() <= 1.0


class Body(httpx2.AsyncByteStream):
    def __init__(self, content: bytes, size: int, breaks: bool) -> None:
        self._content, self._size, self._breaks = content, size, breaks

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for begin in range(0, len(self._content), self._size):
            yield self._content[begin : begin + self._size]
        if self._breaks:
            raise httpx2.ReadError("cut")


@examples(60)
@given(
    content=damaged(SOUNDS)
    | st.binary(max_size=200)
    | altered({"error": {"message": "No."}}).map(lambda it: json.dumps(it).encode()),
    status=st.sampled_from([200, 200, 200, 200, 204, 400, 401, 404, 429, 500]),
    kind=KINDS,
    size=st.sampled_from([1, 63, 700, 1 << 20]),
    breaks=st.booleans(),
)
def test_the_speech_endpoint(
    monkeypatch: pytest.MonkeyPatch, content: bytes, status: int, kind: str, size: int, breaks: bool
) -> None:
    def answer(request: httpx2.Request) -> httpx2.Response:
        headers = {"content-type": kind, "retry-after-ms": "1"}
        return httpx2.Response(
            status, headers=headers, stream=Body(content, size if len(content) < 9000 else 700, breaks)
        )

    monkeypatch.setattr(
        openai, "DefaultAsyncHttpxClient", lambda **_: httpx2.AsyncClient(transport=httpx2.MockTransport(answer))
    )
    is_sound_or_a_sentence(OpenAI(TtsSettings(openai_model="x", openai_base_url="http://here/v1", timeout=5.0)))


class Connection:
    """A WebSocket that receives what it was given, then breaks off."""

    def __init__(self, messages: list[str | bytes]) -> None:
        self._messages = list(messages)
        self._asked = asyncio.Event()

    async def recv(self, decode: bool | None = None) -> str | bytes:
        await self._asked.wait()
        await asyncio.sleep(0)
        if not self._messages:
            raise ConnectionClosedError(None, None)
        return self._messages.pop(0)

    async def send(self, data: str | bytes) -> None:
        self._asked.set()

    async def close(self, **_: Any) -> None:
        pass


@st.composite
def messages(draw: Any) -> list[str | bytes]:
    """A sentence that is read as it should be, with some of its events altered, doubled, left out or made up."""
    events: list[str | bytes] = []
    for event in EVENTS[:5] if draw(st.booleans()) else draw(st.lists(st.sampled_from(EVENTS), max_size=6)):
        match draw(st.integers(0, 5)):
            case 0:
                events.append(json.dumps(draw(altered(event))))
            case 1:
                events.append(draw(JSON.map(json.dumps) | st.binary(max_size=20)))
            case 2:
                events += [json.dumps(event)] * 2
            case 3:
                events.append(json.dumps(draw(altered({**event, "response": RESPONSE, "response_id": "r1"}))))
            case _:
                events.append(json.dumps(event))
    return events


@examples(80)
@given(messages=messages())
def test_the_realtime_api(monkeypatch: pytest.MonkeyPatch, messages: list[str | bytes]) -> None:
    receive(monkeypatch, messages)


def test_a_transcript_that_is_no_text(monkeypatch: pytest.MonkeyPatch) -> None:
    receive(monkeypatch, [json.dumps({**event, "transcript": True}) for event in EVENTS[:5]])


def receive(monkeypatch: pytest.MonkeyPatch, messages: list[str | bytes]) -> None:
    async def opened(self: Realtime) -> Socket:
        return Socket(AsyncRealtimeConnection(Connection(messages), max_retries=0), self._used)

    monkeypatch.setenv("OPENAI_API_KEY", "x")
    monkeypatch.setattr(openai, "AsyncOpenAI", lambda **_: SimpleNamespace(realtime=None))  # its making is slow
    monkeypatch.setattr(Realtime, "_open", opened)
    is_sound_or_a_sentence(
        Realtime(TtsSettings(openai_model="gpt-realtime-2.1-mini", timeout=5.0), lambda _: None), virtual_clock.run
    )
