"""Refusals by their kind, in words that no list holds, and answers in other APIs' shapes."""

from __future__ import annotations

import json

import pytest

from assistant.llm import Message
from tests.llm.served import ANSWER, DONE, SAID, STOP, TALK, Server

LONGER = [TALK[0], Message("user", "Hi"), Message("assistant", "Hello."), TALK[1]]


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (400, "This endpoint supports at most 4096 tokens; you sent 5000."),
        (400, "Token count 5000 exceeds what this model allows"),
        (500, "failed to find KV cache slot for ubatch"),
        (422, "`inputs` tokens must be less than 4096"),
        (400, "The tokens of all messages together are too many"),
        (400, "string too long. Expected a string with maximum length 4096"),
        (400, "Range of input length should be [1, 4096]"),
        (400, "InputTooLong"),
    ],
)
def test_a_prompt_that_is_too_large_is_told_by_its_kind(status: int, words: str) -> None:
    def answer(body):
        return (status, {"error": {"message": words}}, {}) if len(body["messages"]) > 2 else SAID + STOP

    with Server(answer) as server:
        assert server.ask(LONGER) == [ANSWER]


@pytest.mark.parametrize(
    "words", ["Unsupported parameter.", "Extra inputs are not permitted", "Some arguments were not recognized"]
)
def test_options_are_left_out_where_the_refusal_names_none(words: str) -> None:
    def answer(body):
        return (422, {"detail": words}, {}) if "temperature" in body else SAID + STOP + DONE

    with Server(answer) as server:
        assert server.ask(TALK, TALK) == [ANSWER, ANSWER]
    assert ["max_tokens" in body for body in server.bodies] == [True] * 3


@pytest.mark.parametrize(
    "words",
    [
        "A conversation must start with a user message.",
        "This model has no system turn",
        "bad author: system",
        "不支持 system 角色",
        "After the optional system message, conversation roles must alternate except for tool calls and results.",
    ],
)
def test_a_system_message_that_is_refused_is_told_by_its_kind(words: str) -> None:
    def answer(body):
        refused = body["messages"][0]["role"] == "system"
        return (400, {"error": {"message": words}}, {}) if refused else SAID + STOP

    with Server(answer) as server:
        assert server.ask() == [ANSWER]


@pytest.mark.parametrize(
    "sent",
    [
        [
            {"message": {"role": "assistant", "content": ANSWER}, "done": False},
            {"message": {"content": ""}, "done": True},
        ],
        [{"response": ANSWER, "done": True}],
        [{"content": ANSWER, "stop": False}, {"content": "", "stop": True}],
        [{"token": {"text": ANSWER}}, {"token": {"text": "</s>", "special": True}, "generated_text": ANSWER}],
        [{"type": "content_block_delta", "delta": {"type": "text_delta", "text": ANSWER}}, {"type": "message_stop"}],
        [
            {"type": "response.output_text.delta", "delta": ANSWER},
            {"type": "response.output_text.done", "text": ANSWER},
        ],
        [{"candidates": [{"content": {"parts": [{"text": ANSWER}]}}]}],
        [{"data": {"choices": {"delta": {"content": ANSWER}}}}],
        [{"choices": [{"index": "0", "delta": {"content": ANSWER}}]}],
        [{"type": "content-delta", "delta": {"message": {"content": {"text": ANSWER}}}}, {"type": "message-end"}],
        [{"event_type": "text-generation", "text": ANSWER}, {"is_finished": True, "event_type": "stream-end"}],
        [{"token": ANSWER, "finish_reason": None}],
        [{"result": ANSWER, "is_end": True}],
        [{"output": {"choices": [{"message": {"content": ANSWER}, "finish_reason": "stop"}]}}],
        [{"results": [{"generated_text": ANSWER}]}],
    ],
)
def test_other_apis_answers_are_read(sent: list[dict]) -> None:
    with Server(lambda body: "".join(f"data: {json.dumps(one)}\n\n" for one in sent)) as server:
        assert server.ask() == [ANSWER]


def test_an_error_beside_an_empty_result_is_told() -> None:
    sent = {"errors": [{"message": "No such account"}], "result": [], "success": False}
    with Server(lambda body: f"data: {json.dumps(sent)}\n\n") as server:
        assert "No such account" in server.ask()[0]


def test_a_last_piece_that_is_cut_off_does_not_spoil_the_answer() -> None:
    with Server(lambda body: f'{SAID}{STOP}data: {{"usage": {{"prom') as server:
        assert server.ask() == [ANSWER]
