from __future__ import annotations

import codecs
import csv
import io
import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from training.data.formats import read
from training.errors import TrainingError
from training.rows import Row, as_json, write

QUESTION, ANSWER = "What is the tank's volume?", "It holds 4.2 litres."
PAIR = ({"role": "user", "content": QUESTION}, {"role": "assistant", "content": ANSWER})


@pytest.fixture
def file(tmp_path):
    def make(content: str | bytes, name: str = "data.jsonl"):
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return make


def lines(*rows) -> str:
    return "".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows)


def pair(question=QUESTION, answer=ANSWER, **more):
    return {"instruction": question, "output": answer, **more}


@pytest.mark.parametrize(
    "row, form",
    [
        ({"instruction": QUESTION, "input": "", "output": ANSWER}, "Alpaca"),
        ({"Instruction ": QUESTION, "OUTPUT": ANSWER}, "Alpaca"),
        ({"prompt": QUESTION, "completion": ANSWER}, "prompt and completion"),
        ({"question": QUESTION, "answer": ANSWER}, "question and answer"),
        ({"messages": list(PAIR)}, "chat"),
        ({"messages": [{"role": "user", "content": [{"type": "text", "text": QUESTION}]}, PAIR[1]]}, "chat"),
        ({"conversations": [{"from": "human", "value": QUESTION}, {"from": "gpt", "value": ANSWER}]}, "ShareGPT"),
    ],
)
@pytest.mark.parametrize("container", ["JSON", "JSON lines", "CSV"])
def test_every_format_is_recognised_in_every_container(file, row, form, container):
    row = {**row, "kind": "fact", "source": "handbook, page 3"}
    if container == "CSV":
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerows([row, [cell if isinstance(cell, str) else json.dumps(cell) for cell in row.values()]])
        data = read(file(text.getvalue(), "data.csv"))
    else:
        data = read(file(json.dumps([row], indent=2), "data.json") if container == "JSON" else file(lines(row)))
    assert data.rows == [Row(PAIR, data.rows[0].line, "fact", "handbook, page 3")] and data.problems == []
    assert data.format == f"{form}, {container}"
    assert data.rows[0].line == (2 if container == "CSV" else 1)
    assert data.place == ("row" if container == "JSON" else "line")


def test_alpacas_input_follows_the_instruction_and_a_system_prompt_comes_first(file):
    row = read(file(lines(pair("Translate.", "Hallo.", input="Hello.", system="Be brief.")))).rows[0]
    assert [message["content"] for message in row.messages] == ["Be brief.", "Translate.\n\nHello.", "Hallo."]


def test_prompt_and_completion_may_be_lists_of_messages(file):
    data = read(file(lines({"prompt": [PAIR[0]], "completion": [PAIR[1]]})))
    assert (data.rows[0].messages, data.format) == (PAIR, "chat, JSON lines")


def test_conversations_of_several_turns_keep_them(file):
    turns = [{"role": "system", "content": "Be brief."}, *PAIR, *PAIR]
    assert read(file(lines({"messages": turns}))).rows[0].messages == tuple(turns)


def test_several_rows_over_lines_of_their_own_without_a_list(file):
    assert len(read(file(json.dumps(pair(), indent=1) + "\n" + json.dumps(pair(), indent=1))).rows) == 2


def test_a_list_inside_an_object(file):
    assert len(read(file(json.dumps({"version": 1, "data": [pair(), pair()]}), "d.json")).rows) == 2


@pytest.mark.parametrize(
    "row, says",
    [
        ('{"instruction": "x", "output": "y"', "broken JSON at column 35"),
        ('{"instruction": "x" "output": "y"}', "broken JSON at column 21"),
        ("[" * 100_000, "broken JSON"),
        ('{"instruction": "x", "output": ' + "9" * 5000 + "}", "broken JSON"),
        (
            {"text": "hello", "label": 3},
            "wrong columns: found text, label, wanted instruction, input and output (Alpaca)",
        ),
        ({"instruction": "x"}, "wrong columns: found instruction, wanted"),
        (["x", "y"], "wrong columns: found a list, wanted an object"),
        (pair(answer="  "), "has no answer: it is empty"),
        (pair(answer=None), "has no answer: it is empty"),
        (pair(question=""), "has no question: it is empty"),
        (pair(answer={"a": 1}), "output is an object, wanted text"),
        (pair(answer="half \ud83d"), "output holds a character that is none (U+D83D)"),
        ({"messages": [PAIR[0]]}, "it ends with the user, the last message must be the assistant's"),
        ({"messages": [*PAIR, PAIR[0]]}, "it ends with the user, the last message must be the assistant's"),
        ({"messages": [PAIR[0], *PAIR]}, "roles out of order: message 2 is the user's and follows the user's"),
        ({"messages": [PAIR[1]]}, "roles out of order: message 1 is the assistant's and comes first"),
        ({"messages": [PAIR[0], {"role": "system", "content": "x"}, PAIR[1]]}, "message 2 is the system's"),
        ({"messages": [PAIR[0], {"role": "tool", "content": "x"}, PAIR[1]]}, "message 2 has the role 'tool'"),
        ({"messages": [PAIR[0], {"role": "assistant"}]}, "message 2 has role, wanted role and content"),
        ({"messages": [{"role": "system", "content": "x"}]}, "the conversation is empty"),
        ({"messages": "hello"}, "broken JSON in column messages"),
        ({"conversations": []}, "the conversation is empty"),
    ],
)
def test_each_bad_row_is_named_by_its_line_and_the_others_are_kept(file, row, says):
    data = read(file(lines(pair(), "", row, pair())))
    assert [row.line for row in data.rows] == [1, 4]
    assert [problem.line for problem in data.problems] == [3] and says in data.problems[0].text


