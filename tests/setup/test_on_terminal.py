"""`assistant setup` on a terminal: questions, nonsense, Ctrl-C at each of them, narrow and plain terminals."""

from __future__ import annotations

import json
import os
import sys
import tomllib
from pathlib import Path

import pytest

from tests.data import tiny_gguf
from tests.fake_hub import Hub, serve
from tests.setup.on_pty import CTRL_C, Terminal

ROOT = Path(__file__).parents[2]
QUESTIONS = (
    "Which language will you speak?",
    "Which voice?",
    "How good against how quick?",
    "May up to 6 GB be fetched?",
)


@pytest.fixture(scope="module")
def hub():
    with serve(Hub({"right.gguf": tiny_gguf().read_bytes()})) as running:
        yield running


@pytest.fixture
def setup(hub, tmp_path):
    """Starts it; there is no sound card, and one better model at the hub."""
    rows = [
        {"name": "bundled", "source": "bundled", "size": 0.1, "seconds": 0.2, "right": 0.4},
        {"name": "right", "source": "owner/model:right.gguf", "size": 0.003, "seconds": 0.8, "right": 0.8},
    ]
    table = json.dumps({"rows": rows, "log": str(tmp_path / "log"), "die": None})
    own = tmp_path / "mine.toml"
    own.write_text("# Mine.\n")

    def started(columns: int = 80, **environment: str) -> Terminal:
        there = {
            **os.environ,
            "TERM": "xterm-256color",
            "LC_ALL": "C.UTF-8",
            "HF_ENDPOINT": hub.url,
            "HF_HUB_CACHE": str(tmp_path / "hub"),
            "XDG_DATA_HOME": str(tmp_path / "data"),
            "PYTHONPATH": str(ROOT),
            **environment,
        }
        there.pop("HF_HUB_OFFLINE", None)
        command = [sys.executable, "-m", "tests.setup.fresh", table, "setup", "--config", str(own)]
        return Terminal(command, there, tmp_path, columns)

    return started


def test_ctrl_c_at_each_question_keeps_the_answers_before_it_and_nonsense_is_asked_again(setup, tmp_path) -> None:
    for number, question in enumerate(QUESTIONS):
        with setup() as terminal:
            shown = terminal.wait_for(question)
            assert not any(earlier in shown for earlier in QUESTIONS[:number]), "what was answered is not asked again"
            if number < 3:
                terminal.wait_for("or Enter for ")
                terminal.type("seventeen\n")
                terminal.wait_for("Please type a number from 1 to ")
                terminal.type("99\n")
                terminal.wait_for("Please type a number from 1 to ")
                terminal.type("\n")
            else:
                terminal.wait_for("[Y/n] ")
                terminal.type("perhaps\n")
                terminal.wait_for("[Y/n] ")
                terminal.type("\n")
            terminal.wait_for(QUESTIONS[number + 1] if number < 3 else "fetching")
            terminal.type(CTRL_C)
            assert terminal.end() == 130, terminal.shown
            assert terminal.shown.endswith("\n") and "Traceback" not in terminal.shown
    with setup() as terminal:
        assert terminal.end() == 0
        assert "Ready. Start with: assistant talk" in terminal.shown
    written = tomllib.loads((tmp_path / "mine.toml").read_text())
    assert written["llm"]["model"] == "owner/model:right.gguf" and written["stt"]["language"] == "en"


def test_on_a_narrow_and_plain_terminal_lines_end_between_words_and_nothing_steers_it(setup) -> None:
    with setup(columns=40, TERM="dumb", NO_COLOR="1") as terminal:
        for question in QUESTIONS:
            terminal.wait_for(question[:20])
            terminal.wait_for("[Y/n] " if question is QUESTIONS[-1] else "or Enter for ")
            terminal.type("\n")
        assert terminal.end() == 0
    assert "\x1b" not in terminal.shown
    told = [line for line in terminal.shown.splitlines() if "Number," not in line and "[Y/n]" not in line]
    assert not [line for line in told if len(line) >= 40 and len(max(line.split(), key=len)) < 35]
