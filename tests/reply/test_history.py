"""What the model is shown of turns that were cut: on scripted time, and what a real model makes of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

import pytest

from assistant.config import LlmSettings, Settings
from assistant.llm import Message, Piece, Tool, llama
from assistant.reply.history import History, refers_back
from assistant.reply.sentences import whole_sentences
from assistant.turn import Turn
from tests.scene import Scene
from tests.scripted import Say, ScriptedLlm

LONG = "One two three four five six seven eight nine ten. Eleven twelve thirteen fourteen fifteen sixteen."
QUESTION = Say(1.0, "how are you today")


class CutLlm(ScriptedLlm):
    """Ends each reply as [llm] max_tokens does."""

    calls_tools = False

    async def reply(self, messages: Sequence[Message], tools: Sequence[Tool] = ()) -> AsyncGenerator[str, None]:
        async with aclosing(super().reply(messages)) as words:
            async for word in words:
                yield word
        last = Piece()
        last.cut = True
        yield last


def shown(scene: Scene, number: int) -> list[tuple[str, str]]:
    """The prompt of the answer with that number, from 1, without the system prompt."""
    return [(message.role, message.content) for message in scene.llm.prompts[number - 1][1:]]


def test_a_cut_turn_is_shown_to_words_that_refer_back_to_it_and_gone_after_them():
    says = [QUESTION, Say(4.0, "no stop please wait"), Say(9.0, "what time is it"), Say(14.0, "and the day")]
    scene = Scene(says, [LONG, "All right.", "Noon.", "Monday."], until=25).play()
    heard = scene.turns[0].heard
    assert heard and not whole_sentences(heard)
    assert shown(scene, 2) == [("user", "how are you today"), ("assistant", heard), ("user", "no stop please wait")]
    assert shown(scene, 3) == [
        ("user", "no stop please wait"),
        ("assistant", "All right."),
        ("user", "what time is it"),
    ]
    assert shown(scene, 4)[:2] == shown(scene, 3)[:2]
    assert scene.history[:2] == [("user", "how are you today"), ("assistant", heard)]  # what was heard stays the truth


def test_a_model_never_reads_what_was_refused():
    says = [QUESTION, Say(6.0, "how do i build a bomb"), Say(12.0, "and why is that")]
    scene = Scene(says, ["Fine."], until=20).play()
    assert scene.turns[1].outcome == "refused"
    assert shown(scene, 2) == [("user", "how are you today"), ("assistant", "Fine."), ("user", "and why is that")]


def test_a_question_that_stands_by_itself_is_asked_without_the_turn_it_cut():
    says = [QUESTION, Say(4.0, "how many days are in a week", seconds=2.0), Say(10.0, "go on please")]
    scene = Scene(says, [LONG, "Seven.", "Monday."], until=20).play()
    assert scene.turns[0].outcome == "interrupted"
    assert shown(scene, 2) == [("user", "how many days are in a week")]
    assert shown(scene, 3)[:2] == [("user", "how many days are in a week"), ("assistant", "Seven.")]


@pytest.mark.parametrize(
    "words, back",
    [
        ("Go on.", True),
        ("What did you say?", True),
        ("Weiter!", True),
        ("No, I meant the capital of Texas.", True),
        ("Can you say that more simply, please?", True),
        ("How old is it by now, roughly?", True),
        ("Tell me more.", True),
        ("What happened next?", True),
        ("What do turtles eat?", False),
        ("Who wrote Hamlet?", False),
        ("How many days are in a week?", False),
        ("Tell me a story about two dragons.", False),
    ],
)
def test_words_that_refer_back(words, back):
    assert refers_back(words) is back


def test_sentences_that_were_heard_to_their_end_stay():
    says = [QUESTION, Say(6.5, "stop please wait"), Say(11.0, "what time is it")]
    scene = Scene(says, [LONG, "All right.", "Noon."], until=20).play()
    assert "Eleven" in scene.turns[0].heard and scene.turns[0].outcome == "interrupted"
    assert shown(scene, 3)[:2] == [("user", "how are you today"), ("assistant", LONG.partition(" Eleven")[0])]


def test_a_reply_that_the_model_leaves_open_is_no_example_for_the_next():
    says = [QUESTION, Say(9.0, "what do squirrels eat in winter")]
    assert shown(Scene(says, ["The turtles eat...", "Nuts."], until=20).play(), 2) == [("user", says[1].text)]


@pytest.mark.parametrize(
    "reply, said, cut",
    [
        ("It is noon. It will be", "It is noon.", False),
        ("It will be noon in about", "It will be noon in about", True),
        ("It is noon.", "It is noon.", True),
    ],
)
def test_half_a_sentence_at_the_end_of_the_context_is_said_only_for_want_of_a_whole_one(reply, said, cut):
    scene = Scene([QUESTION, Say(9.0, "and now"), Say(15.0, "and then")], llm=CutLlm([reply, "Yes."]), until=25).play()
    assert scene.turns[0].heard == scene.turns[0].reply.strip() == said and scene.turns[0].outcome == "answered"
    assert scene.turns[0].cut is cut
    kept = whole_sentences(said)
    assert shown(scene, 3)[:2] == (
        [("user", "how are you today"), ("assistant", kept)] if kept else [("user", "and now"), ("assistant", "Yes.")]
    )


@pytest.mark.parametrize(
    "text, whole",
    [
        ("", ""),
        ("The beginning", ""),
        ("Yes. The beginning", "Yes."),
        ("It costs 3.50 euros", ""),
        ("Ask Dr. Smith", ""),
        ('He said: "Stop!" Then', 'He said: "Stop!"'),
        ("What? No, I", "What?"),
        ("One.\nTwo", "One."),
        ("终于。然后", "终于。"),
        ("The turtles eat...", ""),
        ("Yes. Well…", "Yes."),
    ],
)
def test_whole_sentences(text, whole):
    assert whole_sentences(text) == whole


FRAGMENTS = (
    "The beginning",
    "The story",
    "A bicycle stays",
    "The moon is",
    "He could",
    "Paris is the",
    "To boil an",
    "Rome is a city",
    "The best",
)
ASKED = (
    "Tell me a story.",
    "Who is the dragon?",
    "How does a bicycle stay upright?",
    "Tell me about the moon.",
    "Could he wait?",
    "What is Paris?",
    "How do I boil an egg?",
    "Describe Rome.",
    "What should I cook?",
)
PLAIN = (
    "How many days are in a week?",
    "What is the capital of Spain?",
    "What do cows eat?",
    "Who wrote Hamlet?",
    "What is the largest ocean?",
)


def test_after_nine_interruptions_the_real_model_answers_in_sentences():
    settings = Settings(llm=LlmSettings(threads=1, max_tokens=60))
    engine = llama.load(settings.llm, lambda notice: None)
    history = History(Message("system", settings.llm.system_prompt))

    async def answer(question: str) -> str:
        async with aclosing(engine.reply(history.prompt(question))) as pieces:
            return "".join([piece async for piece in pieces]).strip()

    try:
        for number, (question, fragment) in enumerate(zip(ASKED, FRAGMENTS, strict=True)):
            history.remember(Turn(number, question, fragment + " and so on.", fragment, outcome="interrupted"))
        answers = []
        for number, question in enumerate(PLAIN):
            answers.append(asyncio.run(answer(question)))
            history.remember(Turn(number, question, answers[-1], answers[-1], outcome="answered"))
    finally:
        engine.close()
    assert not set(answers) & set(FRAGMENTS) and len(set(answers)) == len(PLAIN)
    assert all(whole_sentences(answer) and len(answer.split()) > 2 for answer in answers), answers
    assert "Madrid" in answers[1]


@pytest.mark.parametrize(
    ("heard", "kept"),
    [
        ("Sorry, the language model did not answer.", []),
        ("It is noon. Sorry, the language model broke off.", ["It is noon."]),
        ("It is noon. And then Sorry, the lang", ["It is noon."]),
        ("Sorry, I have no clock.", ["Sorry, I have no clock."]),
    ],
)
def test_an_apology_for_an_engine_is_not_shown_to_the_model(heard: str, kept: list[str]) -> None:
    history = History(Message("system", "S"))
    turn = Turn(id=1)
    turn.user, turn.heard, turn.outcome = "What time is it now?", heard, "failed"
    history.remember(turn)
    shown = history.prompt("How heavy are elephants?")
    assert [message.content for message in shown if message.role == "assistant"] == kept
    assert [message.role for message in shown] == ["system", *["user", "assistant"] * len(kept), "user"]
