"""What others wrote comes to the terminal by every path, and steers it by none."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import sys
import termios
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant import cli, terminal
from tests.fake_openai import FakeOpenAI

HOSTILE = "\x1b]0;owned\x07\x1b[31mred\x9b2J\x1bP1$r\x1b\\\x08\x7f\u202eevil\u200b\ufeff\ue000\U000e0041\x00"
RAW = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u200b\ufeff\ue000-\uf8ff\U000e0000-\U0010ffff]")
SGR = re.compile(r"\x1b\[[0-9;]*m")


def on_a_terminal(*words: str, encoding: str = "utf-8") -> str:
    """What `assistant WORDS` writes to a terminal, its own colours left out."""
    master, slave = os.openpty()
    settings = termios.tcgetattr(slave)
    settings[1] &= ~termios.OPOST
    termios.tcsetattr(slave, termios.TCSANOW, settings)
    got = bytearray()

    def read() -> None:
        try:
            while part := os.read(master, 65536):
                got.extend(part)
        except OSError:
            pass  # the other end was closed

    reader = threading.Thread(target=read)
    reader.start()
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = (open(os.dup(slave), "w", encoding=encoding, buffering=1) for _ in range(2))
    shown = sys.stdout, sys.stderr
    try:
        terminal.protect()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sys, "argv", ["assistant"])
            with contextlib.suppress(SystemExit):  # argparse's way to refuse
                cli.main(list(words))
    finally:
        for stream in shown:
            stream.close()
        os.close(slave)
        sys.stdout, sys.stderr = before
        reader.join()
        os.close(master)
    return got.decode(encoding, errors="strict")


@pytest.fixture(autouse=True)
def colours(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.chdir(tmp_path)


def endpoint(url: str) -> list[str]:
    flags = ("engine=openai", "preset=custom", f"base_url={url}", "model=m")
    return [f"--set=llm.{flag}" for flag in flags] + ["--set=journal.enabled=false"]


def test_an_answer_does_not_steer_the_terminal() -> None:
    with FakeOpenAI(chat=["It is ", HOSTILE, " so."]) as server:
        shown = on_a_terminal("ask", "Why?", *endpoint(server.url))
    assert "owned" in shown and not RAW.search(shown)


def test_an_error_of_a_server_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    from tests import fake_openai

    monkeypatch.setitem(fake_openai._ERRORS, 400, ("invalid_request_error", None, f"no {HOSTILE}"))
    with FakeOpenAI(faults=[fake_openai.Fault(400)] * 3) as server:
        shown = on_a_terminal("ask", "Why?", *endpoint(server.url))
    assert "owned" in shown and not RAW.search(shown)


def test_history_does_not(tmp_path) -> None:
    row = {
        "time": "2026-11-30T10:00:00+00:00",
        "turn": 1,
        **dict.fromkeys(("conversation", "user", "reply", "heard", "error", "outcome"), HOSTILE),
        "passages": [{"title": HOSTILE, "headings": [HOSTILE], "page": HOSTILE, "file": HOSTILE}],
    }
    journal = tmp_path / "journal.jsonl"
    journal.write_text(json.dumps(row) + "\n", encoding="utf-8")
    shown = on_a_terminal("history", f"--set=journal.path={journal}")
    assert shown.count("owned") >= 6 and SGR.search(shown) and not RAW.search(SGR.sub("", shown))


@pytest.mark.parametrize(
    "words",
    [
        ["ask", "--audio", f"{HOSTILE[:-1]}.wav"],
        ["ask", "Hi", "--set", f"llm.model={HOSTILE[:-1]}.gguf"],
        ["talk", "--config", f"{HOSTILE[:-1]}.toml"],
        ["talk", "--set", f"audio.{HOSTILE[:-1]}=1"],
        ["read", f"{HOSTILE[:-1]}.txt"],
        ["models", "use", HOSTILE[:-1]],
        ["voices", "use", HOSTILE[:-1]],
        ["voices", "get", HOSTILE[:-1]],
        ["models", "get", HOSTILE[:-1]],
        ["say", "--voice", HOSTILE[:-1], "Hi."],
        ["say", "--out", f"{HOSTILE[:-1]}/a.wav", "Hi."],
        ["history", "--since", HOSTILE[:-1]],
        ["train", "check", f"{HOSTILE[:-1]}.jsonl"],
        ["train", "use", HOSTILE[:-1]],
        ["train", "export", HOSTILE[:-1]],
        ["compare", "report", f"{HOSTILE[:-1]}"],
        ["arena", "--config", f"{HOSTILE[:-1]}.toml"],
        ["kiosk", "--config", f"{HOSTILE[:-1]}.toml"],
        ["doctor", "--config", f"{HOSTILE[:-1]}.toml"],
        ["bench", HOSTILE[:-1]],
        [HOSTILE[:-1]],
        ["press", HOSTILE[:-1]],
        ["config", "--set", f"push_to_talk.key={HOSTILE[:-1]}"],
    ],
)
def test_names_do_not(words: list[str]) -> None:
    shown = on_a_terminal(*words)
    assert "owned" in shown and not RAW.search(shown)


def test_the_name_and_the_keys_of_a_config_file_do_not(tmp_path) -> None:
    (tmp_path / "config.toml").write_text('["\\u001b]0;owned\\u0007"]\n"\\u001b[2J" = "\\u009b2J"\n', encoding="utf-8")
    shown = on_a_terminal("config", "--config", str(tmp_path / "config.toml"))
    assert "owned" in shown and not RAW.search(shown)


@pytest.mark.parametrize("variable", ["NO_COLOR=1", "TERM=dumb"])
@pytest.mark.parametrize("words", [["models"], ["history"], ["config"], ["voices"]])
def test_who_wants_no_colours_gets_no_codes(variable: str, words: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(*variable.split("=", 1))
    assert "\x1b" not in on_a_terminal(*words)


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_what_the_terminal_cannot_show_is_replaced(encoding: str) -> None:
    with FakeOpenAI(chat=["Café 5 € – 日本 😀."]) as server:
        assert "Caf" in on_a_terminal("ask", "Why?", *endpoint(server.url), encoding=encoding)


@given(st.text())
def test_cleaned_text_holds_nothing_that_steers_and_all_that_does_not(text: str) -> None:
    cleaned = terminal.clean(text)
    assert len(cleaned) == len(text) and not RAW.search(cleaned)
    # Variation selectors are printable, for Python, and nobody sees them.
    seen = [(old, new) for old, new in zip(text, cleaned) if not "\U000e0100" <= old <= "\U000e01ef"]
    assert all(new == old or not old.isprintable() for old, new in seen)


def test_into_a_pipe_goes_what_was_written(monkeypatch: pytest.MonkeyPatch) -> None:
    pipe = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(pipe, encoding="ascii"))
    terminal.protect()
    print("\x1b[31m é", flush=True)
    assert pipe.getvalue() == b"\x1b[31m ?\n"
