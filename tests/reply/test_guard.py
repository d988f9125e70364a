"""The confidence guard: scripted conversations with a model that tells how sure it is, and its two rules."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.config import LlmSettings
from assistant.knowledge import is_question
from assistant.llm import Message, Piece, Tool
from assistant.reply.contradiction import contradicted
from assistant.reply.guard import Guard, threshold
from assistant.retrieved import CitedPassage, Retrieved
from tests.data import tiny_gguf
from tests.scene import Scene
from tests.scripted import Say, ScriptedLlm
from tests.test_talk_rag import PUMP, TANK, ScriptedKnowledge

QUESTION = Say(1.0, "how old is the bridge over there", seconds=2.0)
REPLY = "It was built in 1883. Many people walk over it."


@dataclass
class FranklyLlm(ScriptedLlm):
    """Tells a probability with every word: one per reply, the last is repeated."""

    probabilities: Sequence[float] = (0.9,)

    calls_tools = False

    async def reply(self, messages: Sequence[Message], tools: Sequence[Tool] = ()) -> AsyncGenerator[str, None]:
        probability = self.probabilities[min(len(self.prompts), len(self.probabilities) - 1)]
        async with aclosing(super().reply(messages)) as words:
            async for word in words:
                piece = Piece(word)
                piece.log_probabilities = (float(np.log(probability)),)
                yield piece


@dataclass
class GuardedScene(Scene):
    """The documents are the guard's alone; `Scene.knowledge` would be asked every time."""

    documents: ScriptedKnowledge = field(default_factory=ScriptedKnowledge)

    async def _play(self) -> None:
        from unittest.mock import patch

        from assistant.reply import answering

        with patch.object(answering, "Guard", lambda settings: Guard(settings, self.documents)):
            await super()._play()


def scene(when_unsure: str, probability: float, say: Say = QUESTION, **more: object) -> Scene:
    llm = FranklyLlm([REPLY], probabilities=[probability])
    return GuardedScene([say], llm=llm, settings={"guard.when_unsure": when_unsure}, **more)


@pytest.mark.parametrize("when_unsure", ["answer", "hedge", "documents", "say"])
def test_an_answer_the_model_is_sure_of_is_spoken_as_it_is(when_unsure: str) -> None:
    played = scene(when_unsure, 0.9).play()
    assert played.turns[0].heard == REPLY
    assert played.turns[0].guarded == ""
    assert played.turns[0].sureness == pytest.approx(0.9)


def test_an_unsure_answer_is_hedged_and_goes_on() -> None:
    played = scene("hedge", 0.2).play()
    assert played.turns[0].heard == "I am not sure, but it was built in 1883. Many people walk over it."
    assert played.turns[0].reply.strip() == played.turns[0].heard
    assert played.turns[0].guarded == "hedged"


def test_the_hedge_costs_no_time() -> None:
    plain, hedged = scene("answer", 0.2).play(), scene("hedge", 0.2).play()
    assert hedged.time_of("speaking") == pytest.approx(plain.time_of("speaking"), abs=0.021)


def test_an_unsure_answer_is_withheld_the_model_stopped_and_history_free_of_it() -> None:
    played = scene("say", 0.2).play()
    assert played.turns[0].heard == "I do not know."
    assert played.turns[0].outcome == "unknown"
    assert played.turns[0].guarded == "withheld"
    assert played.llm.closed_early == 1
    assert played.history == []


def test_what_the_model_is_unsure_of_is_looked_up_and_answered_from_the_passage() -> None:
    llm = FranklyLlm(["Maybe ten years, I guess.", "It lives for 1,900 hours."], probabilities=[0.2, 0.9])
    played = GuardedScene(
        [Say(1.0, "how long does the pump live in use", 3.0)], llm=llm, settings={"guard.when_unsure": "documents"}
    ).play()
    first, second = llm.prompts
    assert PUMP.text not in first[-1].content and PUMP.text in second[-1].content
    assert first[0] == second[0]  # the KV cache keeps the system prompt
    turn = played.turns[0]
    assert (turn.heard, turn.guarded, turn.passages) == ("It lives for 1,900 hours.", "looked_up", (PUMP,))


def test_documents_are_not_asked_while_the_model_is_sure() -> None:
    played = scene("documents", 0.9).play()
    assert played.documents.asked == []


def test_what_neither_the_model_nor_the_documents_know_is_not_known() -> None:
    played = scene("documents", 0.2).play()
    assert len(played.documents.asked) == 1
    assert played.turns[0].heard == "I do not know."


def test_an_answer_out_of_passages_that_stays_unsure_is_hedged() -> None:
    llm = FranklyLlm(["Maybe ten years, I guess.", "It lives for 1,900 hours."], probabilities=[0.2, 0.2])
    played = GuardedScene(
        [Say(1.0, "how long does the pump live in use", 3.0)], llm=llm, settings={"guard.when_unsure": "documents"}
    ).play()
    assert played.turns[0].heard == "I am not sure, but it lives for 1,900 hours."


