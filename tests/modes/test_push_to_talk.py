"""Push-to-talk as scripted conversations on virtual time: what the key does at which moment of them."""

from __future__ import annotations

import numpy as np
import pytest

from assistant import events
from assistant.audio.files import WavSpeaker
from assistant.audio.tones import tone
from assistant.errors import EngineError
from assistant.modes.hands_free import do
from assistant.modes.keys.source import Source
from assistant.modes.push_to_talk import how_to_talk
from assistant.settings.modes import PushToTalkSettings
from tests.scene import Scene
from tests.scripted import Say, ScriptedStt

LONG = "The beginning of a long answer with many words that goes on and on for a while until it ends."
QUESTION = [Say(1.0, "how are you today")]  # ends at 2.0


class Ringing(WavSpeaker):
    def __init__(self) -> None:
        super().__init__()
        self.chimes: list[np.ndarray] = []

    def chime(self, pcm24k: np.ndarray) -> None:
        self.chimes.append(pcm24k)


def hold(*spans: tuple[float, float]) -> list[tuple[float, str]]:
    return [(at, command) for down, up in spans for at, command in ((down, "press"), (up, "release"))]


def first_sound(scene: Scene, number: int = 1) -> float:
    return [turn for turn in scene.turns if turn.heard][number - 1].timings["first_sound"]


def test_what_is_said_while_the_key_is_down_is_one_turn_whatever_the_pauses():
    says = [Say(0.3, "not this"), Say(2.0, "set a timer"), Say(6.0, "for ten minutes"), Say(9.0, "nor that")]
    scene = Scene(says, ["Done."], key=hold((1.9, 7.2))).play()
    assert scene.history == [("user", "set a timer for ten minutes"), ("assistant", "Done.")]


def test_releasing_ends_the_turn_at_once_and_what_was_prepared_is_heard_then():
    scene = Scene(QUESTION, key=hold((0.9, 3.0))).play()
    assert scene.turns[0].timings["hard_endpoint"] == pytest.approx(3.0, abs=1e-6)
    assert first_sound(scene) == pytest.approx(3.0, abs=0.001)


def test_nothing_is_heard_before_the_release_however_long_the_silence():
    scene = Scene(QUESTION, key=hold((0.9, 9.0))).play()
    assert first_sound(scene) >= 9.0


def test_going_on_while_the_key_is_down_makes_what_was_prepared_void():
    says = [Say(1.0, "how are you"), Say(3.0, "and your dog")]
    scene = Scene(says, key=hold((0.9, 4.2))).play()
    assert scene.history[0] == ("user", "how are you and your dog") and len(scene.turns) == 1
    assert scene.turns[0].revision == 2 and first_sound(scene) >= 4.2


@pytest.mark.parametrize("later", [-0.1, 0.0, 0.04, 0.1, 0.2, 0.3])
def test_the_last_word_is_heard_whenever_the_key_comes_up(later):
    scene = Scene(QUESTION, key=hold((0.9, 2.0 + later))).play()
    assert scene.history[0] == ("user", "how are you today")
    assert scene.turns[0].timings["hard_endpoint"] <= max(2.0 + later, 2.02) + 0.1 + 1e-6


def test_the_end_of_a_word_that_pauses_around_the_release_is_heard():
    says = [Say(1.0, "how are you today"), Say(2.1, "please", 0.2)]  # its first half before the release
    scene = Scene(says, key=hold((0.9, 2.24))).play()
    assert scene.history[0] == ("user", "how are you today please")


def test_words_from_just_before_the_key_are_there():
    scene = Scene(QUESTION, key=hold((1.3, 2.1))).play()
    assert scene.history[0] == ("user", "how are you today")


def test_a_word_so_short_that_it_hardly_is_one_is_heard():
    scene = Scene([Say(1.0, "yes", 0.08)], key=hold((0.9, 1.3))).play()
    assert scene.history[0] == ("user", "yes")


@pytest.mark.parametrize("key", [hold((1.0, 1.05)), hold((1.0, 3.0)), [(1.0, "press"), (1.0001, "release")]])
def test_no_words_no_turn(key):
    scene = Scene([Say(5.0, "nobody is asked")], settings={"push_to_talk.style": "hold"}, key=key, until=8).play()
    assert scene.turns == [] and scene.history == [] and scene.llm.prompts == [] and scene.stt.heard == []
    assert scene.states == ["listening", "hearing", "listening"]


