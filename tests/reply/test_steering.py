"""What spoken commands change in the conversation: sleep, language, last words; how loud and quick it speaks."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest

from assistant.skills import Action, command
from assistant.skills.words.assent import wakes
from assistant.tts import SAMPLE_RATE, SpeechChunk
from assistant.tts.pace import Pace
from tests.scene import Scene
from tests.scripted import Say
from tests.skills.equipment import equipped


class Talking:
    COMMANDS = (
        command("sleep", "Sleep.", "go to sleep"),
        command("repeat", "Repeat.", "say that again"),
        command("softer", "Speak softly.", "speak softly"),
        command("french", "Speak French.", "speak french"),
    )

    def run(self, asked, here):
        controls = here.controls

        async def do():
            match asked.name:
                case "sleep":
                    controls.sleep()
                    return "Good night."
                case "repeat":
                    return controls.last_reply()
                case "softer":
                    controls.volume(0.25)
                    return "Like this?"
                case "french":
                    return "Oui." if await controls.language("fr") else "No voice here speaks French."

        return Action(do=do, keep_history=asked.name != "repeat")


def heard(*says: Say, **more) -> list[str]:
    return [turn.heard for turn in Scene(says, ["I am the model."], equipment=equipped(Talking()), **more).play().turns]


def test_asleep_it_answers_nothing_until_it_is_woken():
    says = [Say(1.0, "go to sleep"), Say(5.0, "how are you today"), Say(9.0, "hello are you there")]
    assert heard(*says) == ["Good night.", "", "I am the model."]


def test_who_speaks_while_it_sleeps_is_shown_once_how_to_wake_it():
    says = [Say(1.0, "go to sleep"), Say(5.0, "how are you today"), Say(9.0, "and what time is it")]
    scene = Scene(says, ["I am the model."], equipment=equipped(Talking())).play()
    assert scene.notices == ['asleep: nothing is answered until you say "wake up"']


def test_a_key_wakes_it():
    says = [Say(1.5, "go to sleep"), Say(7.0, "how are you today")]
    key = [(1.0, "press"), (3.0, "release"), (6.5, "press"), (9.0, "release")]
    assert heard(*says, key=key) == ["Good night.", "I am the model."]


@pytest.mark.parametrize("words", ["Wach auf!", "Réveille-toi", "Despierta", "svegliati", "Guten Morgen", "wake up"])
def test_it_is_woken_in_its_languages(words):
    assert wakes(words)


def test_what_is_said_beside_it_wakes_nobody():
    assert not any(
        map(wakes, ["ich schlafe auf dem Sofa", "what time is it", "il est tard", "la hora", "che ore sono"])
    )


def test_the_last_reply_is_repeated_as_it_was_heard():
    assert (
        heard(Say(1.0, "how are you today"), Say(6.0, "say that again"), Say(12.0, "say that again"))
        == ["I am the model."] * 3
    )


def test_a_language_that_no_voice_speaks_is_told():
    assert heard(Say(1.0, "speak french")) == ["No voice here speaks French."]


def test_softer_is_softer_from_the_next_sentence_on():
    played = Scene([Say(1.0, "speak softly")], [""], equipment=equipped(Talking())).play()
    assert np.abs(played.speaker.audio()).max() == pytest.approx(0.05, abs=0.001)  # the scripted voice: 0.1


def tone(hertz: float, seconds: float) -> np.ndarray:
    return (0.4 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE)).astype(np.float32)


@pytest.mark.parametrize("rate", [0.5, 1.0, 1.5, 2.0])
def test_quicker_speech_is_shorter_at_the_same_pitch_and_no_mark_is_lost(rate):
    sound = tone(220, 2.0)

    async def speak():
        for number, begin in enumerate(range(0, len(sound), 4800)):
            yield SpeechChunk(sound[begin : begin + 4800], spoken=number)

    async def spoken():
        return [chunk async for chunk in Pace(rate=rate).paced(speak())]

    chunks = asyncio.run(spoken())
    audio = np.concatenate([chunk.pcm24k for chunk in chunks])
    assert len(audio) / SAMPLE_RATE == pytest.approx(2.0 / rate, abs=0.05)
    spectrum = np.abs(np.fft.rfft(audio * np.hanning(len(audio))))
    assert np.argmax(spectrum) * SAMPLE_RATE / len(audio) == pytest.approx(220, abs=3)
    assert sorted({chunk.spoken for chunk in chunks}) == list(range(10))


def test_the_loudest_is_not_cut_off():
    loud = Pace(volume=1.0).loud(tone(220, 0.1) * 2)
    assert 0.8 < np.abs(loud).max() < 1.0 and loud.dtype == np.float32
    assert not Pace(volume=0.0).loud(tone(220, 0.1)).any()
