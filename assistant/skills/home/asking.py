"""What is asked of Home Assistant once: a sentence, a service, the states."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp

from assistant.errors import EngineError
from assistant.skills.home import problems
from assistant.skills.home.address import Address
from rag.text import clean

AGENT = "conversation.home_assistant"
"""Home Assistant's own; another might be a language model."""

TIMEOUT = 8.0
"""Seconds for an answer."""

MOST_BYTES = 32_000_000
_LONGEST_SPEECH = 600


@dataclass(frozen=True)
class Reply:
    speech: str
    code: str = ""
    """Why it was not done, as Home Assistant says: "no_intent_match", "no_valid_targets" ..."""
    conversation: str = ""


@dataclass(frozen=True)
class Call:
    """A service."""

    domain: str
    service: str
    data: Mapping[str, Any]


def session(place: Address) -> aiohttp.ClientSession:
    """It follows no redirect: the token goes to its own host only. A server nearby is asked without proxies."""
    trace = aiohttp.TraceConfig()
    trace.on_request_redirect.append(_refuse)
    return aiohttp.ClientSession(trust_env=not place.is_near, trace_configs=[trace])


async def process(place: Address, words: str, language: str, conversation: str) -> Reply | None:
    """What it says to ``words``; None when it takes no sentences. Raises EngineError."""
    body = {"text": words, "language": language, "agent_id": AGENT}
    if conversation:
        body["conversation_id"] = conversation
    content = await _json(place, "POST", "/api/conversation/process", body)
    if content is None:
        return None
    try:
        response = content["response"]
        speech = response.get("speech", {}).get("plain", {}).get("speech", "")
        code = response.get("data", {}).get("code", "") if response.get("response_type") == "error" else ""
        return Reply(_spoken(speech), str(code), str(content.get("conversation_id") or ""))
    except (KeyError, TypeError, AttributeError):
        raise EngineError(problems.STRANGE) from None


async def call(place: Address, wanted: Call) -> None:
    """Raises EngineError."""
    path = f"/api/services/{wanted.domain}/{wanted.service}"
    if await _json(place, "POST", path, wanted.data) is None:
        raise EngineError(problems.CANNOT)


async def states(place: Address) -> dict[str, dict[str, Any]]:
    """Id of an entity -> its state and attributes. Raises EngineError."""
    rows = await _json(place, "GET", "/api/states", None)
    if not isinstance(rows, list):
        raise EngineError(problems.STRANGE)
    return {str(row["entity_id"]): row for row in rows if isinstance(row, dict) and "entity_id" in row}


async def _json(place: Address, method: str, path: str, body: Mapping[str, Any] | None) -> Any:
    """None = there is no such path."""
    headers = {"Authorization": f"Bearer {place.token}"}
    try:
        async with asyncio.timeout(TIMEOUT), session(place) as client:
            async with client.request(method, place.url + path, json=body, headers=headers) as response:
                if response.status in (401, 403):
                    raise EngineError(problems.REFUSED)
                if response.status == 404:
                    return None
                if response.status >= 400:
                    raise EngineError(f"Home Assistant could not do that: it reports error {response.status}.")
                return json.loads(await _read(response))
    except (TimeoutError, aiohttp.ClientError, OSError, ValueError) as error:
        raise EngineError(sentence(error)) from None


async def _read(response: aiohttp.ClientResponse) -> bytes:
    content = bytearray()
    async for chunk in response.content.iter_any():
        content += chunk
        if len(content) > MOST_BYTES:
            raise EngineError(problems.TOO_MUCH)
    return bytes(content)


def sentence(error: BaseException) -> str:
    """What became of a request, in words to be spoken."""
    match error:
        case EngineError():
            return str(error)
        case TimeoutError():
            return problems.HANGS
        case aiohttp.ClientConnectorCertificateError() | aiohttp.ClientConnectorSSLError():
            return problems.UNTRUSTED
        case aiohttp.WSServerHandshakeError() | ValueError():
            return problems.STRANGE
        case _:
            return problems.UNREACHABLE


async def _refuse(*_: Any) -> None:
    raise EngineError(problems.ELSEWHERE)


def _spoken(text: Any) -> str:
    return " ".join(clean(text).split())[:_LONGEST_SPEECH] if isinstance(text, str) else ""
