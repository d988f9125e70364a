"""The portal's shortcuts, with a portal made of software on a real D-Bus."""

from __future__ import annotations

import asyncio

import pytest

from assistant.errors import UsageError
from assistant.modes.keys import application, portal, shortcut
from tests.keys.mock_portal import MockPortal, bus
from tests.keys.recorded import recorded

KEY = "ctrl+alt+space"


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(portal, "RETRY", (0.0, 0.05))
    monkeypatch.setattr(shortcut, "_LOOK", 0.05)


def test_the_key_goes_down_and_comes_up_while_another_window_has_the_focus(tmp_path, monkeypatch):
    async def main():
        async with bus(tmp_path, monkeypatch) as address, MockPortal().running(address) as desktop:
            async with recorded(KEY, "portal") as heard:
                await desktop.press()
                await desktop.press()  # repeats
                await desktop.press(shortcut="another")
                await desktop.release(session="/of/another/program")
                await desktop.release()
                await desktop.press()
                assert await heard.next(3) == [True, False, True]
                assert desktop.asked[0][1][0][1]["preferred_trigger"] == ("s", "CTRL+ALT+space")
                assert heard.notices == ["The desktop's key to talk: Press Ctrl+Alt+Space"]
                await desktop.change("Press F9")
                assert await heard.noticed("F9")
            assert len(desktop.asked) == 1

    asyncio.run(main())


def test_a_session_that_the_portal_closes_while_the_key_is_down_comes_up_and_is_bound_again(tmp_path, monkeypatch):
    async def main():
        async with bus(tmp_path, monkeypatch) as address, MockPortal().running(address) as desktop:
            async with recorded(KEY, "portal") as heard:
                await desktop.press()
                await desktop.close_session()
                assert await heard.next(2) == [True, False]
                await heard.noticed("heard again")
                await desktop.press()
                assert await heard.next() == [True]

    asyncio.run(main())


def test_a_portal_that_restarts_binds_again(tmp_path, monkeypatch):
    async def main():
        async with bus(tmp_path, monkeypatch) as address:
            first = MockPortal()
            async with first.running(address):
                opened = recorded(KEY, "portal")
                heard = await opened.__aenter__()
                await first.press()
            assert await heard.next(2) == [True, False]
            async with MockPortal().running(address) as second:
                await heard.noticed("heard again")
                await second.press()
                assert await heard.next() == [True]
                await opened.__aexit__(None, None, None)
            assert len([text for text in heard.notices if "ended" in text]) == 1

    asyncio.run(main())


def test_a_portal_that_wants_a_name_gets_one_by_a_desktop_file(tmp_path, monkeypatch):
    async def main():
        file = tmp_path / "applications" / f"{application.ID}.desktop"
        new = MockPortal(wants_name=True, wants_desktop_file=file)
        async with bus(tmp_path, monkeypatch) as address, new.running(address) as desktop:
            async with recorded(KEY, "portal") as heard:
                assert str(file) in heard.notices[0]
                await desktop.press()
                assert await heard.next() == [True]
            async with recorded(KEY, "portal") as heard:
                assert len(heard.notices) == 1  # it is known now

    asyncio.run(main())


def test_an_old_portal_without_names_is_used_as_it_is(tmp_path, monkeypatch):
    async def main():
        async with bus(tmp_path, monkeypatch) as address, MockPortal(has_registry=False).running(address) as desktop:
            async with recorded(KEY, "portal") as heard:
                await desktop.press()
                assert await heard.next() == [True]
            assert not (tmp_path / "applications").exists()

    asyncio.run(main())


def test_a_desktop_that_does_not_say_which_key_is_told_of_and_listened_to(tmp_path, monkeypatch):
    async def main():
        async with bus(tmp_path, monkeypatch) as address, MockPortal(trigger="").running(address) as desktop:
            async with recorded(KEY, "portal") as heard:
                assert "if it does nothing" in heard.notices[0] and "`assistant toggle`" in heard.notices[0]
                await desktop.press()
                assert await heard.next() == [True]

    asyncio.run(main())


@pytest.mark.parametrize(
    "desktop, said",
    [
        (MockPortal(has_shortcuts=False), "has no global shortcuts"),
        (MockPortal(bind_code=1), "was refused"),
        (MockPortal(bind_code=2), "could not bind"),
        (MockPortal(has_registry=False, wants_name=True), "An app id is required"),
    ],
)
def test_a_portal_that_cannot_is_told_of_in_one_sentence_with_what_to_do(desktop, said, tmp_path, monkeypatch):
    async def main():
        async with bus(tmp_path, monkeypatch) as address, desktop.running(address):
            with pytest.raises(UsageError, match=said) as error:
                async with recorded(KEY, "portal"):
                    pass
            assert "`assistant toggle`" in str(error.value)

    asyncio.run(main())


def test_no_portal_and_no_bus_are_told_of(tmp_path, monkeypatch):
    async def main():
        async with bus(tmp_path, monkeypatch):
            with pytest.raises(UsageError, match="has no portal"):
                async with recorded(KEY, "portal"):
                    pass
        with pytest.raises(UsageError, match="no D-Bus session bus"):
            async with recorded(KEY, "portal"):
                pass

    asyncio.run(main())


@pytest.mark.parametrize("key", ["space", "a", "btn_side"])
def test_a_key_that_every_window_needs_or_the_portal_does_not_know_is_refused(key):
    async def main():
        with pytest.raises(UsageError, match="choose"):
            async with recorded(key, "portal"):
                pass

    asyncio.run(main())
