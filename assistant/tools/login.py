"""Logging in at an MCP server (OAuth): `assistant tools login NAME` lets the user agree in the browser; what the server
gives then lies in the data folder, for this user alone, and is renewed as long as the server does it."""

from __future__ import annotations

import asyncio
import json
import time
import webbrowser
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from mcp import Client
from mcp.client.auth import OAuthClientProvider
from mcp.client.auth.utils import union_scopes
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import (
    AuthorizationCodeResult,
    OAuthClientInformationFull,
    OAuthClientMetadata,
    OAuthMetadata,
    OAuthToken,
    ProtectedResourceMetadata,
)

from assistant import secrets
from assistant.errors import AssistantError, first_leaf
from assistant.folders import data_folder
from assistant.settings.mcp import McpSettings
from assistant.tools import http
from rag.atomic import write_text
from rag.output import PRIVATE

_PATIENCE = 300.0  # seconds for the user to agree in the browser
_LONGEST = 8192  # bytes of the browser's request
_ANYWHERE = "http://127.0.0.1/callback"  # stands for the redirect where nobody logs in
_DONE = "The assistant may use it now. You can close this page."


class LoginNeeded(AssistantError):
    pass


class Kept:
    """What is known of one server's login, in a file; of another address than it was made for it knows nothing."""

    def __init__(self, server: McpSettings) -> None:
        self._path = data_folder() / "mcp" / f"{server.name}.json"
        self._server = server
        self.context: Any = None
        """The provider's, whose discoveries are kept, too: a refresh needs to know where to."""

    @property
    def exists(self) -> bool:
        return "tokens" in self._read()

    async def get_tokens(self) -> OAuthToken | None:
        found = self._read().get("tokens")
        tokens = OAuthToken.model_validate(found) if found else None
        if tokens:
            _hide(tokens)
        return tokens

    async def set_tokens(self, tokens: OAuthToken) -> None:
        _hide(tokens)
        expires = time.time() + tokens.expires_in if tokens.expires_in else None
        found = {"server": self.context.oauth_metadata, "resource": self.context.protected_resource_metadata}
        discovered = {name: held.model_dump(mode="json", exclude_none=True) for name, held in found.items() if held}
        self._write(tokens=tokens.model_dump(mode="json", exclude_none=True), expires=expires, **discovered)

    async def get_client_info(self) -> OAuthClientInformationFull | None:
        if self._server.client_id:
            return self._given()
        found = self._read().get("client")
        return OAuthClientInformationFull.model_validate(found) if found else None

    async def set_client_info(self, client_info: OAuthClientInformationFull) -> None:
        self._write(client=client_info.model_dump(mode="json", exclude_none=True))

    def _given(self) -> OAuthClientInformationFull:
        name = self._server.client_secret
        secret = secrets.secret(name) if name else None
        if name and secret is None:
            raise AssistantError(f"[mcp.{self._server.name}] needs {name}; put it into the environment or .env")
        method = "client_secret_basic" if secret else "none"
        return OAuthClientInformationFull(
            client_id=self._server.client_id, client_secret=secret, token_endpoint_auth_method=method
        )

    @property
    def scope(self) -> str | None:
        """What the server asked for beyond the login, when a tool was called."""
        return self._read().get("scope")

    def want(self, scope: str | None) -> None:
        """The next login is to ask for ``scope``; this one does not do."""
        self._write(scope=scope, tokens=None)

    def restore(self) -> None:
        """Give the provider what it knew when the tokens came."""
        found = self._read()
        self.context.token_expiry_time = found.get("expires")
        if "server" in found:
            self.context.oauth_metadata = OAuthMetadata.model_validate(found["server"])
            self.context.auth_server_url = str(self.context.oauth_metadata.issuer)
        if "resource" in found:
            self.context.protected_resource_metadata = ProtectedResourceMetadata.model_validate(found["resource"])

    def forget_client(self) -> None:
        """It was registered for another port than the one that is free now."""
        self._write(client=None)

    def port(self) -> int:
        """The one of the last login; 0 = none."""
        client = self._read().get("client") or {}
        return next((urlsplit(uri).port or 0 for uri in client.get("redirect_uris") or ()), 0)

    def _read(self) -> dict[str, Any]:
        try:
            found = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) and found.get("url") == self._server.url else {}

    def _write(self, **changes: Any) -> None:
        kept = {**self._read(), "url": self._server.url, **changes}
        write_text(self._path, json.dumps({key: value for key, value in kept.items() if value is not None}), PRIVATE)


