"""What rings in a scripted conversation, and what stops it."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest

from assistant import events
from assistant.skills.time.ringing import Ringing
from tests.scene import Scene
from tests.scripted import Say

PASTA = SimpleNamespace(id="1")


class Rung:
    """Rings at a second of the scene."""

    def __init__(self, *says: Say, at: float = 2.0, until: float = 40.0, replies=("I am the model.",)) -> None:
        self.at, self.tones, self.stopped = at, [], None
        self.scene = Scene(says, replies, until=until, on_event=self._begin)
        self.ringing: Ringing | None = None
        self.scene.play()

    def _begin(self, scene: Scene, event: events.Event) -> None:
        if self.ringing is None and event == events.StateChanged("listening"):
            talk = scene.conversation
            self.ringing = talk.steering.ringing = Ringing(
                self._tone, talk.announce, lambda: talk.state in ("hearing", "speaking")
            )
            self.task = asyncio.ensure_future(self._ring())

    def _tone(self) -> None:
        self.tones.append(asyncio.get_running_loop().time())

    async def _ring(self) -> None:
        await asyncio.sleep(self.at)
        self.stopped = await self.ringing.ring(PASTA, "The pasta timer is done.")
        self.ended = asyncio.get_running_loop().time()

    @property
    def said(self) -> list[str]:
        return [turn.heard for turn in self.scene.turns if not turn.user]


def test_it_sounds_at_once_and_says_its_name_until_somebody_stops_it():
    rung = Rung(Say(20.0, "stop"))
    assert rung.tones[0] == pytest.approx(2.0, abs=0.05)
    assert rung.said == ["The pasta timer is done."] * 2
    assert rung.stopped is True and 20.5 < rung.ended < 23
    assert rung.scene.turns[-1].skill == "stop_ringing" and rung.scene.llm.prompts == []


@pytest.mark.parametrize("words", ["okay", "thank you", "all right stop it", "turn off the timer", "I heard it"])
def test_people_say_many_things_to_stop_it(words):
    assert Rung(Say(10.0, words)).stopped is True


def test_over_its_own_name_an_okay_stops_it_too():
    rung = Rung(Say(3.0, "okay"))
    assert rung.stopped is True and rung.ended < 6


def test_other_words_are_answered_and_it_goes_on():
    rung = Rung(Say(8.0, "how are you doing today", seconds=2.0), Say(30.0, "stop"))
    assert "I am the model." in [turn.heard for turn in rung.scene.turns]
    assert rung.ended > 30


def test_nobody_is_disturbed_while_they_speak_but_for_the_first_tone():
    rung = Rung(Say(1.0, "tell me about the weather in the north", seconds=9.0), until=30.0)
    assert [at for at in rung.tones if 2.5 < at < 9.5] == []
    assert rung.tones[0] == pytest.approx(2.0, abs=0.05)


def test_a_key_stops_it():
    rung = Rung.__new__(Rung)

    def press(scene: Scene, event: events.Event) -> None:
        Rung._begin(rung, scene, event)
        if isinstance(event, events.Speaking):
            scene.conversation.interrupt()

    rung.at, rung.tones, rung.stopped, rung.ringing = 2.0, [], None, None
    rung.scene = Scene([], [""], until=20.0, on_event=press).play()
    assert rung.stopped is True


def test_what_nobody_stops_gives_up():
    rung = Rung(until=200.0)
    assert rung.stopped is False and rung.ended == pytest.approx(122, abs=3)


def test_stop_means_the_answer_where_nothing_rings():
    rung = Rung(Say(1.0, "stop"), at=100.0, until=10.0)
    assert [turn.skill for turn in rung.scene.turns] == [""]
