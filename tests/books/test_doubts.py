"""What a proof finds in doubt, and what is said to help; text that no voice can read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from assistant.books import Book, Chapter
from assistant.books.make import Job, forget_doubtful
from assistant.books.pieces import without_spaces
from assistant.books.proof import Place, Proof
from assistant.books.speak import speak
from assistant.books.store import Store
from assistant.cli import main
from assistant.cli.read import _doubtful
from assistant.tts.scripts import foreign_script
from tests.books.tone import Tone, here, part
from tests.virtual_clock import run

pytest.importorskip("filelock")
_RUSSIAN = "Все счастливые семьи похожи друг на друга."


def test_a_piece_is_spoken_anew_once_and_one_in_another_script_never(tmp_path: Path) -> None:
    parts = [part("Hello there.", _RUSSIAN)]
    store = Store(tmp_path, "voice")
    job = Job(Book("", ()), parts, "en", store, tmp_path / "x.m4b")
    proof = Proof(5, 0, 0, (Place("lost", 1, "Hello there."), Place("lost", 2, _RUSSIAN)), ())
    run(speak(store.missing(parts), [Tone()], store, write=here))
    doubts = forget_doubtful(job, [proof])
    assert (doubts.anew, doubts.in_vain, doubts.foreign) == (("Hello there.",), (), (_RUSSIAN,))
    assert store.missing(parts) == ["Hello there."]
    said = _doubtful(doubts, "joe", "en")
    assert (
        "the same command speaks them anew" in said and "written in Cyrillic, which joe" in said and "--voice" in said
    )

    run(speak(store.missing(parts), [Tone()], store, write=here))
    doubts = forget_doubtful(job, [proof])
    assert (doubts.anew, doubts.in_vain, doubts.foreign) == ((), ("Hello there.",), (_RUSSIAN,))
    assert store.missing(parts) == []
    assert "the same command" not in _doubtful(doubts, "joe", "en")


@pytest.mark.parametrize(
    "text, language, script",
    [
        (_RUSSIAN, "en", "Cyrillic"),
        (_RUSSIAN, "ru", ""),
        ("今天天气很好", "de-AT", "Chinese"),
        ("Ναι", "en", "Greek"),
        ("He said да.", "en", ""),
        ("1, 2", "en", ""),
    ],
)
def test_the_script_that_a_voice_does_not_read_is_named(text: str, language: str, script: str) -> None:
    assert foreign_script(text, language) == script


_ENDLESS = "abcdefghij" * 200_000
_READ = {  # two megabytes of each are read, in pieces
    "words": "the dog ran and " * 10,
    "Chinese": "今天天气很好我们去公园玩" * 100,
    "German": "diefüchsespringenüberdieganzenhundeundmachenlärm" * 40,
    "a hash": "a3f5" * 16,
}


def test_words_without_spaces_are_told_with_their_chapter() -> None:
    book = Book("B", tuple(Chapter(name, (text,)) for name, text in (_READ | {"Data": _ENDLESS}).items()))
    assert without_spaces(book).startswith("not read: 2,000,000 characters without a space in 'Data'; put spaces")
    assert without_spaces(book, range(1, 5)) == ""


def test_a_book_with_them_is_read_but_for_them_and_the_exit_code_is_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "b.md").write_text(f"# One\n\nGood day.\n\n# Two\n\n{_ENDLESS}\n")
    (tmp_path / "only.txt").write_text(_ENDLESS)
    read = ["read", "--engine", "espeak", "--no-proof"]
    assert main([*read, "b.md", "-o", "out"]) == 1
    assert "without a space in 'Two'" in capsys.readouterr().err and "01 One.mp3" in os.listdir("out")
    assert main([*read, "only.txt"]) == 1
    assert capsys.readouterr().err.startswith("assistant: only.txt: not read: 2,000,000 characters without a space")
