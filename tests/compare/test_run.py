"""Arms answer, through the assistant's own path, with a real (tiny) model: resuming, crashing, the same twice."""

from __future__ import annotations

import dataclasses
import json
import multiprocessing
import os
import signal

import pytest

from assistant.cli import main
from assistant.compare import arms, children
from assistant.compare.lines import table
from assistant.compare.questions import Question
from assistant.compare.records import Records
from assistant.compare.results import load
from assistant.compare.run import CompareProgress, Comparison, run
from assistant.compare.table import as_json
from assistant.config import LlmSettings, Settings
from assistant.errors import AssistantError, UsageError
from tests.data import tiny_gguf

SETTINGS = Settings(llm=LlmSettings(model=str(tiny_gguf()), context=256, max_tokens=12, threads=1))
QUESTIONS = [
    Question(f"q{number}", f"Where is the {thing}?", ("In the box.",))
    for number, thing in enumerate(("cat", "dog", "bird"))
]
TIMED = ("first_word", "cpu", "memory", "spoken")


def plan(*names: str, settings: Settings = SETTINGS, questions=QUESTIONS) -> Comparison:
    chosen = arms.choose([], [f"{name}:model={tiny_gguf()}" for name in names], settings, lambda name: None)
    return Comparison(questions, ["q.jsonl"], chosen, settings, probe=False)


def texts(records: Records, name: str) -> dict[str, str]:
    key = records.header().arms[name]["key"]
    return {id: answer["text"] for id, answer in records.of_arm("answer", name, key).items()}


def test_the_same_seed_gives_the_same_answers_and_table_and_an_interrupted_run_goes_on(tmp_path):
    whole, broken = Records(tmp_path / "whole"), Records(tmp_path / "broken")
    seen: list[CompareProgress] = []
    assert run(whole, plan("one"), seen.append) == []
    assert (seen[-1].done, seen[-1].total) == (3, 3)

    def stop(state: CompareProgress) -> None:
        if state.done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(broken, plan("one"), stop)
    with open(broken.folder / "records.jsonl", "ab") as file:
        file.write(b'{"type": "answer", "arm": "one", "torn')
    assert len(texts(broken, "one")) == 2
    again: list[CompareProgress] = []
    run(broken, plan("one"), again.append)
    assert [(state.done, state.total) for state in again[:2]] == [(2, 3), (3, 3)]  # begins with what is there
    assert texts(broken, "one") == texts(whole, "one") and all(texts(whole, "one").values())
    answers = [record for record in broken.all() if record["type"] == "answer"]
    assert len(answers) == 3  # none was asked again

    def untimed(records: Records) -> list:
        return [line for line in as_json(table(load(records))) if line["key"] not in TIMED]

    assert untimed(broken) == untimed(whole)
    before = (broken.folder / "records.jsonl").read_bytes()
    run(broken, plan("one"))
    assert (broken.folder / "records.jsonl").read_bytes() == before


def test_arms_keep_their_notes_when_others_are_asked_for_and_notes_do_not_pile_up(tmp_path):
    records = Records(tmp_path / "c")
    run(records, dataclasses.replace(plan("one"), notes=["a question is odd"], about={"one": ["one is rounded"]}))
    run(records, dataclasses.replace(plan("two"), notes=["a question is strange"], about={"two": ["two is rounded"]}))
    assert load(records).notes == ["a question is strange", "one is rounded", "two is rounded"]
    run(records, plan("one"))  # alone: there is nothing to tell its rounding from
    assert load(records).notes == ["one is rounded", "two is rounded"]
    header = records.header()
    header.arms["one"]["key"] = "of a file that has changed since"
    records.save(header)
    run(records, plan("one"))
    assert load(records).notes == ["two is rounded"]


def test_a_model_that_was_replaced_between_two_commands_is_named(tmp_path):
    model, records = tmp_path / "m.gguf", Records(tmp_path / "c")
    model.write_bytes(tiny_gguf().read_bytes())

    def ask(name: str) -> None:
        chosen = arms.choose([], [f"{name}:model={model}"], SETTINGS, lambda name: None)
        run(records, Comparison(QUESTIONS, ["q.jsonl"], chosen, SETTINGS, probe=False))

    ask("one")
    ask("two")
    assert load(records).notes == []
    os.utime(model, ns=(1, 1))
    ask("two")
    (note,) = load(records).notes
    assert note.startswith(f"the model is not the same in all arms: one {model} (") and f"; two {model} (" in note


