"""Each service that is known by name, against a server with its quirks: a turn is answered at the first asking."""

from __future__ import annotations

import asyncio
import dataclasses
import functools
import re
from collections.abc import Iterator
from contextlib import aclosing
from email.utils import formatdate
from time import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant import cli, config, doctor, events, safety
from assistant.audio.files import WavSpeaker
from assistant.conversation import Conversation
from assistant.engines import Engines
from assistant.errors import Busy, EngineError, UsageError
from assistant.llm import LlmSettings, Message, load
from assistant.llm.address import address
from assistant.llm.citations import Citations
from assistant.llm.presets import CHECKED, PRESETS, Preset
from assistant.llm.waits import in_words
from assistant.reply import apology
from tests.llm.quirky import ANSWER, KEY, QUIRKS, THOUGHT, QuirkyServer, path_of
from tests.scripted import ScriptedTts

SERVICES = [name for name, preset in PRESETS.items() if preset.needs_key]
AZURE = "/openai/v1"
DATED = "/openai/deployments/my-deployment?api-version=2024-10-21"
TALK = [
    Message("system", "Be brief."),
    Message("user", "What is the capital of France?"),
    Message("assistant", ANSWER),
    Message("user", "Say that again."),
]


@pytest.fixture(scope="module")
def server() -> Iterator[QuirkyServer]:
    with QuirkyServer() as server:
        yield server


@pytest.fixture(autouse=True)
def no_keys_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    for preset in PRESETS.values():
        monkeypatch.delenv(preset.key, raising=False)
    monkeypatch.chdir(tmp_path)  # no .env either


def stands_at(server: QuirkyServer, name: str, monkeypatch: pytest.MonkeyPatch, path: str = "") -> dict[str, str]:
    """From now on the service ``name`` is the server; returns its settings."""
    preset = PRESETS[name]
    path = path or (path_of(preset.base_url).removesuffix("/chat/completions") if preset.base_url else AZURE)
    server.quirks, server.instead, server.refusals, server.bodies = QUIRKS[name], None, 0, []
    plain, _, query = path.partition("?")
    server.path = f"{plain}/chat/completions" + (f"?{query}" if query else "")
    monkeypatch.setitem(PRESETS, name, dataclasses.replace(preset, base_url=f"{server.url}{plain}"))
    monkeypatch.setenv(preset.key, KEY)
    given = {"llm.engine": "openai", "llm.preset": name}
    return given if preset.base_url else {**given, "llm.base_url": f"{server.url}{path}", "llm.model": "my-deployment"}


def turn(given: dict[str, object]) -> tuple[str, list[str]]:
    """What is heard of the answer to one question, and the notices."""
    chosen = config.load(None, {**given, "llm.seed": 7, "llm.temperature": 0.3, "llm.timeout": 20.0}, {}).settings
    told: list[events.Event] = []
    llm, voice = load(chosen.llm, lambda text: None), ScriptedTts(first=0.0)
    engines = Engines(None, llm, voice)
    talk = Conversation(chosen, engines, WavSpeaker(realtime=False), policy(chosen.safety), told.append)
    heard = asyncio.run(talk.ask("What is the capital of France?")).heard
    return heard, [event.text for event in told if isinstance(event, events.Notice)]


@functools.cache
def policy(settings: safety.SafetySettings) -> safety.Policy:
    return safety.load(settings)


def reply(talk: list[Message] = TALK, **given: object) -> str:
    """What one engine writes, or how it fails."""
    engine = load(LlmSettings(engine="openai", **given), lambda text: None)  # type: ignore[arg-type]

    async def whole() -> str:
        async with aclosing(engine.reply(talk)) as pieces:
            return "".join([piece async for piece in pieces])

    return asyncio.run(whole())


# ---- a whole turn --------------------------------------------------------------------------------------------------

LEFT_OUT = {"anthropic": {"seed", "temperature"}, "gemini": {"seed", "temperature"}, "deepseek": {"seed"}}


@pytest.mark.parametrize(("name", "path"), [*((name, "") for name in SERVICES), ("azure", DATED)])
def test_a_turn_is_answered_at_the_first_asking(server: QuirkyServer, name: str, path: str, monkeypatch) -> None:
    heard, notices = turn(stands_at(server, name, monkeypatch, path))
    assert (heard, notices, server.refusals) == (ANSWER, [], 0)
    [body] = server.bodies
    ours = {"seed": PRESETS[name].seed, "temperature": "temperature"}
    assert {option for option, sent in ours.items() if sent not in body} == LEFT_OUT.get(name, set())
    assert body[PRESETS[name].limit] == 200
    assert QUIRKS[name].switch in ("", *body), "the model would think first"


