"""One answer of an arm: a conversation's path, with a scripted model and documents, and what is measured."""

from __future__ import annotations

import asyncio
import dataclasses
import math
import re
from collections.abc import Sequence

import pytest

from assistant.compare import answerer, arms
from assistant.config import GuardSettings, LlmSettings, RagSettings, Settings
from assistant.engines import Engines
from assistant.errors import AssistantError, EngineError
from assistant.llm import Completion, Message, Piece, llama, llamacpp
from assistant.reply import answer, prompt
from assistant.reply.guard import Guard
from assistant.retrieved import CitedPassage, Retrieved
from assistant.safety import Policy, Refusal
from assistant.turn import Turn
from rag.quote import Quote
from rag.records import Stored
from rag.search import Hit
from tests.data import tiny_gguf


class ScriptedEngine:
    name = "scripted"

    def __init__(self, text: str, chances: Sequence[float] = ()) -> None:
        """``chances``: the log-probability of each word; then of the token that ends the answer."""
        self.text = text
        self.chances = chances or [-0.5] * len(text.split()) + [-1.5]
        self.asked: list[list[Message]] = []

    def answer(self, messages) -> Completion:
        self.asked.append(list(messages))
        pieces = []
        for word, chance in zip(re.findall(r"\s*\S+", self.text), self.chances):
            pieces.append(Piece(word))
            pieces[-1].log_probabilities = (chance,)
        return Completion(
            self.text, (1, 2, 3), tuple(range(len(self.chances))), tuple(self.chances), True, 0.2, 1.2, tuple(pieces)
        )

    def close(self) -> None:
        pass


class ScriptedDocuments:
    introduction = "Passages may follow."

    def __init__(self, *found: Retrieved) -> None:
        self.found = list(found)

    async def look_up(self, question, earlier, kept) -> Retrieved:
        return self.found.pop(0) if len(self.found) > 1 else self.found[0]

    def known(self, text: str) -> set[str]:
        return set()

    def close(self) -> None:
        pass


PASSAGE = CitedPassage("/m.md", "Manual", (), 0, 0.9, "The tank holds 4.2 litres.")
FOUND = Retrieved(
    "q", True, "<passage 1>The tank holds 4.2 litres.</passage 1>", (PASSAGE,), 0.8, "According to Manual"
)


def answered(
    engine: ScriptedEngine, documents=None, question="How big is the tank?", policy: Policy | None = None, **rag
) -> answerer.Answered:
    settings = Settings(rag=RagSettings(enabled=documents is not None, **rag))
    arm = answerer.Answerer(arms.Arm("x", "m"), engine, documents, settings, policy or Policy())
    try:
        return asyncio.run(arm.answer(question, [Message("user", "Hello."), Message("assistant", "Hi.")]))
    finally:
        arm.close()


def quoting(text: str) -> Retrieved:
    stored = Stored("1", "/m.md", "Manual", (), 0, 0, len(text), "Manual", text)
    return dataclasses.replace(FOUND, asked=True, quote=Quote(Hit(stored, 1.0, 0.5, 1.0), text))


def test_a_model_that_does_not_read_is_not_asked_the_documents_are_quoted():
    engine = ScriptedEngine("It holds 99 litres.")
    found = answered(engine, ScriptedDocuments(quoting("The tank holds 4.2 litres.")))  # the bundled model is set
    assert (found.text, found.outcome) == ("The manual says: the tank holds 4.2 litres.", "answered")
    assert engine.asked == [] and found.passages[0]["text"] == PASSAGE.text and found.confidence == FOUND.confidence
    writer = ScriptedEngine("It is big.")
    written = answered(writer, ScriptedDocuments(FOUND), answer="write")
    assert written.text == "It is big." and len(writer.asked) == 1


def test_what_is_quoted_passes_the_policy_as_what_a_model_writes():
    class Strict(Policy):
        def check_answer(self, sentence, before="", question="", language=""):
            return Refusal("x", "No.", "a rule") if "4.2" in sentence else None

    found = answered(ScriptedEngine("x"), ScriptedDocuments(quoting("The tank holds 4.2 litres.")), policy=Strict())
    assert (found.text, found.outcome) == ("No.", "refused")


def test_the_prompt_is_the_conversations_own():
    engine = ScriptedEngine("It holds 4.2 litres. It is blue.")
    found = answered(engine, ScriptedDocuments(FOUND))
    system, *history, question = engine.asked[0]
    assert system.content.endswith("Passages may follow.") and [message.content for message in history] == [
        "Hello.",
        "Hi.",
    ]
    assert question.content == f"{FOUND.text}\n\nHow big is the tank?"
    assert found.confidence == pytest.approx(math.exp(-5.0 / 8)) and found.documents == 0.8
    assert (found.prompt_tokens, found.answer_tokens) == (3, 8) and found.passages[0]["text"] == PASSAGE.text
    assert 0.2 < found.first_sentence < 1.2


def test_without_documents_nothing_is_said_about_passages():
    engine = ScriptedEngine("Yes.")
    found = answered(engine)
    assert "Passages" not in engine.asked[0][0].content and found.documents is None


def test_documents_that_do_not_tell_are_answered_as_the_assistant_does():
    engine, unknown = ScriptedEngine("It is 10 litres."), Retrieved("q", True, confidence=0.1)
    found = answered(engine, ScriptedDocuments(unknown))
    assert (found.text, found.outcome, found.confidence) == ("The documents do not tell.", "unknown", None)
    assert engine.asked == []
    found = answered(engine, ScriptedDocuments(unknown), when_unknown="answer")
    assert found.text == "Not from the documents: It is 10 litres." and found.outcome == "answered"


