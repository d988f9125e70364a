"""Records -> table, page, CSV, JSON."""

from __future__ import annotations

import csv
import io
import json
import re
from xml.dom.minidom import parseString

import pytest
from rich.console import Console

from assistant.compare import page, report
from assistant.compare.lines import table
from assistant.compare.questions import Question
from assistant.compare.records import Records
from assistant.compare.results import load
from assistant.errors import AssistantError, UsageError
from tests.compare.helpers import FACTS, SILENT, recorded, right

QUESTIONS = [*FACTS, *SILENT]


@pytest.fixture
def results(tmp_path):
    labels = {question.id: "known" if number < 10 else "unknown" for number, question in enumerate(FACTS)}
    rag = {**right(QUESTIONS, 15), **{question.id: "The documents do not tell." for question in SILENT}}
    return load(
        recorded(
            tmp_path / "c",
            {"rag": rag, "base": right(QUESTIONS, 5)},
            QUESTIONS,
            ["rag"],
            labels=labels,
            failed={"tuned": "its process was killed"},
        )
    )


def test_table_holds_the_shares_counted_by_hand(results):
    lines = table(results)
    assert lines.arms == ["base", "rag"]  # base first, whatever came first
    means = {
        key: {arm: lines.line(key).cells[arm].mean for arm in lines.arms}
        for key in ("correct", "silent", "wrong", "worth", "correct:known", "correct:unknown", "invented")
    }
    assert means["correct"] == {"base": 5 / 20, "rag": 15 / 20}
    assert means["silent"] == {"base": 0, "rag": 1}
    assert means["wrong"] == {"base": 15 / 20, "rag": 5 / 20}
    assert means["worth"] == {"base": (5 - 21) / 26, "rag": (15 - 5) / 26}
    assert means["correct:known"] == {"base": 0.5, "rag": 1} and means["correct:unknown"] == {"base": 0, "rag": 0.5}
    assert means["invented"] == {"base": 21 / 26, "rag": 5 / 26}
    difference = lines.line("correct").differences["rag"]
    assert difference.mean == pytest.approx(0.5) and difference.low > 0.2
    assert lines.line("found").cells == {"base": None, "rag": lines.line("found").cells["rag"]}
    assert lines.line("found").cells["rag"].mean == 1
    assert [line.number for line in lines.lines] == list(range(1, len(lines.lines) + 1))


def test_crashed_arm_is_named_with_its_error_and_not_averaged(results):
    assert results.left_out == {"tuned": "its process was killed"} and "tuned" not in table(results).arms
    console = Console(file=io.StringIO(), width=160)
    report.show(results, table(results), console)
    shown = console.file.getvalue()
    assert "tuned is left out: its process was killed" in shown and "correct, answerable questions" in shown
    assert "75 % (" in shown


def test_marks_point_up_for_what_is_better_also_where_less_is_better(results):
    lines = table(results)
    assert lines.line("correct").mark("rag") == lines.line("wrong").mark("rag") == "▲"
    assert lines.line("correct").mark("base") == lines.line("first_word").mark("rag") == ""
    results.arms = ["rag", "base"]
    lines = table(results)
    assert lines.line("correct").mark("base") == lines.line("wrong").mark("base") == "▼"


@pytest.mark.parametrize("width", [60, 80, 130])
def test_four_arms_fit_the_terminal_and_every_mark_and_interval_stands_with_its_value(tmp_path, width):
    arms = {
        "base": right(QUESTIONS, 2),
        "rag": right(QUESTIONS, 18),
        "tuned": right(QUESTIONS, 5),
        "tuned+rag": right(QUESTIONS, 20),
    }
    results = load(
        recorded(
            tmp_path / "c",
            arms,
            QUESTIONS,
            ["rag", "tuned+rag"],
            more={"rag": {"prompt_tokens": 1234}, "tuned": {"prompt_tokens": 0}},
        )
    )
    console = Console(file=io.StringIO(), width=width)
    report.show(results, table(results), console)
    shown = console.file.getvalue().partition("95 % intervals")[0].splitlines()
    assert max(map(len, shown)) <= width
    assert not any(re.fullmatch(r"[▲▼ ]+", line) for line in shown if line)
    if width < 130:
        place = next(number for number, line in enumerate(shown) if line == " 1 correct, answerable questions (n = 20)")
        values, intervals = shown[place + 1 : place + 3]
        assert values.split() == "10 % 90 % ▲ 25 % 100 % ▲".split() and intervals.split()[1:3] == ["70…97", "11…47"]
        ends = [match.end() for match in re.finditer("%", values)]
        assert ends == [match.end() for match in re.finditer(r"\S+", intervals)]
    else:
        assert any(line.startswith(" 1 correct, answerable ") and "90 % (70…97) ▲" in line for line in shown)
        correct, silent = (
            next(line for line in shown if f" {number} {name}" in line)
            for number, name in ((1, "correct, answerable"), (6, "said it does not know, unanswerable"))
        )
        ends = [[match.start() for match in re.finditer(r"\)", line)] for line in (correct, silent)]
        assert ends[0] == ends[1] and len(ends[0]) == 4  # marked or not