@pytest.mark.parametrize("name", [name for name in SERVICES if name != "azure"])
def test_a_service_that_nobody_knows_is_found_out(server: QuirkyServer, name: str, monkeypatch) -> None:
    """The same servers behind another address, of which no quirk is known: what they refuse is left out."""
    stands_at(server, name, monkeypatch)
    monkeypatch.setenv("LLM_API_KEY", KEY)
    url = f"{server.url}{server.path.removesuffix('/chat/completions')}"
    written = reply(preset="custom", base_url=url, model=QUIRKS[name].model, seed=7, temperature=0.3)
    assert written == ANSWER and THOUGHT not in written
    [body] = server.bodies
    assert set(body) <= {"model", "messages", "stream", *QUIRKS[name].takes.split()}
    assert {"max_tokens", "max_completion_tokens"} & set(body) or "max_completion_tokens" in QUIRKS[name].takes


@pytest.mark.parametrize("refused", ["max_tokens", "max_completion_tokens"])
def test_the_other_name_of_the_limit_is_tried_once(server: QuirkyServer, refused: str, monkeypatch) -> None:
    stands_at(server, "openai", monkeypatch)
    words = "Unsupported parameter: max_tokens, max_completion_tokens"
    server.instead = (400, {}, {"error": {"message": words}})
    with pytest.raises(EngineError, match="max_completion_tokens"):
        reply(preset="openai")
    assert server.refusals == 3, "both names, then none"


def test_the_seed_goes_by_the_name_that_the_service_has_for_it(server: QuirkyServer, monkeypatch) -> None:
    turn(stands_at(server, "mistral", monkeypatch))
    assert server.bodies[0]["random_seed"] == 7


def test_gemini_takes_a_name_with_its_folder(server: QuirkyServer, monkeypatch) -> None:
    stands_at(server, "gemini", monkeypatch)
    assert reply(preset="gemini", model="models/gemini-3.5-flash-lite") == ANSWER


def test_openrouter_is_asked_for_providers_that_do_not_train_on_it(server: QuirkyServer, monkeypatch) -> None:
    turn(stands_at(server, "openrouter", monkeypatch))
    assert server.bodies[0]["provider"] == {"data_collection": "deny"}


def test_an_azure_deployment_is_asked_for_or_taken_from_its_address(monkeypatch) -> None:
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", KEY)
    host = "https://me.openai.azure.com"
    with pytest.raises(UsageError, match="name of your deployment at Azure OpenAI"):
        load(LlmSettings(engine="openai", preset="azure", base_url=f"{host}{AZURE}"), print)
    engine = load(LlmSettings(engine="openai", preset="azure", base_url=f"{host}{DATED}"), lambda text: None)
    assert engine.name == "my-deployment (Azure OpenAI)"
    with pytest.raises(UsageError, match=r"where Azure OpenAI is, e.g. https://NAME.openai.azure.com/openai/v1"):
        load(LlmSettings(engine="openai", preset="azure"), print)


# ---- what goes wrong -----------------------------------------------------------------------------------------------

LATER = formatdate(time() + 100 * 3600, usegmt=True)
BUSY = [
    ("a number", {"Retry-After": "20"}, {"error": {"message": "Slow down"}}, "20 seconds"),
    ("a fraction", {"Retry-After": "7.2"}, {}, "8 seconds"),
    ("a date", {"Retry-After": LATER}, {}, "100 hours"),
    ("milliseconds", {"retry-after-ms": "20000"}, {}, "20 seconds"),
    ("Groq", {}, {"error": {"message": "Rate limit reached. Please try again in 1m20.5s. Visit us"}}, "81 seconds"),
    ("OpenAI", {}, {"error": {"message": "Limit 3. Please try again in 5400ms."}}, "6 seconds"),
    ("Azure", {}, {"error": {"message": "Exceeded token rate limit. Please retry after 20 seconds."}}, "20 seconds"),
    ("Gemini", {}, [{"error": {"message": "Quota", "details": [{"retryDelay": "34.4s"}]}}], "35 seconds"),
    ("never", {"Retry-After": "9999999999"}, {}, "720 hours"),
]


@pytest.mark.parametrize(("headers", "body", "words"), [row[1:] for row in BUSY], ids=[row[0] for row in BUSY])
def test_how_long_a_busy_service_asks_to_wait_is_said(server, headers, body, words: str, monkeypatch) -> None:
    given = stands_at(server, "groq", monkeypatch)
    server.instead = (429, headers, body)
    with pytest.raises(Busy, match=f"is asked too often .status 429.*; try again in {words}") as caught:
        reply(preset=given["llm.preset"], timeout=4.0)
    assert server.refusals == 1, "it is not asked again within the turn's patience"
    said = apology.of_thinking(caught.value, begun=False)
    assert said == f"Sorry, the language model is busy. The service asks to wait {words}."
    for length in range(20, len(said) + 1):
        assert apology.without(f"Well. {said[:length]}") == "Well."


