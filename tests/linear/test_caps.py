"""What comes from outside has an end on our side, and a sentence says so."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import pytest

from assistant import config
from assistant.cli import main
from assistant.errors import UsageError
from assistant.llm import LlmSettings, Message, endpoint
from assistant.reply import writing
from rag import cite
from rag.records import Stored
from tests.fake_openai import FakeOpenAI
from tests.scene import Scene
from tests.scripted import Say


def test_a_reply_without_an_end_is_cut_and_said_to_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "_LONGEST", 60)
    scene = Scene([Say(1, "How are you?")], ["one two three four five six seven. " * 100], until=60).play()
    (turn,) = scene.turns
    assert "has no end" in (turn.error or "") and turn.outcome == "failed"
    assert turn.heard.endswith("Sorry, the language model broke off.") and len(turn.reply) < 120


def test_pieces_of_any_size_are_no_way_around_max_tokens() -> None:
    async def written() -> list[str]:
        async with aclosing(engine.reply([Message("user", "Why?")])) as pieces:
            return [piece async for piece in pieces]

    with FakeOpenAI(chat=["word " * 2000] * 5, models=["m" * 5000, "small"]) as server:
        settings = LlmSettings(engine="openai", preset="custom", base_url=server.url, max_tokens=8)
        engine = endpoint.load(settings, print)
        assert engine.name.startswith("small")
        pieces = asyncio.run(written())
    assert len("".join(pieces)) == 8 * 40 and pieces[-1].cut


def test_a_setting_has_so_many_characters() -> None:
    with pytest.raises(UsageError, match="system_prompt must have at most 20,000 characters, not 20,001"):
        config.load(None, {"llm.system_prompt": "a" * 20_001}, {})


def test_a_file_of_wrong_settings_is_not_read_to_its_end(tmp_path) -> None:
    path = tmp_path / "config.toml"
    path.write_text("[vad]\n" + "".join(f"wrong{number} = 1\n" for number in range(5000)))
    with pytest.raises(UsageError, match="^30 settings are wrong"):
        config.load(path, environment={})


def test_a_question_has_so_many_characters(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ask", "a" * 200_001]) == 2
    assert "the question has more than 200,000 characters" in capsys.readouterr().err


def test_a_title_is_shown_and_spoken_in_part() -> None:
    stored = Stored("1", "a.md", "T" * 5000, ("H" * 5000,), 0, 0, 6, "", "Words.")
    assert len(cite.written(stored)) < 300 and len(cite.spoken(stored)) < 300
    assert len(cite.citation(stored).title) < 130
