"""[mcp.NAME] of config.toml: a server of tools for the language model, by the Model Context Protocol."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from assistant.settings import option

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,23}")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_AT_HOME = (".local", ".lan", ".internal", ".home.arpa")


@dataclass(frozen=True)
class McpSettings:
    name: str = field(metadata={})
    command: str = option("", "Program that is the server, e.g. npx; it is started and ended with the assistant.")
    args: tuple[str, ...] = option((), "What follows the command.")
    env: tuple[str, ...] = option(
        (), "Names of variables that the program gets beside PATH and HOME, from the environment or .env."
    )
    url: str = option("", "Address of a server that runs already (streamable HTTP), instead of a command.")
    token: str = option("", "Name of the variable whose value is sent to url as bearer token; empty = none.")
    client_id: str = option(
        "", "Where a login needs it, because the server registers nobody by itself: the client id that it gave you."
    )
    client_secret: str = option("", "Name of the variable with the secret that came with client_id; empty = none.")
    allow: tuple[str, ...] = option((), "Its tools that run at once; * stands for any letters.")
    ask: tuple[str, ...] = option((), "Its tools that run when the user says yes.")
    never: tuple[str, ...] = option((), "Its tools that the model is not shown.")
    tools: int = option(
        16,
        "How many of its tools the model is shown with a question; where it has more, the words choose.",
        low=1,
        high=128,
    )
    budget: int = option(1500, "Characters of a result that the model reads.", low=100, high=20_000)
    timeout: float = option(30.0, "Seconds that a call may take.", low=1.0, high=600.0)


def problem(server: McpSettings) -> str:
    """What is wrong with all of its keys together, in words that follow its place; empty = nothing."""
    if not _NAME.fullmatch(server.name):
        return "is no name for a server; use letters, digits, - and _, 24 at most"
    if bool(server.command) == bool(server.url):
        return "needs either command, a program to start, or url, a server that runs already"
    if server.command and (server.token or server.client_id):
        return "has a token or a client_id, which go with url only; name the variable in env instead"
    if server.client_secret and not server.client_id:
        return "has a client_secret and no client_id"
    if server.url and (server.env or server.args):
        return "has a url, and then no args and no env: no program is started"
    for name in (*server.env, *filter(None, [server.token, server.client_secret])):
        if not _VARIABLE.fullmatch(name):
            return "must name variables in env, token and client_secret, never their values; these stand in .env"
    return _wrong_address(server) if server.url else ""


def _wrong_address(server: McpSettings) -> str:
    try:
        address = urlsplit(server.url)
        host = address.hostname
    except ValueError:
        host = None
    if not host or address.scheme not in ("http", "https"):
        return "must have a url that begins with https:// or http://"
    if server.token and address.scheme == "http" and not _at_home(host):
        return "would send its token over http through the internet, where others can read it; use https"
    return ""


def _at_home(host: str) -> bool:
    """Whether it is this machine or one of the same network, by its name or number."""
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return "." not in host or host.endswith(_AT_HOME)
