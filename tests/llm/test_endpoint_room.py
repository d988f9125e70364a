"""A conversation that outgrows an endpoint's context, however that is told, and errors that are none of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from contextlib import aclosing

import pytest

from assistant.errors import EngineError
from assistant.llm import LlmSettings, Message, Tool, ToolCall, endpoint, load
from tests.llm.served import ANSWER, DONE, SAID, STOP, Server, event

ROOM = 2000  # bytes that the server takes
SYSTEM = Message("system", "Be brief.")
HELD = Tool("look", "Looks something up. " * 10, {"type": "object", "properties": {"what": {"type": "string"}}})
CALL = ToolCall("c1", "look", {"what": "bridges"})


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoint, "_BACKOFF", 0.001)


def question(number: int) -> Message:
    return Message("user", f"What did the gardener bring to the market on the rainy day number {number}?")


def talked(turns: int) -> list[Message]:
    """That many turns, and one more question."""
    before = [one for number in range(turns) for one in (question(number), Message("assistant", f"Plums. {'x' * 150}"))]
    return [SYSTEM, *before, question(turns)]


def size(body: dict) -> int:
    return len(json.dumps(body["messages"])) + len(json.dumps(body.get("tools", [])))


def said(words: str, **more: object) -> dict:
    return {"error": {"message": words, **more}}


class Conversation:
    """Asks one engine one after the other."""

    def __init__(self, server: Server) -> None:
        self.notices: list[str] = []
        chosen = LlmSettings(engine="openai", preset="custom", base_url=server.url, model="m", timeout=5.0)
        self._engine = load(chosen, self.notices.append)

    def __call__(self, *talks: list[Message], tools: tuple[Tool, ...] = ()) -> list[str]:
        async def replies() -> list[str]:
            return [await self._reply(talk, tools) for talk in talks]

        return asyncio.run(replies())

    async def _reply(self, talk: list[Message], tools: tuple[Tool, ...]) -> str:
        text = ""
        try:
            async with aclosing(self._engine.reply(talk, tools)) as pieces:
                async for piece in pieces:
                    text += piece
        except EngineError as error:
            text += f"!{error}"
        return text


def full(answer: object, room: int = ROOM) -> Callable[[dict], object]:
    return lambda body: answer if size(body) > room else SAID + STOP + DONE


TOLD = {  # in words that say so
    "llama.cpp": (400, said("request (4166 tokens) exceeds the available context size (4096 tokens)"), {}),
    "vLLM, no room is left": (400, {"object": "error", "message": "max_tokens must be at least 1, got -12."}, {}),
    "OpenAI, a minute's tokens": (
        429,
        said("Request too large for m on tokens per min (TPM): Limit 1000, Requested 1200."),
        {},
    ),
    "Anthropic": (400, {"type": "error", "error": {"message": "prompt is too long: 2100 tokens > 2000 maximum"}}, {}),
    "nginx": (413, "<html><title>413 Request Entity Too Large</title></html>", {}),
    "finish_reason": event({"content": ""}, "model_context_window_exceeded") + DONE,
}
UNTOLD = {  # in none that are known
    "Chinese": (400, said("输入内容过长"), {}),
    "German": (400, {"meldung": "Der Kontext ist voll."}, {}),
    "numbers": (422, said("2100 > 2000"), {}),
    "no words": (400, {}, {}),
    "status 500": (500, {}, {}),
    "a page": (502, "<html><title>502 Bad Gateway</title></html>", {}),
    "in the stream": event({"role": "assistant"}) + f"data: {json.dumps(said('generation failed'))}\n\n",
    "nothing, length": event({"content": ""}, "length") + DONE,
    "nothing": event({"content": ""}, "stop") + DONE,
    "an empty body": "",
}


@pytest.mark.parametrize("answer", [*TOLD.values(), *UNTOLD.values()], ids=[*TOLD, *UNTOLD])
def test_the_oldest_turns_are_left_out_however_the_server_tells_it(answer: object) -> None:
    with Server(full(answer)) as server:
        talk = Conversation(server)
        assert talk(*(talked(turns) for turns in range(16))) == [ANSWER] * 16
    assert len(server.bodies) < 16 + 8, "it is not asked again and again for what does not fit"
    taken = [body for body in server.bodies if size(body) <= ROOM]
    assert all(size(body) > ROOM / 4 for body in taken[8:]), "what has room stays"
    assert [body["messages"][0]["role"] for body in taken] == ["system"] * 16
    assert [body["messages"][-1]["content"] for body in taken] == [question(turns).content for turns in range(16)]
    assert len(talk.notices) == 1 and "oldest turns are left out" in talk.notices[0]


@pytest.mark.parametrize("answer", [TOLD["llama.cpp"], UNTOLD["status 500"], UNTOLD["no words"]])
def test_a_conversation_from_an_earlier_day_that_is_far_too_long_is_answered(answer: object) -> None:
    with Server(full(answer)) as server:
        assert Conversation(server)(talked(40)) == [ANSWER]
    assert len(server.bodies) <= 5


def test_turns_go_in_blocks_so_that_prompts_begin_alike() -> None:
    with Server(full(TOLD["llama.cpp"])) as server:
        Conversation(server)(*(talked(turns) for turns in range(20)))
    firsts = [body["messages"][1]["content"] for body in server.bodies if size(body) <= ROOM]
    assert len(set(firsts)) <= 8


OTHER = {  # error -> words of what is told
    "rate": (429, said("Rate limit reached on tokens per min (TPM): Limit 9, Used 8, Requested 2."), "asked too often"),
    "quota": (402, said("Payment required"), "quota"),
    "key": (401, said("Invalid token"), "key"),
    "token": (400, said("The access token expired"), "access token expired"),
    "credit": (400, said("Your credit balance is too low; see Plans & Billing."), "credit balance"),
    "policy": (400, said("The prompt triggered our content management policy.", code="content_filter"), "policy"),
    "image": (400, said("Invalid image data in the messages"), "Invalid image"),
    "model": (404, said("The model `m` does not exist", code="model_not_found"), "does not know the model"),
    "broken": (500, said("The GPU is on fire."), "GPU is on fire"),
    "refuses": (400, said("Not today"), "Not today"),
    "in the stream": (200, f"data: {json.dumps(said('The disk is gone'))}\n\n", "The disk is gone"),
}


@pytest.mark.parametrize(("status", "answer", "words"), OTHER.values(), ids=OTHER)
def test_what_is_no_full_context_is_told_as_it_is_and_nothing_is_left_out_for_it(
    status: int, answer: object, words: str
) -> None:
    def answered(body: dict) -> object:
        return (status, answer, {}) if wrong else SAID + STOP + DONE

    with Server(answered) as server:
        talk = Conversation(server)
        wrong = False
        talk(talked(6))
        wrong = True
        [told] = talk(talked(7))
        assert words in told and "too long" not in told
        assert len(server.bodies) <= 6
        wrong = False
        assert talk(talked(8)) == [ANSWER]
    last = server.bodies[-1]
    assert len(last["messages"]) == len(talked(8)) and {"max_tokens", "temperature"} <= last.keys()
    assert talk.notices == []


def test_a_limit_of_the_answer_is_none_of_the_conversation() -> None:
    refusal = (400, said("max_tokens: 200 exceeds the 100 output tokens that this model may write"), {})

    with Server(lambda body: refusal if "max_tokens" in body else SAID + STOP) as server:
        assert Conversation(server)(talked(4)) == [ANSWER]
    assert [len(body["messages"]) for body in server.bodies] == [len(talked(4))] * 2


@pytest.mark.parametrize("times", [1, 2])
def test_passing_trouble_does_not_shorten_the_conversation_for_ever(times: int) -> None:
    asked: list[dict] = []

    def answer(body: dict) -> object:
        asked.append(body)
        return (500, {}, {}) if 5 <= len(asked) < 5 + times else SAID + STOP

    with Server(answer) as server:
        talk = Conversation(server)
        assert talk(*(talked(turns) for turns in range(12))) == [ANSWER] * 12
    assert len(server.bodies[-1]["messages"]) == len(talked(11)) and talk.notices == []


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (TOLD["llama.cpp"], "That alone is too long for the endpoint (request (4166 tokens)"),
        ((400, said("输入内容过长"), {}), "(输入内容过长); perhaps that was too long: say it in fewer words"),
        ((500, {}, {}), "perhaps that was too long"),
    ],
)
def test_a_question_that_alone_is_too_long_is_told_and_the_next_one_answered(answer: object, words: str) -> None:
    endless = [*talked(2)[:-1], Message("user", "word " * 2000)]
    with Server(full(answer)) as server:
        told, then = Conversation(server)(endless, talked(3))
    assert words in told and then == ANSWER
    assert len(server.bodies) <= 6 and len(server.bodies[-1]["messages"]) == len(talked(3))


def test_documents_and_results_of_tools_are_cut_never_the_question() -> None:
    passages = f"Use these notes.\n{'A note about bridges. ' * 300}\n\nWho built the bridge?"
    result = [question(1), Message("assistant", "", (CALL,)), Message("tool", "r" * 6000, call_id="c1")]
    with Server(full(TOLD["llama.cpp"])) as server:
        talk = Conversation(server)
        assert talk([SYSTEM, Message("user", passages)]) == [ANSWER]
        assert talk([SYSTEM, *result], tools=(HELD,)) == [ANSWER]
    cut = server.bodies[-2 if len(server.bodies[-2]["messages"]) == 4 else -1]["messages"]
    [asked] = [body["messages"][-1]["content"] for body in server.bodies if size(body) <= ROOM][:1]
    assert asked.startswith("Use these notes.\nA note") and asked.endswith("\n\nWho built the bridge?")
    assert [message["role"] for message in cut] == ["system", "user", "assistant", "tool"] and cut[-1]["content"]
    assert len(talk.notices) == 1 and "a part of what documents or tools gave was left out" in talk.notices[0]


def test_tools_that_have_no_room_are_left_out_and_told() -> None:
    tools = tuple(Tool(f"look_{number}", HELD.description, HELD.parameters) for number in range(16))
    with Server(full(TOLD["llama.cpp"], 3000)) as server:
        talk = Conversation(server)
        assert talk(talked(1), talked(2), tools=tools) == [ANSWER] * 2
    assert len(server.bodies[-1]["tools"]) == 4 and "has room for 4 of 16 tools" in talk.notices[0]


def test_tools_are_not_blamed_for_a_full_context() -> None:
    with Server(full(UNTOLD["no words"])) as server:
        talk = Conversation(server)
        assert talk(talked(20), talked(21), tools=(HELD,)) == [ANSWER] * 2
    assert server.bodies[-1]["tools"] and not any("takes no tools" in notice for notice in talk.notices)


def test_an_answer_that_breaks_off_for_want_of_room_makes_room_for_the_next() -> None:
    cut = event({"content": "Plums and"}, "length") + DONE
    with Server(full(cut)) as server:
        replies = Conversation(server)(*(talked(turns) for turns in range(12)))
    assert 1 <= replies.count("Plums and") <= 2 and replies.count(ANSWER) >= 10


def test_where_it_is_told_in_the_middle_of_an_answer_the_next_question_has_room() -> None:
    broken = event({"content": "Plums"}) + f"data: {json.dumps(said('Context size has been exceeded.'))}\n\n"
    with Server(full(broken)) as server:
        replies = Conversation(server)(*(talked(turns) for turns in range(9)))
    assert [reply for reply in replies if reply != ANSWER] == [
        "Plums!The endpoint gave up on the answer (Context size has been exceeded); try again"
    ]


def test_a_template_that_fails_without_a_word_is_asked_without_a_system_message() -> None:
    def answer(body: dict) -> object:
        return (500, {}, {}) if body["messages"][0]["role"] == "system" else SAID + STOP

    with Server(answer) as server:
        assert Conversation(server)(talked(0), talked(1)) == [ANSWER] * 2
    assert len(server.bodies) <= 5


def test_what_was_answered_before_is_not_held_to_be_too_much() -> None:
    asked: list[dict] = []

    def answer(body: dict) -> object:
        asked.append(body)
        return (400, {}, {}) if len(asked) % 3 == 0 else SAID + STOP

    with Server(answer) as server:
        replies = Conversation(server)(*(talked(9) for _ in range(12)))
    assert replies[:2] == [ANSWER] * 2 and replies.count(ANSWER) >= 8
    lengths = [len(body["messages"]) for body in server.bodies]
    assert lengths.count(len(talked(9))) >= len(lengths) * 2 // 3, "trouble that comes and goes is none of its length"
