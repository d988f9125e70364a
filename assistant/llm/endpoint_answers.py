"""What an endpoint sends, as endpoints are: events between others, without data or choices, whole answers instead of
streams, errors in any shape; bounded, since the client takes any length of it.
"""

from __future__ import annotations

import codecs
import contextlib
import io
import json
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

import httpx2

from assistant.errors import EngineError
from assistant.llm.endpoint_calls import Calls
from assistant.llm.endpoint_shapes import listed, of_others

_LONGEST = 8_000_000  # bytes; 8192 tokens in as many events have some 3 million
_FIRST = (None, 0, "0")
_THOUGHTS = ("reasoning_content", "reasoning", "thinking", "reasoning_details")  # members of a delta
_STEERING = {code: None for code in range(32) if chr(code) not in "\t\n\r"} | {127: None}


# Where errors keep their words, the clearest first.
_WORDS = (
    "message errordescription detail details error errors fault faultstring msg errormessage errormsg baseresp "
    "statusmsg statusmessage exception description reason cause title"
).split()
_OF_ERRORS = frozenset("error errors detail details fault exception".split())  # below them any words tell
_UNTOLD = frozenset("param loc id requestid url path timestamp help documentation docurl code status".split())
_HEAD = 4096  # characters of a web page that hold its title
_TITLE = re.compile(r"<title>([^<]{1,200})", re.IGNORECASE)


class Refused(Exception):
    """The endpoint said in its own words that it gives no answer, or no more of one."""


class Empty(EngineError):
    """An answer without a word."""

    def __init__(self, message: str, full: bool, thought: bool) -> None:
        """``full``: whether the endpoint says that its context is; ``thought``: whether it wrote what is not said."""
        super().__init__(message)
        self.full, self.thought = full, thought


class NoReply(ValueError):
    """What no OpenAI-compatible endpoint sends; its text is what was sent instead, where that are words."""


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
        self._others: list[dict] = []  # read where nothing else comes
        self.understood = False
        """Whether anything in it was a reply's, were it empty."""
        self.calls = Calls()
        self.calls_tool = False
        self.ended = False
        """Whether the endpoint said that this is all."""
        self.written = 0
        """Bytes of all that it wrote, as far as that is sent, thoughts too."""
        self.tokens = 0
        """That it wrote, as far as it says so."""
        self.instead = ""
        """Words that came beside a reply, of no meaning where there was one."""

    @property
    def thought(self) -> bool:
        """Whether it wrote anything, spoken or not."""
        return self.written > 0 or self.tokens > 1  # a full context may leave room for one

    async def __aiter__(self) -> AsyncIterator[Choice]:
        """Raises Refused, and ValueError for what no OpenAI-compatible endpoint sends."""
        async for sent in self._sent():
            for choice in self._choices(sent):
                yield choice
        if not self.understood:
            for choice in self._choices({"choices": self._others}):
                yield choice
        if self._half:
            self._half = ""
            yield Choice("\N{REPLACEMENT CHARACTER}", None)

    async def _sent(self) -> AsyncIterator[Any]:
        kind = self._response.headers.get("content-type", "")
        cut: ValueError | None = None
        async for event, data in _events(_lines(self._response), may_be_whole="json" in kind and "stream" not in kind):
            for text in _texts(data):
                if text.lower() == "[done]":
                    self.ended = True
                    return
                if cut:
                    raise cut
                try:
                    yield _parsed(event, text)
                except ValueError as error:
                    if not self.understood:
                        raise
                    cut = error  # the last piece of all may be cut off

    def _choices(self, sent: Any) -> Iterator[Choice]:
        if not sent or isinstance(sent, (bool, int, float)):  # a ping
            return
        if isinstance(sent, list) and all(
            isinstance(one, dict) and ("choices" in one or of_others(one)) for one in sent
        ):
            for one in sent:
                yield from self._choices(one)
            return
        if not isinstance(sent, dict):
            raise Refused(said(sent)) if said(sent) else NoReply
        if sent.get("error") or sent.get("object") == "error":
            raise Refused(said(sent))
        if (more := sent.get("x_groq")) and isinstance(more, dict) and more.get("error"):
            raise Refused(said(more))
        if "choices" not in sent:
            if (other := of_others(sent)) is not None:
                yield from self._choices(other)
            elif said(sent):
                raise Refused(said(sent))
            return  # a ping, too
        self.tokens = max(self.tokens, _tokens(sent))
        choices = listed(sent["choices"])
        if not choices:
            self.instead = self.instead or said(sent)
        for choice in choices:
            if not isinstance(choice, dict):
                raise NoReply
            if choice.get("index") not in _FIRST:  # a choice that nobody asked for; but some servers count from 1
                self._others.append({**choice, "index": 0})
                continue
            finish = choice.get("finish_reason")
            if finish == "error":
                raise Refused(said(choice) or "an error ended the answer")
            self.ended = self.ended or "message" in choice  # a whole answer
            part = choice.get("delta") or choice.get("message") or {}
            text = _text(part.get("content")) or _text(part.get("refusal")) or _text(choice.get("text"))
            self.calls_tool = self.calls.feed(part) or self.calls_tool or finish == "tool_calls"
            self.understood = self.understood or bool(text or finish or part)
            self.written += len(text.strip().encode("utf-8", "replace"))
            self.written += sum(len(str(part.get(name) or "")) for name in _THOUGHTS)
            yield Choice(self._whole(text), finish if isinstance(finish, str) else None)

    def _whole(self, text: str) -> str:
        """``text`` with halves of characters joined, and without what no text holds."""
        text, self._half = self._half + text, ""
        if text and "\ud800" <= text[-1] <= "\udbff":
            text, self._half = text[:-1], text[-1]
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").translate(_STEERING)


