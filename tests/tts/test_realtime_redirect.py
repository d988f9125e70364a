"""The Realtime voice takes key and words to no other host."""

from __future__ import annotations

import asyncio

import pytest

from assistant.bench.bad_endpoint import BadEndpoint, Line, status
from assistant.errors import EngineError
from assistant.tts import TtsSettings
from assistant.tts.openai.realtime import Realtime
from tests.tts.realtime_server import RealtimeServer


class Moved(BadEndpoint):
    def __init__(self, target: str) -> None:
        super().__init__()
        self._target = target

    def act(self, line: Line) -> None:
        status("307 Temporary Redirect", b"", b"Location: %s\r\n" % self._target.encode())(line)


def test_no_words_follow_a_redirect_to_another_host(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TTS_API_KEY", "sk-for-this-host")
    with RealtimeServer(lambda text: bytes(4800)) as other:
        with Moved(f"{other.url}/realtime") as server:
            chosen = TtsSettings(openai_model="gpt-realtime-2.1-mini", openai_base_url=server.url, timeout=5.0)

            async def speak() -> None:
                async for _ in Realtime(chosen, print).speak("A secret."):
                    pass

            with pytest.raises(EngineError):
                asyncio.run(speak())
        assert server.requests == 1 and other.connections == 0 and other.events == []
