"""Any answer of a language model's endpoint: words, or one sentence, within [llm] timeout."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

import httpx2
import openai
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.errors import EngineError
from assistant.llm import LlmSettings, Message, endpoint
from tests.fuzz.examples import JSON, altered, damaged, examples

CHUNK = {
    "id": "chatcmpl-1",
    "object": "chat.completion.chunk",
    "created": 1,
    "model": "m",
    "choices": [{"index": 0, "delta": {"role": "assistant", "content": "It is old."}, "finish_reason": None}],
    "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
}
ERROR = {"error": {"message": "No.", "type": "server_error", "param": "temperature", "code": "overloaded"}}
EVENTS = st.one_of(
    altered(CHUNK).map(json.dumps),
    altered(ERROR).map(json.dumps),
    JSON.map(json.dumps),
    st.sampled_from(["[DONE]", "", "{", "null", "<html>", '{"choices":[null]}', '{"choices":' * 2000]),
)
LINES = st.one_of(
    EVENTS.map(lambda data: f"data: {data}\n\n".encode("utf-8", "surrogatepass")),
    st.sampled_from([b"event: error\n", b": ping\n\n", b"data:\n\n", b"retry: x\n\n", b"\r\r", b"data: \xff\n\n"]),
    st.binary(max_size=20),
)
BODIES = st.lists(LINES, max_size=6).map(b"".join) | damaged(
    [b"data: " + json.dumps(CHUNK).encode() + b"\n\n"], head=400
)
HEADERS = st.dictionaries(
    st.sampled_from(["content-type", "retry-after", "content-encoding", "x-request-id", "location"]),
    st.sampled_from(["text/event-stream", "application/json", "0", "-1", "nan", "inf", "1e9", "x", "gzip", "/v1", ""]),
    max_size=2,
)
STATUSES = st.sampled_from([200, 200, 200, 200, 204, 301, 307, 400, 401, 404, 408, 418, 429, 500, 503, 599])


class Body(httpx2.AsyncByteStream):
    def __init__(self, content: bytes, breaks: bool) -> None:
        self._content, self._breaks = content, breaks

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for begin in range(0, len(self._content), 50):
            yield self._content[begin : begin + 50]
        if self._breaks:
            raise httpx2.ReadError("cut")


async def replied() -> str:
    settings = LlmSettings(engine="openai", preset="custom", base_url="http://here/v1", model="m", timeout=5.0)
    async with asyncio.timeout(30):
        return "".join(
            [piece async for piece in endpoint.load(settings, print).reply([Message("user", "How old is it?")])]
        )


@examples(80)
@given(answers=st.lists(st.tuples(STATUSES, HEADERS, BODIES, st.booleans()), min_size=1, max_size=3))
def test_any_answer(monkeypatch: pytest.MonkeyPatch, answers: list) -> None:
    try:
        assert isinstance(asked(monkeypatch, answers), str)
    except EngineError as error:
        assert str(error)


def test_a_refusal_whose_text_breaks_off(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(EngineError, match="broke off"):
        asked(monkeypatch, [(400, {}, b'{"error": {', True)])


def asked(monkeypatch: pytest.MonkeyPatch, answers: list) -> str:
    """The reply of an endpoint that gives these answers, the last one again and again."""
    waiting = list(answers)

    def answer(request: httpx2.Request) -> httpx2.Response:
        status, headers, body, breaks = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        return httpx2.Response(status, headers=headers, stream=Body(body, breaks))

    monkeypatch.setattr(endpoint, "_BACKOFF", 0.0)
    monkeypatch.setattr(
        openai,
        "DefaultAsyncHttpxClient",
        lambda **more: httpx2.AsyncClient(transport=httpx2.MockTransport(answer), **more),
    )
    return asyncio.run(replied())
