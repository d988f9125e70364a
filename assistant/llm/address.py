"""Where an endpoint is, which key goes there, and which does not."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx2

from assistant.errors import EngineError, UsageError
from assistant.llm.presets import Preset
from assistant.secrets import secret
from rag import proxies

CERTIFICATES = ("SSL_CERT_FILE", "SSL_CERT_DIR")

_NO_HOST = re.compile(r"[\s\\<>\"{}|^`]")


@dataclass(frozen=True)
class Address:
    preset: Preset
    """With the key's variable that belongs to `url`."""
    url: str
    key: str | None
    query: dict[str, str] = field(default_factory=dict)
    """What every request carries behind the path, as Azure's api-version."""


def address(preset: Preset, base_url: str) -> Address:
    """A preset's key goes to the preset's host only; any other address gets what LLM_API_KEY holds.

    Raises UsageError for a wrong ``base_url``, EngineError for a key that is missing or none.
    """
    url = base_url or preset.base_url
    if not url:
        raise UsageError(f"[llm] base_url is not set; set it to where {preset.title} is, e.g. {preset.example}")
    check(url, "[llm] base_url")
    if base_url and not _owns(preset, base_url):
        title = "the endpoint" if preset.needs_key else preset.title
        preset = replace(preset, title=title, key=Preset.key, needs_key=False, terms="", source="")
    plain, _, query = url.partition("?")
    held = key(preset.key, preset.title if preset.needs_key else "")
    return Address(preset, plain, held, dict(parse_qsl(query, keep_blank_values=True)))


def connection(where: Address) -> dict[str, Any]:
    """What the official client is told of the place: address, key, headers."""
    header = where.preset.key_header
    return {
        "base_url": where.url,
        "api_key": where.key or "none",
        "default_headers": {header: where.key} if header and where.key else {},
        "default_query": where.query,
    }


def check(url: str, option: str) -> None:
    """Raises UsageError when ``url`` is no address of a server."""
    if not url.startswith(("http://", "https://")):
        raise UsageError(f"{option} must begin with http:// or https://, not {url!r}")
    try:
        parts = urlsplit(url)
        httpx2.URL(url)
        host = parts.hostname or ""
        host.encode("idna")
        if host and not _NO_HOST.search(host) and parts.port != 0:
            return
        why = "there is no port 0" if parts.port == 0 else f"{host!r} is no host" if host else "it names no host"
    except (ValueError, httpx2.InvalidURL) as error:
        why = str(error)
    raise UsageError(f"{option} = {url!r} is no address ({why}); write it like http://localhost:8000/v1")


def key(name: str, needed_by: str = "") -> str | None:
    """What the variable ``name`` holds. Raises EngineError when it is missing and needed, or cannot be a key."""
    value = secret(name)
    if value is None and needed_by:
        raise EngineError(f"{needed_by} needs a key: set {name} in the environment or in .env")
    if value is not None and not (value.isascii() and value.isprintable()):
        raise EngineError(f"{name} holds characters that no key has; copy the key anew")
    return value


def same_host(one: str, other: str) -> bool:
    """Whether words meant for ``one`` may go to ``other``, too: it is the same server, or its encrypted port, and not
    in clear text where they were encrypted."""
    first, second = urlsplit(one), urlsplit(other)
    ports = (_port(first), _port(second))
    clear = first.scheme == "https" and second.scheme != "https"
    return first.hostname == second.hostname and not clear and (ports[0] == ports[1] or ports == (80, 443))


def _owns(preset: Preset, url: str) -> bool:
    """Whether the preset's key may go to ``url``: to its host, or, encrypted, to any below its domains."""
    parts = urlsplit(url)
    below = any((parts.hostname or "").endswith(f".{domain}") for domain in preset.domains)
    return same_host(preset.base_url, url) or (below and (parts.scheme, _port(parts)) == ("https", 443))


def client(url: str, option: str, hooks: Sequence[Callable] = (), **options: Any) -> Any:
    """The HTTP client for ``url``: one on this machine, in its network or in NO_PROXY is asked without proxies, and no
    words follow a redirect to another host. ``hooks`` are told of each response; ``options`` are the client's own.

    Raises EngineError for proxies and certificates that cannot be used.
    """
    import openai

    return _made(openai.DefaultAsyncHttpxClient, url, option, [_stays_async, *hooks], **options)


def blocking_client(url: str, option: str) -> Any:
    """See `client`."""
    import openai

    return _made(openai.DefaultHttpxClient, url, option, [_stays])


def _made(kind: Callable[..., Any], url: str, option: str, hooks: Sequence[Callable], **options: Any) -> Any:
    if wrong := proxies.problem(url):
        raise EngineError(wrong)
    direct = proxies.is_direct(url)
    try:
        if direct and url.startswith("https"):  # without proxies, but with the certificates that the user names
            options = {"verify": httpx2.create_ssl_context(), **options}
        return kind(trust_env=not direct, event_hooks={"response": hooks}, **options)
    except (OSError, ValueError) as error:
        named = [name for name in CERTIFICATES if os.environ.get(name)]
        raise EngineError(
            f"{url} cannot be asked with {' and '.join(named) or 'these settings'} of the environment ({error}); "
            f"correct {'it' if len(named) == 1 else 'them'}, or change {option}"
        ) from None


class Elsewhere(httpx2.TransportError):
    """A redirect would take the conversation to another host."""


def _stays(response: httpx2.Response) -> None:
    if not response.is_redirect:
        return
    asked = response.request.url
    try:
        target = asked.join(response.headers.get("location", ""))
        stays = same_host(str(asked), str(target))
    except (httpx2.InvalidURL, ValueError):
        raise Elsewhere("it would go on to what is no address") from None
    if not stays:
        key = response.request.headers.get("authorization", "").rpartition(" ")[2].lower()
        known = key and key in target.host.lower()  # it would be printed
        raise Elsewhere(f"it would go on to {'another host' if known else target.host}")


async def _stays_async(response: httpx2.Response) -> None:
    _stays(response)


def _port(parts: Any) -> int:
    return parts.port or (443 if parts.scheme == "https" else 80)
