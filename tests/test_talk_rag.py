"""Documents in the conversation: scripted on virtual time, then the real program with a real store."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import pytest

from assistant.bench.program import Program
from assistant.bench.rag import spoken
from assistant.bench.virtual_card import VirtualCard
from assistant.cli import main
from assistant.llm import Message
from assistant.retrieved import CitedPassage, Retrieved
from rag import embed, ingest, lexical
from rag.search import PASSAGE_TOKENS
from rag.store import Store
from tests.rag.conftest import HANDBOOK
from tests.scene import Scene
from tests.scripted import Say, ScriptedLlm

PUMP = CitedPassage("/docs/manual.pdf", "Manual", ("Pump",), 2, 0.9, "The pump lives for 1,900 hours.")
TANK = CitedPassage("/docs/manual.pdf", "Manual", ("Tank",), 1, 0.9, "The tank holds 4.2 litres.")
QUESTION = Say(1.0, "how long does the pump live in normal use", seconds=3.0)


@dataclass
class ScriptedKnowledge:
    """Finds a passage by one word of the question; a question with "broken" makes the store fail."""

    passages: dict[str, CitedPassage] = field(default_factory=lambda: {"pump": PUMP, "tank": TANK})
    seconds: float = 0.01
    introduction: str = "Passages may follow."
    asked: list[tuple[str, list[str], Retrieved | None]] = field(default_factory=list)

    async def look_up(self, question: str, earlier: Sequence[str], kept: Retrieved | None) -> Retrieved:
        self.asked.append((question, list(earlier), kept))
        await asyncio.sleep(self.seconds)
        if "broken" in question:
            return Retrieved(question)
        passage = next((passage for word, passage in self.passages.items() if word in question), None)
        if passage is None:
            return Retrieved(question, asked="hello" not in question, confidence=0.1)
        if kept and kept.passages == (passage,):
            return replace(kept, question=question)
        return Retrieved(question, True, f"<{passage.text}>", (passage,), 0.8, "According to Manual, Pump, page 2")

    def known(self, text: str) -> set[str]:
        return {word for word in self.passages if word in text.split()}

    def close(self) -> None:
        pass


@dataclass
class RecordingLlm(ScriptedLlm):
    judged: list[list[Message]] = field(default_factory=list)

    async def completeness(self, messages: Sequence[Message]) -> float | None:
        self.judged.append(list(messages))
        return await super().completeness(messages)


def scene(*says: Say, replies: Sequence[object] = ("Nineteen hundred hours.",), **more) -> Scene:
    more.setdefault("knowledge", ScriptedKnowledge())
    return Scene(says, replies, llm=RecordingLlm(replies), **more).play()


def test_passages_stand_in_the_last_message_before_the_question_and_never_in_the_history():
    played = scene(
        QUESTION, Say(9.0, "how much does the tank hold"), replies=["Nineteen hundred hours.", "It holds 4.2 litres."]
    )
    first, second = played.llm.prompts
    assert first[-1] == Message(
        "user", "<The pump lives for 1,900 hours.>\n\nhow long does the pump live in normal use"
    )
    assert first[0].content.endswith("one short sentence. Passages may follow.")
    assert "1,900" not in "".join(message.content for message in second)
    assert second[-1].content.startswith("<The tank holds 4.2 litres.>\n\n")
    assert played.history == [
        ("user", "how long does the pump live in normal use"),
        ("assistant", "Nineteen hundred hours."),
        ("user", "how much does the tank hold"),
        ("assistant", "It holds 4.2 litres."),
    ]


def test_what_was_read_before_the_question_stays_the_same_from_turn_to_turn():
    played = scene(
        QUESTION, Say(9.0, "how much does the tank hold"), replies=["Nineteen hundred hours.", "It holds 4.2 litres."]
    )
    first, second = played.llm.prompts
    assert second[:1] == first[:1] and second[1] == Message("user", QUESTION.text)
    assert played.llm.warmed[0] == first[:1]
    assert second[:-1] in played.llm.warmed


def test_passages_are_found_and_read_while_the_user_still_speaks():
    played = scene(QUESTION)
    [turn] = played.turns
    ahead = [messages for messages in played.llm.warmed if messages[-1].content.startswith("<The pump")]
    assert ahead
    words = [messages[-1].content.rpartition("\n\n")[2] for messages in ahead]
    assert all(QUESTION.text.startswith(part) for part in words) and words[0] != QUESTION.text
    partial = next(question for question, _, _ in played.knowledge.asked if "pump" in question)
    assert len(partial) < len(QUESTION.text)


def test_the_end_of_the_turn_is_judged_on_the_very_prompt_that_is_answered():
    played = scene(QUESTION)
    assert played.llm.judged[-1] == played.llm.prompts[-1]


def test_passages_that_the_last_words_bring_do_not_delay_the_decision_about_the_end_of_the_turn():
    played = scene(Say(1.0, "how long lives the pump", seconds=0.9))
    assert played.llm.prompts[-1][-1].content.startswith("<The pump")
    assert played.llm.judged[-1][-1].content == "how long lives the pump"


def test_what_was_found_early_is_handed_to_the_last_search_so_that_it_can_stay():
    played = scene(QUESTION)
    question, _, kept = played.knowledge.asked[-1]
    assert question == QUESTION.text and kept.passages == (PUMP,)
    assert len([asked for asked, _, _ in played.knowledge.asked if asked == QUESTION.text]) == 1


def test_a_search_sees_the_earlier_questions():
    played = scene(QUESTION, Say(9.0, "and the tank"))
    assert played.knowledge.asked[-1][1] == [QUESTION.text]


def test_a_new_turn_begins_with_nothing_found():
    played = scene(QUESTION, Say(9.0, "how much does the tank hold"))
    first_of_second = next(kept for _, earlier, kept in played.knowledge.asked if earlier)
    assert first_of_second is None


def test_the_turn_tells_which_passages_its_answer_used():
    [turn] = scene(QUESTION).turns
    assert turn.passages == (PUMP,) and turn.passages[0].written() == "Manual › Pump, p. 2"


def test_a_question_that_the_documents_do_not_answer_is_not_put_to_the_language_model():
    played = scene(Say(1.0, "who is the president"))
    assert played.llm.prompts == []
    [turn] = played.turns
    assert (turn.heard, turn.outcome, turn.passages) == ("The documents do not tell.", "unknown", ())


def test_that_the_documents_did_not_tell_is_not_remembered_lest_the_model_says_it_again():
    played = scene(Say(1.0, "who is the president"), Say(8.0, "how long does the pump live"))
    assert played.history == [("user", "how long does the pump live"), ("assistant", "Nineteen hundred hours.")]


def test_or_it_is_answered_and_the_user_is_told_that_it_is_not_from_the_documents():
    played = scene(
        Say(1.0, "who is the president"), replies=["I do not know."], settings={"rag.when_unknown": "answer"}
    )
    assert played.turns[0].heard == "Not from the documents: I do not know."
    assert played.llm.prompts[0][-1].content == "who is the president"


def test_small_talk_is_answered_as_ever():
    assert scene(Say(1.0, "hello there"), replies=["Hello!"]).turns[0].heard == "Hello!"


def test_a_harmful_question_is_refused_before_the_documents_are_mentioned():
    [turn] = scene(Say(1.0, "how do i make a pipe bomb")).turns
    assert turn.outcome == "refused" and "documents" not in turn.heard


def test_sources_are_spoken_first_when_wanted():
    [turn] = scene(QUESTION, settings={"rag.speak_sources": True}).turns
    assert turn.heard == "According to Manual, Pump, page 2, Nineteen hundred hours."


def test_documents_that_fail_do_not_end_the_conversation():
    played = scene(Say(1.0, "what about the broken pump"), Say(8.0, "how long does the pump live"))
    assert [turn.outcome for turn in played.turns] == ["answered", "answered"]
    assert [turn.passages for turn in played.turns] == [(), (PUMP,)]
    assert played.turns[0].heard == "Nineteen hundred hours."


def test_while_a_reply_is_only_paused_nothing_is_read_ahead():
    """What is read then would push the paused reply out of the KV cache, for an "mm-hm"."""
    long = "One two three four five six seven eight. Nine ten eleven twelve thirteen fourteen."
    played = scene(QUESTION, Say(6.5, "okay", seconds=1.0), replies=[long])
    assert len(played.turns) >= 1 and played.turns[-1].heard == long
    assert all(not question.startswith("okay") for question, _, _ in played.knowledge.asked)


def test_without_documents_nothing_changes():
    played = Scene([QUESTION], ["Fine."]).play()
    assert [message.role for message in played.llm.prompts[0]] == ["system", "user"]
    assert played.llm.prompts[0][-1].content == QUESTION.text and played.turns[0].found is None


# ---- the real program ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    """Two documents of the sample handbook in a real store."""
    path = tmp_path_factory.mktemp("rag")
    store, model = Store(path), embed.find(embed.DEFAULT)
    names = [str(HANDBOOK / name) for name in ("service-manual.pdf", "warranty.docx")]
    ingest.add(store, names, model, lambda: embed.for_ingest(model, path / "models"), PASSAGE_TOKENS)
    lexical.of(store)
    store.close()
    return path


@pytest.fixture
def ask(library, capsys, tmp_path):
    def run(*words: str):
        code = main(
            ["ask", "--set", f"rag.path={library}", "--set", f"journal.path={tmp_path / 'journal.jsonl'}", *words]
        )
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


def test_a_typed_question_is_answered_from_the_documents_and_says_from_where(ask, tmp_path, capsys):
    code, out, err = ask("--rag", "--json", "At which pressure does the safety valve open?")
    row = json.loads(out)
    assert code == 0 and row["passages"][0]["title"] == "Otter 5 Service Manual"
    assert "7 bar" in row["passages"][0]["text"] and row["passages"][0]["score"] > 0
    kept = json.loads((tmp_path / "journal.jsonl").read_text())
    assert [set(entry) for entry in kept["passages"]] == [{"file", "title", "headings", "page", "score"}] * len(
        kept["passages"]
    )
    assert main(["history", "--set", f"journal.path={tmp_path / 'journal.jsonl'}"]) == 0
    assert "from:      Otter 5 Service Manual › " in capsys.readouterr().out
    assert main(["history", "--json", "--anonymise", "--set", f"journal.path={tmp_path / 'journal.jsonl'}"]) == 0
    assert "service-manual" not in capsys.readouterr().out


def test_a_typed_question_that_the_documents_do_not_answer(ask):
    assert ask("--rag", "Who is the president of France?")[1] == "The documents do not tell.\n"
    code, out, _ = ask("--rag", "--json", "Hello!")
    assert code == 0 and json.loads(out)["passages"] == [] and "documents" not in json.loads(out)["heard"]


@pytest.mark.parametrize(
    "threshold, doubt, begins",
    [
        (0.1, 0.1, "The otter 5 service manual says: "),
        (1.0, 0.1, "Perhaps this helps. The otter 5 service manual says: "),
        (1.0, 1.0, "The documents do not tell."),
    ],
)
def test_a_question_is_answered_told_in_doubt_or_refused_by_the_two_thresholds(ask, tmp_path, threshold, doubt, begins):
    settings = ["rag.answer=quote", f"rag.threshold={threshold}", f"rag.doubt={doubt}"]
    options = [word for setting in settings for word in ("--set", setting)]
    code, out, err = ask("--rag", *options, "At which pressure does the safety valve open?")
    in_doubt = "Perhaps" in begins
    assert code == 0 and out.lower().startswith(begins.lower()) and ("perhaps from: " in err) is in_doubt
    assert json.loads((tmp_path / "journal.jsonl").read_text())["doubtful"] is in_doubt
    assert main(["history", "--set", f"journal.path={tmp_path / 'journal.jsonl'}"]) == 0


@pytest.mark.parametrize("words", ["How many people live in Oslo?", "Who painted the Mona Lisa?"])
def test_nothing_is_told_in_doubt_about_what_no_document_is_about(ask, words):
    assert ask("--rag", "--set", "rag.answer=quote", words)[1] == "The documents do not tell.\n"


def test_without_the_flag_the_documents_are_not_asked(ask):
    code, out, err = ask("--json", "How long must the repair form be kept?")
    assert json.loads(out)["confidence"] is None and err == ""


def test_a_damaged_store_is_said_once_and_the_answer_comes_without_it(ask, tmp_path):
    (tmp_path / "store" / "chroma-1").mkdir(parents=True)
    (tmp_path / "store" / "chroma-1" / "chroma.sqlite3").write_bytes(b"no database at all" * 100)
    (tmp_path / "store" / "generation").write_text("chroma-1 3")
    code, out, err = ask("--rag", "--set", f"rag.path={tmp_path / 'store'}", "Hello!")
    assert code == 0 and out.strip()
    assert err.count("assistant rag rebuild") == 1 and "Traceback" not in err


@pytest.mark.real_time
def test_a_spoken_question_is_answered_from_the_documents_and_the_screen_says_from_where(library):
    engines = ["stt.engine=moonshine", "tts.engine=espeak"]
    settings = ["rag.enabled=true", f"rag.path={library}", *engines, "rag.speak_sources=true", "rag.answer=write"]
    with VirtualCard() as card, Program(card, settings) as program:
        program.wait_for("state     listening")
        # One that the documents surely answer: beside other work the recogniser writes "cast" for "cost" or "forum" for
        # "form" now and then, which is enough for a doubtful one.
        asked, unknown = spoken(["How long does the warranty last?", "What is the capital of France?"])
        card.play(asked)
        assert "Warranty and returns › " in program.wait_for("from      ")
        program.wait_for("turn      1 answered")
        card.play(unknown)
        program.wait_for("turn      2 ")
        first, second, *_ = program.turns()  # on a slow machine the recogniser may hear another one in the rest
        assert (second["heard"], second["outcome"]) == ("The documents do not tell.", "unknown"), second
        assert first["heard"].startswith("According to Warranty and returns, ")
        assert first["passages"][0]["file"].endswith("warranty.docx") and second["passages"] == []
