"""The verdict says what the table says, and where."""

from __future__ import annotations

import re

from assistant.compare.lines import table
from assistant.compare.questions import Question
from assistant.compare.results import load
from assistant.compare.table import shown
from assistant.compare.verdict import sentences
from tests.compare.helpers import FACTS, SILENT, recorded, right

QUESTIONS = [*FACTS, *SILENT]


def verdict(tmp_path, arms, **more):
    results = load(recorded(tmp_path / "c", arms, QUESTIONS, **more))
    lines = table(results)
    return lines, sentences(lines, results)


def test_a_clear_winner_is_named_with_its_interval_and_line(tmp_path):
    lines, said = verdict(
        tmp_path, {"base": right(QUESTIONS, 2), "rag": right(QUESTIONS, 18), "tuned": right(QUESTIONS, 17)}, rag=["rag"]
    )
    first, line = said[0], lines.line("correct")
    assert first.text.startswith(
        f"For facts that can be answered: rag, {shown(line.cells['rag'], '%')}; ahead of base by 80 "
    )
    assert "not decided against tuned (5 points" in first.text
    assert first.lines == (line.number,) and str(first).endswith(f"[line {line.number}]")


def test_two_arms_at_the_top_with_the_same_value_are_named_together(tmp_path):
    _, said = verdict(
        tmp_path, {"base": right(QUESTIONS, 2), "rag": right(QUESTIONS, 18), "tuned": right(QUESTIONS, 18)}, rag=["rag"]
    )
    assert said[0].text.startswith("For facts that can be answered: rag and tuned, 90 % (")
    assert " each; ahead of base by 80 points" in said[0].text and "not decided" not in said[0].text


def test_equal_arms_are_not_decided_and_the_verdict_says_what_would_decide(tmp_path):
    lines, said = verdict(tmp_path, {"base": right(QUESTIONS, 9), "rag": right(QUESTIONS, 11)}, rag=["rag"])
    assert said[0].text.startswith("For facts that can be answered, not decided: rag has 55 %")
    more = next(sentence for sentence in said if sentence.text.startswith("More questions would change it"))
    needed = int(re.search(r"from base about (\d+)", more.text)[1])
    assert needed > 20 and more.lines == (lines.line("correct").number,)


def test_arms_that_are_level_or_nearly_so_are_not_said_to_need_a_few_more_questions(tmp_path):
    arms = {"base": right(QUESTIONS, 9), "rag": right(QUESTIONS, 9), "tuned": right(QUESTIONS, 2)}
    lines, said = verdict(tmp_path / "level", arms)
    level, other = [sentence for sentence in said if "cannot be said" in sentence.text]
    assert level.text == (
        "How many questions would tell base from rag cannot be said: on these 20 they are level "
        "(correct, answerable questions)."
    ) and level.lines == (lines.line("correct").number,)
    assert "base from rag and tuned cannot" in other.text and other.lines == (lines.line("silent").number,)
    of_it = [one.text for one in said if one.lines == level.lines]
    assert not any("would change it" in text or "hardly change" in text for text in of_it)

    many = [Question(f"f{number}", f"How long is part {number}?", (f"{number} metres",)) for number in range(100, 300)]
    rag = right(many, 0) | {question.id: f"It is {question.answers[0]} long." for question in many[101:]}
    results = load(recorded(tmp_path / "near", {"base": right(many, 100), "rag": rag}, many))
    lines = table(results)
    (hardly,) = [one for one in sentences(lines, results) if "hardly change it" in one.text]
    assert hardly.text.startswith("More questions would hardly change it: to tell base from rag more than 10,000 like")