def test_a_noise_while_the_key_is_down_says_nothing_and_writes_nothing():
    scene = Scene([Say(1.0, "")], key=hold((0.5, 2.5))).play()
    assert scene.history == [] and scene.llm.prompts == [] and scene.states[-1] == "listening"


def test_without_the_key_nobody_is_heard_and_no_reply_stops_for_a_voice():
    says = [*QUESTION, Say(2.6, "who is there"), Say(12.0, "hello hello")]
    scene = Scene(says, [LONG], key=hold((0.9, 2.1)), until=18).play()
    assert [turn.outcome for turn in scene.turns] == ["answered"]
    assert scene.history == [("user", "how are you today"), ("assistant", LONG)]


def test_a_tap_opens_until_the_next_one():
    key = [(0.8, "press"), (0.9, "release"), (4.0, "press"), (4.1, "release")]
    scene = Scene(QUESTION, key=key).play()
    assert scene.history[0] == ("user", "how are you today")
    assert scene.turns[0].timings["hard_endpoint"] == pytest.approx(4.0, abs=1e-6)


def test_pressing_while_it_speaks_silences_it_at_once_and_keeps_what_was_heard():
    says = [*QUESTION, Say(5.0, "stop please")]
    scene = Scene(says, [LONG, "All right."], key=hold((0.9, 2.1), (4.5, 6.2))).play()
    first, second = scene.turns
    assert first.outcome == "interrupted" and LONG.startswith(first.heard) and first.heard
    assert first.timings["reply_end"] == pytest.approx(4.5, abs=1e-6)
    assert scene.history[-2:] == [("user", "stop please"), ("assistant", "All right.")]


def test_a_tap_while_it_speaks_only_silences_it():
    scene = Scene(QUESTION, [LONG], settings={"push_to_talk.style": "hold"}, key=hold((0.9, 2.1), (4.5, 4.6))).play()
    assert [turn.outcome for turn in scene.turns] == ["interrupted"]
    assert scene.llm.closed_early == 0 and scene.states[-1] == "listening"


def test_pressing_while_it_thinks_stops_that_and_goes_on_with_the_same_turn():
    says = [*QUESTION, Say(2.3, "and your dog")]
    scene = Scene(says, key=hold((0.9, 2.1), (2.2, 3.4))).play()
    assert scene.history[0] == ("user", "how are you today and your dog") and len(scene.turns) == 1
    assert first_sound(scene) >= 3.4


def test_a_slip_of_the_finger_while_it_thinks_loses_nothing():
    key = hold((0.9, 2.1), (2.2, 2.25))
    scene = Scene(QUESTION, settings={"push_to_talk.style": "hold"}, key=key).play()
    assert scene.history == [("user", "how are you today"), ("assistant", "I am fine.")] and len(scene.turns) == 1


def test_a_key_that_bounces_while_the_user_speaks_cuts_no_word():
    key = hold((0.9, 1.5), (1.505, 1.6), (1.61, 2.1))
    scene = Scene(QUESTION, settings={"push_to_talk.style": "hold"}, key=key).play()
    assert scene.history[0] == ("user", "how are you today") and len(scene.turns) == 1


def test_two_presses_within_one_block_of_sound():
    key = [(0.901, "press"), (0.903, "release"), (0.906, "press"), (0.909, "press"), (2.1, "release")]
    scene = Scene(QUESTION, settings={"push_to_talk.style": "hold"}, key=key).play()
    assert scene.history[0] == ("user", "how are you today") and len(scene.turns) == 1


def test_a_release_without_a_press_changes_nothing():
    scene = Scene(QUESTION, key=[(0.5, "release"), (1.5, "release"), (3.0, "release")], until=6).play()
    assert scene.turns == [] and scene.states == ["listening"]


def test_a_lost_release_is_answered_after_the_longest_turn_and_the_key_works_on():
    says = [*QUESTION, Say(12.0, "and now")]
    settings = {"endpointing.max_turn": 5.0}
    scene = Scene(says, settings=settings, key=[(0.9, "press"), *hold((11.9, 13.1))], until=20).play()
    assert [turn.user for turn in scene.turns] == ["how are you today", "and now"]
    assert first_sound(scene) == pytest.approx(5.9, abs=0.05)


def test_a_lost_release_without_words_is_no_turn():
    scene = Scene([], settings={"endpointing.max_turn": 5.0}, key=[(1.0, "press")], until=9).play()
    assert scene.turns == [] and scene.states == ["listening", "hearing", "listening"]


