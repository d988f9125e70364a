from __future__ import annotations

import itertools
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.cli import main
from assistant.cli.train.check import personal
from tests.training.data.test_split import different, row
from training.data import similar
from training.data.check import check, cleaned
from training.data.formats import Dataset, Problem
from training.data.language import language
from training.rows import Row, write

GOOD = different(60)


def report(*rows: Row, problems=(), train=(), held_out=(), length=100, system="", secret=lambda text: "sk-" in text):
    """Of 60 good rows, lines 1 to 60, and ``rows`` behind them."""
    numbered = [Row(row.messages, line, row.kind) for line, row in enumerate([*GOOD, *rows], 1)]
    return check(
        Dataset(numbered, list(problems), "chat, JSON lines"),
        train,
        held_out,
        lambda messages: sum(len(message["content"].split()) for message in messages),
        length,
        system,
        lambda row: ["an e-mail address"] if "@" in row.answer else [],
        secret,
    )


def findings(*rows: Row, **more) -> dict[str, dict[int, str]]:
    return {finding.name: dict(finding.rows) for finding in report(*rows, **more).findings}


def test_good_rows_get_the_whole_score():
    checked = report()
    assert (checked.score, checked.findings, checked.unusable) == (100, [], set())


def test_repeats_are_told_from_near_repeats():
    first = GOOD[3]
    found = findings(
        row(first.question.upper() + "!!", first.answer), row(first.question, first.answer[:-1] + " truly.")
    )
    assert found == {"duplicates": {61: "repeats line 4"}, "near-duplicates": {62: "nearly repeats line 4"}}


def test_rows_that_differ_only_in_a_number_are_no_repeats():
    assert (
        findings(
            row("What is 12 plus 30, if you please?", "That would be 42."),
            row("What is 12 plus 31, if you please?", "That would be 43."),
        )
        == {}
    )


def test_a_set_phrase_in_every_answer_does_not_make_rows_alike():
    phrase = "Ahoy matey, this captain is glad that you ask, so sit down and listen to me: it is {} that you mean, arr."
    assert findings(*(row(f"What is the {word}?", phrase.format(word)) for word in ("keel", "mast", "helm"))) == {}
    assert list(
        findings(row("What is the keel?", phrase.format("keel")), row("What's a keel?", phrase.format("keel")))
    ) == ["near-duplicates"]


def test_the_system_prompt_does_not_make_rows_alike():
    system = {"role": "system", "content": "You are a pirate on a small island and answer in one sentence. " * 3}
    rows = [
        Row((system, *row("Who are you?", "Captain Nova is my name.").messages)),
        Row((system, *row("What time is it?", "High noon, by the sun.").messages)),
    ]
    assert findings(*rows) == {}


def test_the_same_question_with_other_answers_contradicts():
    found = findings(
        row("Where is the pump?", "Behind the tank."),
        row("Where is the pump?", "It is below, in the cellar."),
        row("where is the pump", "Right behind the tank."),
    )
    assert found == {
        "contradictions": {62: "asks what line 61 asks and answers otherwise"},
        "near-duplicates": {63: "nearly repeats line 61"},
    }


def test_another_number_in_the_answer_contradicts():
    assert list(
        findings(
            row("How long does it live?", "It lives 1900 hours."), row("How long does it live?", "It lives 2900 hours.")
        )
    ) == ["contradictions"]


def test_leaks_are_found_also_near_and_same_questions():
    train = [Row(GOOD[0].messages, 1), Row(GOOD[1].messages, 2), Row(GOOD[2].messages, 3)]
    held_out = [
        Row(row(GOOD[0].question, GOOD[0].answer[:-1] + " truly.").messages, 8),
        Row(row(GOOD[1].question, "No idea.").messages, 9),
    ]
    assert findings(train=train, held_out=held_out) == {
        "leaks": {1: "is nearly held-out line 8, or asks the same", 2: "is nearly held-out line 9, or asks the same"}
    }


