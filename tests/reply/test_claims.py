import pytest

from assistant.reply.claims import NOTHING_DONE, claims_deed
from tests.scene import Scene
from tests.scripted import Say


@pytest.mark.parametrize(
    "sentence",
    [
        "The timer is set for 15 minutes.",
        "Okay, your alarm has been set for eight.",
        "The alarm is set for 8 in the morning.",
        "I put oat milk on your shopping list.",
        "I've added bread to the list.",
        "I will remind you at 5 in the morning to call Julia.",
        "Sure, I'll turn on the kitchen lights for you.",
        "I have sent your message to Sarah.",
        "The kitchen light is now turned on.",
        "I'm canceling everything.",
    ],
)
def test_what_only_a_command_can_do_is_a_claim(sentence):
    assert claims_deed(sentence, "sorry, fifteen")


@pytest.mark.parametrize(
    "sentence, asked",
    [
        ("The timer is set by turning the knob.", "how does an egg timer work"),
        ("The alarm is set for seven, and then it rings.", "explain how an alarm clock works"),
        ("I set a timer and went to sleep.", "tell me a story about a timer"),
        ("The timer is a small clock.", "my timer is broken"),
        ("I put the cake into the oven.", "what did the baker say"),
        ("The lights in the sky are called auroras.", "there were lights in the sky last night"),
        ("Alarm clocks were invented in 1787.", "who invented the alarm clock"),
        ("I will help you with that.", "can you help me"),
    ],
)
def test_what_tells_of_such_things_is_none(sentence, asked):
    assert not claims_deed(sentence, asked)


def test_a_model_that_calls_no_tool_does_not_say_that_it_did_something():
    scene = Scene([Say(1.0, "sorry fifteen minutes")], ["The timer is set for 15 minutes. Enjoy!"], until=8).play()
    assert scene.turns[0].heard == NOTHING_DONE
    assert not any("timer" in words for words in scene.tts.spoken)


def test_what_was_said_before_the_claim_stays():
    scene = Scene([Say(1.0, "sorry fifteen minutes")], ["I like that. I have set your timer."], until=8).play()
    assert scene.turns[0].heard == f"I like that. {NOTHING_DONE}"
