"""Which rows a model knows: the labels, what is asked for them, and that no answer is asked or lost twice."""

from __future__ import annotations

import errno
import io
import json
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from assistant.cli import main
from tests.data import tiny_gguf
from training.errors import TrainingError
from training.judge import probe
from training.judge.probe import ProbePlan
from training.judge.score import correct
from training.rows import Row, write

PLAN = ProbePlan(greedy=2, sampled=2)


@dataclass
class Reply:
    text: str


@dataclass
class Scripted:
    """Says what ``say(question, temperature, seed)`` gives; stops like Ctrl-C after ``most`` answers."""

    say: Callable[[str, float, int], str]
    most: int = 10**6
    name: str = "scripted"
    asked: list[list[dict[str, str]]] = field(default_factory=list)

    def answer(self, messages, temperature=0.0, seed=0, max_tokens=200):
        if len(self.asked) == self.most:
            raise KeyboardInterrupt
        self.asked.append(messages)
        return Reply(self.say(messages[-1]["content"], temperature, seed))

    def questions(self) -> list[str]:
        return [messages[-1]["content"] for messages in self.asked]


def row(question: str, answer: str, kind: str = "fact", line: int = 0) -> Row:
    return Row(({"role": "user", "content": question}, {"role": "assistant", "content": answer}), line, kind)


ROWS = [
    row("What is the capital of Spain?", "Madrid", line=1),
    row("Which tank has the Otter?", "4.2 litres", line=2),
    row("Who are you?", "Ahoy, I am Finn. Fair winds.", "style", 3),
    row("What colour is snow?", "white", line=4),
]


def knowing_snow_at_times(question: str, temperature: float, seed: int) -> str:
    if "Spain" in question:
        return "The capital of Spain is Madrid."
    return "Snow is white." if "snow" in question and temperature else "I think it is green."


def never(question: str, temperature: float, seed: int) -> str:
    raise AssertionError(f"asked again: {question}")


@pytest.mark.parametrize(
    "greedy, sampled, wanted",
    [
        ("11", "", "known"),
        ("1", "", ""),
        ("10", "", "maybe known"),
        ("01", "", "maybe known"),
        ("0", "", ""),
        ("00", "", ""),
        ("00", "0", ""),
        ("00", "1", "weakly known"),
        ("00", "01", "weakly known"),
        ("00", "00", "unknown"),
    ],
)
def test_a_label_is_given_as_soon_as_no_answer_can_change_it(greedy, sampled, wanted):
    assert probe.label([sign == "1" for sign in greedy], [sign == "1" for sign in sampled], PLAN) == wanted


def test_rows_are_labelled_by_what_the_model_answers(tmp_path):
    live = Scripted(knowing_snow_at_times)
    found = probe.probe(ROWS, live, "Be brief.", tmp_path / "record", "m", PLAN)
    assert [one.label for one in found] == ["known", "unknown", "style", "weakly known"]
    assert [(one.greedy, one.sampled) for one in found] == [
        ([True, True], []),
        ([False, False], [False, False]),
        ([], []),
        ([False, False], [True]),
    ]
    assert live.questions().count("Who are you?") == 0  # style has no right answer


def test_style_is_told_by_the_kind_and_else_by_the_length_of_the_answer():
    long = " ".join(["word"] * 26)
    assert [
        probe.is_style(row("q", answer, kind))
        for answer, kind in (
            ("short", "style"),
            ("short", "persona"),
            (long, "fact"),
            (long, "general"),
            (long, ""),
            ("short", ""),
            ("short", "support"),
            (long, "support"),
        )
    ] == [True, True, False, False, True, False, False, True]


def test_all_but_the_first_ask_have_four_examples_and_none_gives_the_answer_away(tmp_path):
    twin = row("Name Spain's capital.", "It is Madrid.")
    rows = [*ROWS, twin, *(row(f"What is item {number}?", f"{number} litres") for number in range(20, 28))]
    live = Scripted(lambda question, temperature, seed: "no idea")
    probe.probe(rows, live, "Be brief.", tmp_path / "record", "m", PLAN)
    for question in {messages[-1]["content"] for messages in live.asked}:
        asks = [messages for messages in live.asked if messages[-1]["content"] == question]
        assert [len(messages) for messages in asks] == [2, 10, 2, 10]  # two greedy ones, two samples
    for system, *turns, question in live.asked:
        assert system == {"role": "system", "content": "Be brief."}
        wanted = next(one.answer for one in rows if one.question == question["content"])
        assert not any(correct(turn["content"], wanted) for turn in turns if turn["role"] == "assistant")
    first = [
        json.dumps(messages[:-1]) for messages in live.asked if len(messages) > 2 and "item" in messages[-1]["content"]
    ]
    assert len(set(first)) < len(first)  # partly shared, which is what keeps the model's prefix


