"""An MCP server at an address: streamable HTTP, bounded, with a token or a login (OAuth) where it asks for one."""

from __future__ import annotations

import logging
import warnings
from collections.abc import AsyncIterator
from typing import Any

import httpx2
from mcp_types import Implementation

from assistant import __version__, secrets
from assistant.errors import UsageError
from assistant.settings.mcp import McpSettings
from assistant.tools.stdio import LONGEST
from rag import proxies

US = Implementation(name="voice-assistant", version=__version__)
"""As servers are told who calls."""
_CONNECT, _READ = 20.0, 300.0  # seconds; a stream may be silent for a while


class TooLong(httpx2.StreamError):
    """Raised while an answer is read."""


def client(server: McpSettings, login: httpx2.Auth | None, refused: Any) -> httpx2.AsyncClient:
    """``refused()`` is called when the server says that it does not know who asks. Raises UsageError."""

    async def look(response: httpx2.Response) -> None:
        if response.status_code == 401:
            refused()
        if not response.headers.get("content-type", "").startswith("text/event-stream"):  # the SDK bounds its events
            response.stream = _Bounded(response.stream)

    if wrong := proxies.problem(server.url):
        raise UsageError(wrong)
    return httpx2.AsyncClient(
        headers=_token(server),
        timeout=httpx2.Timeout(_CONNECT, read=_READ),
        auth=login,
        trust_env=not proxies.is_direct(server.url),
        event_hooks={"response": [look]},
    )


def _token(server: McpSettings) -> dict[str, str]:
    if not server.token:
        return {}
    value = secrets.secret(server.token)
    if value is None:
        raise UsageError(f"[mcp.{server.name}] needs {server.token}; put it into the environment or .env")
    return {"Authorization": f"Bearer {value}"}


class _Bounded(httpx2.AsyncByteStream):
    def __init__(self, stream: Any) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        length = 0
        async for chunk in self._stream:
            length += len(chunk)
            if length > LONGEST:
                raise TooLong(f"the answer has more than {LONGEST // 1_000_000} MB")
            yield chunk

    async def aclose(self) -> None:
        await self._stream.aclose()


def hush() -> None:
    """What goes wrong is told in our own words; the SDK would write it on the terminal, too."""
    for name in ("mcp", "httpx2"):
        logger = logging.getLogger(name)
        logger.propagate = False
        logger.addHandler(logging.NullHandler())
    warnings.filterwarnings("ignore", category=UserWarning, module="mcp")
