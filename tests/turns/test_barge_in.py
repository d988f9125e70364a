"""How long a reply stops for a sound that may be a voice, on virtual time."""

from __future__ import annotations

import numpy as np

from assistant.settings import VadSettings
from assistant.turns.utterance import beginning, pre_roll
from tests.scene import Scene
from tests.scripted import Say

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
    assert 0.3 + 0.2 < late([4.0, 4.2]) < 0.42 + 0.2


def test_sounds_without_a_voice_stop_a_reply_for_less_than_a_second():
    assert 0.8 < late(list(np.arange(4.0, 7.0, 0.1))) < 1.0


def test_what_the_user_said_before_a_late_confirmation_belongs_to_the_utterance():
    """An echo canceller may muffle a voice for half a second: the pre-roll reaches back to where the reply stopped."""
    newest = pre_roll(VadSettings(pre_roll=0.5, min_speech=0.1))
    newest.extend(np.full(320, number, np.float32) for number in range(100))
    assert [beginning(newest, VadSettings(), flinched)[0][0] for flinched in (0, 20, 45)] == [69, 49, 24]