def test_what_is_said_while_the_models_load_is_answered_once_they_are_there():
    scene = Scene(QUESTION, key=hold((0.9, 2.1)), loads=6.0).play()
    assert scene.history[0] == ("user", "how are you today") and 6.0 < first_sound(scene) < 6.6


def test_who_still_speaks_when_the_models_are_there_loses_no_word():
    scene = Scene([Say(1.0, "how are you today", 4.0)], key=hold((1.4, 5.1)), loads=3.0).play()
    assert scene.history[0] == ("user", "how are you today")


def test_only_the_newest_sound_is_kept_while_the_models_load_and_nobody_presses():
    says = [Say(1.0, "a secret", 60.0), Say(70.0, "how are you today")]
    scene = Scene(says, key=hold((69.9, 71.1)), loads=80.0, until=90).play()
    assert scene.stt.heard == ["how are you today"] and len(scene.turns) == 1


def test_stop_ends_the_reply_and_then_the_thought():
    scene = Scene(QUESTION, [LONG], key=[*hold((0.9, 2.1)), (4.5, "stop"), (4.6, "stop")]).play()
    assert [turn.outcome for turn in scene.turns] == ["interrupted"] and scene.ended < 21
    assert scene.turns[0].timings["reply_end"] == pytest.approx(4.5, abs=1e-6)
    thinking = Scene(QUESTION, [LONG], key=[*hold((0.9, 2.02)), (2.2, "stop")]).play()
    assert thinking.turns[0].heard == "" and thinking.speaker.written == 0 and thinking.states[-1] == "listening"


def test_tones_mark_both_ends_and_are_neither_the_reply_nor_before_it():
    scene = Scene(QUESTION, key=hold((0.9, 3.0)), speaker=Ringing()).play()
    opened, closed = scene.speaker.chimes
    assert np.array_equal(opened, tone("opened")) and np.array_equal(closed, tone("closed"))
    assert first_sound(scene) == pytest.approx(3.0, abs=0.001) and scene.turns[0].heard == "I am fine."
    silent = Scene(QUESTION, settings={"push_to_talk.tones": False}, key=hold((0.9, 3.0)), speaker=Ringing()).play()
    assert silent.speaker.chimes == []


def test_where_speech_recognition_fails_that_is_said_and_the_key_works_on():
    broken = ScriptedStt(QUESTION, error=EngineError("the scripted recogniser broke; try again"))
    scene = Scene(QUESTION, stt=broken, key=hold((0.9, 2.1), (8.0, 8.5))).play()
    assert scene.turns[0].outcome == "failed" and "failed" in scene.turns[0].heard
    assert scene.states[-2:] == ["hearing", "listening"]


def test_how_to_talk_is_told_for_each_key_and_style():
    hold_only = PushToTalkSettings(key="f9", style="hold")
    assert how_to_talk(hold_only, Source("desktop", "")) == "Hold f9 while you speak."
    assert "tap it again" in how_to_talk(PushToTalkSettings(key="f9"), Source("desktop", ""))
    toggling = Source("terminal", "")
    toggling.releases = False
    assert how_to_talk(PushToTalkSettings(), toggling) == "Press space, speak, and press it again."
    assert "assistant press" in how_to_talk(PushToTalkSettings(), Source("none", ""))


def test_hands_free_a_key_has_nothing_to_open_but_stop_works():
    replies: list[str] = []

    def tell(scene: Scene, event: events.Event) -> None:
        if event == events.StateChanged("speaking"):
            replies.extend(do(scene.conversation, command) for command in ("press", "stop"))

    scene = Scene(QUESTION, [LONG], on_event=tell).play()
    assert "--push-to-talk" in replies[0] and replies[1] == ""
    assert scene.turns[0].outcome == "interrupted" and scene.states[-1] == "listening"


def test_stop_while_the_user_speaks_over_a_reply_ends_that_reply_and_hears_the_user():
    says = [*QUESTION, Say(5.0, "what was that again please")]

    def stop(scene: Scene, event: events.Event) -> None:
        if event == events.StateChanged("hearing") and len(scene.states) > 3:
            scene.conversation.interrupt()

    scene = Scene(says, [LONG, "A question."], on_event=stop).play()
    assert scene.history[-2:] == [("user", "what was that again please"), ("assistant", "A question.")]
    assert [turn.outcome for turn in scene.turns] == ["interrupted", "answered"]
