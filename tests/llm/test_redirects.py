"""An endpoint that sends the conversation on: neither a word nor a key comes to an address the user did not choose."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest

from assistant.llm.address import address
from assistant.llm.presets import PRESETS
from tests.llm.test_endpoint_answers import ANSWER, SAID, STOP, Server

KEY = "sk-of-the-chosen-server"


class Thief:
    """Listens, and keeps whatever comes."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self.came: list[bytes] = []
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return  # it was closed
            with connection:
                connection.settimeout(1.0)
                try:
                    self.came.append(connection.recv(65_536))
                    connection.sendall(b"HTTP/1.1 400 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                except OSError:
                    self.came.append(b"cut")

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def thief() -> Iterator[Thief]:
    thief = Thief()
    yield thief
    thief.close()


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
def test_nothing_follows_a_redirect_to(place: str, status: int, thief: Thief, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LLM_API_KEY", KEY)
    where = place.format(port=thief.port).encode().decode("latin-1")
    with Server(lambda body: (status, {}, {"Location": where})) as server:
        [told] = server.ask()
    assert thief.came == [] and "\n" not in told and KEY not in told and server.keys


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
def test_nothing_follows_a_hint(headers: dict[str, str], thief: Thief) -> None:
    told = {name: value.format(port=thief.port) for name, value in headers.items()}
    with Server(lambda body: (200, SAID + STOP, told)) as server:
        assert server.ask() == [ANSWER] and server.ask() == [ANSWER]
    assert thief.came == []


def test_nothing_follows_a_page_that_wants_to_be_left(thief: Thief) -> None:
    page = f'<html><meta http-equiv="refresh" content="0; url=http://127.0.0.1:{thief.port}/"></html>'
    with Server(lambda body: (200, page, {"Content-Type": "text/html"})) as server:
        server.ask()
    assert thief.came == []


def test_a_redirect_that_comes_back_by_way_of_another_path_of_the_host_is_not_followed_out(thief: Thief) -> None:
    places = ["/v2/chat/completions", f"http://127.0.0.1:{thief.port}/v1"]
    with Server(lambda body: (307, {}, {"Location": places[min(1, len(server.bodies) - 1)]})) as server:
        server.ask()
    assert thief.came == []


@pytest.mark.parametrize(
    "base_url", ["http://api.openai.com/v1", "http://api.openai.com:443/v1", "https://api.openai.com.evil.example/v1"]
)
def test_a_presets_key_goes_to_no_address_in_clear_text(base_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.delenv("LLM_API_KEY", raising=False)
    assert address(PRESETS["openai"], base_url).key is None
    assert address(PRESETS["openai"], "https://API.openai.com/v1").key == KEY
