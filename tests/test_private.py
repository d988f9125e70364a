"""What the program keeps is for its user alone, from the first byte; what they name themselves has their own modes."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from assistant.cli import main
from assistant.folders import narrow
from rag import output
from tests.data import tiny_gguf

REPOSITORY = Path(__file__).parents[1]
PROGRAM = """
import json, os, sys
from pathlib import Path

umask, home = int(sys.argv[1], 8), sys.argv[2]
os.umask(umask)
widened, umasks, set_umask = [], [], os.umask

def watched(mask):
    umasks.append(mask)
    return set_umask(mask)

def hook(event, args):
    if event == "os.chmod" and args[1] & 0o077:
        path = os.readlink(f"/proc/self/fd/{args[0]}") if isinstance(args[0], int) else os.path.abspath(args[0])
        if path.startswith(home):
            widened.append(path)

def end(code):
    raise SystemExit(code)

os.umask, os._exit = watched, end
sys.addaudithook(hook)
from assistant import cli

codes = []
for line in sys.argv[3:]:
    sys.argv = ["assistant", *json.loads(line)]
    try:
        cli.entry()
    except SystemExit as ended:
        codes.append(ended.code)

import numpy as np
from assistant import folders
from assistant.books.store import Store as Pieces
from assistant.events import TurnEnded
from assistant.journal import Journal
from assistant.modes.kiosk import log
from assistant.settings import JournalSettings
from assistant.turn import Turn
from rag import embed, lexical
from rag.store import Store
from tests.rag.conftest import WordEmbedder, add

data = folders.data_folder()
turn = Turn(1, "hello", outcome="answered", frames=[np.zeros(320, np.float32)])
Journal(JournalSettings(audio=True))(TurnEnded(turn))
log._open(data / "kiosk" / "log").emit(__import__("logging").makeLogRecord({"msg": "hello"}))
store = Store(data / "rag")
add(store, Path(sys.path[0]) / "rag" / "samples" / "handbook" / "README.md", embed.find(embed.DEFAULT), WordEmbedder())
lexical.of(store)
store.close()
with (pieces := Pieces(data / "book.pieces", "voice")).locked():
    pieces.put("hello", np.zeros(100, np.float32))