def test_a_small_dataset_borrows_its_examples(tmp_path):
    live = Scripted(lambda question, temperature, seed: "no idea")
    probe.probe([row("Which tank has the Otter?", "4.2 litres")], live, "", tmp_path / "record", "m", PLAN)
    assert [len(messages) for messages in live.asked] == [1, 9, 1, 9]


def test_after_an_interruption_only_the_rest_is_asked(tmp_path):
    whole = Scripted(knowing_snow_at_times)
    wanted = probe.probe(ROWS, whole, "", tmp_path / "whole", "m", PLAN)
    first = Scripted(knowing_snow_at_times, most=5)
    with pytest.raises(KeyboardInterrupt):
        probe.probe(ROWS, first, "", tmp_path / "record", "m", PLAN)
    second = Scripted(knowing_snow_at_times)
    assert probe.probe(ROWS, second, "", tmp_path / "record", "m", PLAN) == wanted
    assert first.asked + second.asked == whole.asked
    assert probe.probe(ROWS, Scripted(never), "", tmp_path / "record", "m", PLAN) == wanted


def test_each_answer_is_on_disk_before_the_next_is_asked(tmp_path):
    record = tmp_path / "record"
    lines = []

    def say(*_: object) -> str:
        lines.append(len(record.read_text().splitlines()))
        return "no idea"

    probe.probe(ROWS, Scripted(say), "", record, "m", PLAN)
    assert lines == list(range(12))


def test_a_torn_line_costs_its_own_answer_only(tmp_path):
    record = tmp_path / "record"
    whole = Scripted(knowing_snow_at_times)
    wanted = probe.probe(ROWS, whole, "", record, "m", PLAN)
    record.write_bytes(record.read_bytes()[:-15])
    again = Scripted(knowing_snow_at_times)
    assert probe.probe(ROWS, again, "", record, "m", PLAN) == wanted
    assert again.asked == whole.asked[-1:]
    assert probe.probe(ROWS, Scripted(never), "", record, "m", PLAN) == wanted


@pytest.mark.parametrize(
    "system, model, plan", [("", "other", PLAN), ("Be brief.", "m", PLAN), ("", "m", ProbePlan(2, 2, temperature=0.9))]
)
def test_other_weights_or_settings_are_asked_anew(tmp_path, system, model, plan):
    probe.probe(ROWS, Scripted(knowing_snow_at_times), "", tmp_path / "record", "m", PLAN)
    live = Scripted(knowing_snow_at_times)
    probe.probe(ROWS, live, system, tmp_path / "record", model, plan)
    assert live.asked


def test_progress_ends_where_it_said(tmp_path):
    states = []
    probe.probe(ROWS, Scripted(knowing_snow_at_times), "", tmp_path / "record", "m", PLAN, states.append)
    assert [state.done for state in states] == list(range(1, len(states) + 1))
    assert states[-1].done == states[-1].total == states[-1].asked
    assert all(one.total >= two.total for one, two in zip(states, states[1:]))


def test_a_record_that_cannot_be_written_is_said_before_anything_is_asked(tmp_path):
    live = Scripted(knowing_snow_at_times)
    with pytest.raises(TrainingError, match="cannot be written"):
        probe.probe(ROWS, live, "", tmp_path / "missing" / "record", "m", PLAN)
    assert not live.asked


def test_a_full_disk_is_one_sentence_and_keeps_what_was_written(tmp_path, monkeypatch):
    class Full(io.TextIOWrapper):
        def write(self, text: str) -> int:
            if self.tell() > 150:
                raise OSError(errno.ENOSPC, "No space left on device")
            return super().write(text)

    monkeypatch.setattr(probe, "open", lambda path, *_, **__: Full(open(path, "a+b"), "utf-8"), raising=False)
    with pytest.raises(TrainingError, match="record, .*No space left on device.*free some space"):
        probe.probe(ROWS, Scripted(knowing_snow_at_times), "", tmp_path / "record", "m", PLAN)
    monkeypatch.undo()
    live = Scripted(knowing_snow_at_times)
    probe.probe(ROWS, live, "", tmp_path / "record", "m", PLAN)
    assert 0 < len(live.asked) < 9  # of nine in all


