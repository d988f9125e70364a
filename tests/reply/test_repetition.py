import pytest

from assistant.llm import Message, ToolCall
from assistant.reply.reaction import NOT_UNDERSTOOD
from assistant.reply.repetition import echoes, repeats, without_conversation
from tests.scene import Scene
from tests.scripted import Say

SYSTEM = Message("system", "Be brief.")


def conversation(*said: str) -> list[Message]:
    roles = ["user", "assistant"] * len(said)
    return [SYSTEM, *(Message(role, text) for role, text in zip(roles, said))]


@pytest.mark.parametrize(
    "unit, question, repeated",
    [
        ("A group of ten.", "How old is the Brooklyn Bridge?", True),
        ("a group of ten", "How old is the Brooklyn Bridge?", False),  # it may go on otherwise
        ("A group of eleven.", "How old is the Brooklyn Bridge?", False),
        ("A group of ten.", "Ten of clubs!", False),  # the same question
        ("A group of ten.", "What did you say?", False),
        ("A group of ten.", "Again.", False),
        ("A group of ten.", "Say it again, please.", False),
        ("A group of ten.", "Are you sure about that?", False),
        ("They live in the sea and eat krill.", "Is it far away from here?", True),
        ("A group of ten.", "My sister has one of them.", True),
        ("They live in the sea and", "What do cows eat in summer?", True),
        ("They live in the", "What do cows eat in summer?", False),
        ("", "What do cows eat in summer?", False),
        ("They live in the sea and also eat krill.", "What else is there to know?", True),
        ("They live in the sea and eat grass.", "Is it far away from here?", True),
        ("They live in the sea and eat squid.", "Where do squid live?", False),  # its own question's word
        ("They live in the sea.", "Is it far away from here?", True),
        ("They live in the trees.", "Is it far away from here?", False),
    ],
)
def test_what_was_said_to_another_question_is_a_repetition(unit, question, repeated):
    messages = conversation(
        "Ten of clubs.", "A group of ten.", "What do whales eat?", "They live in the sea and eat krill.", question
    )
    assert repeats(unit, question, messages) is repeated


def test_a_reply_that_repeats_an_earlier_one_is_asked_for_without_the_conversation():
    says = [Say(1.0, "ten of clubs please"), Say(8.0, "how old is the brooklyn bridge")]
    scene = Scene(says, ["A group of ten.", "A group of ten. And more.", "It is old."], until=16).play()
    assert [turn.heard for turn in scene.turns] == ["A group of ten.", "It is old."]
    assert scene.turns[1].reply.strip() == "It is old."
    assert [len(prompt) for prompt in scene.llm.prompts] == [2, 4, 2]
    assert "A group of ten." in scene.tts.spoken and scene.tts.spoken.count("A group of ten.") == 1


def test_what_breaks_off_while_it_repeats_itself_fails_nothing_when_the_second_answer_is_whole():
    says = [Say(1.0, "ten of clubs please"), Say(8.0, "how old is the brooklyn bridge")]
    scene = Scene(says, ["A group of ten.", "A group of ten. !!", "It is old."], until=16).play()
    assert [(turn.heard, turn.outcome, turn.error) for turn in scene.turns] == [
        ("A group of ten.", "answered", None),
        ("It is old.", "answered", None),
    ]


def test_words_that_refer_back_get_an_answer_of_their_own():
    says = [Say(1.0, "what is the capital of france"), Say(8.0, "how many people live there now")]
    scene = Scene(says, ["Paris is the capital.", "Paris is the capital. Yes.", "Two million."], until=16).play()
    assert [turn.heard for turn in scene.turns] == ["Paris is the capital.", "Two million."]


def test_the_models_own_words_are_said_even_if_it_says_them_to_everything():
    says = [Say(1.0, "ten of clubs please"), Say(8.0, "how old is the brooklyn bridge")]
    scene = Scene(says, ["I am sorry."], until=16).play()
    assert [turn.heard for turn in scene.turns] == ["I am sorry.", "I am sorry."]
    assert len(scene.llm.prompts) == 3


