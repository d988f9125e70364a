import pytest

from assistant.reply.reaction import NOT_UNDERSTOOD, is_bare, is_statement, reaction
from tests.scene import Scene
from tests.scripted import Say


@pytest.mark.parametrize(
    "words, statement",
    [
        ("The later judges attended the period.", True),
        ("My sister lives there.", True),
        ("Then said the eunuch, my lady heard him.", True),
        ("And he also improvised the two.", True),
        ("Cancel everything.", False),
        ("Please cancel all that is there.", False),
        ("Why, it might have been in the workhouse.", False),
        ("How old is the bridge?", False),
        ("how are you today", False),
        ("Dine.", False),
        ("The capital of France.", False),
        ("Meine Schwester wohnt seit einem Jahr in Berlin.", False),
        ("Seven of clubs.", False),
    ],
)
def test_who_tells_something_is_told_from_who_asks_or_orders(words, statement):
    assert is_statement(words) is statement


@pytest.mark.parametrize(
    "words, said",
    [
        ("They found their way to Egypt.", "What more can you tell me about Egypt?"),
        ("I went to the market with my brother.", "What more can you tell me about your brother?"),
        ("It was said of the Hebrew nation, which left.", "What more can you tell me about the Hebrew nation?"),
        ("I am sorry for my dog died yesterday.", "Would you like to tell me more about that?"),
        ("The later judges attend the period.", "Would you like to tell me more about that?"),
        ("My sister lives there.", "Would you like to tell me more about that?"),
        ("Cancel everything.", NOT_UNDERSTOOD),
    ],
)
def test_a_statement_is_asked_about_by_what_it_tells_of(words, said):
    assert reaction(words, 20) == said


@pytest.mark.parametrize("words", ["They found their way to Egypt.", "My sister lives there."])
def test_no_two_turns_in_a_row_get_the_same_reaction(words):
    said = [reaction(words, turn) for turn in range(1, 12)]
    assert all(one != other for one, other in zip(said, said[1:]))


def test_a_statement_that_only_comes_back_is_asked_about_and_its_copy_never_spoken():
    says = [Say(1.0, "they found their way to Egypt"), Say(8.0, "the judges attend the period")]
    copies = ["They found the way to Egypt.", "The judges attend the period."]
    scene = Scene(says, [copies[0], copies[1]], until=16).play()
    assert [turn.heard for turn in scene.turns] == [
        "I would like to hear more about Egypt.",
        "How did that come about?",
    ]
    assert not set(copies) & set(scene.tts.spoken)
    assert [len(prompt) for prompt in scene.llm.prompts] == [2, 2]  # what was not said is not shown


def test_an_earlier_reply_to_another_statement_is_not_said_again():
    says = [Say(1.0, "the judges attend the period"), Say(8.0, "my sister lives over there")]
    scene = Scene(says, ["I am sorry for that."], until=16).play()
    assert [turn.heard for turn in scene.turns] == ["I am sorry for that.", "How did that come about?"]


def test_a_mere_exclamation_is_followed_by_a_question():
    says = [Say(1.0, "the judges attended the period")]
    scene = Scene(says, ["Heavens."], until=10).play()
    assert scene.turns[0].heard == "Heavens. I am listening. Please go on."
    assert (
        is_bare("Heavens.") and not is_bare("Heavens, what a day.") and not is_bare("Correct!") and not is_bare("The")
    )
