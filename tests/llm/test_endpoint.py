"""The openai engine with the real client, against a local server that speaks the wire format."""

from __future__ import annotations

import asyncio
import dataclasses
import socket
from contextlib import aclosing

import pytest

from assistant import trust
from assistant.config import LlmSettings
from assistant.errors import EngineError, UsageError
from assistant.llm import Message, endpoint, load
from assistant.llm.presets import PRESETS
from tests import fake_openai
from tests.fake_openai import FakeOpenAI, Fault

KEY = "sk-fake-very-secret"
QUESTION = [Message("system", "Be brief."), Message("user", "What is the capital of France?")]


@pytest.fixture(autouse=True)
def no_keys_of_this_machine(monkeypatch, tmp_path):
    for name in ("OPENAI_API_KEY", "XAI_API_KEY", "LLM_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)  # no .env either


def engine_for(server: FakeOpenAI, notices: list[str] | None = None, **settings):
    """Of a preset, as if its service stood at the server's address."""
    given = {"engine": "openai", "preset": "custom", **settings}
    own = dataclasses.replace(PRESETS[given["preset"]], base_url=server.url)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(PRESETS, given["preset"], own)
        return load(LlmSettings(**given), (notices if notices is not None else []).append)


async def written(engine, messages=QUESTION) -> list[str]:
    async with aclosing(engine.reply(messages)) as pieces:
        return [piece async for piece in pieces]


def failure(server: FakeOpenAI, **settings) -> str:
    with pytest.raises(EngineError) as caught:
        asyncio.run(written(engine_for(server, **settings)))
    return str(caught.value)


def test_reply_comes_in_the_pieces_that_were_sent():
    with FakeOpenAI(chat=["Par", "is", "."]) as server:
        assert asyncio.run(written(engine_for(server, max_tokens=50, temperature=0.5))) == ["Par", "is", "."]
        request = server.requests[-1].json
    assert request["model"] == "fake-small"
    assert request["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "What is the capital of France?"},
    ]
    assert (request["max_tokens"], request["temperature"], request["stream"]) == (50, 0.5, True)


def test_what_the_model_thinks_is_not_spoken():
    with FakeOpenAI(chat=["<th", "ink>Lyon? ", "No.</think>", "\n\n", "Par", "is."]) as server:
        assert asyncio.run(written(engine_for(server))) == ["Par", "is."]


def test_first_listed_model_is_used_and_named_when_none_is_set():
    notices = []
    with FakeOpenAI(models=["qwen-small", "other"]) as server:
        engine = engine_for(server, notices)
        assert server.requests[0].path == "/v1/models"
    assert engine.name == "qwen-small (the endpoint)"
    assert notices == ["[llm] model is not set; the endpoint answers with qwen-small."]


def test_endpoint_without_a_loaded_model_says_so():
    with FakeOpenAI(models=[]) as server, pytest.raises(EngineError, match="no model loaded"):
        engine_for(server)


def test_openai_preset_sends_its_key_and_its_own_parameters(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with FakeOpenAI() as server:
        engine = engine_for(server, preset="openai", model="gpt-x")
        asyncio.run(written(engine))
        request = server.requests[-1]
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert request.json["max_completion_tokens"] == 200 and "max_tokens" not in request.json
    assert request.json["reasoning_effort"] == "none"


@pytest.mark.parametrize("preset, variable", [("openai", "OPENAI_API_KEY"), ("xai", "XAI_API_KEY")])
def test_missing_key_names_the_variable_before_anything_is_sent(preset, variable):
    with FakeOpenAI() as server:
        with pytest.raises(EngineError, match=variable):
            engine_for(server, preset=preset)
        assert server.requests == []


def test_key_is_read_from_dotenv(tmp_path):
    (tmp_path / ".env").write_text(f"XAI_API_KEY={KEY}\n")
    trust.decide(tmp_path, True)
    with FakeOpenAI() as server:
        asyncio.run(written(engine_for(server, preset="xai")))
        assert server.requests[-1].headers["authorization"] == f"Bearer {KEY}"
        assert server.requests[-1].json["model"] == PRESETS["xai"].model


def test_refused_key_names_its_variable_and_never_shows_the_key(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with FakeOpenAI(faults=[Fault(401)]) as server:
        message = failure(server, preset="openai")
        assert len(server.requests) == 1  # trying again would not help
    assert "OPENAI_API_KEY was refused" in message
    assert "sk-" not in message


def test_key_that_a_server_repeats_is_blanked_out(monkeypatch):
    monkeypatch.setenv("LLM_API_KEY", KEY)
    monkeypatch.setitem(
        fake_openai._ERRORS, 422, ("invalid_request_error", None, f"cannot process the request of {KEY}")
    )
    with FakeOpenAI(faults=[Fault(422)]) as server:
        message = failure(server)
    assert "cannot process the request of …" in message and KEY not in message


def test_endpoint_that_wants_a_key_names_the_variable_to_set():
    with FakeOpenAI(faults=[Fault(401)]) as server:
        assert "LLM_API_KEY" in failure(server)


@pytest.mark.parametrize(
    "faults",
    [[Fault(429, retry_after="0.01")], [Fault(500), Fault(503)], [Fault(cut_after=0)]],
    ids=["rate limit", "server errors", "cut before the first piece"],
)
def test_passing_trouble_before_the_first_piece_is_not_noticed(faults, monkeypatch):
    monkeypatch.setattr(endpoint, "_BACKOFF", 0.01)
    with FakeOpenAI(chat=["Hello", "."], faults=faults) as server:
        assert asyncio.run(written(engine_for(server, model="m"))) == ["Hello", "."]
        assert len(server.requests) == len(faults) + 1


def test_lasting_trouble_is_reported_after_three_attempts(monkeypatch):
    monkeypatch.setattr(endpoint, "_BACKOFF", 0.01)
    with FakeOpenAI(faults=[Fault(500)] * 9) as server:
        message = failure(server, model="m")
        assert len(server.requests) == 3
    assert "status 500" in message and server.url in message


def test_rate_limit_longer_than_the_timeout_is_reported_at_once():
    with FakeOpenAI(faults=[Fault(429, retry_after="60")] * 3) as server:
        message = failure(server, model="m", timeout=2.0)
        assert len(server.requests) == 1
    assert "429" in message and "60 seconds" in message


def test_unknown_model_is_named():
    with FakeOpenAI(faults=[Fault(404)]) as server:
        assert "'no-such-model'" in failure(server, model="no-such-model")


def test_wrong_path_is_told_from_an_unknown_model():
    with FakeOpenAI() as server:
        assert "base_url" in failure(server, base_url=server.url.replace("/v1", "/v2"), model="m")


def test_option_that_the_model_refuses_is_left_out_from_then_on(monkeypatch):
    monkeypatch.setitem(
        fake_openai._ERRORS,
        400,
        (
            "invalid_request_error",
            "unsupported_value",
            "Unsupported value: 'temperature' does not support 0.3 with this model.",
        ),
    )

    async def twice(engine):
        return await written(engine) + await written(engine)

    with FakeOpenAI(chat=["Hi"], faults=[Fault(400)]) as server:
        assert asyncio.run(twice(engine_for(server, model="m"))) == ["Hi", "Hi"]
        assert ["temperature" in request.json for request in server.requests] == [True, False, False]


def test_bad_request_that_no_option_explains_is_reported_once(monkeypatch):
    monkeypatch.setitem(fake_openai._ERRORS, 400, ("invalid_request_error", "no", "Not today"))
    with FakeOpenAI(faults=[Fault(400)] * 3) as server:
        assert "status 400 (Not today)" in failure(server, model="m")
        assert len(server.requests) == 1


def test_options_that_were_left_out_without_avail_are_sent_again():
    async def thrice(engine):
        for _ in range(2):
            with pytest.raises(EngineError, match=r"status 400 \(Unsupported parameter\)"):
                await written(engine)
        return await written(engine)

    with FakeOpenAI(chat=["Hi"], faults=[Fault(400)] * 6) as server:
        assert asyncio.run(thrice(engine_for(server, model="m"))) == ["Hi"]
    sent = [sorted(request.json.keys() - {"model", "messages", "stream"}) for request in server.requests]
    both = ["max_tokens", "temperature"]
    assert sent == [both, ["max_tokens"], []] * 2 + [both]


def test_nothing_at_the_address_asks_whether_the_program_runs():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
    for model in ("bundled", "some-model"):
        with pytest.raises(EngineError, match=f"Nothing answers at {url}; is LM Studio running"):
            settings = LlmSettings(engine="openai", preset="lmstudio", base_url=url, model=model)
            asyncio.run(written(load(settings, print)))


@pytest.mark.parametrize(
    "after, said", [(0, "did not answer for 1 seconds"), (2, "went silent in the middle of the answer")]
)
def test_silence_is_reported_after_the_timeout(after, said):
    got = []

    async def listen(engine):
        async with aclosing(engine.reply(QUESTION)) as pieces:
            async for piece in pieces:
                got.append(piece)

    with FakeOpenAI(chat=["x", "y", "z"], faults=[Fault(hang_after=after)]) as server:
        with pytest.raises(EngineError, match=said):
            asyncio.run(listen(engine_for(server, model="m", timeout=1.0)))
    assert got == ["x", "y"][:after]


@pytest.mark.parametrize(
    "fault, said", [(Fault(cut_after=2), "broke off"), (Fault(malformed_after=2), "no OpenAI-compatible")]
)
def test_broken_stream_gives_its_pieces_then_an_error(fault, said):
    got = []

    async def listen(engine):
        async with aclosing(engine.reply(QUESTION)) as pieces:
            async for piece in pieces:
                got.append(piece)

    with FakeOpenAI(chat=["x", "y", "z"], faults=[fault]) as server:
        with pytest.raises(EngineError, match=said):
            asyncio.run(listen(engine_for(server, model="m")))
        assert len(server.requests) == 1  # what was heard already is not said again
    assert got == ["x", "y"]


def test_closing_the_reply_aborts_the_request():
    async def first_piece(engine, server):
        async with aclosing(engine.reply(QUESTION)) as pieces:
            assert await anext(pieces) == "x"
        return await asyncio.to_thread(server.abandoned.wait, 5)

    with FakeOpenAI(chat=["x", "y"], faults=[Fault(hang_after=1)]) as server:
        assert asyncio.run(first_piece(engine_for(server, model="m"), server))


def test_cancelling_the_reply_while_it_waits_aborts_the_request():
    async def cancel(engine, server):
        task = asyncio.create_task(written(engine))
        while not server.requests:
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return await asyncio.to_thread(server.abandoned.wait, 5)

    with FakeOpenAI(faults=[Fault(hang_after=0)]) as server:
        assert asyncio.run(cancel(engine_for(server, model="m"), server))


@pytest.mark.parametrize(
    "settings, said", [({"base_url": ""}, "base_url"), ({"base_url": "localhost:8000"}, "http://")]
)
def test_unusable_address_is_a_configuration_error(settings, said):
    with pytest.raises(UsageError, match=said):
        load(LlmSettings(engine="openai", preset="custom", **settings), print)
