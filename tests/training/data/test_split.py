from __future__ import annotations

import json
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.data import split
from training.data.similar import groups
from training.errors import TrainingError
from training.rows import Row, as_json, write

WORDS = (
    "river kettle engine garden piano rocket bridge candle mirror forest harbour library market planet school "
    "ticket violin window zebra anchor basket castle desert feather guitar hammer island jacket "
    "kitten ladder"
).split()


def row(question: str, answer: str, kind: str = "") -> Row:
    return Row(({"role": "user", "content": question}, {"role": "assistant", "content": answer}), kind=kind)


def different(count: int, seed: int = 0, kind: str = "") -> list[Row]:
    """Rows of which no two are alike."""
    chance = random.Random(seed)
    return [
        row(f"Tell me of {' '.join(chance.sample(WORDS, 6))}.", f"It is {' '.join(chance.sample(WORDS, 9))}.", kind)
        for _ in range(count)
    ]


def contents(rows) -> list[str]:
    return sorted(json.dumps(row.messages) for row in rows)


@pytest.fixture
def data(tmp_path):
    def make(rows, name="few.jsonl"):
        write(tmp_path / name, rows)
        return tmp_path / name

    return make


@pytest.mark.parametrize("count, wanted", [(10, 5), (30, 5), (100, 10), (1000, 100), (2500, 200)])
def test_a_tenth_is_held_out_at_least_5_and_at_most_200(count, wanted):
    rows = different(count)
    train, held_out, left_out = split.distribute(rows)
    assert len(held_out) == wanted and left_out == [] and contents(train + held_out) == contents(rows)


def test_every_kind_is_held_out_by_its_share():
    rows = different(60, 1, "style") + different(30, 2, "fact") + different(10, 3, "general")
    held_out = split.distribute(rows)[1]
    assert [sum(row.kind == kind for row in held_out) for kind in ("style", "fact", "general")] == [6, 3, 1]


def test_the_order_of_the_rows_does_not_matter():
    rows = different(80)
    assert contents(split.distribute(rows)[1]) == contents(split.distribute(rows[::-1])[1])


@settings(deadline=None)
@given(st.integers(0, 999), st.lists(st.integers(0, 3), min_size=12, max_size=40))
def test_no_held_out_row_is_nearly_a_training_row(seed, copies):
    rows = []
    for original, count in zip(different(len(copies), seed), copies):
        rows.append(original)
        rows += [
            row(original.question, f"{original.answer[:-1]} truly." if copy else "Ask another.")
            for copy in range(count)
        ]
    random.Random(seed).shuffle(rows)
    train, held_out, left_out = split.distribute(rows)
    assert len(held_out) >= 5 and len(train) >= 5 and left_out == []
    for group in groups([*train, *held_out], same_question=True):
        assert len({index < len(train) for index in group}) == 1


def test_the_split_is_made_once_and_lies_beside_the_data(data):
    path = data(different(40))
    parts = split.split(path)
    assert (parts.train.name, parts.held_out.name) == ("few.train.jsonl", "few.held-out.jsonl")
    before = [part.stat().st_ino for part in (parts.train, parts.held_out)]
    assert split.split(path) == parts and [part.stat().st_ino for part in (parts.train, parts.held_out)] == before
    record = json.loads((path.parent / "few.split.json").read_text())
    assert (record["source"], record["rows"], record["train"], record["held_out"]) == ("few.jsonl", 40, 35, 5)


def test_loaded_rows_know_their_line_in_the_data(data):
    rows = different(40)
    train, held_out = split.load(data(rows))
    assert all(as_json(rows[row.line - 1]) == as_json(row) for row in train + held_out)
    assert sorted(row.line for row in train + held_out) == list(range(1, 41))


def test_what_was_held_out_stays_so_and_only_new_rows_are_distributed(data):
    old = different(100)
    before_train, before_held_out = split.load(data(old))
    new = different(100, seed=1)
    train, held_out = split.load(data(new + old))
    assert set(contents(before_held_out)) <= set(contents(held_out)) and len(held_out) == 20
    assert set(contents(before_train)) <= set(contents(train))
    assert len(set(contents(held_out)) & set(contents(new))) == 10