def test_a_broken_row_of_a_json_list_costs_only_itself(file):
    rows = [{"messages": list(PAIR)} for _ in range(4)]
    text = json.dumps(rows, indent=2).replace('"assistant",', '"assistant"', 2)
    text = text.replace('"assistant"', '"assistant",', 1)
    data = read(file(text, "data.json"))
    assert [row.line for row in data.rows] == [1, 3, 4] and [problem.line for problem in data.problems] == [2]
    broken = next(number for number, line in enumerate(text.splitlines(), 1) if line.endswith('"assistant"'))
    assert f"broken JSON at line {broken + 1}, column 9" in data.problems[0].text


def test_a_json_list_that_was_cut_off_keeps_what_is_whole(file):
    data = read(file(json.dumps([pair()] * 3)[:-20], "data.json"))
    assert len(data.rows) == 2 and "broken JSON at line 1" in data.problems[0].text
    data = read(file(json.dumps([pair()] * 3)[:-1], "data.json"))
    assert len(data.rows) == 3 and "not closed" in data.problems[0].text


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv_line_numbers_count_the_lines_of_the_file(file, delimiter):
    text = (
        f"instruction{delimiter}output\n"
        f'"two\nlines"{delimiter}"She said ""yes""."\n'
        f"one{delimiter}two{delimiter}three\n\n"
        f"only a question\n"
        f"What?{delimiter}That.\n"
    )
    data = read(file(text, "data.csv"))
    assert [(row.line, row.answer) for row in data.rows] == [(2, 'She said "yes".'), (7, "That.")]
    assert data.rows[0].question == "two\nlines"
    assert [(problem.line, problem.text.split(":")[0].split(" where")[0]) for problem in data.problems] == [
        (4, "has 3 columns"),
        (6, "has no answer"),
    ]


def test_a_quotation_mark_that_is_never_closed_is_named_where_it_opens(file):
    data = read(file('question,answer\na,b\nc,"d\ne,f\n', "data.csv"))
    assert len(data.rows) == 1 and (data.problems[0].line, data.problems[0].text) == (
        3,
        "broken CSV: a quotation mark is opened and not closed",
    )


def test_a_cell_may_be_longer_than_csvs_own_limit(file):
    assert len(read(file("question,answer\na," + "x" * 200_000, "data.csv")).rows[0].answer) == 200_000


@pytest.mark.parametrize(
    "encode",
    [lambda text: codecs.BOM_UTF8 + text.encode(), lambda text: text.encode("utf-16"), lambda text: text.encode()],
)
def test_byte_order_marks_are_understood(file, encode):
    data = read(file(encode("question;answer\r\nWie heißt du?;Nova – 你好\r\n"), "data.csv"))
    assert (data.rows[0].question, data.rows[0].answer) == ("Wie heißt du?", "Nova – 你好")


@pytest.mark.parametrize(
    "content, name, says",
    [
        (b"", "d.jsonl", "is empty"),
        (b"\xef\xbb\xbf \n\n", "d.jsonl", "is empty"),
        (b"[]", "d.json", "holds no rows"),
        (b"question,answer\n", "d.csv", "holds no rows"),
        ("a;b\nGr\u00fc\u00dfe;x\n".encode("latin-1"), "d.csv", "is not in UTF-8: line 2 holds the byte 0xfc"),
        (b"PAR1\x00\x01", "d.parquet", "is a Parquet file; wanted JSON"),
        (b"\x00\x01\x02\x00" * 9, "d.jsonl", "is no text file"),
        (b"name,age\nAnn,3\n", "d.csv", "wrong columns in line 1: found name, age, wanted instruction"),
        (b"just a letter to a friend\n", "d.txt", "wrong columns in line 1: found just a letter to a friend, wanted"),
        (b'{\n "instruction": "x",\n "output" "y"\n}\n', "d.json", "broken JSON at line 3, column 11"),
        (b"instruction: x", "d.jsonl", "broken JSON at line 1, column 1"),
        (b'{"text": "x"}\n{"text": "y"}\n', "d.jsonl", "no row can be learned from: line 1: wrong columns: found text"),
    ],
)
def test_a_file_with_nothing_to_learn_from_is_refused_in_one_sentence(file, content, name, says):
    with pytest.raises(TrainingError) as error:
        read(file(content, name))
    assert says in str(error.value) and name in str(error.value) and "\n" not in str(error.value)


def test_a_file_that_is_not_there_and_a_folder(tmp_path):
    with pytest.raises(TrainingError, match="there is no such file"):
        read(tmp_path / "none.json")
    with pytest.raises(TrainingError, match="is a folder"):
        read(tmp_path)


TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")).map(str.strip).filter(bool)
MESSAGES = st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=3).map(
    lambda pairs: tuple(
        {"role": role, "content": content} for pair in pairs for role, content in zip(("user", "assistant"), pair)
    )
)
ROWS = st.lists(st.builds(Row, MESSAGES, st.just(0), st.sampled_from(["", "fact"])), min_size=1, max_size=4)


@settings(deadline=None)
@given(ROWS)
def test_what_this_package_writes_it_reads(tmp_path_factory, rows):
    path = tmp_path_factory.getbasetemp() / "written.jsonl"
    write(path, rows)
    data = read(path)
    assert data.problems == [] and [as_json(row) for row in data.rows] == [as_json(row) for row in rows]
    assert [row.line for row in data.rows] == list(range(1, len(rows) + 1))


@settings(deadline=None)
@given(st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=4), st.sampled_from(",;\t"))
@example([("NaN", "none")], ",")
def test_csv_keeps_every_text(tmp_path_factory, pairs, delimiter):
    path = tmp_path_factory.getbasetemp() / "written.csv"
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=delimiter, quoting=csv.QUOTE_ALL)
        writer.writerows([("question", "answer"), *pairs])
    data = read(path)
    assert data.problems == [] and [(row.question, row.answer) for row in data.rows] == pairs


NAMES = st.sampled_from(
    ["instruction", "output", "messages", "role", "content", "from", "value", "prompt", "completion", "data", "kind"]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner),
    max_leaves=9,
)


@settings(deadline=None)
@given(
    st.binary(max_size=200)
    | st.text().map(lambda text: text.encode("utf-8", "replace"))
    | JSON.map(lambda value: json.dumps(value).encode())
    | st.lists(JSON).map(lambda rows: lines(*rows).encode())
    | st.tuples(ROWS, st.integers(0, 400)).map(
        lambda pair: json.dumps([as_json(row) for row in pair[0]]).encode()[: pair[1]]
    ),
    st.sampled_from(["d.json", "d.jsonl", "d.csv", "d.txt"]),
)
def test_no_file_whatever_breaks_the_reader(tmp_path_factory, content, name):
    path = tmp_path_factory.getbasetemp() / name
    path.write_bytes(content)
    try:
        data = read(path)
    except TrainingError as error:
        assert "\n" not in str(error)
        return
    for row in data.rows:
        assert row.messages[-1]["role"] == "assistant" and row.answer and row.question
        json.dumps(as_json(row), ensure_ascii=False).encode()
    places = [row.line for row in data.rows] + [problem.line for problem in data.problems]
    assert len(places) == len(set(places))


def said(row: Row) -> list[str]:
    return [message["content"] for message in row.messages]


def test_earlier_turns_and_system_prompts_under_their_other_names_are_used(file):
    history = [["When does it go?", "At eight."], ["Is it cheap?", "Four euros."]]
    turns = [{"from": "human", "value": "When?"}, {"from": "gpt", "value": "At eight."}]
    rows = [
        pair("And in winter?", "Mondays.", history=history, system_prompt="Be brief."),
        pair("And in winter?", "Mondays.", history=turns),
        {"question": "How far?", "response": "Ahoy, 3 miles.", "system_message": "You are a pirate."},
        pair(history=[]),
    ]
    data = read(file(lines(*rows)))
    assert [said(row) for row in data.rows] == [
        ["Be brief.", "When does it go?", "At eight.", "Is it cheap?", "Four euros.", "And in winter?", "Mondays."],
        ["When?", "At eight.", "And in winter?", "Mondays."],
        ["You are a pirate.", "How far?", "Ahoy, 3 miles."],
        [QUESTION, ANSWER],
    ]
    assert data.unused == {} and data.beside == ""
    assert "roles out of order" not in str(read(file(lines(pair(history="no list"), pair()))).problems)


@pytest.mark.parametrize("nothing", [float("nan"), float("inf"), None, "", "<noinput>", "NaN", "No input", "N/A"])
def test_what_stands_for_no_input_is_none(file, nothing):
    data = read(file(lines(pair(input=nothing))))
    assert said(data.rows[0]) == [QUESTION, ANSWER] and data.unused == {}


def test_an_answer_or_question_that_is_no_number_is_missing(file):
    data = read(file(lines(pair(), pair(answer=float("nan")), pair(question=float("nan")))))
    assert [problem.text for problem in data.problems] == ["has no answer: it is empty", "has no question: it is empty"]


def test_columns_and_lists_that_nothing_is_learned_from_are_named(file):
    weighted = [{**PAIR[0]}, {**PAIR[1], "weight": 0}]
    data = read(file(lines(pair(weight=2, split="test"), pair(id="", tags=None), {"messages": weighted})))
    assert data.unused == {"weight": [1], "split": [1], "weight of a message": [3]}
    data = read(file(json.dumps({"train": [pair()], "test": [pair(), pair()], "version": 1}), "d.json"))
    assert len(data.rows) == 1 and "only its list train is read, not test (2 rows)" in data.beside
