"""`--out` and its like, of every command: `-` is standard output, pipes, devices and links are written through, only a
regular file is replaced, and what cannot be is said in a sentence."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from assistant import journal
from assistant.cli import main
from assistant.folders import data_folder
from rag import output

ROWS = "".join(
    json.dumps({"messages": [{"role": "user", "content": f"{n}?"}, {"role": "assistant", "content": f"{n}!"}]}) + "\n"
    for n in range(12)
)
LINE = {"turn": 1, "user": "How heavy is a red pump?", "reply": "It weighs 40 kilograms.", "outcome": "answered"}
SAY = ["say", "Good morning.", "--engine", "espeak"]
COMMANDS: dict[str, tuple[list[str], str, bytes]] = {
    "say": ([*SAY, "--format", "wav"], "--out", b"RIFF"),
    "voices": (["voices", "--play", "espeak/en-us"], "--out", b"RIFF"),
    "check": (["train", "check", "rows.jsonl", "--set", "llm.model=none.gguf"], "--fix", b'{"messages"'),
    "notebook": (["train", "notebook", "rows.jsonl"], "--output", b"{"),
    "journal": (["train", "make", "--from-journal", "--i-agree"], "--out", b"What was said"),
    "reviewed": (["train", "make", "--reviewed", "review.txt"], "--out", b'{"messages"'),
    "read": (["read", "book.txt", "--engine", "espeak", "--no-proof"], "--out", b"\0\0\0"),
}
FOLDERS = {
    "autotrain": (["train", "autotrain", "rows.jsonl"], "--output"),
    "report": (["compare", "report", "made"], "--to"),
    "compare": (["compare", "run", "--questions", "q.jsonl", "--arms", "base"], "--out"),
    "bench": (["bench", "startup"], "--out"),
}


@pytest.fixture(scope="module", autouse=True)
def folder(tmp_path_factory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("outputs")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("XDG_DATA_HOME", str(folder / "data"))
        (folder / "rows.jsonl").write_text(ROWS)
        (folder / "book.txt").write_text("Hello there.")
        (folder / "q.jsonl").write_text(
            '{"question": "Who?", "answer": "Tom"}\n{"question": "Where?", "answer": "Here"}\n'
        )
        file = journal.append(data_folder() / "journal.jsonl", [json.dumps(LINE).encode()])
        os.close(file)
        assert main(["train", "make", "--from-journal", "--i-agree", "--out", "review.txt"]) == 0
        (folder / "review.txt").write_text((folder / "review.txt").read_text().replace("[ ]", "[x]"))
        yield folder


@pytest.fixture
def new(tmp_path) -> Path:
    """A name in a folder of its own."""
    return tmp_path / "out.m4b"


@pytest.mark.parametrize("name", COMMANDS)
def test_standard_output_takes_the_file_and_nothing_else(name, capfdbinary) -> None:
    command, option, begins = COMMANDS[name]
    capfdbinary.readouterr()
    assert main([*command, option, "-"]) == 0
    assert capfdbinary.readouterr().out.startswith(begins) and not Path("-").exists()


@pytest.mark.parametrize("name", ["say", "notebook"])  # the others write by the same door
def test_a_pipe_is_written_through_and_a_link_leads_to_its_target(name, new) -> None:
    command, option, begins = COMMANDS[name]
    os.mkfifo(new)
    with written(new) as read:
        assert main([*command, option, str(new)]) == 0
    assert read().startswith(begins) and new.is_fifo()
    link = new.with_name("link.m4b")
    link.symlink_to(target := new.with_name("target.m4b"))
    assert main([*command, option, str(link)]) == 0
    assert link.is_symlink() and target.read_bytes().startswith(begins)


@pytest.mark.parametrize("name", [*COMMANDS, *FOLDERS])
def test_what_cannot_be_written_is_said_before_the_work(name, new, capsys) -> None:
    command, option = (COMMANDS | FOLDERS)[name][:2]
    (new.parent / "file").write_text("mine")
    loop = new.with_name("loop.m4b")
    loop.symlink_to(loop)
    places = ["-", new.parent / "file"] if name in FOLDERS else [new.parent / "no" / "out.m4b", loop]
    for place in places:
        assert main([*command, option, str(place)]) in (1, 2), place
        error = capsys.readouterr().err.strip().splitlines()[-1]
        assert error.startswith("assistant: ") and "unexpected" not in error and str(place) in error
    assert (new.parent / "file").read_text() == "mine" and loop.is_symlink()


def test_names_and_words_that_are_no_utf8_are_taken(tmp_path) -> None:
    heard, book = tmp_path / os.fsdecode(b"o\xff.wav"), tmp_path / os.fsdecode(b"b\xe9.txt")
    try:
        book.write_text("Hello there.")
    except OSError:
        pytest.skip("this file system takes no such names")
    assert main(["say", os.fsdecode(b"Caf\xe9"), "--engine", "espeak", "--out", str(heard)]) == 0
    assert heard.read_bytes().startswith(b"RIFF")
    read = tmp_path / os.fsdecode(b"r\xff.m4b")
    command = [sys.executable, "-m", "assistant", "read", book, "--engine", "espeak", "--no-proof", "--out", read]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0 and read.stat().st_size and "r?.m4b" in done.stdout


def test_a_device_is_never_replaced(tmp_path) -> None:
    for name in ("/dev/null", "/dev/fd/1", str(tmp_path)):
        assert output.is_special(Path(name))
    (link := tmp_path / "link").symlink_to("/dev/null")
    with output.opened(link) as file:
        file.write(b"gone")
    assert link.is_symlink() and not os.path.isfile("/dev/null")


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path) -> None:
    (path := tmp_path / "file").write_text("old")
    with pytest.raises(ZeroDivisionError), output.opened(path) as file:
        file.write(b"new")
        raise ZeroDivisionError
    assert path.read_text() == "old" and os.listdir(tmp_path) == ["file"]


@contextlib.contextmanager
def written(pipe: Path) -> Iterator[Callable[[], bytes]]:
    found: list[bytes] = []
    reader = threading.Thread(target=lambda: found.append(pipe.read_bytes()), daemon=True)
    reader.start()
    yield lambda: (reader.join(), found[0])[1]