print(json.dumps([codes, widened, umasks]), file=sys.__stdout__)
"""


def others_may(path: Path) -> bool:
    return not path.is_symlink() and bool(stat.S_IMODE(path.lstat().st_mode) & 0o077)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_whatever_commands_keep_nobody_else_can_read_it(tmp_path) -> None:
    home = tmp_path / "home"
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "OMP_NUM_THREADS": "1"}
    environment |= {f"XDG_{name}_HOME": str(home / name.lower()) for name in ("DATA", "CACHE", "CONFIG")}
    rows = tmp_path / "rows.jsonl"
    asked = [
        {
            "messages": [
                {"role": "user", "content": f"What is {n} and {n}?"},
                {"role": "assistant", "content": str(2 * n)},
            ]
        }
        for n in range(40)
    ]
    rows.write_text("".join(json.dumps(row) + "\n" for row in asked))
    questions = tmp_path / "q.jsonl"
    questions.write_text('{"question": "Who?", "answer": "Tom"}\n{"question": "Where?", "answer": "Here"}\n')
    tiny = ["--set", f"llm.model={tiny_gguf()}", "--set", "llm.max_tokens=8", "--set", "tts.engine=espeak"]
    commands = [
        ["ask", "Where is the old red house of my good friend?", "--out", str(tmp_path / "answer.wav"), *tiny],
        ["compare", "run", "--questions", str(questions), "--arms", "base", "--no-probe", *tiny],
        ["compare", "report", "--to", str(tmp_path / "report")],
        ["train", "check", str(rows), "--fix", str(tmp_path / "fixed.jsonl"), *tiny],
        ["train", "make", "--from-journal", "--i-agree", "--out", str(tmp_path / "review.txt")],
    ]
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, "000", str(home), *map(json.dumps, commands)],
        cwd=REPOSITORY,
        env=environment,
        capture_output=True,
        text=True,
    )
    codes, widened, umasks = json.loads(done.stdout.splitlines()[-1])
    assert codes == [0] * len(commands), done.stderr
    assert widened == [] and umasks and all(mask & 0o077 == 0o077 for mask in umasks)
    kept = {path.relative_to(home) for path in home.rglob("*")}
    assert {"journal.jsonl", "records.jsonl", "chroma.sqlite3", "vocab.index.json", "log"} <= {
        path.name for path in kept
    }
    assert [path for path in kept if others_may(home / path)] == []
    assert mode(tmp_path / "answer.wav") == mode(tmp_path / "report" / "report.html") == 0o666
    assert mode(tmp_path / "fixed.jsonl") == mode(rows)  # not more open than what it is made of
    assert mode(tmp_path / "review.txt") == mode(tmp_path / "fixed.train.jsonl") == 0o600


def test_what_an_earlier_version_left_open_is_narrowed_once(tmp_path) -> None:
    folder = tmp_path / "voice-assistant"
    (folder / "rag").mkdir(parents=True)
    (folder / "rag" / "store").write_text("words")
    (folder / "empty").write_text("")
    for path in (folder, folder / "rag"):
        path.chmod(0o755)
    assert narrow(folder)
    assert [path for path in (folder, *folder.rglob("*")) if others_may(path)] == []
    assert not narrow(folder) and not narrow(tmp_path / "missing")


@pytest.mark.parametrize("how", ["link", "group", "another's"])
def test_a_folder_that_somebody_shares_on_purpose_is_left(tmp_path, monkeypatch, how) -> None:
    folder = tmp_path / "shared"
    folder.mkdir()
    folder.chmod(0o2775 if how == "group" else 0o775)
    place = folder
    if how == "link":
        place = tmp_path / "link"
        place.symlink_to(folder)
    if how == "another's":
        monkeypatch.setattr(os, "geteuid", lambda: folder.stat().st_uid + 1)
    assert not narrow(place) and mode(folder) & 0o070


def test_a_file_system_without_modes_is_no_error(tmp_path, monkeypatch) -> None:
    tmp_path.chmod(0o755)
    monkeypatch.setattr(Path, "chmod", lambda path, mode: None)
    assert not narrow(tmp_path)

    def refuse(path, mode):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "chmod", refuse)
    assert not narrow(tmp_path)


def test_a_second_name_elsewhere_keeps_its_mode(tmp_path) -> None:
    (folder := tmp_path / "own").mkdir(mode=0o755)
    (mine := tmp_path / "mine").write_text("words")
    mine.chmod(0o644)
    os.link(mine, folder / "name")
    assert narrow(folder) and mode(mine) == 0o644


@pytest.fixture
def users_umask():
    before = os.umask(0o027)
    output.keep_private()
    yield
    os.umask(before)
    output._umask = None
    output._private.clear()


def test_named_files_get_the_users_modes_and_all_others_none(tmp_path, users_umask) -> None:
    (tmp_path / "kept").write_text("words")
    output.write_text(tmp_path / "named", "words")
    output.make_folder(tmp_path / "one" / "two")
    (tmp_path / "closed").touch(0o600)
    output.write_text(tmp_path / "closed", "more")
    output.write_text(tmp_path / "copy", "rows", output.usual(tmp_path / "copy", like=tmp_path / "kept"))
    found = {path.name: mode(path) for path in tmp_path.rglob("*")}
    assert found == {"kept": 0o600, "named": 0o640, "one": 0o750, "two": 0o750, "closed": 0o600, "copy": 0o600}


def test_below_the_data_folder_a_named_file_is_private_too(tmp_path, users_umask) -> None:
    output.keep_private(tmp_path / "data")
    output.make_folder(tmp_path / "data" / "mine")
    output.write_text(tmp_path / "data" / "mine" / "file", "words")
    output.give_back(tmp_path)
    assert mode(tmp_path) == 0o750 and mode(tmp_path / "data" / "mine") == 0o700
    assert mode(tmp_path / "data" / "mine" / "file") == 0o600


def test_a_log_of_connections_keys_that_cannot_be_written_is_told_in_a_sentence(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "none" / "keys.log"))
    assert main(["config", "--changed"]) == 2
    assert "SSLKEYLOGFILE" in capsys.readouterr().err
