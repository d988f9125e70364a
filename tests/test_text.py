"""Halves of characters, NUL, control characters, names that are no UTF-8: from no entrance does a later step fail."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant import config, journal
from assistant.cli import ask, main, say
from assistant.compare import questions
from assistant.errors import UsageError
from assistant.folders import data_folder
from assistant.models import catalogue
from rag import cite, embed, ingest, lexical, load
from rag.store import Store
from rag.text import clean, cleaned, openable, readable
from tests.rag.conftest import WordEmbedder, add
from training.data import formats
from training.errors import TrainingError

ODD = st.text(
    st.characters(codec=None, exclude_categories=()) | st.sampled_from("\0\x1b\x9b\x85\ud83d\udce9\udcff\n a\u202e")
)
NAME = os.fsdecode(b"caf\xe9 men\xfc.txt")


def is_text(value: object) -> bool:
    return "\0" not in str(value) and "\x9b" not in str(value) and str(value).encode().decode() == str(value)


@given(ODD)
def test_what_is_cleaned_is_text_and_as_long_as_before(text) -> None:
    assert is_text(clean(text)) and len(clean(text)) == len(text) and clean(clean(text)) == clean(text)
    assert is_text(readable(text)) and clean(text) == readable(text) or "\udc80" <= max(text) or "\ud800" <= max(text)
    assert is_text(json.dumps(cleaned([{"a": text, "b": [text, 1, None]}]), ensure_ascii=False))


def test_ordinary_text_stays_and_odd_bytes_are_read() -> None:
    text = "Zoë said:\t“10 € — 好” \n\r\f 👍🏽 \u200d\ufeff\u2028 e\u0301"
    assert clean(text) == readable(text) == text
    assert readable(NAME) == "café menü.txt"
    assert readable("menü".encode().decode("ascii", "surrogateescape")) == "menü"  # as in the C locale
    assert clean("a\0b\x1b[2J\x9b2J\ud83d") == "a b [2J 2J\N{REPLACEMENT CHARACTER}"


class Arguments:
    audio = None

    def __init__(self, *text: str) -> None:
        self.text = list(text)


@given(ODD)
def test_questions_and_words_to_be_said_are_text(text) -> None:
    assert is_text(say._text(Arguments(text, "hello"))) and is_text(ask._question(Arguments("hello", text)))


@given(st.binary())
@settings(max_examples=40)
def test_what_comes_on_standard_input_is_text_or_refused(data) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"hello " + data)))
        assert is_text(say._text(Arguments()))
        patch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"hello " + data)))
        try:
            assert is_text(ask._question(Arguments()))
        except UsageError:
            pass


@given(st.sampled_from([name for name, key in config.keys().items() if isinstance(key.default, str)]), ODD)
@settings(max_examples=40)
def test_settings_from_arguments_and_the_environment_are_text_or_paths(name, text) -> None:
    variable = f"ASSISTANT_{name.upper().replace('.', '__')}"
    for given_so in ({"flags": {name: text}, "environment": {}}, {"environment": {variable: text}}):
        try:
            loaded = config.load(Path(os.devnull), **given_so)
        except UsageError:
            continue
        section, key = name.split(".")
        value = getattr(getattr(loaded.settings, section), key)
        assert "\0" not in value and (is_text(value) or name in config._PATHS)


@pytest.mark.parametrize("name", config._PATHS)
def test_keys_that_name_files_exist(name) -> None:
    assert name in config.keys()


@given(ODD)
@settings(max_examples=40)
def test_rows_and_questions_from_files_are_text_or_named(tmp_path_factory, text) -> None:
    folder = tmp_path_factory.mktemp("odd")
    (rows := folder / "rows.jsonl").write_text(
        json.dumps({"question": f"Why {text}?", "answer": f"So {text}.", "kind": text}) + "\n"
    )
    try:
        assert all(is_text(row) for row in formats.read(rows).rows)
    except TrainingError as error:
        assert "holds a character that is none" in str(error)
    rows.write_text("".join(json.dumps({"question": f"{n} {text}?", "answer": f"{text}!"}) + "\n" for n in "ab"))
    read = questions.read([rows]).questions
    assert all(is_text(question.text) and is_text(question.answers) for question in read) and questions.fingerprint(
        read
    )


@given(ODD)
@settings(max_examples=40)
def test_a_line_of_the_journal_that_others_wrote_poisons_no_later_prompt(tmp_path_factory, text) -> None:
    path = tmp_path_factory.mktemp("odd") / "journal.jsonl"
    path.write_text(json.dumps({"conversation": "c", "turn": 1, "user": text, "heard": text}) + "\n")
    (turn,) = journal.turns(path, "c")
    assert is_text(turn.user) and is_text(turn.heard)


@given(ODD, st.sampled_from(["json", "jsonl", "txt", "md", "csv", "html"]))
@settings(max_examples=40)
def test_documents_are_text_and_their_blocks_stay_in_place(text, kind) -> None:
    data = json.dumps([{"text": f"Hello {text}"}]).encode() if "json" in kind else text.encode("utf-8", "surrogatepass")
    try:
        document = load.parse(Path(f"{NAME}.{kind}"), data)
    except load.BadFile:
        return
    assert is_text(document.text) and is_text(document.title)
    assert all(is_text(block.title + block.header) and block.end <= len(document.text) for block in document.blocks)


@pytest.fixture
def odd(tmp_path) -> Path:
    """A folder whose name is no UTF-8, with documents of such names beside good ones."""
    docs = tmp_path / os.fsdecode(b"d\xe9") / "docs"
    docs.mkdir(parents=True)
    (docs / NAME).write_text("The soup of the day is leek.")
    (docs / "good.txt").write_text("The pump is red.")
    (docs / "half.json").write_text('[{"post": "Great view \\ud83d from the lighthouse"}]')
    return docs


def test_documents_of_any_name_are_stored_found_cited_and_removed(odd) -> None:
    store, words = Store(odd.parent / "store"), WordEmbedder()
    model = embed.find(embed.DEFAULT)
    summary = add(store, odd, model, words)
    assert len(summary.added) == 3 and summary.bad == []
    assert add(store, odd, model, words).unchanged == 3
    found = {stored.title: stored for stored in store.all()}
    assert cite.spoken(found["café menü.txt"]) == "According to café menü"
    assert (
        all(is_text(vars(stored)) for stored in found.values())
        and "\N{REPLACEMENT CHARACTER}" in found["half.json"].text
    )
    assert len(lexical.of(store).ids) == 3
    assert ingest.remove(store, [str(odd / NAME)]) == [str(odd / NAME)] and len(store.sources()) == 2
    store.close()
    assert len((again := Store(odd.parent / "store")).journal.sources()) == len(list(again.all())) == 2
    again.close()


def test_libraries_that_take_only_utf_8_open_any_file(odd, tmp_path) -> None:
    for path in (odd / NAME, odd / "good.txt", odd / "new.txt"):
        name = openable(path)
        assert is_text(name)
        with open(name, "a") as file:
            file.write("!")
        assert path.read_text().endswith("!")
    assert openable(tmp_path) == str(tmp_path)


def test_a_setting_that_config_toml_cannot_hold_is_refused(tmp_path) -> None:
    (path := tmp_path / "config.toml").write_text("[llm]\n")
    with pytest.raises(UsageError, match="no UTF-8"):
        catalogue.write(config.load(path, environment={}), {"llm.model": f"/models/{NAME}"})
    assert path.read_text() == "[llm]\n"


def test_a_folder_that_was_deleted_is_said(tmp_path, monkeypatch, capsys) -> None:
    (folder := tmp_path / "gone").mkdir()
    monkeypatch.chdir(folder)
    folder.rmdir()
    assert main(["history", "--path"]) == 2
    assert "was deleted" in capsys.readouterr().err


def test_a_turn_with_halves_of_characters_is_kept_as_text(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / NAME))
    os.close(journal.append(data_folder() / "journal.jsonl", [json.dumps({"turn": 1, "user": "a \ud83d"}).encode()]))
    (row,) = journal.read(data_folder() / "journal.jsonl")
    assert is_text(row)
