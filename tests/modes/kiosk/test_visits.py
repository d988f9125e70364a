"""Visits begin, end and are forgotten, whatever happens in them; on virtual time."""

from __future__ import annotations

import asyncio
import gc
from dataclasses import replace
from datetime import datetime

import numpy as np
import pytest

from assistant import events
from assistant.audio.tones import tone
from assistant.errors import EngineError
from assistant.modes.kiosk.visit import Visit, _WithoutWakeWord
from assistant.stt import Hypothesis
from tests.modes.kiosk.scripted import Scene, rows
from tests.scripted import Say, ScriptedStt, ScriptedTts

WAKE = Say(1.0, "okay nabu", 0.7)


def test_wake_word_alone_is_no_turn_and_the_question_behind_it_is_one():
    scene = Scene([WAKE, Say(3.0, "how are you", 1.0)]).play()
    assert scene.turns == [("how are you", "I am fine.")]
    assert [word for _, word in scene.woken] == ["okay_nabu"]


def test_wake_word_and_question_in_one_breath_are_both_heard():
    scene = Scene([Say(1.0, "okay nabu what time is it", 2.1)]).play()
    assert [user for user, _ in scene.turns] == ["what time is it"]


def test_nothing_begins_without_the_wake_word():
    scene = Scene([Say(1.0, "how are you", 1.0), Say(5.0, "what time is it", 1.0)]).play()
    assert not scene.events and not scene.stt.heard


def test_visit_ends_by_silence_with_a_goodbye_and_the_next_one_knows_nothing_of_it():
    scene = Scene([WAKE, Say(3.0, "my name is ann", 1.0), Say(50.0, "okay nabu who am i", 2.0)], until=90).play()
    assert [reason for _, reason in scene.left] == ["silence", "silence"]
    ended = max(at for at, event in scene.events if isinstance(event, events.TurnEnded) and at < 20)
    assert scene.left[0][0] - ended == pytest.approx(20.0, abs=2.0)
    assert scene.tts.spoken.count("Goodbye.") == 2
    assert scene.llm.forgotten == 2
    second = scene.llm.prompts[1]
    assert "ann" not in " ".join(message.content for message in second) and len(second) == 2


def test_goodbye_ends_the_visit_at_once_and_is_not_answered_by_the_model():
    scene = Scene([WAKE, Say(3.0, "how are you", 1.0), Say(8.0, "thank you goodbye", 1.0)]).play()
    assert [reason for _, reason in scene.left] == ["goodbye"]
    assert scene.left[0][0] < 11.5
    assert len(scene.llm.prompts) == 1
    assert scene.events[-1][1] == events.Left("goodbye", 2)


def test_without_words_of_farewell_a_tone_tells_that_it_is_over():
    scene = Scene([WAKE], settings={"kiosk.goodbye": ""}).play()
    assert not scene.tts.spoken
    assert [len(chime) for chime in scene.speaker.chimes] == [len(tone("listening")), len(tone("bye"))]


def test_visit_ends_at_its_greatest_length_in_the_middle_of_a_reply():
    long = " ".join(["and on it goes"] * 100) + "."
    scene = Scene([WAKE, Say(3.0, "tell me everything", 1.0)], [long], settings={"kiosk.longest": 12.0}).play()
    [(at, reason)] = scene.left
    assert reason == "longest" and at == pytest.approx(14.2, abs=1.0)
    [(_, heard)] = scene.turns
    assert heard and len(heard) < len(long) / 4
    assert scene.tts.spoken[-1] == "Goodbye."


def test_quiet_hours_end_a_visit_without_a_word_and_let_none_begin():
    scene = Scene(
        [WAKE, Say(3.0, "how are you", 1.0), Say(40.0, "okay nabu hello", 1.0)],
        settings={"kiosk.quiet_hours": "22:00-07:00"},
        starts=datetime(2026, 3, 2, 21, 59, 50),
        presses=[44.0],
    ).play()
    assert [reason for _, reason in scene.left] == ["quiet hours"]
    assert scene.left[0][0] == pytest.approx(10.0, abs=0.5)
    assert "Goodbye." not in scene.tts.spoken
    assert scene.answers == ["these are quiet hours, until 07:00; see [kiosk] quiet_hours"]


