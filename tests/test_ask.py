"""`assistant ask` as a script uses it: what it prints, what it writes, how it ends."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from assistant.cli import parsed
from tests.data import SAMPLES

QUESTION = SAMPLES / "dev" / "wav" / "gcp-brooklyn.flac"


def ask(*words: str, stdin: bytes = b"", **more) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "assistant", "ask", "--set=journal.enabled=false", *map(str, words)]
    return subprocess.run(command, input=stdin, capture_output=True, **more)


def test_a_typed_question_is_answered_on_stdout_alone():
    done = ask("What is the capital of France?")
    assert done.returncode == 0 and b"Paris" in done.stdout and done.stderr == b""


def test_a_question_on_stdin_is_answered_as_json():
    done = ask("--json", stdin=b"What is the capital of France?\n")
    turn = json.loads(done.stdout)
    assert turn["outcome"] == "answered" and "Paris" in turn["heard"] and turn["engines"].keys() == {"llm", "tts"}


@pytest.mark.parametrize(("words", "answer"), [("Stop.", b""), ("Wie viel Uhr ist es?", b"Es ist ")])
def test_a_command_is_carried_out_in_its_language_and_needs_no_answer(words, answer):
    done = ask(words)
    assert done.returncode == 0 and done.stdout.startswith(answer) and done.stderr == b""


@pytest.mark.parametrize(
    ("words", "stdin", "message"),
    [
        ([], b"", b"there is no question"),
        ([], b"RIFF\xff\xfe\x00", b"not text; for a recording use --audio"),
        (["Hi", "--audio", QUESTION], b"", b"either a text or --audio"),
        (["Hi", "--out", "/nowhere/a.wav"], b"", b"in a folder that exists"),
        (["--audio", "/nowhere.wav"], b"", b"there is no such audio file"),
    ],
)
def test_wrong_usage_is_one_sentence_before_anything_is_loaded(words, stdin, message):
    done = ask(*words, stdin=stdin)
    assert done.returncode == 2 and message in done.stderr and done.stdout == b"" and done.stderr.count(b"\n") == 1


@pytest.mark.parametrize("words", [["ask"], ["rag", "list"]])
def test_an_option_that_there_is_none_of_is_told_with_the_usage_of_its_own_command(words, capsys):
    with pytest.raises(SystemExit, match="2"):
        parsed([*words, "--bogus"])
    told = capsys.readouterr().err
    assert f"usage: assistant {' '.join(words)} " in told and "unrecognized arguments: --bogus" in told


def test_the_question_is_not_overwritten_by_the_answer(tmp_path):
    question = Path(shutil.copy(QUESTION, tmp_path))
    before = question.read_bytes()
    done = ask("--audio", question, "--out", question)
    assert done.returncode == 2 and b"the question itself" in done.stderr and question.read_bytes() == before


def test_an_answer_that_cannot_be_saved_is_still_printed(tmp_path):
    (tmp_path / "a.wav").symlink_to("/dev/full")
    done = ask("What is the capital of France?", "--out", tmp_path / "a.wav")
    assert b"Paris" in done.stdout


def test_without_out_no_text_goes_to_the_cloud_voice():
    from tests.fake_openai import FakeOpenAI

    with FakeOpenAI() as server:
        done = ask("What is the capital of France?", f"--set=tts.openai_base_url={server.url}")
        assert b"Paris" in done.stdout and server.requests == []


def test_closed_standard_streams_are_no_errors():
    assert (
        subprocess.run(
            [sys.executable, "-m", "assistant", "ask", "Hi", "--set=journal.enabled=false"],
            preexec_fn=lambda: __import__("os").close(1),
        ).returncode
        == 0
    )
