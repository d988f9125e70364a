"""A late voice in a whole conversation: when the listener hears something, from whom, and what history keeps."""

from __future__ import annotations

import pytest

from assistant import tts
from assistant.tts import ENGINES, SAMPLE_RATE, TtsSettings, choice
from assistant.tts.fallback import Fallback
from tests.scene import Scene
from tests.scripted import Say
from tests.tts.test_hedge import DEADLINE, QUICK, Voice

HELLO = Say(1.0, "hello how are you", 1.0)
REPLY = "I am fine today. And the sun shines."


def play(monkeypatch, chosen: Voice, says=(HELLO,), replies=(REPLY,), **more: object) -> tuple[Scene, Voice]:
    spare = Voice("spare", QUICK)
    monkeypatch.setattr(choice, "own", lambda settings, notice: (ENGINES[-1], chosen))
    monkeypatch.setattr(choice, "covered", lambda *rest: Fallback(chosen, spare, rest[3], DEADLINE))
    voice = tts.load(TtsSettings(engine="espeak"), lambda text: None)
    scene = Scene(says, replies=replies, tts=voice, **more).play()
    return scene, spare


def waited(scene: Scene) -> float:
    """Seconds from when the first sentence was there and the user had finished to the first sound."""
    timings = scene.turns[0].timings
    return timings["first_sound"] - max(timings["first_sentence"], timings["hard_endpoint"])


def test_a_server_1_s_late_costs_the_deadline_alone(monkeypatch) -> None:
    chosen = Voice("chosen", 1.0, 0.3)
    scene, spare = play(monkeypatch, chosen)
    assert waited(scene) == pytest.approx(DEADLINE, abs=0.03)
    assert spare.asked == ["I am fine today."], "while it plays, nobody waits for the next sentence"
    assert chosen.asked == ["I am fine today.", "And the sun shines."] and chosen.stopped == 1
    [turn] = scene.turns
    assert turn.heard == turn.reply.strip() == REPLY and turn.engines["tts"] == "chosen"


def test_while_it_is_not_sure_that_the_user_has_finished_nobody_waits(monkeypatch) -> None:
    """The gate opens late; until then the sound that came would not have been heard either."""
    scene, spare = play(monkeypatch, Voice("chosen", 1.0, 0.3), settings={"endpointing.complete": 1.2})
    assert spare.asked == [] and scene.turns[0].heard == REPLY
    assert waited(scene) < 0.5


@pytest.mark.parametrize("at", [2.7, 2.8, 2.85, 2.95])
def test_interrupted_while_both_run_the_turn_goes_on_and_is_answered_once(monkeypatch, at: float) -> None:
    says = [HELLO, Say(at, "and tell me the time please", 1.0)]
    chosen = Voice("chosen", 9.0, 0.1)
    scene, spare = play(monkeypatch, chosen, says)
    assert chosen.stopped == 1
    turns = scene.turns
    assert [turn.outcome for turn in turns][-1] == "answered" and turns[-1].heard == REPLY
    heard = scene.speaker.written
    assert heard == sum(len(turn.heard.split()) for turn in turns) * SAMPLE_RATE // 10