def test_a_new_row_goes_where_the_earlier_one_is_that_it_nearly_repeats(data):
    old = different(40)
    train, held_out = split.load(data(old))
    corrected = [row(old.question, old.answer[:-1] + " truly.") for old in (train[0], held_out[0])]
    old = [row for row in old if row.question != held_out[0].question]  # corrected in place; the other one was added to
    train, held_out = split.load(data(old + corrected))
    assert corrected[0].answer in [row.answer for row in train]
    assert corrected[1].answer in [row.answer for row in held_out]


def test_a_new_row_that_nearly_repeats_both_sides_is_left_out_of_both():
    asked = "What {} the colours of the flag of {} land?"
    said = "They are red, white and {}, and there is a star in it."
    one = row(asked.format("are", "this"), said.format("blue"))
    other = row(asked.format("were", "that"), said.format("green"))
    between, bridge = (row(asked.format("are", "that"), said.format(colour)) for colour in ("blue", "green"))
    rest = different(20)
    assert len(groups([one, other])) == 2 and len(groups([one, other, between, bridge])) == 1
    train, held_out, left_out = split.distribute(
        [one, other, between, bridge, *rest], [one, *rest[:15]], [other, *rest[15:]]
    )
    assert left_out == [between, bridge] and one in train and other in held_out


def test_rows_that_are_gone_from_the_data_are_gone_from_its_parts(data):
    rows = different(60)
    split.load(data(rows))
    train, held_out = split.load(data(rows[:30]))
    assert contents(train + held_out) == contents(rows[:30])
    with pytest.raises(TrainingError, match="none of the rows that were held out is left; delete few.train.jsonl"):
        split.load(data(train))


def test_two_files_of_the_users_own_are_taken_as_they_are(data):
    path, train, held_out = data(different(9, 1)), different(2, 2), different(3, 3)
    data(train, "few.train.jsonl"), data(held_out, "few.held-out.jsonl")
    assert [contents(part) for part in split.load(path)] == [contents(train), contents(held_out)]


def test_a_crash_while_the_parts_are_written_is_made_good(data, monkeypatch):
    path = data(different(40))
    held_out = path.with_name("few.held-out.jsonl")

    def write_and_crash(part, rows):
        if part != held_out:
            raise KeyboardInterrupt
        write(part, rows)

    monkeypatch.setattr(split, "write", write_and_crash)
    with pytest.raises(KeyboardInterrupt):
        split.split(path)
    before = held_out.read_text()
    monkeypatch.undo()
    train, _ = split.load(path)
    assert len(train) == 35 and held_out.read_text() == before
    data(different(80))  # and the same when the data grew
    monkeypatch.setattr(split, "write", write_and_crash)
    with pytest.raises(KeyboardInterrupt):
        split.split(path)
    monkeypatch.undo()
    train, held = split.load(path)
    assert len(held) == 8 and contents(train + held) == contents(different(80))


@pytest.mark.parametrize(
    "rows, says",
    [
        (different(3), "few.jsonl: 3 rows: too few to hold out any; at least 10 that differ are needed"),
        (different(1), ": 1 row: too few"),
        (different(1) * 50, "50 rows, only 1 of them different"),
        ([row("Who are you?", f"I am {word} {word * 2}.") for word in WORDS], "30 rows, only 1 of them different"),
        (different(9) * 5, "45 rows, only 9 of them different"),
    ],
)
def test_too_few_rows_say_how_many_are_needed(data, rows, says):
    path = data(rows)
    with pytest.raises(TrainingError) as error:
        split.split(path)
    assert says in str(error.value) and "\n" not in str(error.value)
    assert [file.name for file in path.parent.iterdir()] == ["few.jsonl"]


def test_data_of_the_same_name_does_not_overwrite_anothers_parts(data):
    split.split(data(different(20)))
    other = data(different(20, 1), "few.json")
    with pytest.raises(TrainingError, match="was made of few.jsonl, not of few.json"):
        split.split(other)


def test_a_folder_that_cannot_be_written_is_named(data, monkeypatch):
    def full(path, rows):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(split, "write", full)
    with pytest.raises(TrainingError, match="No space left on device"):
        split.split(data(different(20)))
