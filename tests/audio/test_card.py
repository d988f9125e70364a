"""Devices that come and go, on the virtual clock; the same on a real sound server is in test_sound_card.py."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import numpy as np
import pytest

from assistant.audio.card import Card
from assistant.errors import AssistantError, DeviceError
from assistant.settings import AudioSettings
from tests.audio.scripted_machine import RATE, Machine, converse, ramp

SOON = 1.0  # seconds after which whatever is back is in use


def never_heard(machine: Machine, seconds: float) -> int:
    """Samples of a `ramp` that no speaker played; those that faded in count, too."""
    return len(np.setdiff1d(ramp(seconds), machine.sound_heard()))


class Listener:
    """Takes frames as a conversation does."""

    def __init__(self, card: Card) -> None:
        self.frames: list[np.ndarray] = []
        self.task = asyncio.create_task(self._listen(card))

    async def _listen(self, card: Card) -> None:
        async with aclosing(card.microphone.frames()) as frames:
            async for frame in frames:
                self.frames.append(frame)

    async def hears(self, seconds: float) -> bool:
        """Whether sound comes all the time for so long."""
        begin = len(self.frames)
        await asyncio.sleep(seconds)
        new = self.frames[begin:]
        return len(new) >= seconds * 50 - 4 and all(frame.any() for frame in new)


@pytest.mark.parametrize("dies", ["silently", "with its stream"])
@pytest.mark.parametrize("away", [2.0, 200.0])
def test_a_microphone_that_is_lost_is_heard_again_soon_after_it_is_back_and_both_is_said_once(dies, away):
    machine = Machine("mic", "speaker")
    machine.dies = dies

    async def script(card: Card) -> None:
        listener = Listener(card)
        assert await listener.hears(1.0)
        machine.unplug("mic")
        await asyncio.sleep(away)
        silent = len(listener.frames)
        machine.plug_in("mic")
        await asyncio.sleep(SOON)
        assert await listener.hears(1.0)
        # While there is none, silence goes on: a turn that was begun can end.
        assert silent >= (away - 0.7) * 49 and not any(frame.any() for frame in listener.frames[60:silent])
        assert [(part, works) for _, part, works, _ in machine.told] == [("microphone", False), ("microphone", True)]
        assert "the microphone 'mic' has stopped working" in machine.told[0][3]
        assert machine.told[1][3] == "the microphone 'mic' works now"

    converse(machine, script)


def test_a_hiccup_is_healed_before_it_needs_to_be_said():
    machine = Machine("mic", "speaker")

    async def script(card: Card) -> None:
        listener = Listener(card)
        await asyncio.sleep(1.0)
        machine.unplug("mic")
        await asyncio.sleep(0.1)
        machine.plug_in("mic")
        await asyncio.sleep(SOON)
        assert await listener.hears(1.0)
        assert [event[1:] for event in machine.told] == [("microphone", True, "")]

    converse(machine, script)


def test_what_was_written_and_not_heard_is_played_by_the_speaker_that_comes_back():
    machine = Machine("mic", "speaker")

    async def script(card: Card) -> None:
        speaker = card.speaker
        speaker.write(ramp(2.0))
        drained = asyncio.create_task(speaker.drained())
        await asyncio.sleep(0.5)
        machine.unplug("speaker")
        await asyncio.sleep(1.0)
        lost = speaker.played
        await asyncio.sleep(3.0)
        assert speaker.played == lost < speaker.written and not drained.done()
        machine.plug_in("speaker")
        await asyncio.sleep(SOON)
        assert speaker.played > lost
        await drained
        assert speaker.played == speaker.written == 2 * RATE
        assert never_heard(machine, 2.0) < 0.1 * RATE  # what was in the buffer may have been heard

    converse(machine, script)


@pytest.mark.parametrize("hangs", [0.0, 4.0])
def test_a_reply_is_given_up_when_no_speaker_comes_back_and_the_next_one_is_heard(hangs):
    machine = Machine("mic", "speaker")

    async def script(card: Card) -> None:
        listener = Listener(card)
        machine.unplug("speaker")
        machine.hangs = hangs
        card.speaker.write(ramp(2.0))
        begin = asyncio.get_running_loop().time()
        with pytest.raises(AssistantError, match="no speaker") as caught:
            await card.speaker.drained()
        assert not isinstance(caught.value, DeviceError)  # that would end the conversation
        assert 9.0 < asyncio.get_running_loop().time() - begin < 16.0
        assert await listener.hears(1.0)
        machine.hangs = 0.0
        played = card.speaker.played
        card.speaker.write(ramp(1.0))  # a tone that nobody waits for
        machine.plug_in("speaker")
        await asyncio.sleep(SOON + hangs)
        machine.heard.clear()
        assert card.speaker.written == card.speaker.played == played
        card.speaker.write(ramp(0.5))
        await card.speaker.drained()
        assert card.speaker.played == played + RATE // 2 and len(machine.sound_heard()) >= RATE // 2

    converse(machine, script)


@pytest.mark.parametrize("order", ["pause", "clear", "pause and resume"])
def test_a_speaker_that_is_away_can_be_paused_cleared_and_resumed(order):
    machine = Machine("mic", "speaker")

    async def script(card: Card) -> None:
        speaker = card.speaker
        speaker.write(ramp(2.0))
        await asyncio.sleep(0.5)
        machine.unplug("speaker")
        await asyncio.sleep(2.0)
        speaker.clear() if order == "clear" else speaker.pause()
        if order == "pause and resume":
            speaker.resume()
        played = speaker.played
        machine.plug_in("speaker")
        await asyncio.sleep(3.0)
        assert (speaker.played > played) == (order == "pause and resume")
        speaker.resume()
        await speaker.drained()
        assert speaker.played == speaker.written == (played if order == "clear" else 2 * RATE)

    converse(machine, script)


def test_a_speaker_that_was_lost_while_it_rested_plays_the_next_reply():
    machine = Machine("mic", "speaker")

    async def script(card: Card) -> None:
        await asyncio.sleep(5.0)
        assert card.speaker.stream.halted
        machine.unplug("speaker")
        await asyncio.sleep(1.0)
        card.speaker.write(ramp(0.5))
        await asyncio.sleep(2.0)
        machine.plug_in("speaker")
        await card.speaker.drained()
        assert len(machine.sound_heard()) >= RATE // 2 - 200

    converse(machine, script)


def test_portaudio_is_started_anew_only_when_that_is_of_use_and_the_other_device_goes_on():
    machine = Machine("mic one", "speaker")

    async def script(card: Card) -> None:
        listener = Listener(card)
        card.speaker.write(ramp(60.0))
        machine.unplug("mic one")
        await asyncio.sleep(20.0)
        assert machine.rescans == 0
        machine.plug_in("mic two")
        await asyncio.sleep(SOON + 1.0)
        assert machine.rescans == 1 and card.microphone.name == "mic two"
        assert machine.told[-1][1:] == ("microphone", True, "the microphone 'mic two' is used from now on")
        assert await listener.hears(1.0)
        await card.speaker.drained()
        assert [part for _, part, *_ in machine.told if part == "speaker"] == ["speaker"]  # opened again, silently
        assert never_heard(machine, 60.0) < 0.02 * RATE

    converse(machine, script)


def test_the_device_that_the_settings_name_is_used_again_when_it_is_back_but_not_in_the_middle_of_a_reply():
    machine = Machine("mic built-in", "mic headset", "speaker")

    async def script(card: Card) -> None:
        listener = Listener(card)
        assert card.microphone.name == "mic headset"
        machine.unplug("mic headset")
        await asyncio.sleep(2.0)
        assert card.microphone.name == "mic built-in" and await listener.hears(1.0)
        card.speaker.write(ramp(10.0))
        machine.plug_in("mic headset")
        await asyncio.sleep(9.0)
        assert card.microphone.name == "mic built-in"
        await asyncio.sleep(8.0)
        assert card.microphone.name == "mic headset" and await listener.hears(1.0)

    converse(machine, script, AudioSettings(input="headset"))


def test_a_name_in_the_settings_that_nothing_has_at_the_start_is_said_and_another_device_is_used_meanwhile():
    machine = Machine("mic", "speaker")

    async def before(card: Card) -> None:
        await asyncio.sleep(1.0)
        said = "the microphone 'mic' is used until 'headset' is there"
        assert ("microphone", True, said) in [event[1:] for event in machine.told]

    async def script(card: Card) -> None:
        assert await Listener(card).hears(1.0)
        machine.plug_in("mic headset")
        await asyncio.sleep(8.0)
        assert card.microphone.name == "mic headset"

    converse(machine, script, AudioSettings(input="headset"), before)


def test_a_muted_microphone_is_said_once_and_not_opened_again_for_ever():
    machine = Machine("mic", "speaker")

    async def script(card: Card) -> None:
        machine.level, opened = 0.0, len(machine.opened)
        await asyncio.sleep(400.0)
        assert 2 < len(machine.opened) - opened < 8
        spoken = [event[1:] for event in machine.told if event[3]]
        assert [(part, works) for part, works, _ in spoken] == [("microphone", False)]
        assert "unmute" in spoken[0][2]
        machine.level = 0.1
        await asyncio.sleep(SOON)
        assert await Listener(card).hears(1.0)
        assert machine.told[-1][1:] == ("microphone", True, "the microphone 'mic' works now")
        told, opened = len(machine.told), len(machine.opened)
        for _ in range(20):  # some give zeros whenever nobody speaks
            machine.level = 0.0
            await asyncio.sleep(30.0)
            machine.level = 0.1
            await asyncio.sleep(2.0)
        assert len(machine.told) == told and len(machine.opened) == opened

    converse(machine, script)


@pytest.mark.parametrize("kind", ["input", "output"])
def test_streams_that_the_sound_server_put_somewhere_else_wait_for_a_real_device(kind):
    machine = Machine("mic", "speaker")

    async def script(card: Card) -> None:
        listener = Listener(card)
        card.speaker.write(ramp(5.0))
        await asyncio.sleep(1.0)
        machine.adrift = {kind}
        await asyncio.sleep(1.0)
        played, captured = card.speaker.played, card.microphone.captured
        await asyncio.sleep(3.0)
        assert (card.speaker.played == played) == (kind == "output")
        assert (card.microphone.captured == captured) == (kind == "input")
        machine.adrift = set()
        await asyncio.sleep(SOON)
        assert await listener.hears(1.0)
        await card.speaker.drained()
        assert [works for *_, works, text in machine.told if text] == [False, True]

    converse(machine, script)


def test_after_the_computer_slept_both_are_opened_again():
    machine = Machine("mic", "speaker")

    async def script(card: Card) -> None:
        listener, opened = Listener(card), len(machine.opened)
        await asyncio.sleep(1.0)
        machine.slept += 3600.0
        await asyncio.sleep(SOON)
        assert sorted(name for _, name in machine.opened[opened:]) == ["mic", "speaker"]
        assert await listener.hears(1.0)
        assert not any(text for *_, text in machine.told)

    converse(machine, script)


def test_what_was_seen_during_one_loss_does_not_count_in_the_next_one():
    machine = Machine("mic one", "speaker one")

    async def script(card: Card) -> None:
        card.speaker.write(ramp(60.0))
        machine.unplug("mic one", "speaker one")
        machine.plug_in("mic two", "speaker two")
        await asyncio.sleep(5.0)
        assert machine.rescans == 1 and card.microphone.name == "mic two" and card.speaker.name == "speaker two"
        for part in ("mic two", "speaker two"):
            machine.busy.add(part)
            await asyncio.sleep(3.0)
            machine.busy.clear()
            await asyncio.sleep(SOON)
        assert machine.rescans == 1 and card.microphone.stream and card.speaker.stream

    converse(machine, script)


def test_devices_that_come_after_the_start_are_found():
    machine = Machine()
    machine.look = 5.0

    async def script(card: Card) -> None:
        assert card.microphone.name == "mic" and await Listener(card).hears(1.0)
        card.speaker.write(ramp(0.5))
        await card.speaker.drained()

    async def plug_in(card: Card) -> None:
        await asyncio.sleep(60.0)
        machine.plug_in("mic", "speaker")
        await asyncio.sleep(SOON + 0.5)
        assert card.microphone.stream and card.speaker.stream
        told = [event[1:3] for event in machine.told]
        assert sorted(told) == [(part, works) for part in ("microphone", "speaker") for works in (False, True)]

    converse(machine, script, before=plug_in)


@pytest.mark.parametrize("speaking", [False, True])
def test_another_default_device_is_followed_where_nobody_else_does_but_not_in_the_middle_of_a_reply(
    monkeypatch, speaking
):
    monkeypatch.setattr("assistant.audio.card._FOLLOWS", True)
    machine = Machine("mic", "speaker", "speaker two")

    async def script(card: Card) -> None:
        if speaking:
            card.speaker.write(ramp(10.0))
        machine.plugged = ["mic", "speaker two", "speaker"]
        await asyncio.sleep(7.0)
        assert card.speaker.name == ("speaker" if speaking else "speaker two")
        await card.speaker.drained()
        await asyncio.sleep(7.0)
        assert card.speaker.name == "speaker two" and machine.rescans == 1
        assert machine.told[-1][1:] == ("speaker", True, "the speaker 'speaker two' is used from now on")

    converse(machine, script)


def test_a_busy_device_is_tried_again_at_least_every_second_and_not_all_the_time():
    machine = Machine("mic", "speaker")
    tries = 0

    async def script(card: Card) -> None:
        nonlocal tries
        driver, asked = card._driver, card._driver.open

        async def counted(*args):
            nonlocal tries
            tries += 1
            return await asked(*args)

        driver.open = counted
        machine.unplug("mic")
        await asyncio.sleep(100.0)
        assert 100 <= tries <= 250

    converse(machine, script)


def test_a_card_that_heals_no_more_ends_the_conversation_instead_of_being_deaf():
    machine = Machine("mic", "speaker")

    async def script(card: Card) -> None:
        listener = Listener(card)

        def broken() -> float:
            raise MemoryError("no thread")

        card._driver.slept = broken
        await asyncio.wait([listener.task], timeout=5.0)
        assert isinstance(listener.task.exception(), MemoryError)

    converse(machine, script)