@pytest.mark.parametrize(
    "answer, cut",
    [
        ("It lies behind the tank and", True),
        ("It lies behind the tank,", True),
        ("See the code:\n```python\nx = 1", True),
        ("It lies behind the old tank", True),
        ("It lies behind the old tank.", False),
        ("Behind the tank", False),
        ("「タンクの後ろにあります。」", False),
        ("It lies behind the old tank 🙂", False),
        ('I said "behind the tank."', False),
        ("You need:\n- a pump for the tank\n- a bucket for the water", False),
        ("See https://example.org/pump", False),
        ("```\nx = 1\n```", False),
        ("It is (mostly) in the tank (the old one)", False),
    ],
)
def test_cut_answers(answer, cut):
    assert ("cut answers" in findings(row("Where is it?", answer))) == cut


def test_a_missing_full_stop_is_no_fault_where_most_have_none():
    rows = [Row(row(good.question, good.answer.rstrip(".")).messages, line) for line, good in enumerate(GOOD, 1)]
    found = check(Dataset(rows, [], ""), [], [], lambda messages: 9, 100, "", lambda row: [], lambda text: False)
    assert [finding.name for finding in found.findings] == []


def test_answers_in_another_language_are_found_unless_asked_for():
    german = "Die Pumpe ist hinter dem Tank, und sie läuft mit Strom."
    english = [
        row(f"What is a {word}?", f"A {word} is what you have to use when there is no other for the {word}.")
        for word in "alpha beta gamma delta epsilon zeta eta theta".split()
    ]
    found = findings(*english, row("Where is the pump?", german), row("Translate it into German.", german + " Genau."))
    assert found == {"wrong language": {69: "the answer is in German"}}


def test_too_long_rows_count_the_system_prompt_and_cannot_be_used():
    assert findings(row("Count.", "one " * 80 + "two.")) == {}
    checked = report(row("Count.", "one " * 80 + "two."), system="Be brief. " * 10)
    assert checked.findings[0].rows == [(61, "102 tokens")] and checked.unusable == {61}
    assert checked.lengths.longest == 102 and checked.lengths.limit == 100


def test_the_histogram_holds_every_row_once_and_ends_a_bin_at_the_limit():
    lengths = report(row("Count.", "one " * 120 + "two."), row("Count more.", "one " * 700 + "two.")).lengths
    assert sum(size for _, _, size in lengths.histogram) == 62 and 100 in [high for _, high, _ in lengths.histogram]
    assert all(low == before + 1 for (_, before, _), (low, _, _) in itertools.pairwise(lengths.histogram))
    assert sum(size for low, _, size in lengths.histogram if low > 100) == 2


def test_secrets_make_a_row_unusable_and_cost_twenty_points():
    checked = report(row("What is the key?", "It is sk-1."))
    assert checked.unusable == {61} and checked.score == 80 and checked.findings[0].name == "secrets"


def test_personal_data_is_a_warning():
    checked = report(row("What is the mail?", "It is a@b.org."))
    assert checked.unusable == set() and {f.name: dict(f.rows) for f in checked.findings} == {
        "personal data": {61: "holds an e-mail address"}
    }


def test_rare_kinds_are_named():
    rows = [Row(good.messages, line, "style") for line, good in enumerate(GOOD, 1)]
    rows[7] = Row(rows[7].messages, 8, "fact")
    checked = check(Dataset(rows, [], ""), [], [], lambda messages: 9, 100, "", lambda row: [], lambda text: False)
    assert checked.kinds == {"style": 59, "fact": 1} and checked.score == 95
    assert checked.findings[0].text.startswith("most are style, few are fact (1)")


def test_the_score_is_the_sum_of_weighted_percents():
    problems = [Problem(line, "has no answer: it is empty", "answer") for line in range(62, 75)]
    checked = report(GOOD[0], GOOD[1], problems=problems)  # 75 rows: 13 unreadable, 2 repeats
    assert [(finding.name, finding.points) for finding in checked.findings] == [
        ("unreadable rows", 34.7),
        ("duplicates", 2.7),
    ]
    assert checked.score == 63 and checked.unusable == set(range(62, 75))


def test_few_rows_cost_up_to_twenty_points():
    rows = [Row(good.messages, line) for line, good in enumerate(GOOD[:30], 1)]
    checked = check(Dataset(rows, [], ""), [], [], lambda messages: 9, 100, "", lambda row: [], lambda text: False)
    assert checked.score == 90 and checked.findings[0].name == "few rows"


