"""What an endpoint sends, as endpoints are: events between others, without data or choices, whole answers instead of
streams, errors in any shape; bounded, since the client takes any length of it.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

import httpx2

_LONGEST = 8_000_000  # bytes; 8192 tokens in as many events have some 3 million
_STEERING = {code: None for code in range(32) if chr(code) not in "\t\n\r"} | {127: None}


class Refused(Exception):
    """The endpoint said in its own words that it gives no answer, or no more of one."""


@dataclass(frozen=True)
class Choice:
    text: str
    finish: str | None
    """Why the reply ended here; None = it goes on."""


class Answer:
    """A response's choices, one after the other."""

    def __init__(self, response: Any) -> None:
        """``response``: of the client's `with_streaming_response`."""
        self._response = response
        self._half = ""  # of a character that came in two pieces
        self.understood = False
        """Whether anything in it was a reply's, were it empty."""
        self.ended = False
        """Whether the endpoint said that this is all."""

    async def __aiter__(self) -> AsyncIterator[Choice]:
        """Raises Refused, and ValueError for what no OpenAI-compatible endpoint sends."""
        kind = self._response.headers.get("content-type", "")
        if "json" in kind and "stream" not in kind:
            self.ended = True
            for choice in self._choices(json.loads("\n".join([line async for line in _lines(self._response)]))):
                yield choice
            return
        async for data in _events(self._response):
            if data.strip() == "[DONE]":
                self.ended = True
                return
            for choice in self._choices(json.loads(data)):
                yield choice

    def _choices(self, sent: Any) -> Iterator[Choice]:
        if not sent:  # a ping
            return
        if not isinstance(sent, dict):
            raise Refused(said(sent)) if said(sent) else ValueError("no object")
        if sent.get("error") or sent.get("object") == "error":
            raise Refused(said(sent))
        if (more := sent.get("x_groq")) and isinstance(more, dict) and more.get("error"):
            raise Refused(said(more))
        if "choices" not in sent:
            if said(sent):
                raise Refused(said(sent))
            raise ValueError("no choices")
        choices = sent["choices"] if isinstance(sent["choices"], list) else []
        for choice in choices:
            if not isinstance(choice, dict):
                raise ValueError("a choice that is none")
            if choice.get("index"):
                continue  # another choice than the first, which nobody asked for
            finish = choice.get("finish_reason")
            if finish == "error":
                raise Refused(said(choice) or "an error ended the answer")
            part = choice.get("delta") or choice.get("message") or {}
            text = _text(part.get("content")) or _text(part.get("refusal")) or _text(choice.get("text"))
            self.understood = self.understood or bool(text or finish or part)
            yield Choice(self._whole(text), finish if isinstance(finish, str) else None)

    def _whole(self, text: str) -> str:
        """``text`` with halves of characters joined, and without what no text holds."""
        text, self._half = self._half + text, ""
        if text and "\ud800" <= text[-1] <= "\udbff":
            text, self._half = text[:-1], text[-1]
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").translate(_STEERING)


def said(sent: Any, depth: int = 4) -> str:
    """What an error in any shape says, on one line; empty when it says nothing."""
    if isinstance(sent, str):
        return " ".join(sent.split())
    if isinstance(sent, dict) and depth:
        inner = (said(sent.get(key), depth - 1) for key in ("message", "error", "detail", "msg", "error_message"))
        return next(filter(None, inner), "")
    if isinstance(sent, list) and depth:
        return next(filter(None, (said(one, depth - 1) for one in sent[:3])), "")
    return ""


def _text(content: Any) -> str:
    """Of a string, or of a list of parts. Raises ValueError for anything else."""
    if isinstance(content, list) and all(isinstance(part, dict) for part in content):
        return "".join(_text(part.get("text")) for part in content)
    if content is None or isinstance(content, str):
        return content or ""
    raise ValueError("content that is no text")


async def _lines(response: Any) -> AsyncIterator[str]:
    """Raises the errors that the client raises before an answer begins."""
    import openai

    try:
        async for line in response.iter_lines():
            yield line
    except httpx2.TimeoutException:
        raise TimeoutError from None
    except httpx2.HTTPError as error:
        raise openai.APIConnectionError(request=response.http_request) from error


async def _events(response: Any) -> AsyncIterator[str]:
    """The data of each event that has some (https://html.spec.whatwg.org/multipage/server-sent-events.html). Lines that
    are no field are data, too: some servers send an error as it is."""
    held: list[str] = []
    async for line in _lines(response):
        field, _, value = line.removeprefix("\ufeff").partition(":")
        if field == "data":
            held.append(value.removeprefix(" "))
        elif not line.strip():
            data, held = "\n".join(held), []
            if data.strip():
                yield data
        elif field not in ("", "event", "id", "retry"):
            held.append(line)
    if data := "\n".join(held).strip():
        yield data


async def bounded(response: httpx2.Response) -> None:
    """A hook of the HTTP client: an answer that is longer than any reply ends as a broken connection."""
    if isinstance(response.stream, httpx2.AsyncByteStream):
        response.stream = _Bounded(response.stream)


class _Bounded(httpx2.AsyncByteStream):
    def __init__(self, stream: httpx2.AsyncByteStream) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        left = _LONGEST
        async for data in self._stream:
            left -= len(data)
            if left < 0:
                raise httpx2.RemoteProtocolError("the answer has no end")
            yield data

    async def aclose(self) -> None:
        await self._stream.aclose()