def test_an_arm_that_crashes_is_reported_and_the_others_answer(tmp_path):
    (tmp_path / "bad.gguf").write_bytes(b"GGUF" + bytes(64))
    chosen = arms.choose(
        [], [f"bad:model={tmp_path / 'bad.gguf'}", f"good:model={tiny_gguf()}"], SETTINGS, lambda name: None
    )
    failures = run(Records(tmp_path / "c"), Comparison(QUESTIONS[:2], ["q"], chosen, SETTINGS, probe=False))
    results = load(Records(tmp_path / "c"))
    assert len(failures) == 1 and failures[0].startswith("arm bad stopped: ")
    assert results.arms == ["good"] and results.left_out["bad"] in failures[0]


def test_an_arm_whose_process_is_killed_is_reported_not_averaged_and_can_go_on(tmp_path):
    questions = [Question(f"q{number}", f"Where is box {number}?", ("Here.",)) for number in range(150)]
    work = plan(
        "killed",
        "whole",
        settings=Settings(llm=LlmSettings(model=str(tiny_gguf()), context=256, max_tokens=8)),
        questions=questions,
    )
    records = Records(tmp_path / "c")

    def kill(state: CompareProgress) -> None:
        if (state.phase, state.done) == ("asking killed", 1):  # the pipe holds fewer answers than there are
            for child in multiprocessing.active_children():
                os.kill(child.pid, signal.SIGKILL)

    (failure,) = run(records, work, kill)
    assert failure.startswith("arm killed stopped: its process was killed")
    results = load(records)
    assert 0 < len(texts(records, "killed")) < 150
    assert results.arms == ["whole"] and "was killed" in results.left_out["killed"]
    assert run(records, work) == []
    assert load(records).arms == ["killed", "whole"] and texts(records, "killed") == texts(records, "whole")


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


# ---- the command ----------------------------------------------------------------------------------------------------


def test_command_from_questions_to_report_with_documents(tmp_path, capsys):
    (tmp_path / "tank.txt").write_text("The water tank of the Otter holds 4.2 litres.\n")
    questions = tmp_path / "q.jsonl"
    questions.write_text(
        "\n".join(
            json.dumps(entry)
            for entry in (
                {
                    "question": "How much does the tank of the Otter hold?",
                    "answer": "4.2 litres",
                    "relevant": [{"file": "tank.txt", "quote": "holds 4.2 litres"}],
                },
                {"question": "Which colour is the submarine?", "relevant": []},
            )
        )
    )
    common = [
        f"--set=rag.path={tmp_path / 'store'}",
        f"--set=llm.model={tiny_gguf()}",
        "--set=llm.max_tokens=8",
        "--set=llm.context=512",
    ]
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
    one = tmp_path / "one.jsonl"
    one.write_text('{"question": "A?", "answer": "B"}\n')
    for words, said in (
        ([], "assistant rag add"),
        (["--arms", "tuned", "--tuned", "gone"], "no training run gone"),
        (["--arms", "base", "--set", "llm.model=/gone.gguf"], "no such model file"),
        (["--arms", "base", "--dollars", "-1"], "0 or more"),
        (["--arms", "base", "--dollars", "nan"], "0 or more"),
        (["--arms", "base", "--dollars", "5"], "leave --dollars out"),
        (["--arms", "base", "--questions", str(one)], "fewer than two"),
        (["--arms", "base", "--questions", str(one), str(one)], "asks the same"),
        (["--arms", "base", "--judge", "nobody/x"], "PRESET/MODEL"),
    ):
        code = main(
            [
                "compare",
                "run",
                "--questions",
                str(questions),
                "--out",
                str(out),
                f"--set=rag.path={tmp_path / 'empty'}",
                *words,
            ]
        )
        assert said in capsys.readouterr().err
        assert code == 2, said
    assert not out.exists()


def test_the_command_fails_when_arms_crash_and_shows_the_table_of_the_others(tmp_path, capsys):
    questions, bad = tmp_path / "q.jsonl", tmp_path / "bad.gguf"
    questions.write_text('{"question": "A?", "answer": "B"}\n{"question": "C?", "answer": "D"}\n')
    bad.write_bytes(b"GGUF" + bytes(64))
    command = [
        "compare",
        "run",
        "--questions",
        str(questions),
        "--no-probe",
        "--set=llm.max_tokens=8",
        "--arm",
        f"bad:model={bad}",
    ]
    assert main([*command, "--out", str(tmp_path / "one"), "--arm", f"good:model={tiny_gguf()}"]) == 1
    printed = capsys.readouterr()
    assert "arm bad stopped" in printed.err and "good" in printed.out and "bad is left out: " in printed.out
    assert main([*command, "--out", str(tmp_path / "none")]) == 1
    assert "no arm has answered all questions" in capsys.readouterr().err