def test_other_models_or_documents_of_some_arms_are_named(tmp_path):
    arms = dict.fromkeys(("base", "rag", "tuned", "merged"), right(QUESTIONS, 5))
    records = recorded(tmp_path / "c", arms, QUESTIONS)
    assert load(records).notes == []
    header = records.header()

    def change(**arms: dict) -> list[str]:
        for name, changed in arms.items():
            header.arms[name] |= changed
        records.save(header)
        return load(records).notes

    assert change(merged={"model": "/merged.gguf", "run": "finn"}) == []  # that is what is compared
    assert change(rag={"model": "/old/m.gguf"}, tuned={"adapter": "/a.gguf", "run": "finn"}) == [
        "the model is not the same in all arms: base m.gguf; rag /old/m.gguf; tuned m.gguf"
    ]
    assert change(rag={"model": "/old/small.gguf"}) == [
        "the model is not the same in all arms: base m.gguf; rag small.gguf; tuned m.gguf"
    ]
    assert load(records, ["base", "tuned"]).notes == []
    (tmp_path / "link.gguf").symlink_to(tmp_path / "big.gguf")
    linked = {
        name: {"model": str(tmp_path / f"{file}.gguf")}
        for name, file in {"base": "big", "rag": "link", "tuned": "link"}.items()
    }
    assert change(**linked) == []  # one file, by two ways
    change(base={"model": "m.gguf"}, rag={"model": "/old/small.gguf"}, tuned={"model": "m.gguf"})
    (note,) = change(base={"weights": "1"}, rag={"weights": "2", "model": "m.gguf"}, tuned={"weights": "1"})
    assert note == "the model is not the same in all arms: base m.gguf (1); rag m.gguf (2); tuned m.gguf (1)"
    assert change(rag={"weights": "1", "documents": "a"}, merged={"documents": "a"}) == []
    assert change(merged={"documents": "b"}) == ["the documents were changed between the answers of rag and merged"]


def test_arm_with_missing_answers_does_not_count(tmp_path):
    recorded(tmp_path / "c", {"base": right(QUESTIONS, 5), "rag": right(QUESTIONS, 9)}, QUESTIONS)
    path = tmp_path / "c" / "records.jsonl"
    lines = [line for line in path.read_text().splitlines() if not ('"rag"' in line and '"f3"' in line)]
    path.write_text("\n".join(lines) + "\n" + lines[0][:40])  # and a torn last line
    results = load(Records(tmp_path / "c"))
    assert results.arms == ["base"] and "1 of 26 answers are missing" in results.left_out["rag"]


def test_no_arm_with_all_answers_is_an_error(tmp_path):
    with pytest.raises(AssistantError, match="no arm has answered all questions yet .*x: it broke"):
        load(recorded(tmp_path / "c", {}, QUESTIONS, failed={"x": "it broke"}))


def test_arms_can_be_named_and_a_failed_one_left_out(tmp_path):
    arms = {"base": right(QUESTIONS, 5), "rag": right(QUESTIONS, 15), "other": right(QUESTIONS, 9)}
    records = recorded(tmp_path / "c", arms, QUESTIONS, failed={"tuned": "it broke"})
    some = load(records, ["other", "rag"])
    assert (
        some.arms == ["other", "rag"] and some.left_out == {}
    )  # in the order given: the first is what others are set against
    assert table(some).line("correct").differences.keys() == {"rag"}
    assert load(records, ["rag", "tuned"]).left_out == {"tuned": "it broke"}
    with pytest.raises(UsageError, match="no arm x; it holds base, rag, other, tuned"):
        load(records, ["base", "x"])


def test_notes_belong_to_the_arms_they_are_about(tmp_path):
    records = recorded(tmp_path / "c", {"base": right(QUESTIONS, 5), "rag": right(QUESTIONS, 15)}, QUESTIONS)
    header = records.header()
    header.notes = ["a question was doubled"]
    header.arms["rag"]["notes"] = ["rag is rounded otherwise"]
    records.save(header)
    assert load(records).notes == ["a question was doubled", "rag is rounded otherwise"]
    assert load(records, ["base"]).notes == ["a question was doubled"]