def said(sent: Any, depth: int = 6, of_error: bool = False) -> str:
    """What an error in any shape says, on one line; empty when it says nothing.

    ``of_error``: whether it stands where errors keep theirs, by whatever names.
    """
    if isinstance(sent, str):
        return _words(sent, depth)
    if isinstance(sent, dict) and depth:
        values = {re.sub("[_-]", "", str(key).lower()): value for key, value in sent.items()}
        known = [(key, values[key]) for key in _WORDS if key in values]
        known += [(key, value) for key, value in values.items() if of_error and key not in _UNTOLD]
        words = next(filter(None, (said(value, depth - 1, key in _OF_ERRORS or of_error) for key, value in known)), "")
        metadata = sent.get("metadata")
        raw = said(metadata.get("raw"), depth - 1) if isinstance(metadata, dict) else ""  # OpenRouter's: the provider's
        return ": ".join(filter(None, (words, raw)))
    if isinstance(sent, list) and depth:
        return next(filter(None, (said(one, depth - 1, of_error) for one in sent[:3])), "")
    return ""


def _words(text: str, depth: int) -> str:
    """Of a text that may be JSON, or a web page, whose title is taken."""
    if depth and text[:1] in ("{", "["):
        with contextlib.suppress(ValueError, RecursionError):
            return said(json.loads(text), depth - 1)
    if text[:200].lstrip().startswith("<"):
        title = _TITLE.search(text[:_HEAD])
        text = title[1] if title else ""
    return " ".join(text.split())


def _tokens(sent: dict) -> int:
    """That were written; 0 where it does not say so."""
    usage = sent.get("usage")
    count = usage.get("completion_tokens") if isinstance(usage, dict) else None
    return count if isinstance(count, int) else 0


def _text(content: Any) -> str:
    """Of a string, a part, or a list of them. Raises NoReply for anything else."""
    if isinstance(content, list):
        return "".join(map(_text, content))
    if isinstance(content, dict):
        return _text(content.get("text"))
    if content is None or isinstance(content, str):
        return content or ""
    raise NoReply


async def _lines(response: Any) -> AsyncIterator[str]:
    """Read as UTF-8, whatever the endpoint calls it; line feeds and carriage returns end them, nothing else.

    Raises the errors that the client raises before an answer begins.
    """
    import openai

    decoder = io.IncrementalNewlineDecoder(codecs.getincrementaldecoder("utf-8")("replace"), translate=True)
    begun: list[str] = []
    try:
        async for data in response.iter_bytes():
            *lines, rest = decoder.decode(data).split("\n")
            for line in lines:
                yield "".join([*begun, line])
                begun = []
            begun.append(rest)
    except httpx2.TimeoutException:
        raise TimeoutError from None
    except httpx2.HTTPError as error:
        raise openai.APIConnectionError(request=response.http_request) from error
    for line in "".join([*begun, decoder.decode(b"", final=True)]).split("\n"):
        yield line


async def _events(lines: AsyncIterator[str], may_be_whole: bool) -> AsyncIterator[tuple[str, str]]:
    """The name and the data of each event that has some, see
    https://html.spec.whatwg.org/multipage/server-sent-events.html. Lines that are no field are data, too: some servers
    send an error as it is. ``may_be_whole``: whether it may be one JSON text, which goes on after an empty line.
    """
    held: list[str] = []
    event = ""
    bare = False  # whether what is held is no field's
    async for line in lines:
        field, _, value = line.removeprefix("\ufeff").partition(":")
        if field == "data":
            held.append(value.removeprefix(" "))
        elif not line.strip() and not (may_be_whole and bare):
            if data := "\n".join(held).strip():
                yield event, data
            held, event, bare = [], "", False
        elif field == "event":
            event = value.strip()
        elif field not in ("", "id", "retry"):
            held.append(line)
            bare = True
    if data := "\n".join(held).strip():
        yield event, data


def _texts(data: str) -> list[str]:
    """The JSON texts of an event, mostly one; some servers leave out the empty lines between events."""
    if data[:1] in ("{", "[") and "\n" in data:
        try:
            json.loads(data)
        except (ValueError, RecursionError):
            return [text for line in data.split("\n") if (text := line.strip())]
    return [data.removeprefix("data:").strip()]  # some write the field's name twice


def _parsed(event: str, text: str) -> Any:
    """Words that are no JSON become those of an object without choices.

    Raises Refused for an error, and ValueError.
    """
    name, _, rest = text.partition(":")
    if name.strip().lower() == "error":
        raise Refused(said(rest.strip()))
    if event == "error":
        raise Refused(said(text))
    if text[:1] in ("{", "[", '"') or text in ("null", "true", "false") or text[:1].isdigit():
        return json.loads(text)
    return {"choices": None, "message": text}


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
