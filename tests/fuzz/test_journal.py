"""Any journal: what reads it leaves out what it cannot understand, and what writes to it loses nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant import cli, journal
from assistant.compare import replay
from assistant.errors import UsageError
from assistant.events import TurnEnded
from assistant.safety.anonymise import anonymise
from assistant.settings import JournalSettings
from assistant.turn import Turn
from tests.fuzz.examples import JSON, altered, damaged, examples
from training.data import from_journal

ROW = {
    "time": "2026-11-24T18:00:00.000+01:00",
    "conversation": "20261124-180000-abcdef",
    "turn": 1,
    "revisions": [{"number": 1, "text": "How old is it?", "confidence": 0.9, "at": 0.3}],
    "user": "How old is the bridge of Anna Smith, 030 1234567?",
    "reply": "It is old.",
    "heard": "It is",
    "outcome": "answered",
    "error": None,
    "engines": {"stt": "moonshine", "llm": "bundled", "tts": "joe"},
    "passages": [{"file": "a.md", "title": "Bridges", "headings": ["Old"], "page": 3, "score": 0.7}],
    "confidence": 0.8,
    "sureness": 0.9,
    "guarded": "",
    "refused": "",
    "skill": "",
    "voice_differs": [{"sentence": "It is.", "said": "It was."}],
    "timings": {"speech_end": 0.0, "first_sound": 0.3},
    "zero": 12.5,
    "audio": "journal-audio/x-1.wav",
}
LINES = st.one_of(
    altered(ROW).map(lambda row: json.dumps(row).encode()),
    JSON.map(lambda value: json.dumps(value).encode()),
    damaged([json.dumps(ROW).encode()], head=600),
    st.binary(max_size=40),
    st.sampled_from(
        [b"", b"\x00" * 100, b"[" * 5000, b'{"turn":' * 3000, b'{"turn": NaN, "time": Infinity}', b"\xef\xbb\xbf{}"]
    ),
)
FILES = st.lists(LINES, max_size=4).map(b"\n".join)
OPTIONS = (["--json"], ["--anonymise"], ["--json", "--anonymise"], ["-n", "1"], ["--since", "7d"], [])


@examples(50)
@given(content=FILES, options=st.sampled_from(OPTIONS))
def test_history(tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes, options: list[str]) -> None:
    path = tmp_path / "journal.jsonl"
    path.write_bytes(content)
    code = cli.main(["history", f"--set=journal.path={path}", *options])
    assert (code, capsys.readouterr().err) == (0, "")


@examples(60)
@given(content=FILES)
def test_what_else_reads_it(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "journal.jsonl"
    path.write_bytes(content)
    turns = list(journal.read(path))
    found, _ = from_journal.candidates(turns, list(anonymise(turns)))
    from_journal.reviewed(from_journal.review(found, path))
    try:
        replay.recorded(turns)
    except UsageError as error:
        assert "journal" in str(error)


@examples(40)
@given(content=FILES, words=st.text(max_size=20))
def test_a_turn_written_after_anything_is_read_again(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "journal.jsonl"
    path.write_bytes(content)
    before = list(journal.read(path))
    told: list[str] = []
    writer = journal.Journal(JournalSettings(path=str(path)), told.append)
    writer(TurnEnded(Turn(id=7, user=words)))
    *earlier, last = journal.read(path)
    assert repr(earlier) == repr(before) and last["turn"] == 7 and not told


def test_a_line_whose_keys_hold_something_else_is_no_turn(tmp_path: Path) -> None:
    wrong = ({"user": 1}, {"conversation": []}, {"passages": [1]}, {"timings": None}, {"turn": "2"})
    path = tmp_path / "journal.jsonl"
    path.write_text("".join(f"{json.dumps(ROW | one)}\n" for one in ({}, *wrong, {"turn": 2})))
    assert [row["turn"] for row in journal.read(path)] == [1, 2]
    assert cli.main(["history", f"--set=journal.path={path}", "--anonymise"]) == 0
