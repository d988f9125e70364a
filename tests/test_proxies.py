"""Proxies of the environment: which is asked, which is wrong, and that no sentence shows the password in one."""

from __future__ import annotations

import asyncio
import os

import pytest

from assistant import hub
from assistant.cli import main
from assistant.config import LlmSettings
from assistant.errors import AssistantError
from assistant.llm import load
from assistant.models.ranged import RangedFile
from assistant.settings.mcp import McpSettings
from assistant.tools import http
from rag import proxies
from rag.client import Server
from rag.errors import RagError
from tests.fake_openai import FakeOpenAI

FAR = "https://api.example.test/v1"
BAD = [
    "ftp://hans:geheim77@proxy.test:21",
    "socks4://hans:geheim77@127.0.0.1:1080",
    "http://hans:geheim77@127.0.0.1:99999",
    "http://hans:geheim77/7@127.0.0.1:9",  # urllib takes "geheim77" for the port, and says so
    "http://hans:geheim77@[::1",
    "http://",
    "http://hans:geheim77@a\nb:1",
]


@pytest.fixture(autouse=True)
def none(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "HTTP_PROXY"])
@pytest.mark.parametrize("value", BAD)
def test_a_wrong_one_is_named_and_not_shown(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)
    said = proxies.problem(FAR)
    assert f"the proxy in {name} (" in said and f"correct {name}, or leave it out" in said
    assert "geheim" not in said and "\n" not in said


@pytest.mark.parametrize("value", ["ftp://hans:geheim77@proxy.test", "socks5://hans:geheim77@127.0.0.1:9"])
def test_every_client_says_the_same(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", value)
    monkeypatch.setattr(hub, "reachable", lambda: False)
    asks = [
        lambda: load(LlmSettings(engine="openai", preset="custom", base_url=FAR, model="m"), print),
        lambda: http.client(McpSettings(name="far", url=FAR), None, print),
        lambda: hub.newest("owner/model"),
        lambda: hub.fetch("owner/model"),
        lambda: RangedFile(f"{FAR}/model.gguf"),
    ]
    for ask in asks:
        with pytest.raises(AssistantError, match=r"the proxy in ALL_PROXY \(") as told:
            ask()
        assert "geheim" not in str(told.value)


def test_the_figures_are_not_refreshed_through_a_wrong_one(monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1:9")
    assert main(["models", "refresh"]) == 1
    assert "the proxy in ALL_PROXY (a SOCKS proxy needs the package socksio)" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("excepted", "direct"),
    [
        ("*", True),
        ("api.example.test", True),
        (".example.test", True),
        ("example.test", True),
        ("api.example.test:443, other.test", False),  # it names another port than none
        ("xample.test", False),
        ("10.0.0.0/8,::1/128,[::1]:80, ,:,*.x:99999,http://[", False),
        ("", False),
    ],
)
def test_what_no_proxy_excepts_is_asked_directly(excepted: str, direct: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "ftp://proxy.test")
    monkeypatch.setenv("NO_PROXY", excepted)
    assert proxies.is_direct(FAR) is direct
    assert (proxies.problem(FAR) == "") is direct and (proxies.variable(FAR) == "") is direct
    if direct:
        client = http.client(McpSettings(name="far", url=FAR), None, print)
        asyncio.run(client.aclose())


def test_which_variable_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "http://all.test")
    monkeypatch.setenv("HTTP_PROXY", "")
    assert proxies.variable(FAR) == proxies.variable("http://far.test") == "ALL_PROXY"
    monkeypatch.setenv("HTTPS_PROXY", "http://upper.test")
    assert proxies.variable(FAR) == "HTTPS_PROXY" and proxies.variable("http://far.test") == "ALL_PROXY"
    monkeypatch.setenv("https_proxy", "http://lower.test")  # as urllib and all clients built on it read them
    assert proxies.variable(FAR) == "https_proxy"
    assert proxies.variable("http://127.0.0.1:1/v1") == "" == proxies.problem(FAR)


def test_the_hub_is_named_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "ENDPOINT", "https://hans:geheim77@mirror.test")
    monkeypatch.setattr(hub, "reachable", lambda: False)
    with pytest.raises(AssistantError, match=r"the hub \(mirror.test\) cannot be reached") as told:
        hub.newest("owner/model")
    assert "geheim" not in str(told.value)


@pytest.mark.parametrize("value", ["http://127.0.0.1:9", "ftp://hans:geheim77@x", "http://hans:geheim77/7@x"])
def test_documents_on_this_machine_pass_no_proxy(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("NO_PROXY", "elsewhere.test")
    with FakeOpenAI() as server, pytest.raises(RagError, match="Not Found"), Server(server.url).use():
        pass
    assert server.requests and "no_proxy" not in os.environ


def test_nor_do_those_far_away_pass_a_wrong_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "http://hans:geheim77/7@127.0.0.1:9")
    with pytest.raises(RagError, match=r"the proxy in ALL_PROXY \(it is no address\)"), Server(FAR).use():
        pass
