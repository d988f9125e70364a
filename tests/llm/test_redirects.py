"""An endpoint that sends the conversation on: neither a word nor a key comes to an address the user did not choose."""

from __future__ import annotations

import pytest

from assistant.llm.address import address
from assistant.llm.presets import PRESETS
from tests.hostile.listening import Listening
from tests.llm.test_endpoint_answers import ANSWER, SAID, STOP, Server

KEY = "sk-of-the-chosen-server"


@pytest.fixture
def thief():
    with Listening() as thief:
        yield thief


PLACES = {
    "another port": "http://127.0.0.1:{port}/v1/chat/completions",
    "another scheme": "https://127.0.0.1:{port}/v1/chat/completions",
    "another name": "http://localhost:{port}/v1/chat/completions",
    "only a host": "//127.0.0.1:{port}/v1/chat/completions",
    "the host as a user's name": "http://127.0.0.1:80@localhost:{port}/v1",
    "a user's name": "http://me:secret@127.0.0.1:{port}/v1",
    "one number": "http://2130706433:{port}/v1",
    "hexadecimal": "http://0x7f.0.0.1:{port}/v1",
    "IPv6": "http://[::ffff:127.0.0.1]:{port}/v1",
    "a fragment": "http://127.0.0.1:{port}/#@127.0.0.1",
    "a backslash": "http://127.0.0.1:{port}\\@127.0.0.1/v1",
    "full-width digits": "http://１２７.0.0.1:{port}/v1",
}


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES.keys())
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_nothing_follows_a_redirect_to(
    place: str, status: int, thief: Listening, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LLM_API_KEY", KEY)
    where = place.format(port=thief.port).encode().decode("latin-1")
    with Server(lambda body: (status, {}, {"Location": where})) as server:
        [told] = server.ask()
    assert thief.heard == [] and "\n" not in told and KEY not in told and server.keys


@pytest.mark.parametrize(
    "headers",
    [
        {"Alt-Svc": 'h2="127.0.0.1:{port}"; ma=86400'},
        {"Refresh": "0; url=http://127.0.0.1:{port}/"},
        {"Content-Location": "http://127.0.0.1:{port}/v1"},
        {"Link": "<http://127.0.0.1:{port}/v1>; rel=canonical"},
    ],
    ids=lambda headers: next(iter(headers)),
)
def test_nothing_follows_a_hint(headers: dict[str, str], thief: Listening) -> None:
    told = {name: value.format(port=thief.port) for name, value in headers.items()}
    with Server(lambda body: (200, SAID + STOP, told)) as server:
        assert server.ask() == [ANSWER] and server.ask() == [ANSWER]
    assert thief.heard == []


def test_nothing_follows_a_page_that_wants_to_be_left(thief: Listening) -> None:
    page = f'<html><meta http-equiv="refresh" content="0; url=http://127.0.0.1:{thief.port}/"></html>'
    with Server(lambda body: (200, page, {"Content-Type": "text/html"})) as server:
        server.ask()
    assert thief.heard == []


def test_a_redirect_that_comes_back_by_way_of_another_path_of_the_host_is_not_followed_out(thief: Listening) -> None:
    places = ["/v2/chat/completions", f"http://127.0.0.1:{thief.port}/v1"]
    with Server(lambda body: (307, {}, {"Location": places[min(1, len(server.bodies) - 1)]})) as server:
        server.ask()
    assert thief.heard == []


@pytest.mark.parametrize(
    "base_url", ["http://api.openai.com/v1", "http://api.openai.com:443/v1", "https://api.openai.com.evil.example/v1"]
)
def test_a_presets_key_goes_to_no_address_in_clear_text(base_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.delenv("LLM_API_KEY", raising=False)
    assert address(PRESETS["openai"], base_url).key is None
    assert address(PRESETS["openai"], "https://API.openai.com/v1").key == KEY
