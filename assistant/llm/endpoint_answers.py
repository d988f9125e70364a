"""What an endpoint sends, checked: the client takes whatever is JSON for an answer, and any length of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx2

_LONGEST = 8_000_000  # bytes; 8192 tokens in as many events have some 3 million


@dataclass(frozen=True)
class Choice:
    text: str
    finish: str | None
    """Why the reply ended here; None = it goes on."""


def first_choice(chunk: Any) -> Choice | None:
    """The new text in a chunk of a reply; None when it has none, as the one with the token counts.

    Raises ValueError for what no OpenAI-compatible endpoint sends.
    """
    choices = getattr(chunk, "choices", ())
    if not isinstance(choices, list):
        if choices is None:
            return None
        raise ValueError("no list of choices")
    if not choices:
        return None
    delta, finish = getattr(choices[0], "delta", None), getattr(choices[0], "finish_reason", None)
    text = getattr(delta, "content", None) or getattr(delta, "refusal", None) or ""
    is_whole = finish is not None or hasattr(delta, "content")
    if not is_whole or not isinstance(text, str) or not isinstance(finish, str | None):
        raise ValueError("no text in a choice")
    return Choice(text, finish)


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
