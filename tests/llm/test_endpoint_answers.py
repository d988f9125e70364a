"""Endpoints as they are: what they send between, around and instead of answers, and what they refuse."""

from __future__ import annotations

import asyncio
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.errors import AssistantError, EngineError, UsageError
from assistant.llm import LlmSettings, Message, load
from assistant.llm.address import address, same_host
from assistant.llm.endpoint_answers import said
from assistant.llm.presets import PRESETS
from tests.llm.served import ANSWER, DONE, REST, SAID, STOP, TALK, THE, Server, event


@pytest.fixture(autouse=True)
def no_keys(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    for name in ("OPENAI_API_KEY", "LLM_API_KEY", "XAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    "stream",
    [
        SAID + STOP + DONE,
        SAID + STOP,
        SAID,
        f": ping\n\nretry: 100\n\nid: 1\n\n{THE}: ping\n\nevent: ping\n\ndata:\n\n{REST}{STOP}{DONE}",
        (THE + REST + STOP + DONE).replace("\n", "\r\n"),
        (THE + REST + STOP + DONE).replace("data: ", "data:"),
        f"\ufeff{SAID}{STOP}{DONE}",
        event({"role": "assistant", "content": None, "reasoning_content": "hm"}) + SAID + STOP + DONE,
        event({"content": [{"type": "text", "text": ANSWER}]}) + STOP + DONE,
        'data: {"choices": null}\n\ndata: {"choices": []}\n\n' + SAID + STOP + DONE,
        event(None) + SAID + STOP + DONE,
        f"{THE}data: \n\n{REST}event: ping\ndata: {{}}\n\n{STOP}{DONE}",
        'data: {"choices": [{"index": 1, "delta": {"content": "No."}}]}\n\n' + SAID + STOP + DONE,
        SAID + STOP + DONE + event({"content": " And more."}),
        event({"content": "<think>\nhm</think>\n\n"}) + SAID + STOP + DONE,
        f'event: ping\ndata: {{"type": "ping"}}\n\ndata: ping\n\n{THE}data: {{"object": "keepalive"}}\n\n{REST}{STOP}',
        (THE + REST + STOP + DONE).replace("\n\n", "\n"),
        (THE + REST + STOP).replace("data: ", "").replace("\n\n", "\n"),
        SAID + STOP + "data: [done]\n\n",
        event({"content": [None, {"type": "text", "text": ANSWER}]}) + STOP + DONE,
        event({"content": [ANSWER]}) + STOP + DONE,
        event({"content": {"type": "text", "text": ANSWER}}) + STOP + DONE,
        "data: 7\n\ndata: true\n\n" + SAID + STOP + DONE,
    ],
)
def test_a_stream_is_read_whatever_stands_between(stream: str) -> None:
    with Server(lambda body: stream) as server:
        assert server.ask() == [ANSWER]


def test_a_whole_answer_instead_of_a_stream_is_read() -> None:
    whole = {"choices": [{"message": {"role": "assistant", "content": ANSWER}, "finish_reason": "stop"}]}
    with Server(lambda body: (200, whole, {})) as server:
        assert server.ask() == [ANSWER]


def test_halves_of_a_character_are_joined_and_lone_ones_and_control_characters_replaced() -> None:
    halves = [event({"content": part}) for part in ("Hello \ud83d", "\ude00 there", "\ud83d", ".\0\x1b[2J")]
    with Server(lambda body: "".join(halves) + STOP) as server:
        assert server.ask() == ["Hello 😀 there\ufffd.[2J"]


def test_half_a_character_at_the_very_end_is_replaced() -> None:
    with Server(lambda body: event({"content": "Hello"}) + event({"content": " there\ud83d"}) + STOP + DONE) as server:
        assert server.ask() == ["Hello there\ufffd"]


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ({"error": {"message": "out of memory"}}, "out of memory"),
        ({"error": "runner has stopped"}, "runner has stopped"),
        ({"object": "error", "message": "too large"}, "too large"),
        ([{"error": {"message": "in a list"}}], "in a list"),
        ({"detail": [{"msg": "of FastAPI", "loc": ["body"]}]}, "of FastAPI"),
        ({"message": {"detail": "deep"}}, "deep"),
        ({"error": "invalid_request", "error_description": "the plan ended"}, "the plan ended"),
        ({"errors": [{"message": "no deployment"}]}, "no deployment"),
        ({"message": '{"error": "as text"}'}, "as text"),
        ({"error": {"message": "Provider error", "metadata": {"raw": '{"error": "busy"}'}}}, "Provider error: busy"),
        ({"fault": {"faultstring": "backend is down"}}, "backend is down"),
        ({"errors": {"model": ["is not served here"]}}, "is not served here"),
        ({"error": {"message": None, "Details": "bad thing"}}, "bad thing"),
        ({"error": {"message": {"text": "deep down"}}}, "deep down"),
        ({"response": None, "error_msg": "quota is gone", "error_code": 17}, "quota is gone"),
    ],
)
@pytest.mark.parametrize("how", ["as 200", "first", "in mid-stream", "as 400"])
def test_the_endpoints_own_words_are_told(error: object, words: str, how: str) -> None:
    answers = {
        "as 200": (200, error, {}),
        "first": f"data: {json.dumps(error)}\n\n{DONE}",
        "in mid-stream": f"{THE}data: {json.dumps(error)}\n\n{DONE}",
        "as 400": (400, error, {}),
    }
    with Server(lambda body: answers[how]) as server:
        [told] = server.ask()
    assert f"({words})" in told and told.startswith("The capital of" if how == "in mid-stream" else " !")


