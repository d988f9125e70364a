"""The proxies that the environment names: which is asked for an address, and what is wrong with it. Their values may
hold a password, so that no sentence shows one."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from urllib.parse import urlsplit
from urllib.request import getproxies_environment, proxy_bypass_environment  # type: ignore[attr-defined]

_KINDS = ("http", "https", "socks5", "socks5h")
_ASKED = ("http", "https", "all")  # the variables that HTTP clients read


def is_near(url: str) -> bool:
    """Whether the host is this machine, or one of its own network."""
    host = urlsplit(url).hostname or ""
    try:
        found = ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost" or host.endswith((".localhost", ".local")) or "." not in host
    return found.is_loopback or found.is_private or found.is_link_local


def is_direct(url: str) -> bool:
    """Whether no proxy is asked for ``url``, whatever the environment names: it is near, or NO_PROXY holds its host."""
    return is_near(url) or bool(proxy_bypass_environment(urlsplit(url).netloc.rpartition("@")[2]))


def variable(url: str) -> str:
    """The variable whose proxy is asked for ``url``; empty = none."""
    held = {} if is_direct(url) else getproxies_environment()
    return next((_name(kind) for kind in (urlsplit(url).scheme, "all") if held.get(kind)), "")


def problem(url: str) -> str:
    """Why ``url`` cannot be asked with these variables, and what to do; empty = nothing is wrong with them. One that is
    not for ``url`` counts, too: clients read them all."""
    held = {} if is_direct(url) else getproxies_environment()
    for kind in _ASKED:
        if why := _wrong(held.get(kind, "")):
            name = _name(kind)
            return f"{url} cannot be asked through the proxy in {name} ({why}); correct {name}, or leave it out"
    return ""


@contextmanager
def left_out() -> Iterator[None]:
    """Clients that are made meanwhile ask no proxy: for those that take no such option of their own."""
    before = os.environ.get("no_proxy")
    os.environ["no_proxy"] = "*"
    try:
        yield
    finally:
        if before is None:
            del os.environ["no_proxy"]
        else:
            os.environ["no_proxy"] = before


def _name(kind: str) -> str:
    name = f"{kind}_proxy"
    return name if os.environ.get(name) else name.upper()


def _wrong(proxy: str) -> str:
    if not proxy:
        return ""
    scheme, separated, _ = proxy.partition("://")
    try:
        parts = urlsplit(proxy if separated else f"http://{proxy}")
        if separated and scheme.lower() not in _KINDS:
            return "proxies of its kind cannot be asked, only http://, https:// and socks5://"
        if not parts.hostname or not proxy.isprintable() or parts.port == 0:
            return "it is no address"
    except ValueError as error:  # whose own words quote what may be a password
        return "its port is out of range" if "range" in str(error) else "it is no address"
    if scheme.lower().startswith("socks5") and not find_spec("socksio"):
        return "a SOCKS proxy needs the package socksio"
    return ""
