"""How long a reply stops for a sound that may be a voice, on virtual time."""

from __future__ import annotations

import numpy as np

from assistant.settings import VadSettings
from assistant.stt import Transcript
from assistant.turns.utterance import beginning, pre_roll
from tests.scene import Scene
from tests.scripted import Say, ScriptedStt

QUESTION = Say(1.0, "how are you")
LONG = "One two three four five six seven eight nine ten. Eleven twelve thirteen fourteen."


def late(onsets: list[float]) -> float:
    """Seconds by which a reply ends later when sounds set in like voices, and nobody speaks."""
    quiet, startled = (Scene([QUESTION], [LONG], onsets=heard).play().turns[0] for heard in ([], onsets))
    assert startled.heard == quiet.heard == LONG
    return startled.timings["reply_end"] - quiet.timings["reply_end"]


def test_a_burst_then_near_silence_then_words_is_one_interruption():
    """ "You", 0.2 s of near silence, "don't mean that": the reply does not go on in between."""
    says = [QUESTION, Say(4.5, "stop please wait")]
    once, twice = (Scene(says, [LONG, "All right."], onsets=onsets).play() for onsets in ([4.0], [4.0, 4.3]))
    assert len(twice.turns[0].heard) < len(once.turns[0].heard)
    assert twice.turns[0].outcome == once.turns[0].outcome == "interrupted"


def test_a_reply_stays_stopped_while_sounds_set_in():
    assert 0.3 < late([4.0]) < 0.42
    assert 0.42 < late([4.0, 4.2]) < 0.55


def test_sounds_without_a_voice_stop_a_reply_for_less_than_a_second():
    assert 0.6 < late(list(np.arange(4.0, 7.0, 0.1))) < 0.8


def test_what_the_user_said_before_a_late_confirmation_belongs_to_the_utterance():
    """An echo canceller may muffle a voice for half a second: the pre-roll reaches back to where the reply stopped."""
    newest = pre_roll(VadSettings(pre_roll=0.5, min_speech=0.1))
    newest.extend(np.full(320, number, np.float32) for number in range(100))
    assert [beginning(newest, VadSettings(), flinched)[0][0] for flinched in (0, 20, 36)] == [69, 49, 33]


def test_a_reply_does_not_go_on_between_a_short_first_word_and_the_rest():
    says = [QUESTION, Say(4.0, "you", seconds=0.12), Say(4.34, "have got that all wrong")]
    scene = Scene(says, [LONG, "Have I?"]).play()
    assert [turn.outcome for turn in scene.turns] == ["interrupted", "answered"]
    assert scene.states.count("speaking") == 2


class Mumbling(ScriptedStt):
    """What is said over the reply is hardly understood."""

    async def transcribe(self, audio: np.ndarray, partial: bool = False) -> Transcript:
        transcript = await super().transcribe(audio, partial)
        return Transcript(transcript.text, 0.2 if "la" in transcript.text else 0.9)


def test_who_speaks_over_a_reply_for_long_and_is_not_understood_is_let_through_and_asked_again():
    says = [QUESTION, Say(4.0, "la la la", seconds=0.9)]
    scene = Scene(says, [LONG], stt=Mumbling(says)).play()
    assert [turn.outcome for turn in scene.turns] == ["interrupted", "unsure"]
    assert scene.tts.spoken[-1] == "Sorry, I did not catch that."


def test_a_short_sound_that_is_not_understood_does_not_end_a_reply():
    says = [QUESTION, Say(4.0, "la la la", seconds=0.4)]
    scene = Scene(says, [LONG], stt=Mumbling(says)).play()
    assert scene.history == [("user", QUESTION.text), ("assistant", LONG)]