@pytest.mark.parametrize("status", [401, 403, 404, 429])
def test_the_endpoints_own_words_are_told_beside_what_a_status_means(status: int) -> None:
    with Server(lambda body: (status, {"error": {"message": "not in your country"}}, {"Retry-After": "0"})) as server:
        [told] = server.ask()
    assert "not in your country" in told


@pytest.mark.parametrize(
    ("stream", "words"),
    [
        ("unknown tenant", "unknown tenant"),
        (THE + "event: error\ndata: backend died\n\n", "backend died"),
        ('{"choices": null, "base_resp": {"status_msg": "no balance"}}', "no balance"),
        ("<html><head><title>Log in</title></head></html>", "Log in"),
    ],
)
def test_what_is_sent_instead_of_an_answer_is_told(stream: str, words: str) -> None:
    with Server(lambda body: stream) as server:
        [told] = server.ask()
    assert f"({words})" in told


def refusing(name: str, body: object, status: int = 400):
    return lambda asked: (status, body, {}) if name in asked else SAID + STOP + DONE


@pytest.mark.parametrize(
    "answer",
    [
        refusing("temperature", {"error": {"message": "temperature is not supported by this model"}}),
        refusing("temperature", {"error": {"message": "`temperature` must be strictly positive"}}),
        refusing("seed", {"detail": [{"type": "extra_forbidden", "loc": ["body", "seed"], "msg": "No extras"}]}, 422),
        refusing("seed", [{"error": {"message": 'Unknown name "seed": Cannot find field.'}}]),
        refusing("max_tokens", {"error": {"message": "Use 'max_completion_tokens' instead of max_tokens"}}),
        refusing("stream", {"error": {"message": "Verify to stream", "param": "stream"}}),
        refusing("seed", {"error": {"message": 'json: unknown field "seed"'}}, 500),
        refusing("seed", {"error": {"message": "No endpoints found that support the parameters: seed"}}, 404),
        refusing("max_tokens", {"error": {"message": "maxTokens is not supported"}}),
        refusing("stream", {"error": {"message": "Streaming is not supported for this model."}}),
        refusing("stream", {"error": {"message": "This deployment cannot answer in streamed form"}}),
    ],
)
def test_an_option_that_is_refused_is_left_out_from_then_on(answer) -> None:
    with Server(answer) as server:
        assert server.ask(TALK, TALK, seed=7) == [ANSWER, ANSWER]
    assert len(server.bodies) == 3


def test_a_models_name_that_came_as_bytes_is_sent_as_text() -> None:
    with Server(lambda body: SAID + STOP) as server:
        assert server.ask(model="caf\udcc3\udca9") == [ANSWER]
    assert server.bodies[-1]["model"] == "café"


def test_a_seed_is_sent_only_when_it_was_set() -> None:
    with Server(lambda body: SAID + STOP) as server:
        server.ask()
        server.ask(seed=3)
    assert ["seed" in body for body in server.bodies] == [False, True]