class Provider(OAuthClientProvider):
    """The SDK's, that also knows when kept tokens expire: else it would take them for good, and not renew them."""

    def __init__(self, server: McpSettings, redirect: str, ask: Any, answer: Any) -> None:
        kept = Kept(server)
        data = OAuthClientMetadata.model_validate({"client_name": "Voice assistant", "redirect_uris": [redirect]})
        super().__init__(server.url, data, kept, ask, answer)
        kept.context = self.context
        self._kept = kept

    async def _initialize(self) -> None:
        await super()._initialize()
        self._kept.restore()

    async def _perform_authorization_code_grant(self) -> tuple[str, str]:
        data = self.context.client_metadata
        data.scope = union_scopes(data.scope, self._kept.scope)
        return await super()._perform_authorization_code_grant()


def quiet(server: McpSettings, refused: Callable[[], None]) -> Provider | None:
    """Uses what an earlier login gave, and never asks the user; None where there was none. ``refused()`` is called when
    it does not do."""

    async def ask(address: str) -> None:
        refused()
        kept.want(provider.context.client_metadata.scope)
        raise LoginNeeded(needed(server))

    async def answer() -> AuthorizationCodeResult:
        raise LoginNeeded(needed(server))

    kept = Kept(server)
    if not kept.exists:
        return None
    provider = Provider(server, _ANYWHERE, ask, answer)
    return provider


def needed(server: McpSettings) -> str:
    if server.token:
        return f"{server.name} refuses its token; correct {server.token} in the environment or .env"
    return f"{server.name} wants to know who asks; log in with: assistant tools login {server.name}"


async def ask(server: McpSettings, show: Callable[[str], None]) -> None:
    """Let the user agree in the browser; ``show`` gets the address for where none opens. Raises AssistantError."""
    http.hush()
    try:
        async with asking(server, show) as provider, http.client(server, provider, lambda: None) as web:
            transport = streamable_http_client(server.url, http_client=web)
            async with Client(transport, client_info=http.US, cache=None) as client:
                await client.list_tools()
    except Exception as group:
        error = first_leaf(group)
        if isinstance(error, AssistantError):
            raise error from None
        why = secrets.redact(str(error) or type(error).__name__)[:300].rstrip(". ")
        raise AssistantError(f"{server.name}: the login failed ({why})") from None


@asynccontextmanager
async def asking(server: McpSettings, show: Callable[[str], None]) -> AsyncIterator[Provider]:
    """A provider that does so."""
    came: asyncio.Future[AuthorizationCodeResult] = asyncio.get_running_loop().create_future()

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            request = (await reader.readuntil(b"\r\n")).decode("latin-1").split(" ")
            address = urlsplit(request[1] if len(request) > 1 else "")
            given = {name: values[0] for name, values in parse_qs(address.query).items()}
            ours = address.path == "/callback" and ("code" in given or "error" in given)
            body = _DONE if ours and "code" in given else "Nothing was agreed to."
            status = "200 OK" if ours else "404 Not Found"
            writer.write(
                f"HTTP/1.1 {status}\r\nContent-Type: text/plain\r\nContent-Length: {len(body)}\r\n"
                f"Connection: close\r\n\r\n{body}".encode()
            )
            await writer.drain()
            if ours and not came.done():
                came.set_result(
                    AuthorizationCodeResult(code=given.get("code", ""), state=given.get("state"), iss=given.get("iss"))
                )
        writer.close()

    async def ask(address: str) -> None:
        if urlsplit(address).scheme not in ("http", "https"):
            raise AssistantError(f"{server.name} sends the browser to {address[:80]}, which is no page")
        show(address)
        await asyncio.to_thread(webbrowser.open, address)

    async def answer() -> AuthorizationCodeResult:
        try:
            async with asyncio.timeout(_PATIENCE):
                return await came
        except TimeoutError:
            raise AssistantError(
                f"nobody agreed within {_PATIENCE / 60:.0f} minutes; try again: assistant tools login {server.name}"
            ) from None

    listening = await _listening(take, Kept(server))
    port = listening.sockets[0].getsockname()[1]
    try:
        yield Provider(server, f"http://127.0.0.1:{port}/callback", ask, answer)
    finally:
        listening.close()


async def _listening(take: Any, kept: Kept) -> asyncio.Server:
    """On the port that the server knows from an earlier login, if it is free."""
    if port := kept.port():
        with suppress(OSError):
            return await asyncio.start_server(take, "127.0.0.1", port, limit=_LONGEST)
        kept.forget_client()
    return await asyncio.start_server(take, "127.0.0.1", 0, limit=_LONGEST)


def _hide(tokens: OAuthToken) -> None:
    for text in (tokens.access_token, tokens.refresh_token):
        if text:
            secrets.remember(text)


def forget(server: McpSettings) -> bool:
    """Drop the login; whether there was one."""
    path: Path = data_folder() / "mcp" / f"{server.name}.json"
    found = path.exists()
    path.unlink(missing_ok=True)
    return found
