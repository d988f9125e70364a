"""Lines of the table that not every arm has, and what their numbers rest on."""

from __future__ import annotations

import csv
import io
import json

import pytest
from rich.console import Console

from assistant.compare import page, report
from assistant.compare.lines import table
from assistant.compare.metrics import area_moved, claimed
from assistant.compare.questions import Question
from assistant.compare.results import load
from assistant.compare.statistics import wilson
from assistant.compare.table import shown
from tests.compare.helpers import FACTS, SILENT, recorded, right

ANSWERS = right(FACTS, 10)


def made(tmp_path, arms, questions=FACTS, **more):
    return load(recorded(tmp_path / "c", arms, questions, **more))


def claiming(tmp_path, **counts: list[tuple[int, int]]):
    """Arms by what their answers claim, from the first question on: how much, and how much of it is supported."""
    records = recorded(tmp_path / "c", dict.fromkeys(counts, ANSWERS), FACTS)
    for arm, pairs in counts.items():
        for question, (claims, supported) in zip(FACTS, [*pairs, *[(0, 0)] * len(FACTS)]):
            records.append(
                {
                    "type": "support",
                    "arm": arm,
                    "key": f"key-{arm}",
                    "question": question.id,
                    "claims": claims,
                    "supported": supported,
                }
            )
    return load(records)


def test_an_arm_that_claims_nothing_has_no_share_of_supported_claims(tmp_path):
    results = claiming(tmp_path, base=[], rag=[(2, 1)] * 20, good=[(1, 1)] * 15)
    lines = table(results)
    line = lines.line("faithful")
    assert line.cells["base"] is None and line.cells["rag"].mean == 0.5 and line.differences == {}
    assert (line.cells["good"].low, line.cells["good"].high) == (
        pytest.approx(wilson(15, 15).low),
        1,
    )  # of 15, not of 20
    document = report.document(results, lines)
    assert next(found for found in document["lines"] if found["key"] == "faithful")["arms"]["base"] is None
    row = next(
        row
        for row in csv.DictReader(io.StringIO(report.as_csv(lines)))
        if row["key"] == "faithful" and row["arm"] == "base"
    )
    assert row["value"] == row["minus base"] == ""
    assert "NaN" not in json.dumps(document) and "nan" not in page.html(results, lines)


def test_an_arm_that_claims_nothing_is_not_set_against_one_that_does(tmp_path):
    lines = table(claiming(tmp_path, base=[(1, 0)] * 10 + [(1, 1)] * 10, rag=[(2, 2)] * 15 + [(1, 0)] * 2, shy=[]))
    line = lines.line("faithful")
    assert set(line.differences) == {"rag"} and line.differences["rag"].mean == 30 / 32 - 0.5
    assert line.mark("shy") == "" and line.mark("rag") == "▲"


def test_claims_of_a_few_questions_are_measured_though_some_resamples_hold_none(tmp_path):
    cells = table(claiming(tmp_path, base=[(1, 1)] * 3 + [(1, 0)], rag=[(3, 3)])).line("faithful").cells
    assert cells["base"].mean == 0.75 and cells["base"].low == 0 and cells["base"].high == 1
    assert cells["rag"] is None  # one question is no sample
    cell = table(claiming(tmp_path / "wrong", base=[(1, 0)] * 3)).line("faithful").cells["base"]
    assert (cell.mean, cell.low, cell.high) == pytest.approx((0, 0, wilson(0, 3).high))


def test_no_claims_at_all_are_no_line(tmp_path):
    assert table(claiming(tmp_path, base=[], rag=[])).line("faithful") is None


def test_arms_that_are_always_wrong_are_not_sure_to_be(tmp_path):
    lines = table(made(tmp_path, {"base": right(FACTS, 0), "rag": right(FACTS, 0)}))
    unseen = wilson(0, 20).high
    assert lines.line("correct").cells["base"].high == unseen
    assert lines.line("worth").cells["base"].high == pytest.approx(-1 + 2 * unseen)
    assert lines.line("area").cells["base"].high == pytest.approx(area_moved(unseen)) and area_moved(unseen) > unseen
    for key in ("correct", "worth", "area", "faithful", "f1"):
        difference = lines.line(key).differences["rag"]
        assert difference.low == -difference.high < 0, key
    assert lines.line("answer").cells["base"].low == lines.line("answer").cells["base"].high == 9