@pytest.mark.parametrize(
    "message",
    [
        "System role not supported",
        "'messages[0].role' does not support 'system' with this model.",
        "Invalid value: 'system'. Supported values are: 'developer', 'user'.",
        "Developer instruction is not enabled for models/gemma-3-27b-it",
        "First message must be from user",
        "system messages are not allowed",
    ],
)
def test_where_a_system_message_is_refused_it_stands_before_the_first_question(message: str) -> None:
    def answer(body):
        refused = body["messages"][0]["role"] == "system"
        return (400, {"error": {"message": message}}, {}) if refused else SAID + STOP

    with Server(answer) as server:
        assert server.ask() == [ANSWER]
    assert server.bodies[-1]["messages"] == [{"role": "user", "content": f"Be brief.\n\n{TALK[1].content}"}]


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (400, "The prompt (length 5000) is longer than the maximum model length of 4096."),
        (503, "Prompt too long: 5000 tokens, the limit is 4096"),
        (400, "Prompt length 5000 exceeds max_kv_size 4096"),
        (413, ""),
        (400, "input length and `max_tokens` exceed context limit: 3990 + 200 > 4096, decrease input length"),
        (400, "Please shorten your messages or start a new conversation."),
        (400, "The conversation is too long for this model."),
        (422, "This prompt has 5000 tokens, but only 4096 are available."),
    ],
)
def test_a_full_context_is_known_by_what_servers_say_of_it(status: int, message: str) -> None:
    def answer(body):
        return (status, {"error": {"message": message}}, {}) if len(body["messages"]) > 2 else SAID + STOP

    with Server(answer) as server:
        assert server.ask([TALK[0], Message("user", "Hi"), Message("assistant", "Hello."), TALK[1]]) == [ANSWER]


def test_a_full_context_drops_the_oldest_turns_and_stays_so() -> None:
    def answer(body):
        size = sum(len(message["content"]) for message in body["messages"])
        full = {"error": {"message": "the request exceeds the available context size (9 > 8)", "code": 400}}
        return (400, full, {}) if size > 3000 else SAID + STOP

    talk, talks = [TALK[0]], []
    for number in range(60):
        talk += [Message("user", f"Question {number} {'x' * 150}")]
        talks.append(list(talk))
        talk += [Message("assistant", ANSWER)]
    with Server(answer) as server:
        assert server.ask(*talks) == [ANSWER] * 60
    assert len(server.bodies) < 70, "it is not asked again and again for what does not fit"
    for body, last in zip(server.bodies[-3:], talks[-3:]):
        assert body["messages"][0]["role"] == "system" and body["messages"][1]["role"] == "user"
        assert body["messages"][-1]["content"] == last[-1].content


def test_a_model_that_thinks_without_opening_a_thought_is_heard_without_it_from_then_on() -> None:
    stream = event({"content": "Yes, hm."}) + event({"content": "</think>\n\n"}) + SAID + STOP
    with Server(lambda body: stream) as server:
        first, second = server.ask(TALK, TALK)
        assert ANSWER in first and second == ANSWER
        assert server.ask(model="qwq-32b") == [ANSWER], "its name tells"


def test_the_first_listed_model_that_can_chat_is_chosen() -> None:
    with Server(lambda body: SAID + STOP) as server:
        server.ask(model="bundled")
    assert server.bodies[-1]["model"] == "chat-y"


# ---- addresses, keys, proxies --------------------------------------------------------------------------------------


@pytest.mark.parametrize("port", ["99999", "0", "x", "-1"])
def test_a_port_that_is_none_is_one_sentence(port: str) -> None:
    with pytest.raises(UsageError, match=r"\[llm\] base_url.*is no address"):
        address(PRESETS["custom"], f"http://localhost:{port}/v1")


@pytest.mark.parametrize("host", ["local host", "exa\u200bmple", f"{'a' * 80}.example", "256.0.0.1", "\\x", ""])
def test_a_host_that_is_none_is_one_sentence(host: str) -> None:
    with pytest.raises(UsageError, match=r"\[llm\] base_url.*is no address"):
        address(PRESETS["custom"], f"http://{host}/v1")


@pytest.mark.parametrize("host", ["localhost:1", "[::1]:8080", "münchen.example", "my_box.local", "10.0.0.1"])
def test_a_host_is_taken_as_people_name_theirs(host: str) -> None:
    assert address(PRESETS["custom"], f"http://{host}/v1").url == f"http://{host}/v1"


