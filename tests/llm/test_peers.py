"""What users of other clients reported of real servers: it is answered, or told in the server's own words."""

from __future__ import annotations

import json

import pytest

from assistant.llm import endpoint
from tests.llm.served import ANSWER, DONE, REST, SAID, STOP, TALK, THE, Server, event

AS_JSON = {"Content-Type": "application/json"}
ALTERNATE = "Conversation roles must alternate user/assistant/user/assistant/..."


def raw(sent: object) -> str:
    return f"data: {json.dumps(sent, ensure_ascii=False)}\n\n"


def choice(index: int, content: str) -> str:
    return raw({"choices": [{"index": index, "delta": {"content": content}, "finish_reason": None}]})


class Once:
    """The first answer, then a good one."""

    def __init__(self, first: object, times: int = 1) -> None:
        self._first, self._left = first, times

    def __call__(self, body: dict) -> object:
        self._left -= 1
        return self._first if self._left >= 0 else SAID + STOP + DONE


def without_system(body: dict) -> object:
    refused = {"object": "error", "message": ALTERNATE, "type": "BadRequestError", "code": 400}
    return (400, refused, {}) if body["messages"][0]["role"] == "system" else SAID + STOP


ANSWERED = {
    "BerriAI/litellm#376: choices are counted from 1": choice(1, "The capital of") + choice(1, " France is Paris."),
    "ollama#4357, LocalAI#1886: finish_reason is empty in each event": event({"content": ANSWER}, "") + STOP + DONE,
    "litellm#12417: the last event holds an empty choice": SAID + raw({"choices": [{}]}) + STOP + DONE,
    "vllm#36944: the last event holds words and finish_reason": THE + event({"content": " France is Paris."}, "stop"),
    "TGI#2019: no space behind data:": (SAID + STOP).replace("data: ", "data:"),
    "openai-python#1230: U+2028 within the words": raw({"choices": [{"delta": {"content": ANSWER + "\u2028"}}]}) + STOP,
    "openclaw#96497: events that are called JSON": (200, THE + REST + STOP + DONE, AS_JSON),
    "aprender#2015: data: written twice": (SAID + STOP + DONE).replace("data: ", "data: data: "),
    "term-llm#454: an event in several data lines": SAID.replace(", ", ",\ndata: ") + STOP,
    "openai-go#227: comments between": f": OPENROUTER PROCESSING\n\n{THE}: OPENROUTER PROCESSING\n\n{REST}{STOP}",
    "LibreChat#5563: no finish_reason": raw({"choices": [{"index": 0, "delta": {"content": ANSWER}}]}) + DONE,
    "autogen#1037: a template that takes no system message": without_system,
    "llama.cpp, canonical/inference-snaps#234: the model loads": Once(
        (503, {"error": {"code": 503, "message": "Loading model", "type": "unavailable_error"}}, {}), times=5
    ),
    "opencode#46061: thoughts in reasoning": event({"content": "", "reasoning": "The user"}) + SAID + STOP,
}


@pytest.mark.parametrize("report", ANSWERED)
def test_it_is_answered(report: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoint, "_BACKOFF", 0.01)
    answer = ANSWERED[report]
    with Server(answer if callable(answer) else lambda body: answer) as server:
        [said] = server.ask()
    assert said.replace("\u2028", "") == ANSWER


TOLD = {
    "openrouter, local-operator#223: an error in mid-stream": (
        THE
        + raw({"error": {"code": 502, "message": "Provider disconnected"}, "choices": [{"finish_reason": "error"}]}),
        "Provider disconnected",
    ),
    "OmniRoute#8210: choices are empty beside an error": (
        raw({"choices": [], "error": {"message": "Worker request limit reached"}}),
        "Worker request limit reached",
    ),
    "llama.cpp#16104: an error as the field's name": ('error: {"message": "no KV slot"}\n\n', "no KV slot"),
    "Crane#121: an error that is no JSON": ("data: error: the engine has stopped\n\n", "the engine has stopped"),
    "huggingface_hub#1651: TGI runs out of memory": (
        THE + raw({"error": "CUDA out of memory", "error_type": "generation"}),
        "CUDA out of memory",
    ),
    "openhuman#4189: LM Studio without a model": (
        (400, {"error": {"message": "No models loaded. Please load a model."}}, {}),
        "No models loaded",
    ),
    "lmstudio-bug-tracker#1680: status 200 for what it does not know": (
        (200, {"error": "Unexpected endpoint or method. (POST /chat/completions)"}, {}),
        "Unexpected endpoint",
    ),
    "ollama#15288: all of it was thought": (
        event({"content": "", "reasoning": "Answer concisely."}) + STOP,
        "empty answer",
    ),
    "cherry-studio#16079: cut by a filter": (event({"content": ""}, "content_filter"), "content filter"),
    "continue#12713: the runner has ended": (
        (500, {"error": "llama-server process has terminated: exit status 1"}, {}),
        "process has terminated",
    ),
}


@pytest.mark.parametrize("report", TOLD)
def test_it_is_told_in_the_servers_words(report: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoint, "_BACKOFF", 0.01)
    answer, words = TOLD[report]
    with Server(lambda body: answer) as server:
        [said] = server.ask()
    assert words in said.partition("!")[2] and "\n" not in said


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (
            200,
            raw({"error": "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096. Given: 4000"}),
        ),
        (422, {"error": "Input validation error: `inputs` must have less than 4096 tokens. Given: 5000"}),
        (400, {"message": "'max_tokens' is too large: 200. This model's maximum context length is 4096 tokens"}),
        (400, {"error": "This model's maximum prompt length is 131072 but the request contains 537812 tokens."}),
        (200, raw({"error": {"message": "This model's maximum context length is 1024 tokens. However, you ..."}})),
        (500, {"error": {"message": "the input length exceeds the context length"}}),
    ],
)
def test_a_prompt_that_is_too_long_loses_its_oldest_turns_however_it_is_refused(status: int, error: object) -> None:
    talk = [TALK[0], *[TALK[1]] * 5]

    def answer(body: dict) -> object:
        return (status, error, {}) if len(body["messages"]) > 4 else SAID + STOP

    with Server(answer) as server:
        assert server.ask(talk) == [ANSWER]
    assert "max_tokens" in server.bodies[-1], "the limit of the reply is none of the prompt"
