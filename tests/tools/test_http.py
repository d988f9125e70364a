"""Servers at an address: real ones, on a port of this machine."""

from __future__ import annotations

import asyncio
import logging
import socket
import stat
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from urllib.request import urlopen

import pytest
import uvicorn
from mcp.server import MCPServer
from mcp.shared.auth import OAuthToken
from mcp_types import ToolAnnotations

from assistant.errors import AssistantError
from assistant.llm import ToolCall
from assistant.modes.mcp import guarded
from assistant.settings.mcp import McpSettings
from assistant.tools import connection, http, login
from assistant.tools.toolbox import Tools

TOKEN = "token-of-the-house-1234"


def house() -> MCPServer:
    made = MCPServer("house", version="1", log_level="CRITICAL")

    @made.tool(annotations=ToolAnnotations(read_only_hint=True), structured_output=False)
    def windows(area: str) -> str:
        """Which windows are open in an area."""
        return f"One in the {area}."

    @made.tool(structured_output=False)
    def huge() -> str:
        """Tells far too much."""
        return "x" * 300_000

    return made


def play(server: McpSettings, app, scene: Callable[[Tools, str], Awaitable[None]]) -> None:
    async def whole() -> None:
        listening = socket.create_server(("127.0.0.1", 0))
        web = uvicorn.Server(uvicorn.Config(app, log_level="critical"))
        serving = asyncio.create_task(web.serve(sockets=[listening]))
        tools = Tools([replace(server, url=f"http://127.0.0.1:{listening.getsockname()[1]}/mcp")])
        tools.start()
        try:
            await scene(tools, await tools.settled(server.name))
        finally:
            await asyncio.to_thread(tools.close)
            web.should_exit = True
            await serving

    asyncio.run(whole())


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("json_response", [True, False])
def test_a_server_with_a_token_is_used_and_its_answers_are_bounded(json_response: bool, monkeypatch) -> None:
    monkeypatch.setenv("HOUSE_TOKEN", TOKEN)
    monkeypatch.setattr(http, "LONGEST", 100_000)

    async def scene(tools: Tools, why: str) -> None:
        assert why == ""
        assert [tool.name for tool in tools.tools()] == ["house_windows", "house_huge"]
        assert "One in the kitchen." in await tools.call(ToolCall("1", "house_windows", {"area": "kitchen"}))
        if json_response:
            assert "more than" in await tools.call(ToolCall("2", "house_huge", {}))
        assert (await tools.call(ToolCall("3", "house_windows", {}))).startswith("Error:")

    app = guarded(house().streamable_http_app(json_response=json_response, stateless_http=True), TOKEN)
    play(McpSettings("house", token="HOUSE_TOKEN"), app, scene)


@pytest.mark.parametrize(
    "token, expected",
    [
        ("", "house wants to know who asks; log in with: assistant tools login house"),
        ("HOUSE_TOKEN", "house refuses its token; correct HOUSE_TOKEN in the environment or .env"),
    ],
)
def test_a_server_that_wants_to_know_who_asks_says_what_to_do(token: str, expected: str, monkeypatch) -> None:
    monkeypatch.setenv("HOUSE_TOKEN", "another-token-1234")

    async def scene(tools: Tools, why: str) -> None:
        assert why == expected

    play(McpSettings("house", token=token), guarded(house().streamable_http_app(), TOKEN), scene)


def test_a_login_that_fails_is_one_sentence(monkeypatch) -> None:
    async def scene(tools: Tools, why: str) -> None:
        monkeypatch.setattr(logging.getLogger("mcp"), "propagate", True)  # as in a program that has no servers running
        with pytest.raises(AssistantError, match="^house: the login failed .Registration failed: 401"):
            await login.ask(tools._servers[0], lambda address: None)
        assert not logging.getLogger("mcp").propagate  # its traceback would be written, too

    play(McpSettings("house"), guarded(house().streamable_http_app(), TOKEN), scene)


def test_a_token_that_is_not_set_is_asked_for() -> None:
    async def scene(tools: Tools, why: str) -> None:
        assert why == "[mcp.house] needs NOT_SET_ANYWHERE; put it into the environment or .env"

    play(McpSettings("house", token="NOT_SET_ANYWHERE"), house().streamable_http_app(), scene)


def test_a_login_is_kept_for_this_user_alone_and_for_that_address_alone(data: Path) -> None:
    server = McpSettings("house", url="https://house.example/mcp")

    async def scene() -> None:
        provider = login.Provider(server, "http://127.0.0.1:1/callback", None, None)
        await provider.context.storage.set_tokens(
            OAuthToken(access_token="access-123456", refresh_token="refresh-123456", expires_in=60)
        )
        again = login.quiet(server, lambda: None)
        assert again is not None
        await again._initialize()
        assert again.context.current_tokens.access_token == "access-123456"
        assert again.context.token_expiry_time is not None and again.context.can_refresh_token() is False
        assert login.quiet(replace(server, url="https://elsewhere.example/mcp"), lambda: None) is None

    asyncio.run(scene())
    from assistant import secrets

    file = data / "voice-assistant" / "mcp" / "house.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "access-123456" not in secrets.redact("it sent access-123456")
    assert login.forget(server) and not login.forget(server) and not file.exists()


def test_what_the_browser_brings_back_is_taken_from_this_machine(monkeypatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr(login.webbrowser, "open", opened.append)
    shown: list[str] = []

    async def scene() -> None:
        async with login.asking(McpSettings("house", url="https://house.example/mcp"), shown.append) as provider:
            redirect = str(provider.context.client_metadata.redirect_uris[0])
            await provider.context.redirect_handler("https://house.example/authorize?x=1")
            answer = asyncio.create_task(provider.context.callback_handler())
            with pytest.raises(OSError, match="404"):
                await asyncio.to_thread(urlopen, redirect.replace("callback", "other"))
            with await asyncio.to_thread(urlopen, f"{redirect}?code=c1&state=s1") as page:
                assert b"assistant may use it" in page.read()
            found = await answer
            assert (found.code, found.state) == ("c1", "s1")
            with pytest.raises(Exception, match="no page"):
                await provider.context.redirect_handler("file:///etc/passwd")

    asyncio.run(scene())
    assert opened == shown == ["https://house.example/authorize?x=1"]


def test_a_server_that_went_away_and_came_back_is_used_again(monkeypatch) -> None:
    monkeypatch.setattr(connection, "_WAITS", (3600.0,))
    notices: list[str] = []

    async def serving(listening: socket.socket) -> tuple[uvicorn.Server, asyncio.Task]:
        web = uvicorn.Server(uvicorn.Config(house().streamable_http_app(), log_level="critical"))
        return web, asyncio.create_task(web.serve(sockets=[listening]))

    async def scene() -> None:
        listening = socket.create_server(("127.0.0.1", 0))
        port = listening.getsockname()[1]
        web, task = await serving(listening)
        server = McpSettings("house", url=f"http://127.0.0.1:{port}/mcp", timeout=20.0)
        tools = Tools([server], notice=notices.append)
        tools.start()
        try:
            assert await tools.settled("house") == ""
            web.should_exit = web.force_exit = True
            await task
            listening.close()
            call = ToolCall("1", "house_windows", {"area": "hall"})
            assert (await tools.call(call)).startswith("Error: house")
            web, task = await serving(socket.create_server(("127.0.0.1", port)))
            assert "One in the hall." in await tools.call(call)
        finally:
            await asyncio.to_thread(tools.close)
            web.should_exit = web.force_exit = True
            await task

    asyncio.run(scene())