def test_claimed_is_no_number_where_nothing_was_claimed():
    import numpy as np

    assert np.isnan(claimed(np.array([[0, 0], [0, 0]]))) and claimed(np.array([[0, 0], [1, 2]])) == 0.5


@pytest.mark.parametrize(
    "reason",
    [
        "judge failed: it put 10 of 20 pairs in the right order",
        "judge failed: its self-test could not be run, it is not there",
    ],
)
def test_a_judge_that_failed_says_so_in_its_line_everywhere(tmp_path, reason):
    records = recorded(tmp_path / "c", {"base": right(FACTS, 5), "rag": right(FACTS, 9)}, FACTS)
    records.append({"type": "judge", "judge": "m (x)", "trusted": False, "share": None, "pairs": 0, "reason": reason})
    results = load(records)
    lines = table(results)
    line = lines.line("judge")
    assert line.cells == {"base": None, "rag": "judge failed"} and line.differences == {}
    console = Console(file=io.StringIO(), width=180)
    report.show(results, lines, console)
    printed = console.file.getvalue().splitlines()
    assert any("judge m (x): preferred to base" in text and text.count("judge failed") == 1 for text in printed)
    assert any(reason in text and text.endswith(f"[line {line.number}]") for text in printed)
    html = page.html(results, lines)
    assert ">judge failed </td>" in html and reason in html
    rows = [row for row in csv.DictReader(io.StringIO(report.as_csv(lines))) if row["key"] == "judge"]
    assert [row["value"] for row in rows] == ["", "judge failed"]
    found = next(found for found in report.document(results, lines)["lines"] if found["key"] == "judge")
    assert found["arms"] == {"base": None, "rag": "judge failed"}


def test_a_judge_that_was_stopped_tells_how_far_it_came(tmp_path):
    from assistant.compare.verdict import sentences

    records = recorded(tmp_path / "c", {"base": right(FACTS, 5), "rag": right(FACTS, 9)}, FACTS)
    records.append({"type": "judge", "judge": "m", "trusted": True, "share": 1.0, "pairs": 20, "reason": "passed: all"})
    for count, cell in ((1, "not finished"), (2, None)):
        records.append(
            {
                "type": "verdict",
                "arm": "rag",
                "key": "key-rag",
                "base": "key-base",
                "question": f"f{count}",
                "judge": "m",
                "preferred": 1.0,
                "orders": ["A", "B"],
                "longer": 0,
            }
        )
        results = load(records)
        lines = table(results)
        assert cell is None and lines.line("judge").n == 2 or lines.line("judge").cells["rag"] == cell
        text = " ".join(map(str, sentences(lines, results)))
        assert (
            f"The judge m: passed: all; it has compared these arms with base on {count} of 20 questions so far." in text
        )
    assert shown(lines.line("judge").cells["base"], "%") == "50 % (50 to 50)"


def test_gpu_time_is_a_line_where_a_gpu_was_used(tmp_path):
    arms = {"base": right(FACTS, 5), "rag": right(FACTS, 9)}
    assert table(made(tmp_path, arms)).line("gpu") is None
    records = recorded(tmp_path / "g", arms, FACTS, more={"rag": {"gpu": 0.2}, "base": {"gpu": None}})
    first, second = [record for record in records.all() if record["type"] == "answer" and record["arm"] == "rag"][:2]
    records.append({**first, "gpu": None})  # not measured: out of the shadow
    records.append({**second, "gpu": 0.0})  # the documents did not tell, and the model was not asked
    results = load(records)
    line = table(results).line("gpu")
    assert line.cells["base"] is None and line.cells["rag"].mean == pytest.approx(0.2 * 18 / 19) and line.n == 19
    assert "GPU time per answer" in page.plots(results, table(results))[-1]


def test_the_threshold_goes_by_what_the_guard_of_a_conversation_sees(tmp_path):
    sure = {question.id: 0.8 if number < 12 else 0.2 for number, question in enumerate(FACTS)}
    records = recorded(
        tmp_path / "c", {"base": right(FACTS, 12)}, FACTS, confidence=sure, more={"base": {"confidence": 0.5}}
    )
    assert table(load(records)).line("below").cells["base"] == pytest.approx(0.5)
    unseen = recorded(tmp_path / "d", {"base": right(FACTS, 12)}, FACTS, more={"base": {"sureness": None}})
    assert table(load(unseen)).line("below") is None


