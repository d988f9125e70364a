"""Where Home Assistant is, and the token that goes there and nowhere else."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from assistant.errors import UsageError
from assistant.secrets import secret, setting

URL = "HOME_ASSISTANT_URL"
TOKEN = "HOME_ASSISTANT_TOKEN"
AREA = "HOME_ASSISTANT_AREA"

_OWN_NETWORK = (".lan", ".home", ".internal", ".home.arpa")
"""Endings that no public name has, beside those of `rag.proxies.is_near`."""


@dataclass(frozen=True)
class Address:
    url: str
    """Without a slash at its end."""
    token: str = field(repr=False)
    area: str = ""
    """The room where the assistant stands, as Home Assistant calls it; empty = not known."""

    @property
    def is_near(self) -> bool:
        return _is_near(self.url)


def address() -> Address | None:
    """From the environment or `.env`; None when neither url nor token is set. Raises UsageError."""
    url, token = setting(URL), secret(TOKEN)
    if not url and not token:
        return None
    if not url or not token:
        raise UsageError(f"{URL} and {TOKEN} belong together, and {TOKEN if url else URL} is not set; see docs/HOME.md")
    if not (token.isascii() and token.isprintable()):
        raise UsageError(f"{TOKEN} holds characters that no token has; copy it anew")
    try:
        parts = urlsplit(url)
        is_address = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0 and not parts.username
    except ValueError:
        is_address = False
    if not is_address:
        raise UsageError(f"{URL} is no address; write it like http://homeassistant.local:8123")
    if parts.scheme == "http" and not _is_near(url):
        raise UsageError(f"{URL} leaves your own network in clear text; write https:// instead of http://")
    return Address(f"{parts.scheme}://{parts.netloc}{parts.path}".rstrip("/"), token, setting(AREA) or "")


def _is_near(url: str) -> bool:
    from rag.proxies import is_near

    return is_near(url) or (urlsplit(url).hostname or "").endswith(_OWN_NETWORK)
