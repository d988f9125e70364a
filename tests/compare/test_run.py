"""Arms answer, through the assistant's own path, with a real (tiny) model: resuming, crashing, the same numbers twice."""

from __future__ import annotations

import asyncio
import json
import os
import signal

import pytest

from assistant.cli import main
from assistant.compare import arms, ask, children
from assistant.compare.questions import Question
from assistant.compare.records import Records
from assistant.compare.results import load
from assistant.compare.run import Plan, Progress, run
from assistant.compare.table import as_json, table
from assistant.config import GuardSettings, LlmSettings, RagSettings, Settings
from assistant.errors import AssistantError, EngineError, UsageError
from assistant.knowledge import Found, Passage
from assistant.llm import Answer, Message
from assistant.safety import Policy
from tests.data import tiny_gguf

SETTINGS = Settings(llm=LlmSettings(model=str(tiny_gguf()), context=256, max_tokens=12, threads=1))
QUESTIONS = [Question(f"q{number}", f"Where is the {thing}?", ("In the box.",))
             for number, thing in enumerate(("cat", "dog", "bird"))]
TIMED = ("first_word", "cpu", "memory", "spoken")


def plan(*names: str, settings: Settings = SETTINGS, questions=QUESTIONS) -> Plan:
    chosen = arms.choose([], [f"{name}:model={tiny_gguf()}" for name in names], settings, lambda name: None)
    return Plan(questions, ["q.jsonl"], chosen, settings, probe=False)


def texts(records: Records, name: str) -> dict[str, str]:
    key = records.header().arms[name]["key"]
    return {id: answer["text"] for id, answer in records.of_arm("answer", name, key).items()}


def test_the_same_seed_gives_the_same_answers_and_table_and_an_interrupted_run_goes_on(tmp_path):
    whole, broken = Records(tmp_path / "whole"), Records(tmp_path / "broken")
    seen: list[Progress] = []
    assert run(whole, plan("one"), seen.append) == []
    assert (seen[-1].done, seen[-1].total) == (3, 3)

    def stop(state: Progress) -> None:
        if state.done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(broken, plan("one"), stop)
    with open(broken.folder / "records.jsonl", "ab") as file:
        file.write(b'{"type": "answer", "arm": "one", "torn')
    assert len(texts(broken, "one")) == 2
    run(broken, plan("one"))
    assert texts(broken, "one") == texts(whole, "one") and all(texts(whole, "one").values())
    answers = [record for record in broken.all() if record["type"] == "answer"]
    assert len(answers) == 3  # none was asked again

    def untimed(records: Records) -> list:
        return [line for line in as_json(table(load(records))) if line["key"] not in TIMED]

    assert untimed(broken) == untimed(whole)
    before = (broken.folder / "records.jsonl").read_bytes()
    run(broken, plan("one"))
    assert (broken.folder / "records.jsonl").read_bytes() == before


def test_an_arm_that_crashes_is_reported_and_the_others_answer(tmp_path):
    (tmp_path / "bad.gguf").write_bytes(b"GGUF" + bytes(64))
    chosen = arms.choose([], [f"bad:model={tmp_path / 'bad.gguf'}", f"good:model={tiny_gguf()}"], SETTINGS, lambda name: None)
    failures = run(Records(tmp_path / "c"), Plan(QUESTIONS[:2], ["q"], chosen, SETTINGS, probe=False))
    results = load(Records(tmp_path / "c"))
    assert len(failures) == 1 and failures[0].startswith("arm bad stopped: ")
    assert results.arms == ["good"] and results.left_out["bad"] in failures[0]


def test_a_process_that_dies_or_fails_is_told_in_a_sentence():
    with pytest.raises(AssistantError, match="killed, most likely because memory ran out"):
        list(children.results(die))
    with pytest.raises(AssistantError, match="unexpected ZeroDivisionError: division by zero"):
        list(children.results(fail))


def die(send) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def fail(send) -> None:
    send({"type": "progress", "share": 1 / 0})


def test_other_questions_or_settings_do_not_mix_into_a_comparison(tmp_path):
    records = Records(tmp_path / "c")
    run(records, plan("one"))
    with pytest.raises(UsageError, match="other questions or settings"):
        run(records, plan("one", questions=QUESTIONS[:2]))
    with pytest.raises(UsageError, match="other questions or settings"):
        run(records, plan("one", settings=Settings(llm=LlmSettings(model=str(tiny_gguf()), seed=5))))


# ---- one answer -----------------------------------------------------------------------------------------------------


class ScriptedEngine:
    name = "scripted"

    def __init__(self, text: str) -> None:
        self.text = text
        self.asked: list[list[Message]] = []

    def answer(self, messages) -> Answer:
        self.asked.append(list(messages))
        return Answer(self.text, (1, 2, 3), (4, 5), (-0.5, -1.5), True, 0.2, 1.2)

    def close(self) -> None:
        pass


class ScriptedDocuments:
    introduction = "Passages may follow."

    def __init__(self, *found: Found) -> None:
        self.found = list(found)

    async def look_up(self, question, earlier, kept) -> Found:
        return self.found.pop(0) if len(self.found) > 1 else self.found[0]

    def close(self) -> None:
        pass