def test_which_arms_are_shown_changes_no_score(tmp_path):
    style = [
        Question(f"s{number}", f"Say {number}.", (f"Ahoy, matey {number}!",), kind="style") for number in range(12)
    ]
    arms = {
        "base": {question.id: f"Here is {question.text}" for question in style},
        "tuned": {question.id: f"Ahoy, {question.text}" for question in style},
        "rag": {question.id: f"Here it says {question.text}" for question in style},
    }
    records = recorded(tmp_path / "c", arms, style)
    assert load(records, ["tuned", "rag"]).scores["tuned"] == load(records).scores["tuned"]
    assert load(records).scores["tuned"]["s1"].style > 0.5


def test_the_command_shows_the_arms_named_and_says_which_come_from_earlier_ones(tmp_path, capsys):
    from assistant.cli import main
    from assistant.cli.compare.report import present

    records = recorded(tmp_path / "c", {"base": right(QUESTIONS, 5), "rag": right(QUESTIONS, 15)}, QUESTIONS)
    assert main(["compare", "report", str(records.folder), "--arms", "rag, base,rag", "--json"]) == 0
    assert list(json.loads(capsys.readouterr().out)["curves"]) == ["rag", "base"]
    assert main(["compare", "report", str(records.folder), "--arms", "other"]) == 2
    assert main(["compare", "report", str(records.folder), "--arms", "base"]) == 0
    assert (records.folder / "base" / "report.html").exists() and not (records.folder / "report.html").exists()
    assert "holds no arm other" in capsys.readouterr().err
    console = Console(file=io.StringIO(), width=200)
    present(records, console, chosen=["base"])
    assert (
        f"From earlier commands: rag. Without: assistant compare report {records.folder} --arms base"
        in console.file.getvalue()
    )
    console = Console(file=io.StringIO(), width=200)
    present(records, console, chosen=["base", "rag"])
    assert "earlier" not in console.file.getvalue()


def test_page_needs_nothing_from_elsewhere_and_every_plot_is_well_formed(results):
    html = page.html(results, table(results))
    assert not re.search(r"""(src|href)\s*=|@import|url\(|<script""", html)
    pictures = re.findall(r"<svg.*?</svg>", html, re.DOTALL)
    shares, curves, *times = pictures
    assert "answerable" in shares and "surest" in curves and len(times) > 1 and all(" s<" in time for time in times)
    for picture in pictures:
        parseString(picture)
        assert "…" not in picture  # no name is cut
        assert all(float(x) < 480 for x in re.findall(r'x="([\d.]+)"', picture))
    assert html.count("<circle") > 20 and not re.search(r"\bnan\b", html)


def test_what_people_and_models_write_cannot_become_markup(tmp_path):
    evil = "<script>alert(1)</script> & [bold]x[/bold]"
    answers = {question.id: evil for question in QUESTIONS}
    results = load(recorded(tmp_path / "c", {"base": answers, "<b>": answers}, QUESTIONS))
    html = page.html(results, table(results))
    assert "<script>" not in html and "&lt;script&gt;" in html and "<b>is" not in html


def test_csv_and_json_say_what_the_table_says(results, tmp_path):
    lines = table(results)
    html, comma, found = report.write(results, lines, tmp_path)
    rows = list(csv.DictReader(io.StringIO(comma.read_text())))
    row = next(row for row in rows if row["key"] == "correct" and row["arm"] == "rag")
    assert (row["value"], row["unit"], row["n"]) == ("75.0000", "%", "20")
    document = json.loads(found.read_text())
    line = next(line for line in document["lines"] if line["key"] == "correct")
    assert line["arms"]["rag"]["mean"] == 0.75 and line["differences"]["rag"]["mean"] == 0.5
    assert document["left_out"] == {"tuned": "its process was killed"}
    assert document["questions"][0]["arms"]["base"]["correct"] is True
    assert document["curves"]["rag"][-1]["rate"] == pytest.approx(20 / 26)
    assert html.read_text().startswith("<!doctype html>")


def test_the_names_of_many_arms_stand_in_lines_and_not_beyond_the_picture():
    names = [f"a rather long name {number}" for number in range(6)]
    head, top = page._head("What share", names)
    places = [float(x) for x in re.findall(r'<text x="([\d.]+)"', head)]
    assert (
        all(name in head for name in names) and max(places) < 480 and top > page._head("What share", names[:1])[1] + 20
    )
