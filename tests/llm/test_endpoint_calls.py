"""Tools at endpoints: how calls are streamed, what is mended, given back or refused."""

from __future__ import annotations

import asyncio
import json
from contextlib import aclosing

import pytest

from assistant.errors import EngineError
from assistant.llm import LlmSettings, Message, Tool, ToolCall, load, why_no_tools
from tests.llm.quirky import QUIRKS, _groq, _mistral
from tests.llm.served import ANSWER, DONE, SAID, STOP, TALK, Server, event

WEATHER = Tool(
    "get_weather",
    "The weather in a city.",
    {
        "type": "object",
        "properties": {"city": {"type": "string"}, "days": {"type": "integer"}, "unit": {"enum": ["C", "F"]}},
        "required": ["city"],
    },
)
LIGHT = Tool(
    "set-light", "A light on or off.", {"type": "object", "properties": {"on": {"type": "boolean"}}, "required": ["on"]}
)
TOOLS = (WEATHER, LIGHT)
PARIS = {"city": "Paris"}


@pytest.fixture(autouse=True)
def no_keys(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    for name in ("OPENAI_API_KEY", "LLM_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


def calls(*pieces: object, finish: str | None = "tool_calls") -> str:
    return "".join(event({"tool_calls": [piece]}) for piece in pieces) + event({}, finish) + DONE


def call(index: object = 0, id: object = "c1", name: object = "get_weather", arguments: object = '{"city": "Paris"}'):
    return {"index": index, "id": id, "type": "function", "function": {"name": name, "arguments": arguments}}


def more(index: int, arguments: str) -> dict:
    return {"index": index, "function": {"arguments": arguments}}


class Asked:
    def __init__(self, server: Server) -> None:
        self.notices: list[str] = []
        chosen = {"engine": "openai", "preset": "custom", "base_url": server.url, "model": "m", "timeout": 5.0}
        self.engine = load(LlmSettings(**chosen), self.notices.append)

    def __call__(self, messages=TALK, tools=TOOLS) -> tuple[str, tuple[ToolCall, ...]]:
        async def collect():
            said, found = "", ()
            async with aclosing(self.engine.reply(messages, tools)) as pieces:
                async for piece in pieces:
                    assert not found, "calls come in the last piece"
                    said, found = said + piece, getattr(piece, "calls", ())
            return said, found

        return asyncio.run(collect())


def asked(stream: str) -> tuple[str, list[tuple[str, dict]]]:
    with Server(lambda body: stream) as server:
        said, found = Asked(server)()
    assert len({one.id for one in found}) == len(found) and all(one.id for one in found)
    return said, [(one.name, dict(one.arguments)) for one in found]


@pytest.mark.parametrize(
    "stream",
    [
        calls(call()),
        calls(call(arguments=""), more(0, '{"ci'), more(0, 'ty": "Pa'), more(0, 'ris"}')),
        calls(call(arguments=""), more(0, '{"city": "Paris"}'), finish="stop"),
        calls(call(arguments=PARIS)),
        calls(call(arguments=json.dumps(json.dumps(PARIS)))),
        calls(call(id="")),
        calls(call(id=None), {"index": 0, "id": "", "function": {"name": None, "arguments": ""}}),
        calls({"id": "c1", "function": {"name": "get_weather", "arguments": json.dumps(PARIS)}}),
        calls({"name": "get_weather", "arguments": PARIS}),
        calls(call(name="functions.get_weather")),
        calls(call(name="Get-Weather")),
        calls(call(), {"index": 0, "id": "c1", "function": {"name": "get_weather", "arguments": ""}}),
        event({"tool_calls": call()}) + event({}, "stop") + DONE,
        event({"function_call": {"name": "get_weather", "arguments": '{"city":'}})
        + event({"function_call": {"arguments": ' "Paris"}'}}, "function_call")
        + DONE,
        calls(call(), finish=None),
        event({"content": '<tool_call>\n{"name": "get_weather", "arguments": {"city": "Paris"}}\n</tool_call>'}) + STOP,
        event({"content": "<tool_"}) + event({"content": 'call>{"name": "get_weather", "arguments": {"city"'})
        + event({"content": ': "Paris"}}'}) + STOP + DONE,
        event({"content": '{"name": "get_weather", "parameters": {"city": "Paris"}}'}) + STOP + DONE,
        event({"content": '[TOOL_CALLS][{"name": "get_weather", "arguments": {"city": "Paris"}}]'}) + STOP + DONE,
        event({"content": '[TOOL_CALLS]get_weather[ARGS]{"city": "Paris"}'}) + STOP + DONE,
        event({"content": '<function=get_weather>{"city": "Paris"}</function>'}) + STOP + DONE,
        event({"content": "<tool_call>\n<function=get_weather>\n<parameter=city>\nParis\n</parameter>\n</function>\n"})
        + STOP + DONE,
        event({"content": "<think>The weather, then.</think>"}) + calls(call()),
    ],
)  # fmt: skip
def test_one_call_is_read_however_it_is_streamed(stream: str) -> None:
    assert asked(stream) == ("", [("get_weather", PARIS)])


@pytest.mark.parametrize(
    "stream",
    [
        calls(call(0), call(1, "c2", arguments='{"city": "Rome"}')),
        calls(call(0, arguments=""), call(1, "c2", arguments=""), more(0, '{"city": "Pa'), more(1, '{"city": "Rome"}'),
              more(0, 'ris"}')),
        calls(call(0), call(0, "c2", arguments='{"city": "Rome"}')),
        calls(call(0, ""), call(0, "", arguments='{"city": "Rome"}')),
        calls(call(None), call(None, "c2", arguments={"city": "Rome"})),
        calls(call(0, "same"), call(1, "same", arguments='{"city": "Rome"}')),
        event({"content": '<tool_call>{"name": "get_weather", "arguments": {"city": "Paris"}}</tool_call>\n'
        '<tool_call>{"name": "get_weather", "arguments": {"city": "Rome"}}</tool_call>'}) + STOP + DONE,
    ],
)  # fmt: skip
def test_calls_beside_each_other_are_told_apart(stream: str) -> None:
    assert asked(stream) == ("", [("get_weather", PARIS), ("get_weather", {"city": "Rome"})])


def test_words_before_a_call_are_spoken_and_json_that_calls_nothing_is_an_answer() -> None:
    assert asked(event({"content": "Let me look."}) + calls(call())) == ("Let me look.", [("get_weather", PARIS)])
    assert asked(event({"content": '{"name": 5, "age": 7}.'}) + STOP + DONE) == ('{"name": 5, "age": 7}.', [])
    assert asked(event({"content": "Is 3 <"}) + event({"content": " 5?"}) + STOP) == ("Is 3 < 5?", [])


def test_tools_calls_and_results_are_sent_as_openai_has_them() -> None:
    signed = {"index": 0, "extra_content": {"google": {"thought_signature": "aGk="}}}
    with Server(lambda body: calls({**call(), **signed})) as server:
        ask = Asked(server)
        _, found = ask()
        ask([*TALK, Message("assistant", "", found), Message("tool", "Sunny.", call_id=found[0].id)])
    first, then = server.bodies
    assert [tool["function"]["name"] for tool in first["tools"]] == ["get_weather", "set-light"]
    assert first["tools"][0]["function"]["parameters"] == WEATHER.parameters and first["tools"][0]["type"] == "function"
    assert then["messages"][2] == {
        "role": "assistant",
        "content": None,
        "tool_calls": [
            {
                "id": "c1",
                "type": "function",
                "function": {"name": "get_weather", "arguments": '{"city": "Paris"}'},
                "extra_content": signed["extra_content"],
            }
        ],
    }
    assert then["messages"][3] == {"role": "tool", "tool_call_id": "c1", "content": "Sunny."}


def test_without_tools_the_request_is_as_it_was() -> None:
    with Server(lambda body: SAID + STOP + DONE) as server:
        ask = Asked(server)
        assert ask(tools=()) == (ANSWER, ())
        done = [Message("assistant", "", (ToolCall("c1", "x", {}),)), Message("tool", "Sunny.", call_id="c1")]
        ask([*TALK, *done], tools=())
    assert set(server.bodies[0]) == {"model", "messages", "stream", "max_tokens", "temperature"}
    assert "tools" not in server.bodies[1] and [one["role"] for one in server.bodies[1]["messages"]] == [
        "system", "user", "assistant", "user",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "wrong", ['{"city": ["Paris"]}', '{"days": 3}', '{"city": "Par', "Paris", '{"city": "Paris", "unit": "K"}']
)
def test_arguments_that_cannot_be_mended_are_given_back_once_and_nothing_is_run(wrong: str) -> None:
    streams = [calls(call(arguments=wrong), call(1, "c2", "set-light", '{"on": true}')), calls(call())]
    with Server(lambda body: streams.pop(0)) as server:
        _, found = Asked(server)()
    assert [(one.name, one.arguments) for one in found] == [("get_weather", PARIS)]
    told = server.bodies[1]["messages"]
    assert [one["role"] for one in told] == ["system", "user", "assistant", "tool", "tool"]
    assert [one["content"].split()[0] for one in told[3:]] == ["Error:", "Error:"] and "get_weather" in told[3][
        "content"
    ]


def test_who_calls_wrongly_twice_is_told_so_in_one_sentence() -> None:
    with Server(lambda body: calls(call(name="no_such_tool"))) as server:
        with pytest.raises(EngineError, match=r"called a tool wrongly, twice"):
            Asked(server)()
    assert len(server.bodies) == 2
    assert (
        "there is no tool 'no_such_tool'; there are: get_weather, set-light"
        in server.bodies[1]["messages"][3]["content"]
    )


@pytest.mark.parametrize(
    "refusal",
    [
        (400, {"error": {"message": "registry.ollama.ai/library/x does not support tools"}}, {}),
        (400, {"error": {"message": '"auto" tool choice requires --enable-auto-tool-choice'}}, {}),
        (404, {"error": {"message": "No endpoints found that support tool use."}}, {}),
        (500, {"error": {"message": "tools param requires --jinja flag"}}, {}),
        (*_mistral("tools"), {}),
        (*_groq("tools"), {}),
        (400, {"detail": "Bad Request"}, {}),
    ],
)
def test_a_service_that_refuses_tools_answers_without_and_is_remembered(refusal) -> None:
    def answer(body):
        return (
            refusal if "tools" in body or any("tool_calls" in one for one in body["messages"]) else SAID + STOP + DONE
        )

    with Server(answer) as server:
        ask = Asked(server)
        assert ask.engine.calls_tools
        done = [Message("assistant", "", (ToolCall("c1", "x", {}),)), Message("tool", "Sunny.", call_id="c1")]
        assert [ask(), ask([*TALK, *done])] == [(ANSWER, ())] * 2
    assert not ask.engine.calls_tools and len(server.bodies) == 3
    assert ask.notices == [why_no_tools(ask.engine)] and "takes no tools" in ask.notices[0]
    assert server.bodies[0]["messages"][0]["role"] == server.bodies[1]["messages"][0]["role"] == "system"


def test_an_error_that_has_nothing_to_do_with_tools_does_not_count_against_them() -> None:
    with Server(lambda body: (400, {"error": {"message": "out of credit"}}, {})) as server:
        ask = Asked(server)
        with pytest.raises(EngineError, match="out of credit"):
            ask()
    assert ask.engine.calls_tools and not ask.notices


def test_each_quirky_service_can_stream_calls_between_its_own_members() -> None:
    for name, quirks in QUIRKS.items():
        pieces = [
            {
                **one,
                "choices": [
                    {**choice, "delta": {**choice.get("delta", {}), "content": None}} for choice in one["choices"]
                ],
            }
            for one in quirks.opening
        ]
        for part in ({"tool_calls": [call(arguments="")]}, {"tool_calls": [more(0, '{"city": "Paris"}')]}):
            delta = {**quirks.delta, **part}
            pieces.append(
                {**quirks.chunk, "choices": [{"index": 0, "delta": delta, "finish_reason": None, **quirks.choice}]}
            )
        lines = [f"data: {json.dumps(one)}\n\n" for one in (*pieces, *quirks.closing)]
        stream = quirks.before + quirks.between.join(lines) + event({}, "tool_calls") + DONE
        assert asked(stream) == ("", [("get_weather", PARIS)]), name