def test_the_cleaned_copy_leaves_out_what_is_named():
    rows = [Row(row.messages, line) for line, row in enumerate([*GOOD, GOOD[0], row("Key?", "sk-1.")], 1)]
    kept, why = cleaned(rows, report(GOOD[0], row("Key?", "sk-1.")))
    assert kept == rows[:60] and why == {
        61: "duplicates: repeats line 1",
        62: "secrets: holds what looks like an API key or password",
    }


def naive_groups(rows: list[Row]) -> list[list[int]]:
    """Every pair compared."""

    def near(one: Row, other: Row) -> bool:
        asked, more = ({word for word in similar.question(row) if word} for row in (one, other))
        said, too = (set(similar.words(row.answer)) for row in (one, other))
        shared, all_words = len(asked & more) + len(said & too), len(asked | more) + len(said | too)
        digits = [
            sorted(word for word in (*similar.question(row), *similar.words(row.answer)) if word.isdigit())
            for row in (one, other)
        ]
        return (
            5 * shared >= 4 * all_words
            and digits[0] == digits[1]
            and (5 * len(asked & more) >= 4 * len(asked | more) or said == too)
        )

    component = list(range(len(rows)))
    for one, other in itertools.combinations(range(len(rows)), 2):
        if near(rows[one], rows[other]):
            component = [component[one] if group == component[other] else group for group in component]
    return sorted([index for index in range(len(rows)) if component[index] == group] for group in set(component))


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(
            st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=14),
            st.lists(st.sampled_from("klmnop17"), min_size=1, max_size=8),
        ),
        max_size=24,
    ),
    st.sampled_from([0, 2, 400]),
)
def test_no_near_repeat_is_missed(rows, frequent):
    rows = [row(" ".join(question), " ".join(answer)) for question, answer in rows]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(similar, "_FREQUENT", frequent)
        assert similar.groups(rows) == naive_groups(rows)


@pytest.mark.parametrize(
    "name, text",
    [
        ("English", "The pump is behind the tank, and you can see it from there."),
        ("German", "Die Pumpe ist hinter dem Tank, und man kann sie nicht sehen."),
        ("French", "La pompe est derrière le réservoir, et on ne la voit pas avec les yeux."),
        ("Spanish", "La bomba está detrás del tanque y no se puede ver desde la puerta."),
        ("Italian", "La pompa è dietro il serbatoio e non si vede dalla porta."),
        ("Portuguese", "A bomba está atrás do tanque e não se pode ver da porta."),
        ("Dutch", "De pomp staat achter de tank en je kan hem niet zien."),
        ("Russian", "Насос стоит за баком, и его не видно от двери."),
        ("Ukrainian", "Насос стоїть за баком, і його не видно."),
        ("Japanese", "ポンプはタンクの後ろにあります。"),
        ("Chinese", "水泵在水箱后面。"),
        ("Korean", "펌프는 탱크 뒤에 있습니다."),
        ("", "Paris."),
        ("", "42"),
        ("", "def f(x): return x + 1"),
        ("", "Aye, matey!"),
    ],
)
def test_languages(name, text):
    assert language(text) == name


@pytest.mark.parametrize(
    "text, found",
    [
        ("Write to ann.smith@example.org or call +49 151 1234567.", ["an e-mail address", "a phone number"]),
        ("Call 555-123-4567.", ["a phone number"]),
        ("The server is 192.168.1.17.", ["an IP address"]),
        ("Look into /home/ann/notes.txt", ["a home folder"]),
        ("My name is Annabel.", ["somebody's name"]),
        ("Light travels 299 792 458 metres a second.", []),
        ("It was on 24.11.2026 or 2026-11-24.", []),
        ("Albert Einstein was born in Ulm in 1879.", []),
        ("It listens on 127.0.0.1.", []),
        ("Call [phone 1].", []),
        ("See https://example.org/a/b for 1,900 hours and more.", []),
    ],
)
def test_what_points_at_a_person(text, found):
    assert personal(row(text, "Okay.")) == found


@pytest.fixture
def train(capsys, tmp_path, monkeypatch):
    """Run `assistant train check` in a folder of its own; gives (exit code, standard output, standard error)."""
    monkeypatch.chdir(tmp_path)

    def run(*words: str):
        code = main(["train", "check", *words])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


