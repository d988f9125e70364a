"""What is worked out for words once, and dropped when a visitor's words must be forgotten."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeVar

_Function = TypeVar("_Function", bound=Callable[..., Any])
_caches: list[Any] = []


def kept(most: int) -> Callable[[_Function], _Function]:
    """Keep the results of the last ``most`` calls."""

    def keeping(function: _Function) -> _Function:
        cached: Any = lru_cache(most)(function)
        _caches.append(cached)
        return cached

    return keeping


def forget() -> None:
    """Drop all of them."""
    for cached in _caches:
        cached.cache_clear()
