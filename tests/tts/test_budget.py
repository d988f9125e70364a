"""What the cloud voice costs, per day, and what happens when the budget is spent."""

from __future__ import annotations

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path

import pytest
from openai.types.realtime import RealtimeResponseUsage

from assistant import tts
from assistant.config import TtsSettings
from assistant.errors import EngineError
from assistant.tts.openai.budget import Spending, realtime_price, speech_price
from assistant.tts.openai.engine import OpenAI
from tests.fake_openai import FakeOpenAI
from tests.tts.realtime_server import USAGE, RealtimeServer
from tests.tts.test_realtime import pcm, settings

pytestmark = pytest.mark.usefixtures("espeak_stands_in")

_DAY = date(2026, 12, 24)


def test_tokens_are_paid_by_what_they_are() -> None:
    usage = RealtimeResponseUsage.model_validate(USAGE)
    assert realtime_price("gpt-realtime-2.1-mini", usage) == pytest.approx(
        (100 * 0.6 + 100 * 0.06 + 20 * 2.4 + 100 * 20) / 1e6
    )
    dearest = (100 * 4 + 100 * 0.4 + 20 * 24 + 100 * 64) / 1e6
    assert (
        realtime_price("gpt-realtime-9", usage) == realtime_price("gpt-realtime-2.1", usage) == pytest.approx(dearest)
    )
    assert realtime_price("gpt-realtime-2.1", RealtimeResponseUsage()) == 0
    assert speech_price("tts-1", 1000) == pytest.approx(0.015) and speech_price("tts-1-hd", 1000) == pytest.approx(0.03)
    assert speech_price("new", 1000) == speech_price("tts-1-hd", 1000)


def test_a_days_budget_is_that_days_and_lies_in_a_file(tmp_path: Path) -> None:
    today = [_DAY]
    path = tmp_path / "new" / "spending.json"
    one = Spending(1.0, print, lambda: today[0], path)
    other = Spending(1.0, print, lambda: today[0], path)
    one.check()
    one.add(0.6, sentences=1, characters=20)
    other.add(0.5, sentences=1, characters=22)
    assert json.loads(path.read_text())["2026-12-24"] == {"usd": 1.1, "sentences": 2, "characters": 42}
    assert path.stat().st_mode & 0o777 == 0o600 and [file.name for file in path.parent.iterdir()] == ["spending.json"]
    for spending in (one, other):
        with pytest.raises(EngineError, match=r"\$1.10 .*\[tts\] budget.* tomorrow"):
            spending.check()
    Spending(0.0, print, lambda: today[0], path).check()
    today[0] += timedelta(days=1)
    one.check()


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"2026-12-24": 5}', '{"2026-12-24": {"usd": "much"}}', b"\xff\xfe"]
)
def test_a_damaged_file_is_told_once_and_the_budget_holds_for_this_run(tmp_path: Path, content: str | bytes) -> None:
    notices: list[str] = []
    path = tmp_path / "spending.json"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    spending = Spending(1.0, notices.append, lambda: _DAY, path)
    spending.check()
    spending.add(2.0)
    with pytest.raises(EngineError):
        spending.check()
    assert len(notices) == 1 and str(path) in notices[0] and "delete it" in notices[0]


def test_what_cannot_be_written_is_counted_in_memory(tmp_path: Path) -> None:
    notices: list[str] = []
    (tmp_path / "file").write_text("in the way")
    spending = Spending(1.0, notices.append, lambda: _DAY, tmp_path / "file" / "spending.json")
    spending.add(0.6)
    spending.add(0.6)
    with pytest.raises(EngineError):
        spending.check()
    assert len(notices) == 1


def test_when_the_budget_is_spent_the_offline_voice_speaks_and_no_more_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Where OpenAI is; the price of a server elsewhere is not known."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-fake-very-secret")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    notices: list[str] = []
    with RealtimeServer(pcm) as server:
        voice = tts.load(settings(server, openai_base_url="", budget=0.004), notices.append)
        voice._voice._voice.engine._voice._client.base_url = server.url

        async def speak() -> list[str]:
            names = []
            for _ in range(4):
                [_ async for _ in voice.speak("Hello.")]
                names.append(voice.name.split()[0])
            return names

        names = asyncio.run(speak())
        voice.close()
    assert names == ["openai", "openai", "espeak", "espeak"] and len(server.creates) == 2
    assert len(notices) == 1 and "[tts] budget" in notices[0]
    [day] = json.loads((tmp_path / "voice-assistant" / "voice-spending.json").read_text()).values()
    assert day == {"usd": 0.004228, "sentences": 2, "input_tokens": 400, "output_tokens": 240}


def test_the_speech_endpoint_is_paid_by_the_character_at_openai_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    with FakeOpenAI(speech=pcm("Hello.")) as server:
        here = OpenAI(TtsSettings(openai_model="tts-1"), print, lambda: _DAY)
        here._client.base_url = server.url
        there = OpenAI(TtsSettings(openai_base_url=server.url), print, lambda: _DAY)

        async def speak() -> None:
            for voice in (here, there):
                [_ async for _ in voice.speak("Hello.")]
                voice.close()

        asyncio.run(speak())
    [day] = json.loads((tmp_path / "voice-assistant" / "voice-spending.json").read_text()).values()
    assert day == {"usd": 0.00009, "sentences": 2, "characters": 12}


def test_what_several_voices_spend_at_once_is_all_counted(tmp_path: Path) -> None:
    spendings = [Spending(0.0, print, lambda: _DAY, tmp_path / "spending.json") for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda one: [one.add(0.01, sentences=1) for _ in range(20)], spendings))
    assert spendings[0].spent() == pytest.approx(1.6)