@pytest.mark.parametrize(
    "when_unsure, said, outcome",
    [("say", "I do not know.", "unknown"), ("hedge", "I am not sure, but it lives for 1,900 hours.", "answered")],
)
def test_with_passages_too_what_is_unsure_is_hedged_or_not_said_as_the_setting_says(when_unsure, said, outcome) -> None:
    llm = FranklyLlm(["It lives for 1,900 hours."], probabilities=[0.1])
    played = Scene(
        [Say(1.0, "how long does the pump live in use", 3.0)],
        llm=llm,
        knowledge=ScriptedKnowledge(),
        settings={"guard.when_unsure": when_unsure},
    ).play()
    assert PUMP.text in llm.prompts[0][-1].content
    assert (played.turns[0].heard, played.turns[0].outcome) == (said, outcome)


@pytest.mark.parametrize("words", ["hello there my friend", "tell me a joke please", "thank you so much"])
def test_small_talk_is_never_guarded(words: str) -> None:
    assert scene("say", 0.1, Say(1.0, words, 2.0)).play().turns[0].guarded == ""


def test_an_engine_that_cannot_tell_is_not_guarded() -> None:
    played = Scene([QUESTION], [REPLY], settings={"guard.when_unsure": "say"}).play()
    assert (played.turns[0].heard, played.turns[0].sureness) == (REPLY, None)


def test_a_question_that_goes_on_is_judged_anew() -> None:
    llm = FranklyLlm(["Maybe ten years, I guess.", "Four point two litres."], probabilities=[0.2, 0.9])
    says = [Say(1.0, "how long does the pump live and", 2.0), Say(3.5, "how much does the bucket hold", 2.0)]
    settings = {"guard.when_unsure": "documents", "endpointing.complete": 1.0}
    played = GuardedScene(says, llm=llm, settings=settings).play()
    assert len(played.turns) == 1
    assert (played.turns[0].guarded, played.turns[0].passages) == ("", ())


def test_a_contradicted_sentence_is_replaced_by_the_passage_and_ends_the_reply() -> None:
    played = Scene(
        [Say(1.0, "how much does the tank hold", 2.0)],
        ["Let me see what I find. The tank holds 5 litres. That is a lot of water."],
        knowledge=ScriptedKnowledge(),
    ).play()
    assert played.turns[0].heard == f"Let me see what I find. The documents say: {TANK.text}"
    assert played.turns[0].guarded == "corrected"


def test_contradictions_are_spoken_when_the_guard_is_off() -> None:
    played = Scene(
        [Say(1.0, "how much does the tank hold", 2.0)],
        ["The tank holds 5 litres."],
        knowledge=ScriptedKnowledge(),
        settings={"guard.contradictions": False},
    ).play()
    assert played.turns[0].heard == "The tank holds 5 litres."


# ---- contradictions --------------------------------------------------------------------------------------------

PASSAGES = [
    "The pump 5-0210 is a vibration pump of 48 watts. It delivers 650 ml per minute against 3 bar. Expected "
    "life is 1,900\nhours. The circuit holds 28 g of R600a. The tank must not be put into the dishwasher. The "
    "boiler holds 8 to 10 cl of water. It takes four rinses. The warranty lasts two years. The lid may be "
    "washed by hand.",
    "| Tank | 4.2 litres | none |\n| Weight, empty | 11.8 kg | 11.1 kg |",
]


@pytest.mark.parametrize(
    "claim, question",
    [
        ("The pump is a vibration pump of 50 watts.", ""),
        ("The circuit holds 30 g of R600a.", ""),
        ("The tank can be put into the dishwasher.", ""),
        ("28 ounces.", "How much R600a does the circuit hold?"),
        ("Six rinses.", "How many rinses does it take?"),
        ("The empty weight is twelve kg.", "How heavy is it?"),
        ("The boiler holds 12 cl of water.", ""),
        ("The expected life of the pump is 2,500 hours.", ""),
        ("The warranty lasts 3 years.", ""),
        ("The lid may not be washed by hand.", ""),
    ],
)
def test_a_contradiction_is_found(claim: str, question: str) -> None:
    assert contradicted(claim, PASSAGES, question)


@pytest.mark.parametrize(
    "claim, question",
    [
        ("The pump delivers 0.65 litres per minute.", ""),  # other units, same size
        ("The pump delivers six hundred and fifty ml.", ""),
        ("The warranty lasts 24 months.", ""),
        ("The boiler holds 9 cl.", ""),  # within the range
        ("The boiler holds 8 cl.", ""),
        ("The tank holds about 4 litres.", ""),  # rounded
        ("Together they weigh 22.9 kg.", ""),  # computed
        ("It takes 5 minutes to heat the water.", ""),  # said nowhere, of nothing that the passages speak of
        ("Yes, 3 litres fit in.", "Do 3 litres fit into the tank?"),  # the question's own number
        ("Part 5-0210 costs nothing.", ""),
        ("The tank should not be put into the dishwasher.", ""),
        ("Do not put the tank into the dishwasher unless it is empty.", ""),
        ("I do not know.", "How big is the tank?"),
    ],
)
def test_what_is_no_contradiction_passes(claim: str, question: str) -> None:
    assert contradicted(claim, PASSAGES, question) is None


