"""Voice and ears for other programs: scripted devices on virtual time, and the real program over its streams."""

from __future__ import annotations

import asyncio
import json
import os
import stat
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from assistant.config import Settings
from assistant.errors import AssistantError, EngineError, UsageError
from assistant.modes import mcp
from assistant.retrieved import CitedPassage, Retrieved
from tests import virtual_clock
from tests.scripted import Say, ScriptedMicrophone, ScriptedStt, ScriptedTts, is_speech


@dataclass
class ScriptedSpeaker:
    """Plays at once; counts what is open."""

    opened: list[str] = field(default_factory=list)
    written: int = 0
    played: int = 0
    chimes: int = 0

    def write(self, pcm24k) -> None:
        self.written += len(pcm24k)

    def chime(self, pcm24k) -> None:
        self.chimes += 1

    async def drained(self) -> None:
        await asyncio.sleep(0.1)

    def close(self) -> None:
        self.opened.append("closed")


def lent(*says: Say, until: float = 60.0, tts: ScriptedTts | None = None) -> tuple[mcp.Lent, ScriptedSpeaker]:
    speaker = ScriptedSpeaker()

    def devices(settings, observe):
        speaker.opened.append("opened")
        return ScriptedMicrophone(says, until), speaker

    def alone(settings):
        speaker.opened.append("opened alone")
        return speaker

    engines = ScriptedStt(says), tts or ScriptedTts(), is_speech
    return mcp.Lent(Settings(), lambda text: None, devices, alone, engines), speaker


def test_what_is_said_after_a_question_is_its_answer() -> None:
    made, speaker = lent(Say(1.0, "at half past seven", 1.5), Say(6.0, "and something later"))
    assert virtual_clock.run(made.ask("When shall I wake you? Say a time.")) == "at half past seven"
    assert made.engines[1].spoken == ["When shall I wake you?", "Say a time."]
    assert speaker.opened == ["opened", "closed"] and speaker.chimes == 2 and speaker.written > 0


def test_silence_is_an_empty_answer_and_the_microphone_is_closed() -> None:
    made, speaker = lent(Say(8.0, "too late"))
    assert virtual_clock.run(made.listen(3.0)) == ""
    assert speaker.opened == ["opened", "closed"]


def test_a_short_pause_ends_no_answer() -> None:
    made, _ = lent(Say(0.5, "milk and", 0.6), Say(1.3, "bread", 0.5))
    assert virtual_clock.run(made.listen(3.0)) == "milk and bread"


def test_two_programs_do_not_speak_at_once_nor_open_the_microphone_for_it() -> None:
    made, speaker = lent()

    async def both() -> None:
        await asyncio.gather(made.say("One."), made.say("Two."))

    virtual_clock.run(both())
    assert speaker.opened == ["opened alone", "closed", "opened alone", "closed"]


def test_a_voice_that_fails_closes_the_devices() -> None:
    made, speaker = lent(tts=ScriptedTts(fail_at="One"))
    with pytest.raises(EngineError):
        virtual_clock.run(made.say("One."))
    assert speaker.opened == ["opened alone", "closed"]


@pytest.mark.parametrize("text, problem", [("", "nothing"), ("***", "nothing"), ("x" * 6000, "5,000")])
def test_what_cannot_be_said_is_refused(text: str, problem: str) -> None:
    with pytest.raises(UsageError, match=problem):
        mcp.spoken_sentences(text, "en")


def test_a_call_over_the_protocol_gives_words_or_one_sentence_of_error() -> None:
    from mcp import Client

    made, _ = lent(Say(1.0, "yes please"), until=8.0)

    async def scene() -> None:
        async with Client(mcp.server(made)) as client:
            tools = {tool.name: tool for tool in (await client.list_tools()).tools}
            assert set(tools) == {"say", "listen", "ask_aloud", "search_documents"}
            assert tools["search_documents"].annotations.read_only_hint and not tools["say"].annotations.read_only_hint
            answer = await client.call_tool("ask_aloud", {"question": "Tea?"})
            assert answer.content[0].text == "yes please" and not answer.is_error
            wrong = await client.call_tool("say", {"text": ""})
            assert wrong.is_error and "nothing in the text" in wrong.content[0].text

    virtual_clock.run(scene())


class Manual:
    """A `Knowledge` that holds one passage."""

    def __init__(self, found: Retrieved) -> None:
        self.found = found

    async def look_up(self, question: str, earlier, kept) -> Retrieved:
        return self.found


@pytest.mark.parametrize("confidence, passages", [(0.8, 1), (0.1, 0), (None, 0)])
def test_documents_are_searched_for_the_other_program(confidence, passages: int, monkeypatch) -> None:
    passage = CitedPassage("/docs/pump.md", "Pump", ("Torque",), 2, 1.0, "Tighten with 12 Nm.")

    async def load(rag, llm, notice, hurried):
        assert rag.enabled
        notice("there are no documents yet; add some with: assistant rag add PATH (answers come without them)")
        return Manual(Retrieved("", True, passages=(passage,) * passages, confidence=confidence))

    monkeypatch.setattr(mcp.knowledge, "load", load)
    if confidence is None:
        with pytest.raises(AssistantError, match=r"^there are no documents yet; .* add PATH$"):
            virtual_clock.run(lent()[0].search("Which torque?"))
    else:
        expected = "Pump › Torque, p. 2:\nTighten with 12 Nm." if passages else ""
        assert virtual_clock.run(lent()[0].search("Which torque?")) == expected


def test_only_who_sends_the_token_gets_in(tmp_path: Path) -> None:
    path = tmp_path / "mcp" / "token"
    token = mcp.token(path)
    assert mcp.token(path) == token and len(token) >= 32 and stat.S_IMODE(path.stat().st_mode) == 0o600

    async def status(*headers: tuple[bytes, bytes]) -> int:
        sent = []

        async def app(scope, receive, send) -> None:
            await send({"status": 200})

        async def send(message) -> None:
            sent.append(message)

        await mcp.guarded(app, token)({"type": "http", "headers": headers}, None, send)
        return sent[0]["status"]

    assert asyncio.run(status()) == 401
    assert asyncio.run(status((b"authorization", b"Bearer nothing"))) == 401
    assert asyncio.run(status((b"authorization", f"Bearer {token}".encode()))) == 200


def test_the_program_writes_nothing_but_the_protocol(tmp_path: Path) -> None:
    hello = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}
    asked = [
        {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello},
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {"jsonrpc": "2.0", "id": 2, "method": "tools/list"},
    ]
    path = tmp_path / "config.toml"
    path.write_text("")
    with subprocess.Popen(
        [sys.executable, "-m", "assistant", "mcp", "--config", str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "XDG_DATA_HOME": str(tmp_path)},
    ) as program:
        assert program.stdin and program.stdout
        program.stdin.write("".join(json.dumps(message) + "\n" for message in asked))
        program.stdin.flush()
        answers = [json.loads(program.stdout.readline()) for _ in range(2)]
        program.stdin.close()
        assert program.stdout.read() == "" and program.wait() == 0
    assert answers[0]["result"]["serverInfo"]["name"] == "voice-assistant"
    assert len(answers[1]["result"]["tools"]) == 4