def test_asked_anew_a_model_still_reads_what_tools_gave_for_the_question():
    call = ToolCall("1", "look_up", {})
    told = [Message("user", "and the tide?"), Message("assistant", "", (call,)), Message("tool", "42", call_id="1")]
    system, *earlier = [Message("system", "Be brief."), Message("user", "hello"), Message("assistant", "Hello.")]
    assert without_conversation([system, *earlier, *told]) == [system, *told]
    assert without_conversation([system, *earlier, told[0]]) == [system, told[0]]


@pytest.mark.parametrize(
    "sentence, said, echo",
    [
        ("Cancel everything.", "cancel everything", True),
        ("How long until your alarm?", "How long until my alarm?", True),
        ("Cancel everything you do.", "cancel everything", False),
        ("The moon is far away.", "the moon", False),
        ("Good morning!", "Good morning.", False),
        ("Tomato soup.", "tomato or tomato soup", False),
        ("Red lorry, yellow lorry.", "say red lorry yellow lorry", False),
        ("Dine.", "Dine.", True),
        ("Thanks!", "Thanks.", False),
        ("Okay.", "okay", False),
        ("The judges attend the period.", "The later judges attend the period.", True),
        ("He came to the duration of Egypt.", "He came to the deration of Egypt.", True),
        ("By Allah, I tell thee the truth.", "By Allah, replied the fireman, I tell thee the truth.", True),
        ("Ten minutes it is.", "Set a timer for ten minutes.", False),
        ("Madrid is the capital of Spain.", "Berlin is the capital of Spain.", False),
        ("It is 8849 metres high.", "It is 8000 metres high.", False),
        ("It is not open on Sundays.", "It is open on Sundays.", False),
        ("Is the shop open?", "The shop is open.", False),
        ("Poland is the capital of Poland.", "What is the capital of Poland?", True),
        ("The capital of Poland", "What is the capital of Poland?", False),  # it may go on
        ("Paris is the capital.", "Is Paris the capital of France?", False),
        ("Coffee.", "Choose coffee rather than tea.", False),
    ],
)
def test_the_users_own_words_are_no_answer(sentence, said, echo):
    assert echoes(sentence, said) is echo


def test_a_reply_that_is_the_users_words_is_asked_for_again_and_then_not_said():
    says = [Say(1.0, "ten of clubs please"), Say(8.0, "cancel all but the last one")]
    scene = Scene(says, ["I am sorry.", "Cancel all but the last one."], until=16).play()
    assert [turn.heard for turn in scene.turns] == ["I am sorry.", NOT_UNDERSTOOD]
    assert [len(prompt) for prompt in scene.llm.prompts] == [2, 4, 2]
    assert not any("Cancel" in words for words in scene.tts.spoken)


def test_a_reply_that_begins_as_the_user_did_is_said_whole():
    says = [Say(1.0, "the moon over the sea")]
    scene = Scene(says, ["The moon over the sea is bright tonight."], until=8).play()
    assert scene.turns[0].heard == "The moon over the sea is bright tonight."


@pytest.mark.parametrize(
    "unit, question, repeated",
    [
        ('The word "sad" is a noun.', "I am feeling a bit sad today.", True),
        ('The word "cat" is a noun.', "What is a good name for my pet?", True),  # it quotes another word
        ("The word dinner is a noun.", "Give me three ideas for dinner.", True),
        ('The word "sad" is short.', "I am feeling a bit sad today.", False),
        ("The capital of Spain is Madrid.", "What is the capital of Spain?", False),
    ],
)
def test_one_form_for_every_question_is_a_repetition(unit, question, repeated):
    messages = conversation(
        "My dog died yesterday.",
        'The word "dog" is a noun.',
        "What is the capital of France?",
        "The capital of France is Paris.",
        question,
    )
    assert repeats(unit, question, messages) is repeated