@given(st.text(max_size=300), st.text(max_size=300))
def test_no_text_contradicts_itself(text: str, other: str) -> None:
    assert contradicted(text, [other, text]) is None


_NUMBER = st.sampled_from(["3", "4.5", "1,900", "two", "-7", "0", "12"])
_PHRASE = st.sampled_from(
    [
        "the tank holds",
        "litres",
        "minutes",
        "kg of water",
        "is not",
        "and",
        "pump never runs for",
        "to",
        "°C",
        "%",
        ".\n",
        "| cup |",
    ]
)


@given(st.lists(st.one_of(_NUMBER, _PHRASE), max_size=25))
def test_no_passage_contradicts_itself(words: list[str]) -> None:
    text = " ".join(words)
    assert contradicted(text, [text]) is None


# ---- threshold -------------------------------------------------------------------------------------------------


def test_the_threshold_parts_the_wrong_answers_from_the_right_ones() -> None:
    assert threshold([0.9, 0.8, 0.7, 0.3, 0.2], [True, True, True, False, False]) == pytest.approx(0.5)


def test_the_dearer_a_wrong_answer_the_fewer_are_given() -> None:
    confidences, right = [0.9, 0.8, 0.6, 0.5], [True, False, True, True]
    assert threshold(confidences, right, wrong_costs=0.5) == 0.0
    assert 0.8 < threshold(confidences, right, wrong_costs=5.0) < 0.9


def test_when_all_are_wrong_nothing_is_answered_and_when_all_are_right_everything() -> None:
    assert threshold([0.9, 0.5], [False, False]) > 0.9
    assert threshold([0.9, 0.5], [True, True]) == 0.0


@given(st.lists(st.tuples(st.floats(0.01, 0.99), st.booleans()), min_size=1, max_size=12), st.floats(0.1, 5.0))
def test_no_other_threshold_is_better(answers: list[tuple[float, bool]], cost: float) -> None:
    def gain(bound: float) -> float:
        return sum(1 if right else -cost for confidence, right in answers if confidence >= bound)

    found = threshold([confidence for confidence, _ in answers], [right for _, right in answers], cost)
    assert gain(found) == pytest.approx(max(gain(bound) for bound in [0.0, *(c for c, _ in answers), 1.1]))


# ---- the real model's probabilities ----------------------------------------------------------------------------


def test_the_real_engine_tells_the_probabilities_of_just_the_tokens_it_speaks() -> None:
    import asyncio

    from assistant.llm import llama

    settings = LlmSettings(model=str(tiny_gguf()), max_tokens=20, threads=1)
    messages = [Message("system", "Tell a story."), Message("user", "Once upon a time")]

    async def pieces() -> list[Piece]:
        engine = llama.load(settings, lambda _: None)
        try:
            async with aclosing(engine.reply(messages)) as stream:
                found = [piece async for piece in stream]
            whole = engine.answer(messages)
        finally:
            engine.close()
        return found, whole

    found, whole = asyncio.run(pieces())
    told = [chance for piece in found for chance in piece.log_probabilities]
    assert told == pytest.approx(whole.log_probabilities[: len(told)], abs=1e-3)
    assert len(told) >= len(whole.tokens) - 1
    assert "".join(found).strip() == whole.text
    assert whole.pieces == tuple(found)
    assert [piece.log_probabilities for piece in whole.pieces] == [
        pytest.approx(piece.log_probabilities, abs=1e-3) for piece in found
    ]


@pytest.mark.parametrize(
    "words, asked",
    [
        ("how long does the pump live", True),
        ("What is the capital of France?", True),
        ("hello", False),
        ("how are you today", False),
        ("I like the pump", False),
        ("can you help me", False),
        ("thanks a lot", False),
    ],
)
def test_questions_are_told_from_small_talk_without_the_document_packages(words: str, asked: bool) -> None:
    assert is_question(words) is asked


def test_passages_given_to_the_guard_are_those_of_the_prompt() -> None:
    turn_passage = CitedPassage("/f", "T", (), 0, 1.0, "The tank holds 4.2 litres.")

    class Asked:
        user = "how big is the tank"
        found = Retrieved("how big is the tank", True, "<...>", (turn_passage,), 0.9)

    from assistant.config import GuardSettings

    guard = Guard(GuardSettings())
    assert guard.correction("It holds 5 litres.", Asked, "") == "The documents say: The tank holds 4.2 litres."
    assert guard.correction("It holds 5 litres.", Asked, "You said 5 litres.") is None


def test_the_report_names_the_threshold(tmp_path) -> None:
    from assistant.compare.lines import table
    from assistant.compare.results import load
    from tests.compare.helpers import FACTS, recorded

    answers = {
        question.id: question.answers[0] if number < 12 else "1000 metres" for number, question in enumerate(FACTS)
    }
    sureness = {question.id: 0.9 if number < 12 else 0.4 for number, question in enumerate(FACTS)}
    lines = table(load(recorded(tmp_path, {"base": answers}, FACTS, confidence=sureness)))
    assert lines.line("below").cells == {"base": pytest.approx(0.65)}
