"""The endpoint that writes datasets: the real client against a local server that fails in every way."""

from __future__ import annotations

import socket
from functools import partial

import pytest

from assistant.llm.endpoint_errors import Service, trouble
from tests import fake_openai
from tests.fake_openai import FakeOpenAI, Fault
from tests.training.data.test_make import KEY, Script, endpoint, job, made, reply
from training.data import make, prices
from training.data.writer import EndpointWriter
from training.errors import TrainingError


def test_endpoint_is_asked_for_structured_output_and_its_usage_is_counted(tmp_path):
    with FakeOpenAI(chat=Script(reply("apples", "boats"), reply("candles", "doors"))) as server:
        state = made(job(tmp_path), endpoint(server), prices.Price(1e6, 1e6))
        request = server.requests[0].json
    assert request["response_format"]["json_schema"]["strict"] is True
    assert (state.tokens_in, state.tokens_out, state.dollars) == (18, 2, 20.0)


def test_rate_limit_is_waited_for_as_long_as_the_endpoint_says(tmp_path):
    pauses: list[float] = []
    faults = [Fault(429, retry_after="7"), Fault(503), Fault(503)]
    with FakeOpenAI(chat=Script(reply("apples", "boats")), faults=faults) as server:
        made(job(tmp_path, count=2), endpoint(server, pauses))
    assert pauses == [7.0, 2.0, 4.0]


@pytest.mark.parametrize("status", [400, 500])  # llama-cpp-python's server answers 500
def test_other_forms_of_structured_output_are_tried_and_then_none(tmp_path, monkeypatch, status):
    message = "response_format: Input should be 'text'"
    monkeypatch.setitem(fake_openai._ERRORS, status, ("invalid_request_error", None, message))
    with FakeOpenAI(chat=Script(reply("apples", "boats")), faults=[Fault(status), Fault(status)]) as server:
        made(job(tmp_path, count=2), endpoint(server))
    forms = [(request.json.get("response_format") or {}).get("type") for request in server.requests]
    assert forms == ["json_schema", "json_object", None]


def test_option_that_is_refused_is_left_out(tmp_path, monkeypatch):
    message = "Unsupported value: 'temperature' does not support 1 with this model."
    monkeypatch.setitem(fake_openai._ERRORS, 400, ("invalid_request_error", "unsupported_value", message))
    with FakeOpenAI(chat=Script(reply("apples", "boats")), faults=[Fault(400)]) as server:
        made(job(tmp_path, count=2), endpoint(server))
    first, second = (request.json for request in server.requests)
    assert first.pop("temperature") == 1.0 and first == second


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        (Fault(401), "the key in FAKE_KEY was refused by"),
        (Fault(404), "does not know the model 'fake-small'"),
        (Fault(429), "still asked too often"),
        (Fault(500), "answered with status 500"),
    ],
)
def test_lasting_trouble_is_one_sentence_and_nothing_is_lost(tmp_path, fault, sentence):
    with FakeOpenAI(chat=Script(reply("apples", "boats")), faults=[None, *[fault] * 6]) as server:
        with pytest.raises(TrainingError, match=sentence) as caught:
            made(job(tmp_path), endpoint(server))
    assert KEY not in str(caught.value) and "\n" not in str(caught.value)
    assert len(make.load(job(tmp_path)).rows) == 2


def test_address_where_nothing_answers_is_named_at_once(tmp_path):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/v1"
    service = Service("Ollama", url, "LLM_API_KEY", None, "m", 120.0)
    writer = EndpointWriter(url, None, "m", "Ollama", partial(trouble, service=service))
    with pytest.raises(TrainingError, match=f"nothing answers at {url}"):
        made(job(tmp_path), writer)