def test_a_busy_service_is_heard_and_the_next_question_answered(server: QuirkyServer, monkeypatch) -> None:
    given = stands_at(server, "groq", monkeypatch)
    server.instead = (429, {"Retry-After": "60"}, {})
    heard, notices = turn(given)
    assert heard == "Sorry, the language model is busy. The service asks to wait 60 seconds." and len(notices) == 1
    server.instead = None
    assert turn(given) == (ANSWER, [])


def test_a_wait_within_the_patience_is_kept_in_silence(server: QuirkyServer, monkeypatch) -> None:
    stands_at(server, "groq", monkeypatch)
    answer, slept = server.answer, []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        server.answer = answer  # type: ignore[method-assign]

    busy = (429, {}, {"error": {"message": "Rate limit reached. Please try again in 3s."}})
    monkeypatch.setattr(server, "answer", lambda *asked: busy)
    monkeypatch.setattr("assistant.llm.endpoint.asyncio.sleep", sleep)
    assert reply(preset="groq") == ANSWER and slept == [3.0]


@pytest.mark.parametrize("value", ["", "soon", "-5", "nan", "inf", "0", "Wed, 99 Nov 2026"])
def test_a_wait_that_is_none_is_not_said(server: QuirkyServer, value: str, monkeypatch) -> None:
    stands_at(server, "groq", monkeypatch)
    monkeypatch.setattr("assistant.llm.endpoint._BACKOFF", 0.01)
    server.instead = (429, {"Retry-After": value}, {})
    with pytest.raises(EngineError, match="try again in a minute") as caught:
        reply(preset="groq")
    assert not isinstance(caught.value, Busy) and server.refusals == 3


@settings(max_examples=30)
@given(st.floats(0.001, 3e6))
def test_a_wait_in_words_is_never_shorter(seconds: float) -> None:
    count, unit = re.fullmatch(r"(\d+) (second|minute|hour)s?", in_words(seconds)).groups()  # type: ignore[union-attr]
    length = {"second": 1, "minute": 60, "hour": 3600}[unit]
    assert seconds <= int(count) * length < seconds + length + 1


SAID = 'data: {"choices": [{"index": 0, "delta": {"content": "Par"}}]}\n\n'
BROKEN = 'data: {"error": {"code": 502, "message": "disconnected"}, "choices": [{"finish_reason": "error"}]}\n\n'
OVER = 'data: {"choices": [{"delta": {}}], "x_groq": {"error": "over capacity"}}\n\n'
TOO_LARGE = {"error": {"message": "Request too large for model: Limit 6000, Requested 7000"}}
TROUBLE = [
    ("openrouter", 200, SAID + BROKEN, "gave up on the answer .disconnected"),
    ("groq", 200, SAID + OVER, "gave up on the answer .over capacity"),
    ("openrouter", 402, {"error": {"code": 402, "message": "Insufficient credits"}}, "quota of the key in OPENROUTER_"),
    ("deepseek", 402, {"error": {"message": "Insufficient Balance"}}, "quota of the key in DEEPSEEK_API_KEY is used"),
    ("openrouter", 404, {"error": {"message": "No endpoints for your data policy"}}, "promises not to train"),
    ("azure", 404, {"error": {"code": "DeploymentNotFound", "message": "No such API"}}, "does not know the model 'my-"),
    ("gemini", 400, [{"error": {"message": "API key not valid. Pass it."}}], "key in GEMINI_API_KEY was refused"),
    ("mistral", 400, {"object": "error", "message": "Unexpected role 'user' after role 'user'"}, "Unexpected role"),
    ("groq", 413, TOO_LARGE, "alone is too long for Groq .Request too large for model"),
]


@pytest.mark.parametrize(("name", "status", "body", "words"), TROUBLE, ids=[f"{row[0]} {row[1]}" for row in TROUBLE])
def test_trouble_is_told_as_what_it_is(server, name: str, status: int, body, words: str, monkeypatch) -> None:
    given = stands_at(server, name, monkeypatch)
    server.instead = (status, {}, body)
    options = {key.removeprefix("llm."): value for key, value in given.items() if key != "llm.engine"}
    with pytest.raises(EngineError, match=words) as caught:
        reply(TALK[:2], **options)
    assert KEY not in str(caught.value)