def test_a_key_goes_to_its_own_host_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-openai-only")
    with Server(lambda body: SAID + STOP) as server:
        server.ask(preset="openai")
        assert server.keys == ["Bearer none"]
        monkeypatch.setenv("LLM_API_KEY", "for-the-others")
        server.ask(preset="openai")
        server.ask(preset="xai")
    assert server.keys[1:] == ["Bearer for-the-others"] * 2
    assert address(PRESETS["openai"], "").key == "sk-of-openai-only"
    assert address(PRESETS["openai"], "https://api.openai.com/v1/").key == "sk-of-openai-only"


@pytest.mark.parametrize("key", ["sk-caf\u00e9", "sk-two\nlines", "sk-\u200bzero"])
def test_a_key_that_cannot_be_one_is_one_sentence(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LLM_API_KEY", key)
    with pytest.raises(EngineError, match="LLM_API_KEY holds characters that no key has"):
        address(PRESETS["custom"], "http://localhost/v1")


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_no_words_follow_a_redirect_to_another_host(status: int) -> None:
    with Server(lambda body: SAID + STOP) as other:
        with Server(lambda body: (status, {}, {"Location": f"{other.url}/chat/completions"})) as server:
            [told] = server.ask()
    assert "is not where the endpoint is" in told and other.bodies == []


def test_a_redirect_within_the_host_is_followed() -> None:
    moved = []

    def answer(body):
        moved.append(1)
        return (308, {}, {"Location": "/v2/chat/completions"}) if len(moved) == 1 else SAID + STOP

    with Server(answer) as server:
        assert server.ask() == [ANSWER]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("http://a.example/v1", "https://a.example/v1", True),
        ("https://a.example/v1", "http://a.example/v1", False),
        ("https://a.example:8443/v1", "http://a.example:8443/v1", False),
        ("http://A.example/v1", "http://a.EXAMPLE/v1", True),
        ("http://a.example/v1", "http://a.example@b.example/v1", False),
        ("http://a.example/v1", "http://a.example.b.example/v1", False),
        ("http://127.0.0.1/v1", "http://2130706433/v1", False),
        ("https://a.example/v1", "https://b.example/v1", False),
        ("http://a.example:1/v1", "http://a.example:2/v1", False),
        ("https://a.example/v1", "https://a.example:443/x", True),
    ],
)
def test_what_the_same_host_is(one: str, other: str, same: bool) -> None:
    assert same_host(one, other) is same


@pytest.mark.parametrize("proxy", ["http://127.0.0.1:9", "nonsense", "socks9://x"])
def test_an_endpoint_on_this_machine_is_asked_without_proxies(proxy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, proxy)
    monkeypatch.setenv("SSL_CERT_FILE", "/nonexistent/cert.pem")
    with Server(lambda body: SAID + STOP) as server:
        assert server.ask() == [ANSWER]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HTTPS_PROXY", "socks9://x"),
        ("HTTPS_PROXY", "socks5://x:1080"),  # what it needs is not installed
        ("ALL_PROXY", "http://x:99999"),
        ("https_proxy", "http://[::1"),
        ("SSL_CERT_FILE", "/nonexistent/cert.pem"),
    ],
)
def test_for_a_far_one_the_variable_that_is_wrong_is_named(name: str, value: str, monkeypatch) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(AssistantError, match=name):
        load(LlmSettings(engine="openai", preset="custom", base_url="https://far.example/v1", model="m"), print)


# ---- any JSON ------------------------------------------------------------------------------------------------------

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(
        ["choices", "delta", "message", "content", "error", "detail", "msg", "finish_reason", "index", "text", "object"]
    ), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@settings(max_examples=40)
@given(JSON)
def test_what_an_error_says_is_text_on_one_line(sent: object) -> None:
    assert "\n" not in said(sent)


@settings(max_examples=60)
@given(st.lists(JSON, max_size=4))
def test_no_stream_of_any_json_is_more_than_a_failed_reply(sent: list[object]) -> None:
    from assistant.llm.endpoint_answers import Answer, Refused

    class Response:
        headers = {"content-type": "text/event-stream"}

        async def iter_bytes(self):
            for one in sent:
                yield f"data: {json.dumps(one)}\n\n".encode()

    async def read() -> str:
        return "".join([choice.text async for choice in Answer(Response())])

    try:
        text = asyncio.run(read())
    except (Refused, ValueError, TypeError, AttributeError):
        return
    text.encode()
