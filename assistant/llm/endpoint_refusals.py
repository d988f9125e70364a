"""What of a request an endpoint refuses, told by its words."""

from __future__ import annotations

import re
from collections.abc import Iterable

_FULL = re.compile(
    r"context[ _-]?(?:length|size|window)|maximum (?:context|prompt|input|model)|too many (?:input )?tokens"
    r"|(?:prompt|input) (?:is )?too long|reduce the length|request (?:entity )?too large|payload too large"
    r"|exceeds? .{0,40}(?:tokens|context)|prompt.{0,40} exceeds"
    r"|context limit|prompt has \d+ tokens|too many total|shorten|messages? resulted in \d"
    r"|(?:conversation|messages?|history|query|text) (?:is |are )?too (?:long|large)"
    r"|\binputs\b.{0,60}(?:must be <=|must have less than)|max_seq_len|\bn_ctx\b|num_ctx|token limit",
    re.IGNORECASE,
)
_NO_SYSTEM = re.compile(
    r"\broles?\b|[\"'`]system[\"'`]|system (?:message|prompt|instruction)|developer (?:message|instruction)"
    r"|system.{0,20}not supported|first message must",
    re.IGNORECASE,
)
_NO_TOOLS = re.compile(r"\btools?\b|tool_|function[ _-]?call", re.IGNORECASE)
_NO = (
    r"(?:\b(?:can)?not\b|n['’]t\b|\bno\b|\bun(?:supported|available)\b|\bdisabled\b|\bforbidden\b|\bmust be false\b"
    r"|\bwithout\b)"
)
_NO_STREAM = re.compile(rf"stream(?:ing|ed)\b.{{0,60}}{_NO}|{_NO}.{{0,60}}\bstream(?:ing|ed)\b", re.IGNORECASE)
_LOADING = re.compile(r"loading (?:the )?model|model (?:\S+ )?is (?:still |being |currently )*load", re.IGNORECASE)


def of_length(words: str, status: int) -> bool:
    """Whether the conversation is too long."""
    return status == 413 or _FULL.search(words) is not None


def of_system(words: str) -> bool:
    """Whether it may be the system message."""
    return bool(_NO_SYSTEM.search(words)) and not of_tools(words)


def of_tools(words: str) -> bool:
    return _NO_TOOLS.search(words) is not None


def while_loading(words: str) -> bool:
    """Whether the model is not ready yet."""
    return _LOADING.search(words) is not None


def option(words: str, options: Iterable[str]) -> str | None:
    """Which of the request's ``options`` the words name; None = none of them."""
    return next((name for name in options if _names(words, name)), None)


def _names(words: str, name: str) -> bool:
    """Also in camel case."""
    if name == "stream" and _NO_STREAM.search(words):
        return True
    return bool(re.search(rf"(?<![a-z]){name.replace('_', '_?')}(?![a-z]|_o)", words, re.IGNORECASE))
