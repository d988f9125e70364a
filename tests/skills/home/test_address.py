"""Where the token may go."""

from __future__ import annotations

import pytest

from assistant import secrets
from assistant.errors import UsageError
from assistant.skills import Command, home
from assistant.skills.home.address import address


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(secrets, "_places", lambda: [])
    for name in ("URL", "TOKEN", "AREA"):
        monkeypatch.delenv(f"HOME_ASSISTANT_{name}", raising=False)
    home.close()


def _set(monkeypatch: pytest.MonkeyPatch, url: str = "", token: str = "") -> None:
    monkeypatch.setenv("HOME_ASSISTANT_URL", url)
    monkeypatch.setenv("HOME_ASSISTANT_TOKEN", token)


@pytest.mark.parametrize(
    "url",
    [
        "https://home.example.org",
        "http://homeassistant.local:8123/",
        "http://192.168.1.20:8123",
        "http://homeassistant:8123",
        "http://home.lan:8123",
        "http://[fd00::1]:8123",
    ],
)
def test_it_goes_encrypted_or_within_the_own_network(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    _set(monkeypatch, url, "secret-token")
    place = address()
    assert place and place.url == url.rstrip("/") and "secret-token" not in repr(place)
    assert secrets.redact("secret-token") == secrets.HIDDEN


@pytest.mark.parametrize(
    "url,token,why",
    [
        ("http://home.example.org", "t", "clear text"),
        ("http://8.8.8.8:8123", "t", "clear text"),
        ("ftp://home.local", "t", "no address"),
        ("http://user:password@home.local", "t", "no address"),
        ("http://home.local:99999", "t", "no address"),
        ("http://[", "t", "no address"),
        ("http://home.local", "", "HOME_ASSISTANT_TOKEN is not set"),
        ("", "t", "HOME_ASSISTANT_URL is not set"),
        ("http://home.local", "to\nken", "holds characters"),
    ],
)
def test_what_is_wrong_is_said_and_not_shown(monkeypatch: pytest.MonkeyPatch, url: str, token: str, why: str) -> None:
    _set(monkeypatch, url, token)
    with pytest.raises(UsageError, match=why) as raised:
        address()
    assert "password" not in str(raised.value)


def test_without_a_home_only_plain_commands_are_answered() -> None:
    assert address() is None
    assert home.match("what is the capital of France", "en", None) is None  # type: ignore[arg-type]
    command = home.match("turn on the kitchen light", "en", None)  # type: ignore[arg-type]
    assert command
    action = home.run(command, None)  # type: ignore[arg-type]
    assert action and action.do is None and action.say.startswith("I am not connected to a home yet")


def test_a_wrong_address_is_said_once_the_home_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    _set(monkeypatch, "http://home.example.org", "t")
    action = home.run(Command("home", {"words": "turn on the kitchen light"}), None)  # type: ignore[arg-type]
    assert action and "clear text" in action.say
    home.close()