def test_what_is_no_question_is_never_withheld_and_sets_no_threshold(tmp_path):
    told = [Question(f"t{number}", "Part of the boiler", ("12 litres",)) for number in range(9)]
    sure = {**{question.id: 0.9 for question in FACTS}, **{question.id: 0.3 for question in told}}
    answers = {**right(FACTS, 20), **{question.id: "It is 1 metre long." for question in told}}
    lines = table(made(tmp_path, {"base": answers}, [*FACTS, *told], confidence=sure))
    assert lines.line("below").cells["base"] == 0


def test_found_and_said_are_of_the_same_questions(tmp_path):
    from assistant.compare.verdict import sentences

    bare = [Question(f"b{number}", f"How wide is part {number}?", (f"{number} inches",)) for number in range(1, 21)]
    answers = {**right(FACTS, 20), **{question.id: "I do not know." for question in bare}}
    results = made(tmp_path, {"base": answers, "rag": answers}, [*FACTS, *bare, *SILENT][:40], rag=["rag"])
    lines = table(results)
    assert lines.line("correct").cells["rag"].mean == 0.5
    assert lines.line("correct:quoted").n == lines.line("found").n == 20
    text = next(sentence for sentence in sentences(lines, results) if "was shown the answer" in sentence.text)
    assert "100 % of 20 questions and said it in 100 %" in text.text
    assert text.lines == (lines.line("found").number, lines.line("correct:quoted").number)
    assert table(made(tmp_path / "all", {"base": right(FACTS, 5)}, rag=["base"])).line("correct:quoted") is None


def test_a_single_question_of_its_group_is_shown_as_too_few(tmp_path):
    from assistant.compare.verdict import sentences

    labels = dict(zip((question.id for question in FACTS), ["known", "weakly known", *["unknown"] * 18]))
    asked = [*FACTS, SILENT[0]]
    results = made(tmp_path, {"base": right(asked, 5), "rag": right(asked, 9)}, asked, labels=labels)
    lines = table(results)
    alone = [line for line in lines.lines if line.n == 1]
    assert [line.key for line in alone] == ["silent", "correct:known", "correct:weakly known"]
    assert all(line.cells == {"base": "too few", "rag": "too few"} for line in alone)
    assert all(lines.line(line.key) is None for line in alone)
    assert "correct, what the base model weakly knows" in page.html(results, lines)
    assert [row["value"] for row in csv.DictReader(io.StringIO(report.as_csv(lines))) if row["key"] == "silent"] == [
        "too few",
        "too few",
    ]
    said = sentences(lines, results)
    assert not {line.number for line in alone} & {number for sentence in said for number in sentence.lines}
    assert any("18 questions that the base model did not know" in sentence.text for sentence in said)


def test_one_answerable_question_is_no_group_and_the_verdict_rests_on_no_such_line(tmp_path):
    from assistant.compare.verdict import sentences

    def of(name: str, asked: list[Question]):
        results = made(tmp_path / name, {"base": right(asked, 1), "rag": right(asked, 0)}, asked)
        return results, table(results)

    _, lines = of("many", [FACTS[0], *SILENT])
    assert not [line.key for line in lines.lines if line.n == 1]
    results, lines = of("one", [FACTS[0], SILENT[0]])
    assert (lines.lines[0].key, lines.lines[0].n) == ("silent", 1)
    rests = next(one for one in sentences(lines, results) if one.text.startswith("This rests on"))
    assert next(line for line in lines.lines if line.number == rests.lines[0]).n != 1


def test_tokens_are_of_answers_that_the_model_wrote_and_the_others_are_counted(tmp_path):
    arms = {"base": right(FACTS, 5), "rag": right(FACTS, 9)}
    plain = table(made(tmp_path / "plain", arms))
    assert plain.line("canned") is None and plain.line("prompt").name == "prompt" and plain.line("prompt").n == 20
    records = recorded(tmp_path / "c", arms, FACTS)
    for record in [one for one in records.all() if one["type"] == "answer" and one["arm"] == "rag"][:8]:
        records.append(
            {
                **record,
                "text": "The documents do not tell.",
                "outcome": "unknown",
                "prompt_tokens": 0,
                "answer_tokens": 0,
            }
        )
    lines = table(load(records))
    assert (lines.line("canned").cells["base"].mean, lines.line("canned").cells["rag"].mean) == (0, 0.4)
    for key, mean in (("prompt", 30), ("answer", 9)):
        assert lines.line(key).n == 12 and lines.line(key).cells["rag"].mean == mean
        assert lines.line(key).name == f"{key}, where every arm's model was asked"