def test_where_groq_finds_a_request_too_large_the_oldest_turns_are_left_out(server, monkeypatch) -> None:
    stands_at(server, "groq", monkeypatch)
    answer = server.answer

    def strict(path, headers, body):
        return (413, {}, TOO_LARGE) if len(body["messages"]) > 2 else answer(path, headers, body)

    monkeypatch.setattr(server, "answer", strict)
    assert reply(preset="groq") == ANSWER
    assert [message["content"] for message in server.bodies[0]["messages"]] == ["Be brief.", "Say that again."]


# ---- keys ----------------------------------------------------------------------------------------------------------


def own_host(preset: Preset) -> str:
    return preset.base_url or preset.example.replace("NAME", "me")


@pytest.mark.parametrize("name", SERVICES)
def test_a_key_goes_to_the_host_of_its_service_only(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    preset = PRESETS[name]
    monkeypatch.setenv(preset.key, KEY)
    own = own_host(preset)
    host = own.split("/")[2]
    assert address(preset, own).key == address(preset, f"https://{host}:443/other").key == KEY
    for url in (
        own.replace("https://", "http://"),
        f"https://{host}.evil.example/v1",
        f"https://{host}@evil.example/v1",
        f"https://evil.example/{host}",
        f"https://evil{host.removeprefix('me.')}/v1",
        f"https://{host}:8443/v1",
        "http://localhost:8000/v1",
    ):
        elsewhere = address(preset, url)
        assert elsewhere.key is None and elsewhere.preset.key == "LLM_API_KEY" and not elsewhere.preset.terms, url


@pytest.mark.parametrize("name", SERVICES)
def test_a_missing_key_is_named_before_anything_is_sent(name: str) -> None:
    given = {} if PRESETS[name].base_url else {"base_url": own_host(PRESETS[name]), "model": "m"}
    with pytest.raises(EngineError, match=f"needs a key: set {PRESETS[name].key} in the environment"):
        load(LlmSettings(engine="openai", preset=name, **given), print)


# ---- what is told of them ------------------------------------------------------------------------------------------


def test_every_service_says_where_its_terms_stand() -> None:
    assert all(preset.source.startswith("https://") == bool(preset.terms) for preset in PRESETS.values())
    assert [name for name in SERVICES if not PRESETS[name].terms] == ["nvidia"]
    assert {name for name in SERVICES if not PRESETS[name].model} == {"azure"}
    assert len({PRESETS[name].key for name in SERVICES}) == len(SERVICES)


def test_config_and_doctor_tell_what_becomes_of_the_conversation(monkeypatch, capsys) -> None:
    monkeypatch.setenv("DEEPSEEK_API_KEY", KEY)
    given = {"llm.engine": "openai", "llm.preset": "deepseek"}
    assert cli.main(["config", *(part for name, value in given.items() for part in ("--set", f"{name}={value}"))]) == 0
    [line] = [line for line in capsys.readouterr().out.splitlines() if line.startswith("DEEPSEEK_API_KEY (set)")]
    assert "https://api.deepseek.com, with each question; it may train on it, and keeps it in China" in line
    assert f"{PRESETS['deepseek'].source}, {CHECKED}" in line
    chosen = config.load(None, given, {}).settings
    told = doctor._language_model(chosen).found
    assert told == f"DeepSeek at https://api.deepseek.com; it may train on it, and keeps it in China ({CHECKED})"
    assert "DEEPSEEK_API_KEY set" in next(doctor._keys(chosen)).found


# ---- marks of citations --------------------------------------------------------------------------------------------


PARTS = ["Paris", " is", "[", "1", "]", "[12]", " [3]", "[1234]", " ", "[a]", ".", "\n", "[4][5]"]


@settings(max_examples=50)
@given(st.lists(st.sampled_from(PARTS)))
def test_marks_of_citations_vanish_however_the_text_is_cut(pieces: list[str]) -> None:
    cited, text = Citations(), "".join(pieces)
    assert "".join([*map(cited.feed, pieces), cited.flush()]) == re.sub(r"[^\S\n]*\[\d{1,3}\]", "", text)


@pytest.mark.parametrize(
    ("model", "heard"), [("perplexity/sonar", "Paris is it. It is."), ("m", "Paris[1] is it [2][3].[1] It is.")]
)
def test_marks_of_citations_are_not_spoken(server: QuirkyServer, model: str, heard: str, monkeypatch) -> None:
    stands_at(server, "openrouter", monkeypatch)
    pieces = ("Paris[", "1] is", " it [2]", "[3].", "[1]", " It is.")
    event = 'data: {"citations": ["https://a.example"], "choices": [{"index": 0, "delta": {"content": "%s"}}]}\n\n'
    server.instead = (200, {}, "".join(event % piece for piece in pieces) + "data: [DONE]\n\n")
    assert reply(preset="openrouter", model=model) == heard
