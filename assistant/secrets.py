"""API keys and passwords: where they come from, and that they stay out of everything that is shown or written down."""

from __future__ import annotations

import io
import os
from pathlib import Path

from assistant import trust
from assistant.folders import checkout, config_folder
from rag import secrets as looks
from rag.secrets import HIDDEN

_handed_out: set[str] = set()


def remember(secret: str) -> None:
    """From now on `redact` hides this very text, whatever it looks like."""
    if len(secret) >= 6:  # a shorter one would blank out ordinary words, and protects nothing
        _handed_out.add(secret)


def contains_key(text: str) -> bool:
    """Whether ``text`` holds something that looks like an API key, a private key or a password."""
    return looks.found(text) or any(secret in text for secret in _handed_out)


def redact(text: str) -> str:
    """``text`` with every API key and password replaced by ``[key-hidden]``."""
    for secret in sorted(_handed_out, key=len, reverse=True):
        text = text.replace(secret, HIDDEN)
    return looks.hide(text)


def secret(name: str) -> str | None:
    """A key such as OPENAI_API_KEY; None when not set; see `setting` for where it comes from.

    Its value must never be printed, logged or journalled; `redact` knows it from now on.
    """
    value = setting(name)
    if value:
        remember(value)
    return value


def setting(name: str) -> str | None:
    """What belongs to a key and is none itself, such as the address that it is for; None when not set. From the
    environment, else from `.env` in the working directory (if the user agreed to that folder), in the user's config
    folder, or in the checkout that the program runs from.
    """
    values = (os.environ.get(name), *(held.get(name) for held in map(_held, _places()) if held))
    return next((value.strip() for value in values if value and value.strip()), None)


def names_in(path: Path) -> list[str]:
    """The names of what a `.env` sets."""
    return list(_held(path))


def _places() -> list[Path]:
    places = [place / ".env" for place in (Path(), config_folder(), checkout()) if place]
    return places if trust.counts(places[0]) else places[1:]


def _held(path: Path) -> dict[str, str | None]:
    """A file in another encoding than UTF-8 or, by its mark, UTF-16 has a sign for each byte that is neither."""
    content = trust.content(path)
    if not content:
        return {}
    from dotenv import dotenv_values

    marked = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    return dotenv_values(stream=io.StringIO(content.decode("utf-16" if marked else "utf-8-sig", errors="replace")))
