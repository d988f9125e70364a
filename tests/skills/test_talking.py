"""How the conversation itself is steered by voice."""

from __future__ import annotations

import pytest

from assistant.skills.talk import talking
from assistant.skills.values.tongues import tongue
from tests.skills.saying import Skill, Steered, here

SKILL = Skill(talking)


def says(words, controls):
    return SKILL.says(words, here(controls=controls))


@pytest.mark.parametrize(
    "words",
    ["louder", "Speak a bit louder please", "could you turn it up a little", "speak up", "volume up",
    "I can't hear you",
     "you're too quiet", "raise your voice", "make it much louder"],
)  # fmt: skip
def test_it_speaks_louder(words):
    controls = Steered(loud=0.5)
    assert says(words, controls) == "The volume is 65 percent now."
    assert controls.loud == pytest.approx(0.65)


@pytest.mark.parametrize(
    "words",
    ["quieter", "a little softer please", "turn the volume down", "not so loud", "don't shout", "that's far too loud",
     "lower your voice please", "turn it down a bit"],
)  # fmt: skip
def test_it_speaks_more_quietly(words):
    assert says(words, Steered(loud=0.5)) == "The volume is 35 percent now."


@pytest.mark.parametrize(
    "words, loud",
    [
        ("volume to fifty percent", 0.5), ("set the volume to 7", 0.7), ("volume ten", 1.0),
        ("Set the volume to 35 percent", 0.35),
        ("turn your volume down to half", 0.5), ("put the volume at three out of ten", 0.3), ("volume 80", 0.8),
        ("volume to 5 percent", 0.05), ("set the volume to maximum", 1.0), ("full volume", 1.0),
    ],
)  # fmt: skip
def test_the_volume_is_set(words, loud):
    controls = Steered(loud=0.2)
    assert says(words, controls) == f"The volume is {round(100 * loud)} percent now."
    assert controls.loud == pytest.approx(loud)


def test_what_is_louder_than_can_be_is_said():
    controls = Steered(loud=1.0)
    assert says("louder", controls) == "I cannot be any louder."
    assert says("set the volume to 200 percent", controls) == "The volume goes from 0 to 100 percent."
    assert says("how loud are you", controls) == "The volume is 100 percent."
    assert controls.loud == 1.0


def test_it_is_muted_without_a_word_and_heard_again():
    controls = Steered(loud=0.8)
    assert says("mute yourself", controls) == "" and controls.loud == 0
    assert says("unmute", controls) == "The volume is 80 percent now."


def test_it_speaks_faster_and_slower_within_bounds():
    controls = Steered()
    assert says("could you speak a bit faster", controls) == "I speak faster now." and controls.quick == pytest.approx(
        1.2
    )
    assert says("normal speed please", controls) == "I speak at my usual speed." and controls.quick == 1
    for words in ("slow down a bit", "you're talking too fast", "more slowly please", "not so fast"):
        assert says(words, controls) == "I speak slower now."
    assert says("slower", controls) == "I cannot speak any slower." and controls.quick == 0.5


@pytest.mark.parametrize(
    "words",
    ["repeat that", "Say that again please", "what did you say?", "Sorry, I didn't quite catch that", "pardon",
    "come again",
     "what was that", "once more please", "could you repeat that one more time"],
)  # fmt: skip
def test_the_last_answer_is_said_again(words):
    assert says(words, Steered(reply="It is noon.")) == "It is noon."
    assert says(words, Steered()) == "I have not said anything yet."


def test_what_the_user_said_is_said():
    assert says("what did I just say", Steered(words="How are you?")) == "You said: How are you?"
    assert says("what did you understand", Steered()) == "You have not said anything before."


@pytest.mark.parametrize("words", ["stop", "Okay, stop.", "be quiet please", "that's enough", "shush", "never mind"])
def test_stop_silences_what_rings_and_says_nothing(words):
    controls = Steered(rings=True)
    assert says(words, controls) == "" and controls.done == ["stop"]


@pytest.mark.parametrize(
    "words, said, done",
    [
        ("go to sleep", "I sleep until you wake me.", "sleep"),
        ("please stop listening", "I sleep until you wake me.", "sleep"),
        ("goodbye", "Goodbye.", "goodbye"),
        ("okay, see you tomorrow", "Goodbye.", "goodbye"),
        ("that's all for now thanks", "Goodbye.", "goodbye"),
        ("speak German", "Ab jetzt spreche ich Deutsch.", "language de"),
        ("could you switch to French please", "À partir de maintenant, je parle français.", "language fr"),
        ("let's talk in Spanish", "I have no voice here that speaks Spanish.", "language es"),
    ],
)
def test_it_sleeps_leaves_and_speaks_other_languages(words, said, done):
    controls = Steered()
    assert says(words, controls) == said and controls.done == [done]


def test_it_goes_back_to_english():
    controls = Steered(languages=("en",))
    assert says("speak English again", controls) == "From now on I speak English."


def test_nothing_happens_before_it_is_done():
    controls = Steered()
    for words in ("mute", "louder", "goodbye", "go to sleep", "stop", "speak German", "faster"):
        assert SKILL.understood(words, here(controls=controls)) is not None
    assert controls == Steered()


@pytest.mark.parametrize(
    "words, begins",
    [
        ("what can you do?", "I can set timers"), ("thank you very much",
        "You're welcome."),
        ("great, thanks a lot", "You're welcome."), ("who are you", "I am your voice assistant."), ("wake up",
        "I am awake."), ("are you listening?", "Yes, I am listening."), ("are you asleep", "No, I am listening."),
    ],
)  # fmt: skip
def test_short_talk(words, begins):
    assert says(words, Steered()).startswith(begins)


def test_no_lookalike_steers_anything(lookalikes):
    assert [words for words in lookalikes if SKILL.command(words)] == []


def test_languages_have_two_letters():
    assert tongue("german") == tongue("deutsch") and tongue("love") is None
    assert len(tongue("welsh").code) == 2 and tongue("welsh").promise == "From now on I speak Welsh."


@pytest.mark.parametrize("words", ["louder", "speak German", "go to sleep", "speak slower", "mute"])
def test_what_would_end_with_the_answer_is_not_promised(words):
    controls = Steered()
    said = SKILL.says(words, here(controls=controls, lasts=False))
    assert said == "That counts only while we talk. Start me with: assistant talk." and controls == Steered()


@pytest.mark.parametrize("words", ["louder", "go to sleep", "stop listening", "speak slower", "mute"])
def test_what_is_only_for_the_ear_is_not_promised_where_nothing_is_heard(words):
    controls = Steered()
    said = SKILL.says(words, here(controls=controls, heard=False))
    assert said == "That counts only while we talk. Start me with: assistant talk." and controls == Steered()


def test_where_nothing_is_heard_it_still_changes_its_language():
    controls = Steered()
    assert SKILL.says("speak German", here(controls=controls, heard=False)) and controls.done == ["language de"]


def test_what_it_can_do_is_what_it_has_the_means_for():
    bare, whole = here(controls=Steered()), here(controls=Steered(), documents=object(), memory=object())
    said = [SKILL.says("what can you do?", place) for place in (bare, whole)]
    assert ["document" in text for text in said] == ["remember" in text for text in said] == [False, True]
    assert all(text.startswith("I can set timers") for text in said)
