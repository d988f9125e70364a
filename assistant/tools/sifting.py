"""Tools that a server describes wrongly are taken out of its list, so that the others can be used.

The SDK refuses the whole list for one of them, and with it the server.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from mcp_types import methods
from pydantic import ValidationError

from rag.text import readable

_LIST = "tools/list"
_LONGEST_NAME = 60


@asynccontextmanager
async def sifted(
    transport: Any, version: Callable[[], str], left_out: Callable[[list[str], str], None]
) -> AsyncIterator[Any]:
    """``transport``, see `mcp.Client`, whose lists of tools hold none that cannot be read.

    ``version``: of the protocol that both speak; ``left_out`` is told the names of tools and what is wrong with
    the first.
    """
    async with transport as (received, sending):
        yield _Sifted(received, version, left_out), sending


class _Sifted:
    def __init__(self, stream: Any, version: Callable[[], str], left_out: Callable[[list[str], str], None]) -> None:
        self._stream, self._version, self._left_out = stream, version, left_out

    async def __aenter__(self) -> _Sifted:
        await self._stream.__aenter__()
        return self

    async def __aexit__(self, *error: Any) -> Any:
        return await self._stream.__aexit__(*error)

    def __aiter__(self) -> _Sifted:
        return self

    async def __anext__(self) -> Any:
        item = await self._stream.__anext__()
        result = getattr(getattr(item, "message", None), "result", None)
        if isinstance(result, dict) and isinstance(result.get("tools"), list) and "content" not in result:
            self._sift(result)
        return item

    @property
    def last_context(self) -> Any:
        """What the SDK's streams hand on beside each message."""
        return getattr(self._stream, "last_context", None)

    def _sift(self, result: dict[str, Any]) -> None:
        version, tools = self._version(), result["tools"]
        if not _wrong(version, result) or _wrong(version, {**result, "tools": []}):
            return
        result["tools"] = []
        names, first = [], ""
        for number, tool in enumerate(tools, 1):
            if why := _wrong(version, {**result, "tools": [tool]}):
                name = tool.get("name") if isinstance(tool, dict) else None
                names.append(readable(str(name or f"number {number}"))[:_LONGEST_NAME])
                first = first or why
            else:
                result["tools"].append(tool)
        if names:
            self._left_out(names, first)


def _wrong(version: str, result: Mapping[str, Any]) -> str:
    """Empty = nothing."""
    try:
        methods.parse_server_result(_LIST, version, result)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"] if part not in ("tools", 0))
        return f"{place}: {first['msg']}"
    except (KeyError, ValueError):  # a version that the SDK does not know: it decides itself
        return ""
    return ""