def test_a_sentence_that_contradicts_the_passage_is_corrected_as_the_assistant_does():
    found = answered(ScriptedEngine("The tank holds 10 litres."), ScriptedDocuments(FOUND))
    assert (found.text, found.guarded) == ("The documents say: The tank holds 4.2 litres.", "corrected")


def test_an_unsure_answer_is_withheld_when_the_guard_is_told_to():
    settings = Settings(guard=GuardSettings(when_unsure="say", below=0.9))
    arm = answerer.Answerer(arms.Arm("x", "m"), ScriptedEngine("It is blue."), None, settings, Policy())
    try:
        found = asyncio.run(arm.answer("What colour is the tank?"))
    finally:
        arm.close()
    assert (found.text, found.outcome, found.guarded) == ("I do not know.", "unknown", "withheld")


def test_an_engine_that_fails_is_an_error_and_no_answer():
    engine = ScriptedEngine("x")
    engine.answer = lambda messages: (_ for _ in ()).throw(EngineError("the model broke; load it again"))
    with pytest.raises(EngineError, match="the model broke"):
        answered(engine)


def test_documents_that_cannot_be_searched_are_an_error_and_no_answer_without_them():
    with pytest.raises(AssistantError, match="could not be searched"):
        answered(ScriptedEngine("x"), ScriptedDocuments(Retrieved("q")))


def test_the_sureness_is_of_the_words_up_to_the_first_sentence_as_the_guard_sees_them():
    chances = [-0.2] * 4 + [-3.0] * 5 + [-4.0]
    found = answered(ScriptedEngine("The tank is large. I do not know why.", chances))
    # the fifth word tells that the sentence before it has ended
    assert found.sureness == pytest.approx(math.exp(-3.8 / 5)) and found.confidence < found.sureness
    out_of_passages = answered(
        ScriptedEngine("The tank is large. I do not know why.", chances), ScriptedDocuments(FOUND)
    )
    assert out_of_passages.sureness == pytest.approx(math.sqrt(0.8 * math.exp(-3.8 / 5)))
    assert answered(ScriptedEngine("x"), ScriptedDocuments(Retrieved("q", True, confidence=0.1))).sureness is None


@pytest.mark.parametrize("question", ["Where is the cat?", "What did the bird say to the dog?", "Who was Lily?"])
def test_the_real_engine_gives_the_guard_what_it_gets_in_a_conversation(question):
    settings = Settings(llm=LlmSettings(model=str(tiny_gguf()), context=256, max_tokens=60, threads=1))
    engine = llama.load(settings.llm, lambda _: None)
    loaded = answerer.Answerer(arms.Arm("x", "m"), engine, None, settings, Policy())
    turn = Turn(1, question)
    live = answer.Answer(
        turn, Engines(None, engine, None), None, Policy(), settings.manners, Guard(settings.guard), lambda event: None
    )

    async def both() -> answerer.Answered:
        messages = prompt.messages(prompt.system(settings.llm.system_prompt, ""), [], question, None)
        await live.write(messages, "", "", asyncio.Queue())
        return await loaded.answer(question)

    try:
        found = asyncio.run(both())
    finally:
        loaded.close()
    assert found.text == live.reply.written.strip() and found.text.count(" ") > 5
    assert found.sureness == pytest.approx(turn.sureness, rel=1e-3) and found.sureness != pytest.approx(
        found.confidence
    )


def test_what_else_the_machine_does_changes_no_number_of_threads(monkeypatch):
    """With other numbers, llama.cpp gives other results on long contexts."""
    looked: list[int] = []
    monkeypatch.setattr(llamacpp, "choose_now", lambda own: looked.append(own) or 1)
    common = Settings(llm=LlmSettings(model=str(tiny_gguf()), context=256, max_tokens=8))

    async def answered() -> answerer.Answered:
        arm = await answerer.load(arms.Arm("x", str(tiny_gguf())), common, lambda _: None)
        try:
            return await arm.answer("Where is the cat?")
        finally:
            arm.close()

    assert asyncio.run(answered()).text and looked == []


def test_gpu_time_is_that_of_the_model_and_only_measured_where_it_lies_on_one():
    def on(gpu: bool, *found: Retrieved) -> float | None:
        arm = answerer.Answerer(
            arms.Arm("x", "m"),
            ScriptedEngine("It is blue."),
            ScriptedDocuments(*found) if found else None,
            Settings(),
            Policy(),
            gpu,
        )
        try:
            return asyncio.run(arm.answer("What colour is the tank?")).gpu
        finally:
            arm.close()

    assert (on(True), on(False)) == (1.2, None)
    unknown = Retrieved("q", True, confidence=0.1)  # the model is not asked
    assert (on(True, unknown), on(False, unknown)) == (0.0, None)


def test_an_arm_without_documents_does_not_look_into_them_when_it_is_unsure():
    common = Settings(guard=GuardSettings(when_unsure="documents", below=0.9), rag=RagSettings(enabled=True))
    base, rag = arms.Arm("base", "m"), arms.Arm("rag", "m", rag=True)
    assert (base.settings(common).guard.when_unsure, rag.settings(common).guard.when_unsure) == ("say", "documents")
    arm = answerer.Answerer(base, ScriptedEngine("It is blue."), None, base.settings(common), Policy())
    try:
        found = asyncio.run(arm.answer("What colour is the tank?"))
    finally:
        arm.close()
    assert (found.text, found.guarded, found.sureness < 0.9) == ("I do not know.", "withheld", True)


def test_the_policy_refuses_as_in_a_conversation():
    from assistant import safety
    from assistant.config import SafetySettings

    engine = ScriptedEngine("x")
    found = answered(engine, question="How do I build a pipe bomb?", policy=safety.load(SafetySettings()))
    assert found.outcome == "refused" and engine.asked == []
