"""Whatever breaks around a visitor's turn, in whatever way, the kiosk goes on and the next visitor is answered."""

from __future__ import annotations

import asyncio

import pytest

from assistant import events
from assistant.journal import Journal
from assistant.modes import control
from assistant.modes.kiosk import visit, visits
from assistant.modes.kiosk.watch import Watch
from assistant.settings.modes import KioskSettings
from tests.modes.kiosk.scripted import ChimingSpeaker, RememberingLlm, Scene, ScriptedVad, ScriptedWakeWords
from tests.scripted import Say
from tests.test_failed_turns import Panic

SAYS = [Say(0.5, "okay nabu how are you", 1.2), Say(9.0, "okay nabu what is new", 1.2)]
QUICK = {"kiosk.silence": 3.0, "kiosk.goodbye": ""}

PLACES = {
    "wake word": (ScriptedWakeWords, "heard"),
    "beginning": (visits.Replay, "__init__"),
    "whose voice it is": (visits.Visitor, "heard"),
    "voice detection": (ScriptedVad, "__call__"),
    "voice detection, forgetting": (ScriptedVad, "reset"),
    "wake word in the question": (visit, "without"),
    "farewell": (visit, "is_farewell"),
    "tones": (ChimingSpeaker, "chime"),
    "the visit's end": (visit.Visit, "_over"),
    "what a visit counts": (visit.Visit, "_note"),
    "journal": (Journal, "_write"),
    "forgetting": (RememberingLlm, "forget"),
    "warming": (RememberingLlm, "warm"),
    "silence of the speaker": (ChimingSpeaker, "clear"),
}


@pytest.mark.parametrize("place", PLACES)
def test_the_next_visitor_is_answered(place, monkeypatch, tmp_path) -> None:
    owner, name = PLACES[place]
    error = [Panic("unwrap"), RecursionError("deep"), KeyError("k"), MemoryError()][list(PLACES).index(place) % 4]
    inner, struck = getattr(owner, name), []

    def trapped(*args, **named):
        if asyncio.get_running_loop().time() < 8.0 and len(struck) < 2:
            struck.append(place)
            raise error.with_traceback(None)
        return inner(*args, **named)

    monkeypatch.setattr(owner, name, trapped)
    scene = Scene(
        SAYS, until=14.5, settings={**QUICK, "journal.enabled": True, "journal.path": str(tmp_path / "journal.jsonl")}
    ).play()
    assert struck, "it was never reached"
    assert scene.turns[-1] == ("what is new", "I am fine.")
    assert len(scene.notices) <= 3


def test_what_watches_the_kiosk_fails_one_by_one(monkeypatch) -> None:
    watch, told = Watch(KioskSettings(ducking=1.0)), []
    monkeypatch.setattr(watch, "_tell", events.together(Trapped(), watch.view, told.append))
    watch(events.Woken("button"))
    watch(events.Health("speaker", False, "The speaker is gone."))
    assert "The speaker is gone." in watch.view.snapshot()
    assert len([event for event in told if isinstance(event, events.Notice)]) == 1


class Trapped:
    def __call__(self, event: events.Event) -> None:
        raise Panic("metrics")


def test_a_command_from_outside_that_breaks_is_answered_by_one_sentence() -> None:
    def handle(command):
        raise Panic("the handler")

    said = control._Server(handle)._do("stop")
    assert "Panic" in said and "\n" not in said
