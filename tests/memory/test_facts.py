"""The file of facts: readable, edited by hand, and nothing else is lost in it."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.errors import AssistantError, UsageError
from assistant.memory import load
from assistant.memory.facts import LONGEST, Fact, Memory, parsed, tidy
from assistant.settings import MemorySettings

DAY = date(2026, 12, 2)
NOW = datetime(2026, 12, 2, 15, 20, tzinfo=UTC)
ANNA = Fact("my sister is called Anna", DAY, "20261202-152000-ab12cd", 3)
CAR = Fact("my car is blue", DAY)


@given(st.text(max_size=400), st.dates(), st.integers(0, 10**6))
def test_any_fact_comes_back_as_it_was_kept(text, day, turn):
    fact = Fact(tidy(text)[:LONGEST].strip(), day, "20261202-152000-ab12cd" if turn else "", turn)
    if fact.text and tidy(fact.text) == fact.text:
        assert parsed(fact.line(), DAY)[:1] == [fact]


@given(st.text())
def test_any_file_is_read(text):
    for fact in parsed(text, DAY):
        assert fact.text and "\n" not in fact.text and len(fact.text) <= LONGEST


def test_a_file_is_for_its_user_alone_and_says_when_and_where_a_fact_was_told(tmp_path):
    memory = Memory(tmp_path / "new" / "me.md")
    memory.remember(ANNA)
    assert "- 2026-12-02: my sister is called Anna (20261202-152000-ab12cd, turn 3)\n" in memory.path.read_text()
    assert memory.facts() == (ANNA,) == Memory(memory.path).facts()
    if os.name == "posix":
        assert memory.path.stat().st_mode & 0o077 == 0 and memory.path.parent.stat().st_mode & 0o077 == 0


def test_an_edit_by_hand_counts_at_once_and_what_it_takes_out_is_told(tmp_path):
    memory, gone = Memory(tmp_path / "me.md"), []
    memory.on_forgotten = gone.extend
    memory.remember(ANNA)
    memory.remember(CAR)
    memory.path.write_text("Some words of mine\n\n* I like tea\n- 2026-12-02: my car is blue\n- 2026-02-31: odd\n")
    assert [fact.text for fact in memory.facts()] == ["I like tea", "my car is blue", "2026-02-31: odd"]
    assert gone == [ANNA]
    memory.forget([CAR])
    assert memory.path.read_text() == "Some words of mine\n\n* I like tea\n- 2026-02-31: odd\n" and gone == [ANNA, CAR]


def test_a_correction_leaves_nothing_of_the_old_fact(tmp_path):
    memory, gone = Memory(tmp_path / "me.md"), []
    memory.remember(ANNA)
    memory.on_forgotten = gone.extend
    assert memory.contradicted("my sister's name is Anne") == [ANNA] and memory.contradicted("I like tea") == []
    memory.remember(Fact("my sister's name is Anne", DAY), [ANNA])
    assert "Anna" not in memory.path.read_text() and gone == [ANNA] and memory.find("who is my sister")[0].sure


def test_that_means_what_was_spoken_of_lately_and_is_still_known(tmp_path):
    memory = Memory(tmp_path / "me.md")
    memory.remember(ANNA)
    memory.speak_of(ANNA, 5, NOW)
    assert memory.spoken_of(7, NOW) == ANNA and memory.spoken_of(8, NOW) is None and memory.spoken_of(4, NOW) is None
    memory.forget([ANNA])
    assert memory.spoken_of(6, NOW) is None


def test_another_process_knows_for_some_minutes_what_was_spoken_of_last(tmp_path):
    path = tmp_path / "me.md"
    memory = Memory(path)
    memory.remember(ANNA)
    memory.remember(CAR)
    memory.speak_of(ANNA, 9, NOW)
    assert Memory(path).spoken_of(1, NOW + timedelta(minutes=9)) == ANNA
    assert Memory(path).spoken_of(1, NOW + timedelta(minutes=11)) is None
    assert Memory(path).spoken_of(3, NOW) is None, "this conversation went on without it"
    [note] = tmp_path.glob(".*")
    assert note.stat().st_mode & 0o077 == 0 and "Anna" not in note.read_text()
    note.write_text("yesterday x")
    assert Memory(path).spoken_of(1, NOW) is None


@pytest.mark.parametrize("other", ["forget", "speak_of_other"])
def test_what_is_forgotten_or_left_is_no_more_what_was_spoken_of(tmp_path, other):
    memory = Memory(tmp_path / "me.md")
    memory.remember(ANNA)
    memory.speak_of(ANNA, 1, NOW)
    memory.forget([ANNA]) if other == "forget" else memory.speak_of_other()
    assert Memory(memory.path).spoken_of(1, NOW) is None and list(tmp_path.glob(".*")) == []
    memory.speak_of_other()


def test_a_file_that_cannot_be_used_is_named(tmp_path):
    (tmp_path / "me.md").write_bytes(b"- caf\xe9\n")
    with pytest.raises(AssistantError, match=r"me\.md: is no UTF-8"):
        Memory(tmp_path / "me.md").facts()
    (tmp_path / "folder").mkdir()
    with pytest.raises(AssistantError, match="cannot be read"):
        Memory(tmp_path / "folder").facts()
    (tmp_path / "file").write_text("")
    with pytest.raises(AssistantError, match=r"cannot be (read|written)"):
        Memory(tmp_path / "file" / "me.md").remember(CAR)


def test_each_person_has_a_file_and_a_name_is_no_path(tmp_path):
    folder = str(tmp_path)
    assert load.location(MemorySettings(path=folder)) == tmp_path / "me.md"
    assert load.location(MemorySettings(path=folder, person="Anna Maria")) == tmp_path / "anna-maria.md"
    for person in ("../other", "a/b", ".hidden", "x" * 99):
        with pytest.raises(UsageError, match="person"):
            load.location(MemorySettings(path=folder, person=person))
    assert load.load(MemorySettings(enabled=False), None, print) is None