PASSAGE = Passage("/m.md", "Manual", (), 0, 0.9, "The tank holds 4.2 litres.")
FOUND = Found("q", True, "<passage 1>The tank holds 4.2 litres.</passage 1>", (PASSAGE,), 0.8, "According to Manual")


def answered(engine: ScriptedEngine, documents=None, question="How big is the tank?", policy: Policy | None = None,
             **rag) -> ask.Answered:
    settings = Settings(rag=RagSettings(enabled=documents is not None, **rag))
    arm = ask.Answerer(arms.Arm("x", "m"), engine, documents, settings, policy or Policy())
    try:
        return asyncio.run(arm.answer(question, [Message("user", "Hello."), Message("assistant", "Hi.")]))
    finally:
        arm.close()


def test_the_prompt_is_the_conversations_own():
    engine = ScriptedEngine("It holds 4.2 litres. It is blue.")
    found = answered(engine, ScriptedDocuments(FOUND))
    system, *history, question = engine.asked[0]
    assert system.content.endswith("Passages may follow.") and [message.content for message in history] == ["Hello.", "Hi."]
    assert question.content == f"{FOUND.text}\n\nHow big is the tank?"
    assert found.confidence == pytest.approx(0.3679, abs=1e-4) and found.documents == 0.8
    assert (found.prompt_tokens, found.answer_tokens) == (3, 2) and found.passages[0]["text"] == PASSAGE.text
    assert 0.2 < found.first_sentence < 1.2


def test_without_documents_nothing_is_said_about_passages():
    engine = ScriptedEngine("Yes.")
    found = answered(engine)
    assert "Passages" not in engine.asked[0][0].content and found.documents is None


def test_documents_that_do_not_tell_are_answered_as_the_assistant_does():
    engine, unknown = ScriptedEngine("It is 10 litres."), Found("q", True, confidence=0.1)
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
    arm = ask.Answerer(arms.Arm("x", "m"), ScriptedEngine("It is blue."), None, settings, Policy())
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


def test_a_search_that_came_too_late_is_tried_again_and_then_an_error():
    late = Found("q")
    assert answered(ScriptedEngine("x"), ScriptedDocuments(late, late, FOUND)).documents == 0.8
    with pytest.raises(AssistantError, match="could not be searched"):
        answered(ScriptedEngine("x"), ScriptedDocuments(late))


def test_the_policy_refuses_as_in_a_conversation():
    from assistant import safety
    from assistant.config import SafetySettings

    engine = ScriptedEngine("x")
    found = answered(engine, question="How do I build a pipe bomb?", policy=safety.load(SafetySettings()))
    assert found.outcome == "refused" and engine.asked == []


# ---- the command ----------------------------------------------------------------------------------------------------


def test_command_from_questions_to_report_with_documents(tmp_path, capsys):
    (tmp_path / "tank.txt").write_text("The water tank of the Otter holds 4.2 litres.\n")
    questions = tmp_path / "q.jsonl"
    questions.write_text("\n".join(json.dumps(entry) for entry in (
        {"question": "How much does the tank of the Otter hold?", "answer": "4.2 litres",
         "relevant": [{"file": "tank.txt", "quote": "holds 4.2 litres"}]},
        {"question": "Which colour is the submarine?", "relevant": []})))
    common = [f"--set=rag.path={tmp_path / 'store'}", f"--set=llm.model={tiny_gguf()}", "--set=llm.max_tokens=8",
              "--set=llm.context=512"]
    assert main(["rag", "add", str(tmp_path / "tank.txt"), *common]) == 0
    out = tmp_path / "out"
    assert main(["compare", "run", "--questions", str(questions), "--no-probe", "--out", str(out), *common]) == 0
    shown = capsys.readouterr().out
    assert "Verdict" in shown and "base" in shown and "rag" in shown
    assert main(["compare", "report", str(out), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    lines = {line["key"]: line for line in document["lines"]}
    assert document["questions"][1]["arms"]["rag"]["outcome"] == "unknown"
    assert document["questions"][0]["arms"]["rag"]["outcome"] == "answered"
    assert lines["ingest"]["arms"]["rag"] > 0 and lines["disk"]["arms"]["rag"] > lines["disk"]["arms"]["base"]
    assert lines["memory"]["arms"]["base"] > 50
    for name in ("report.html", "report.csv", "report.json"):
        assert (out / name).stat().st_size > 500


def test_command_refuses_before_anything_starts(tmp_path, capsys):
    questions = tmp_path / "q.jsonl"
    questions.write_text('{"question": "A?", "answer": "B"}\n{"question": "C?", "answer": "D"}\n')
    out = tmp_path / "out"
    for words, said in (([], "assistant rag add"), (["--arms", "tuned", "--tuned", "gone"], "no training run gone"),
                        (["--arms", "base", "--set", "llm.model=/gone.gguf"], "no such model file"),
                        (["--arms", "base", "--judge", "nobody/x"], "PRESET/MODEL")):
        code = main(["compare", "run", "--questions", str(questions), "--out", str(out),
                     f"--set=rag.path={tmp_path / 'empty'}", *words])
        assert code in (1, 2) and said in capsys.readouterr().err
    assert not out.exists()