def test_every_number_stands_in_the_line_that_is_named(tmp_path):
    labels = {question.id: "known" if number < 10 else "unknown" for number, question in enumerate(FACTS)}
    lines, said = verdict(
        tmp_path,
        {"base": right(QUESTIONS, 10), "rag": right(QUESTIONS, 16), "tuned": right(QUESTIONS, 3)},
        rag=["rag"],
        labels=labels,
    )
    by_number = {line.number: line for line in lines.lines}
    for sentence in said:
        for number in sentence.lines:
            assert number in by_number
        for value in re.findall(r"(\d+) % \((\d+) to (\d+)\)", sentence.text):
            cells = [
                re.findall(r"\d+", shown(cell, "%"))
                for number in sentence.lines
                for cell in by_number[number].cells.values()
                if cell is not None
            ]
            assert list(value) in cells, sentence.text
    known = next(sentence for sentence in said if "base model knew" in sentence.text)
    assert "tuned loses 70 points" in known.text and known.lines == (lines.line("correct:known").number,)


def test_what_the_search_found_and_the_model_did_not_say_is_told_apart(tmp_path):
    _, said = verdict(tmp_path, {"base": right(QUESTIONS, 0), "rag": right(QUESTIONS, 5)}, rag=["rag"])
    assert any(
        "rag was shown the answer in 100 % " in sentence.text and "a model that reads better" in sentence.text
        for sentence in said
    )


def test_one_arm_is_no_comparison(tmp_path):
    _, said = verdict(tmp_path, {"base": right(QUESTIONS, 5)})
    assert len(said) == 1 and "nothing was compared" in said[0].text


def test_crashed_arm_and_failed_judge_are_in_the_verdict(tmp_path):
    records = recorded(
        tmp_path / "c",
        {"base": right(QUESTIONS, 5), "rag": right(QUESTIONS, 9)},
        QUESTIONS,
        failed={"tuned": "its process crashed (SIGSEGV)"},
    )
    records.append(
        {
            "type": "judge",
            "judge": "m (x)",
            "trusted": False,
            "share": 0.5,
            "pairs": 20,
            "reason": "judge failed: it put 10 of 20 pairs in the right order",
        }
    )
    results = load(records)
    lines = table(results)
    text = " ".join(map(str, sentences(lines, results)))
    assert "tuned is not in the table: its process crashed (SIGSEGV)." in text and "judge failed" in text
    assert lines.line("judge").cells["rag"] == "judge failed"


def test_the_questions_that_the_base_model_knew_were_chosen_by_its_own_answers(tmp_path):
    labels = {question.id: "known" if number < 10 else "unknown" for number, question in enumerate(FACTS)}
    arms = {"base": right(QUESTIONS, 10), "rag": right(QUESTIONS, 16)}
    results = load(recorded(tmp_path / "c", arms, QUESTIONS, labels=labels, settings={"llm": {"temperature": 0.0}}))
    results.header.probed = "key-base"
    lines = table(results)
    said = next(one for one in sentences(lines, results) if "own answers decided" in one.text)
    assert "very answer that is scored here" in said.text
    assert said.lines == (lines.line("correct:known").number, lines.line("correct:unknown").number)
    results.header.spoken = True  # asked in other words than those of the probe
    again = next(one for one in sentences(lines, results) if "own answers decided" in one.text)
    assert "return to the mean" in again.text and "very answer" not in again.text
    results.arms = ["rag", "base"]  # nothing is gained or lost from what rag knew
    results.header.arms["rag"]["rag"] = True
    assert not any(one.text.startswith("Of the ") for one in sentences(table(results), results))
    results.labels = {}
    assert not any("own answers" in one.text for one in sentences(table(results), results))


def test_the_verdict_says_how_the_threshold_is_set(tmp_path):
    sure = {question.id: 0.9 if number < 12 else 0.4 for number, question in enumerate(QUESTIONS)}
    arms = {"base": right(QUESTIONS, 12), "rag": right(QUESTIONS, 16)}
    results = load(recorded(tmp_path / "c", arms, QUESTIONS, confidence=sure))
    lines = table(results)
    said = next(one for one in sentences(lines, results) if "[guard]" in one.text)
    assert "0.65 for base, 0.65 for rag" in said.text and 'when_unsure = "hedge"' in said.text
    assert said.lines == (lines.line("below").number,) and "already" not in said.text
    results.header.settings["guard"] = {"when_unsure": "say"}
    assert (
        'already had when_unsure = "say"'
        in next(one for one in sentences(lines, results) if "[guard]" in one.text).text
    )