def test_wake_word_while_it_speaks_ends_the_reply_and_what_follows_is_answered():
    long = " ".join(["and on it goes"] * 30) + "."
    says = [WAKE, Say(3.0, "tell me everything", 1.0), Say(8.0, "okay nabu stop that what time is it", 2.5)]
    scene = Scene(says, [long, "Noon."]).play()
    assert [user for user, _ in scene.turns] == ["tell me everything", "stop that what time is it"]
    assert scene.turns[1][1] == "Noon." and len(scene.turns[0][1]) < len(long) / 2
    assert len(scene.woken) == 2


def test_next_visitor_may_call_while_the_last_one_is_said_goodbye():
    says = [WAKE, Say(3.0, "goodbye", 0.5), Say(3.9, "okay nabu how are you", 1.5)]
    scene = Scene(says, tts=ScriptedTts(per_character=0.2)).play()
    assert [reason for _, reason in scene.left] == ["goodbye", "silence"]
    assert scene.turns[-1] == ("how are you", "I am fine.")


def test_radio_does_not_keep_a_visit_alive_and_is_not_answered():
    radio = [Say(7.0 + 4 * number, "and now the weather", 3.0) for number in range(12)]
    # The first of the list is the softest: each later one is louder by a step.
    says = [*radio, Say(1.0, "okay nabu", 0.7), Say(2.2, "how are you", 1.0)]
    scene = Scene(says, until=70).play()
    assert [reason for _, reason in scene.left] == ["silence"]
    assert scene.left[0][0] < 30
    assert [user for user, _ in scene.turns] == ["how are you"]


def test_open_microphone_begins_with_the_first_words():
    scene = Scene([Say(2.0, "how are you", 1.0)], settings={"kiosk.begin": "open"}).play()
    assert scene.turns == [("how are you", "I am fine.")]
    assert [word for _, word in scene.woken] == ["speech"]


def test_button_begins_a_visit_and_interrupts_a_reply():
    long = " ".join(["and on it goes"] * 30) + "."
    scene = Scene(
        [Say(2.0, "tell me everything", 1.0)], [long], settings={"kiosk.begin": "button"}, presses=[1.5, 8.0]
    ).play()
    assert [word for _, word in scene.woken] == ["button", "button"]
    assert len(scene.turns[0][1]) < len(long) / 2
    assert scene.answers == ["", ""]


def test_who_says_nothing_is_greeted_and_who_asks_at_once_is_not():
    greeting = {"kiosk.greeting": "How can I help?"}
    assert "How can I help?" in Scene([WAKE], settings=greeting).play().tts.spoken
    at_once = Scene([Say(1.0, "okay nabu how are you", 1.5)], settings=greeting).play()
    assert "How can I help?" not in at_once.tts.spoken


def test_long_thinking_is_heard():
    scene = Scene([WAKE, Say(3.0, "how are you", 1.0)], settings={"manners.filler": ""})
    scene.on_event = lambda scene, event: setattr(scene.llm, "first", 5.0)
    scene.play()
    assert [len(chime) for chime in scene.speaker.chimes].count(len(tone("thinking"))) == 3


def test_visit_that_fails_ends_aloud_and_the_next_one_works(monkeypatch):
    over, broken = Visit._over, []

    def once(self):
        if not broken:
            broken.append(self)
            raise RuntimeError("out of the blue")
        return over(self)

    monkeypatch.setattr(Visit, "_over", once)
    scene = Scene([WAKE, Say(20.0, "okay nabu how are you", 1.5)]).play()
    assert [reason for _, reason in scene.left] == ["failed", "silence"]
    [notice] = scene.notices
    assert notice.startswith("The visit ended early: the visit failed (RuntimeError in test_visits.py, line")
    assert len(tone("error")) in [len(chime) for chime in scene.speaker.chimes]
    assert scene.turns == [("how are you", "I am fine.")]


