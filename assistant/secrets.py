"""API keys and passwords: where they come from, and that they stay out of everything that is shown or written down."""

from __future__ import annotations

import os
import re

HIDDEN = "[key-hidden]"

# What the providers' keys look like, also half masked as in "Incorrect API key provided: sk-ab****yz".
_KEY = re.compile(
    r"""
    (?<![A-Za-z0-9]) (?: (?:sk|xai|gsk|hf|ghp|pplx|rk|pk)[-_] [\w*-]{6,} | AIza[\w-]{20,} )
    | (?<=://) [^\s/:@]+ : [^\s/@]+ (?=@)
    | (?<=[Bb]earer[ ]) [\w.~+/=-]{6,}
""",
    re.VERBOSE,
)
_handed_out: set[str] = set()


def remember(secret: str) -> None:
    """From now on `redact` hides this very text, whatever it looks like."""
    if len(secret) >= 6:  # a shorter one would blank out ordinary words, and protects nothing
        _handed_out.add(secret)


def contains_key(text: str) -> bool:
    """Whether ``text`` holds something that looks like an API key, or a password inside an address."""
    return bool(_KEY.search(text)) or any(secret in text for secret in _handed_out)


def redact(text: str) -> str:
    """``text`` with every API key and password replaced by ``[key-hidden]``."""
    for secret in sorted(_handed_out, key=len, reverse=True):
        text = text.replace(secret, HIDDEN)
    return _KEY.sub(HIDDEN, text)


def secret(name: str) -> str | None:
    """A key such as OPENAI_API_KEY from the environment or `.env` in the working directory; None when not set.

    Its value must never be printed, logged or journalled; `redact` knows it from now on.
    """
    value = (os.environ.get(name) or "").strip()
    if not value:
        from dotenv import dotenv_values

        value = (dotenv_values(".env").get(name) or "").strip()
    if value:
        remember(value)
    return value or None