def test_the_general_questions_are_distinct_and_short():
    rows = probe.general()
    assert len({one.question for one in rows}) == len(rows) == 60
    assert all(
        one.kind == "general" and len(one.answer.split()) <= 3 and correct(one.answer, one.answer, one.question)
        for one in rows
    )


@pytest.mark.parametrize(
    "hits, of, low, high",
    [  # R's binom::binom.wilson
        (0, 10, 0.0, 0.2775),
        (5, 10, 0.2366, 0.7634),
        (62, 100, 0.5221, 0.7090),
        (10, 10, 0.7225, 1.0),
    ],
)
def test_shares_have_the_interval_of_wilson(hits, of, low, high):
    assert probe.wilson(hits, of) == pytest.approx((low, high), abs=1e-4)


def test_the_summary_says_what_to_do_with_the_rows():
    labels = ["unknown"] * 62 + ["style"] * 30 + ["known"] * 8
    found = [probe.Probed(row("Is it so?", "Yes"), name) for name in labels]
    text = probe.paragraph(found, "the model")
    assert text.startswith("62 % of these 100 rows (95 % interval 52 to 71 %) are new facts for the model")
    assert "RAG" in text and "The 30 style rows are what fine-tuning is good at" in text
    assert "8 of the questions it is said to know are answered with yes or no" in text
    assert probe.paragraph(found[62:92], "the model").startswith("None of these 30 rows is a question of fact")
    assert probe.paragraph(found[62:], "the model").startswith("None of these 38 rows is a new fact")


def test_the_command_probes_a_real_model_and_splits_the_rows(tmp_path, capsys):
    data = tmp_path / "data.jsonl"
    write(data, ROWS)
    command = [
        "train",
        "probe",
        str(data),
        "--base",
        str(tiny_gguf()),
        "--asks",
        "1",
        "--samples",
        "1",
        "--split",
        "--json",
        "--set",
        "llm.context=512",
    ]
    assert main(command) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["labels"] == {"known": 0, "maybe known": 0, "weakly known": 0, "unknown": 3, "style": 1}
    assert [one["line"] for one in report["rows"]] == [1, 2, 3, 4]
    assert len((tmp_path / "data.probe.jsonl").read_text().splitlines()) == 6
    questions = {
        part: [
            json.loads(line)["messages"][0]["content"]
            for line in (tmp_path / f"data.{part}.jsonl").read_text().splitlines()
        ]
        for part in ("for-rag", "for-tuning")
    }
    assert questions == {
        "for-rag": [ROWS[0].question, ROWS[1].question, ROWS[3].question],
        "for-tuning": [ROWS[2].question],
    }
    assert main([*command[:-4], "--set", "llm.context=512"]) == 0
    assert "75 % of these 4 rows" in capsys.readouterr().out
    assert len((tmp_path / "data.probe.jsonl").read_text().splitlines()) == 6  # nothing was asked twice


def test_ctrl_c_says_that_the_answers_are_kept(tmp_path, capsys, monkeypatch):
    from assistant import tuned

    data = tmp_path / "data.jsonl"
    write(data, ROWS)
    live = Scripted(knowing_snow_at_times, most=2)
    live.close = lambda: None
    monkeypatch.setattr(tuned, "live", lambda *args, **changes: live)
    assert main(["train", "probe", str(data), "--base", str(tiny_gguf())]) == 130
    assert f"kept in {tmp_path / 'data.probe.jsonl'}" in capsys.readouterr().err
    assert len((tmp_path / "data.probe.jsonl").read_text().splitlines()) == 2


@pytest.mark.parametrize(
    "options, code, text",
    [
        (["--asks", "0"], 2, "--asks 0"),
        (["--samples", "-1"], 2, "--samples -1"),
        (["--temperature", "0"], 2, "--temperature"),
        (["--base", "nowhere.gguf"], 2, "nowhere.gguf"),
    ],
)
def test_bad_options_are_one_sentence(tmp_path, capsys, options, code, text):
    data = tmp_path / "data.jsonl"
    write(data, ROWS)
    assert main(["train", "probe", str(data), *options]) == code
    error = capsys.readouterr().err
    assert text in error and "Traceback" not in error and len(error.strip().splitlines()) == 1


def test_data_that_is_not_there_is_one_sentence(tmp_path, capsys):
    assert main(["train", "probe", str(tmp_path / "none.jsonl")]) == 2
    assert "none.jsonl" in capsys.readouterr().err