def test_engine_that_does_not_forget_at_first_is_asked_again():
    class Stubborn(ScriptedStt):
        tries = 0

        async def forget(self):
            self.tries += 1
            if self.tries == 1:
                raise EngineError("busy; try again")

    scene = Scene([WAKE], stt=Stubborn([WAKE])).play()
    assert scene.stt.tries == 2 and len(scene.left) == 1


def test_journal_of_visitors_is_anonymous_and_has_an_id_for_each_visit(tmp_path):
    path = tmp_path / "journal.jsonl"
    says = [WAKE, Say(3.0, "my name is Ann", 1.0), Say(40.0, "okay nabu call 555 123 4567", 2.0)]
    journal = {"journal.enabled": True, "journal.path": str(path), "journal.audio": True}
    Scene(says, settings=journal, until=80).play()
    spoken = [row for row in rows(path) if row["user"]]
    assert [row["user"] for row in spoken] == ["My name is [name 1]", "Call [phone 1]"]
    assert len({row["conversation"] for row in spoken}) == 2
    assert not (tmp_path / "journal-audio").exists()


def test_journal_of_visitors_is_whole_only_where_the_owner_says_so(tmp_path):
    path = tmp_path / "journal.jsonl"
    says = [WAKE, Say(3.0, "my name is Ann", 1.0)]
    journal = {"journal.enabled": True, "journal.path": str(path), "journal.audio": True}
    Scene(says, settings={**journal, "kiosk.journal": "as_configured"}).play()
    assert [row["user"] for row in rows(path) if row["user"]] == ["My name is Ann"]
    assert list((tmp_path / "journal-audio").iterdir())


def test_fifty_visits_leave_nothing_behind():
    says = []
    for number in range(50):
        says += [Say(1.0 + 9 * number, "okay nabu", 0.7), Say(2.2 + 9 * number, "how are you", 0.6)]
    objects = {}

    def count(scene, event):
        if isinstance(event, events.Left):
            scene.llm.prompts.clear()
            scene.stt.heard.clear()
            scene.events = [(at, event) for at, event in scene.events if isinstance(event, events.Left)]
            objects[len(scene.left)] = len(gc.get_objects())

    gc.freeze()  # what other tests left need not be looked at
    try:
        scene = Scene(says, until=460, settings={"kiosk.silence": 3.0, "kiosk.sounds": False}, on_event=count).play()
    finally:
        gc.unfreeze()
    assert len(scene.left) == 50
    assert objects[50] - objects[10] < 40 * 10  # a conversation has hundreds


def test_settings_that_change_during_a_visit_count_in_it_and_its_words_stay():
    def change(scene, event):
        if isinstance(event, events.TurnEnded) and event.turn.user and len(scene.turns) == 1:
            old = scene.visits.means
            kiosk = replace(old.settings.kiosk, goodbye="So long.", silence=6.0)
            new = replace(old, settings=replace(old.settings, kiosk=kiosk))
            scene.changing = asyncio.get_running_loop().create_task(scene.visits.reconfigure(new))

    says = [WAKE, Say(3.0, "my name is ann", 1.0), Say(8.0, "who am i", 1.0)]
    scene = Scene(says, on_event=change).play()
    assert any("my name is ann" in message.content.lower() for message in scene.llm.prompts[1])
    assert scene.tts.spoken[-1] == "So long." and scene.left[0][0] < 20


def test_what_else_may_have_been_said_is_without_the_wake_word_too():
    stt = ScriptedStt([], all_others=(Hypothesis("Okay Nabu, what time is it?", 0.8, None, 0.0),))
    [other] = asyncio.run(_WithoutWakeWord(stt, lambda: "okay_nabu").others(np.zeros(1, np.float32)))
    assert other.text.lower() == "what time is it?"