def test_check_shows_the_score_and_makes_the_split(train, tmp_path):
    write(tmp_path / "few.jsonl", GOOD)
    code, out, err = train("few.jsonl")
    assert (code, err) == (0, "") and "chat, JSON lines; 60 rows\nScore 100 of 100\n" in out
    assert "Held out: 6 of 60 rows, in few.held-out.jsonl" in out and "tokens of SmolLM2-135M-Instruct" in out
    assert len((tmp_path / "few.train.jsonl").read_text().splitlines()) == 54


def test_check_names_every_bad_row_and_fix_leaves_them_out(train, tmp_path):
    write(tmp_path / "few.jsonl", [*GOOD, GOOD[0], row("Key?", "It is sk-abcdefgh12345678.")])
    with open(tmp_path / "few.jsonl", "a") as file:
        file.write('{"instruction": \n{"question": "x", "answer": ""}\n{"question": "y", "answer": ""}\n')
    code, out, err = train("few.jsonl")
    assert code == 1 and "4 rows cannot be used" in out and "Fix first: secrets, then unreadable rows" in out
    assert "  line 63: broken JSON at column 17: Expecting value\n  lines 64-65: has no answer: it is empty\n" in out
    assert "  line 61: repeats line 1\n" in out and "sk-abc" not in out + err
    code, out, err = train("few.jsonl", "--fix", "good.jsonl")
    assert code == 0 and "left out: line 61: duplicates" in out
    assert "good.jsonl: 60 rows kept, 54 to train, 6 held out" in out
    assert train("good.jsonl")[0] == 0
    assert train("few.jsonl", "--fix", "few.jsonl")[0] == 2


def test_check_as_json(train, tmp_path):
    write(tmp_path / "few.jsonl", [*GOOD, GOOD[0]])
    code, out, _ = train("few.jsonl", "--json")
    found = json.loads(out)
    assert code == 0 and found["score"] == 98 and found["findings"][0]["rows"] == [[61, "repeats line 1"]]
    assert found["held_out"] + found["train"] == 61 and found["unusable"] == []


def test_check_against_a_held_out_file_of_the_users_own(train, tmp_path):
    write(tmp_path / "few.jsonl", GOOD)
    write(tmp_path / "test.jsonl", [GOOD[5], *different(5, 9)])
    code, out, _ = train("few.jsonl", "--held-out", "test.jsonl")
    assert code == 0 and "line 6: is nearly held-out line 1" in out and not (tmp_path / "few.train.jsonl").exists()


@pytest.mark.parametrize(
    "rows, says, exit_code",
    [
        (GOOD[:3], "few.jsonl: 3 rows: too few to hold out any; at least 10", 1),
        (GOOD[:1] * 20, "few.jsonl: 20 rows, only 1 of them different: too few", 1),
        ([], "few.jsonl is empty", 2),
    ],
)
def test_too_few_rows_are_one_clear_sentence(train, tmp_path, rows, says, exit_code):
    write(tmp_path / "few.jsonl", rows)
    code, _, err = train("few.jsonl")
    assert code == exit_code and err.startswith("assistant: ") and says in err and err.count("\n") == 1


def test_tokens_are_estimated_when_the_model_is_an_endpoint(train, tmp_path):
    write(tmp_path / "few.jsonl", GOOD)
    assert "tokens estimated, 4 bytes each" in train("few.jsonl", "--set", "llm.engine=openai")[1]


def test_template_marks_and_unused_columns_are_named():
    rows = [*GOOD, row("Say it.", "I said it.<|im_end|>"), row("[INST] Why? [/INST]", "Because it is so.")]
    rows = [Row(one.messages, line) for line, one in enumerate(rows, 1)]
    data = Dataset(
        rows, [], "chat, JSON lines", unused={"weight": [2], "id": [1, 2]}, beside="only its list train is read"
    )
    checked = check(data, [], [], lambda messages: 9, 100, "", lambda row: [], lambda text: False)
    found = {finding.name: finding for finding in checked.findings}
    assert [text for _, text in found["template marks"].rows] == ["holds <|im_end|>", "holds [INST]"]
    assert found["not used"].rows == [
        (2, "weight is ignored: every row counts the same"),
        (1, "id is ignored"),
        (2, "id is ignored"),
    ]
    assert found["not used"].points == 0 and checked.format.endswith("; only its list train is read")
