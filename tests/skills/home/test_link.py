"""The registry stays as Home Assistant's own; what keeps it from being read is said."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from assistant.skills.home import problems
from assistant.skills.home.address import Address
from tests.skills.home.fake import FakeHome
from tests.skills.home.test_home import _PATIENCE, Watched


@pytest.fixture
def fake() -> Iterator[FakeHome]:
    with FakeHome() as home:
        yield home


@pytest.fixture
def home(fake: FakeHome) -> Iterator[Watched]:
    home = Watched(Address(fake.url, fake.token))
    yield home
    home.link.stop()
    home.link.join(_PATIENCE)
    assert not home.link.is_alive()


def test_a_new_name_is_known_as_soon_as_it_is_given(home: Watched, fake: FakeHome) -> None:
    home.link.start()
    home.until(lambda: home.registry is not None)
    assert home.match("turn on the hobby room", "en") is None
    fake.names["switch.coffee"] = "Hobby Room"
    fake.changed()
    home.until(lambda: home.match("turn on the hobby room", "en") is not None)


def test_what_is_hidden_later_is_known_no_more(home: Watched, fake: FakeHome) -> None:
    home.link.start()
    home.until(lambda: home.registry is not None)
    assert home.match("movie night", "en")
    fake.hidden.add("scene.movie")
    fake.changed()
    home.until(lambda: home.match("movie night", "en") is None)


def test_the_token_need_not_be_an_administrators(home: Watched, fake: FakeHome) -> None:
    fake.is_admin = False
    home.link.start()
    home.until(lambda: home.registry is not None)
    assert home.registry and len(home.registry.entities) == 24
    assert home.match("turn on the fountain", "en") is None


@pytest.mark.parametrize(
    "fault,sentence", [("hang", problems.HANGS), ("flood", problems.TOO_MUCH), ("redirect", problems.ELSEWHERE)]
)
def test_a_server_that_cannot_be_read_is_told_and_tried_again(
    home: Watched, fake: FakeHome, fault: str, sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assistant.skills.home.asking.TIMEOUT", 0.1 if fault == "hang" else _PATIENCE)
    with FakeHome() as other:
        fake.elsewhere, fake.fault = other.url, fault
        home.link.start()
        home.until(lambda: home.link.problem == sentence)
        assert not other.tokens
        assert home.match("what is the capital of France", "en") is None
        action = home.run("turn on the desk lamp", "en", "")
        assert action and action.say == sentence and action.do is None
        fake.fault = ""
        monkeypatch.setattr("assistant.skills.home.asking.TIMEOUT", _PATIENCE)
        home.until(lambda: home.registry is not None and not home.link.problem)


def test_a_flood_later_ends_the_connection_and_keeps_the_names(home: Watched, fake: FakeHome) -> None:
    home.link.start()
    home.until(lambda: home.registry is not None and not home.link.problem)
    fake.fault = "flood"
    fake.changed()
    home.until(lambda: home.link.problem == problems.TOO_MUCH)
    assert home.match("turn on the desk lamp", "en")


def test_a_refused_token_is_told(fake: FakeHome) -> None:
    home = Watched(Address(fake.url, "another-token"))
    home.link.start()
    home.until(lambda: home.link.problem == problems.REFUSED)
    home.link.stop()
    home.link.join(_PATIENCE)


def test_it_can_be_stopped_while_it_waits(fake: FakeHome) -> None:
    home = Watched(Address(fake.url, fake.token))
    home.link.first_wait = home.link.longest_wait = 3600.0
    fake.die()
    home.link.start()
    home.until(lambda: home.link.problem == problems.UNREACHABLE)
    home.link.stop()
    home.link.join(_PATIENCE)
    assert not home.link.is_alive()
