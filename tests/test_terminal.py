"""What others wrote comes to the terminal by every path, and steers it by none."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant import terminal
from tests.fake_openai import FakeOpenAI
from tests.on_terminal import HOSTILE, NAME, RAW, on_a_terminal, raw


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
    assert "owned" in shown and not raw(shown)


def test_an_error_of_a_server_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    from tests import fake_openai

    monkeypatch.setitem(fake_openai._ERRORS, 400, ("invalid_request_error", None, f"no {HOSTILE}"))
    with FakeOpenAI(faults=[fake_openai.Fault(400)] * 3) as server:
        shown = on_a_terminal("ask", "Why?", *endpoint(server.url))
    assert "owned" in shown and not raw(shown)


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
    assert shown.count("owned") >= 6 and "\x1b[1;36m" in shown and not raw(shown)


@pytest.mark.parametrize(
    "words",
    [
        ["ask", "--audio", f"{NAME}.wav"],
        ["ask", "Hi", "--set", f"llm.model={NAME}.gguf"],
        ["talk", "--config", f"{NAME}.toml"],
        ["talk", "--set", f"audio.{NAME}=1"],
        ["read", f"{NAME}.txt"],
        ["models", "use", NAME],
        ["voices", "use", NAME],
        ["voices", "get", NAME],
        ["models", "get", NAME],
        ["say", "--voice", NAME, "Hi."],
        ["say", "--out", f"{NAME}/a.wav", "Hi."],
        ["history", "--since", NAME],
        ["train", "check", f"{NAME}.jsonl"],
        ["train", "use", NAME],
        ["train", "export", NAME],
        ["compare", "report", f"{NAME}"],
        ["arena", "--config", f"{NAME}.toml"],
        ["kiosk", "--config", f"{NAME}.toml"],
        ["doctor", "--config", f"{NAME}.toml"],
        ["bench", NAME],
        [NAME],
        ["press", NAME],
        ["config", "--set", f"push_to_talk.key={NAME}"],
    ],
)
def test_names_do_not(words: list[str]) -> None:
    shown = on_a_terminal(*words)
    assert "owned" in shown and not raw(shown)


def test_the_name_and_the_keys_of_a_config_file_do_not(tmp_path) -> None:
    (tmp_path / "config.toml").write_text('["\\u001b]0;owned\\u0007"]\n"\\u001b[2J" = "\\u009b2J"\n', encoding="utf-8")
    shown = on_a_terminal("config", "--config", str(tmp_path / "config.toml"))
    assert "owned" in shown and not raw(shown)


@pytest.mark.parametrize("variable", ["NO_COLOR=1", "TERM=dumb"])
@pytest.mark.parametrize("words", [["models"], ["history"], ["config"], ["voices"]])
def test_who_wants_no_colours_gets_no_codes(variable: str, words: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(*variable.split("=", 1))
    assert "\x1b" not in on_a_terminal(*words)


@pytest.mark.parametrize("variable", ["NO_COLOR=1", "TERM=dumb"])
def test_who_wants_no_colours_gets_no_moving_picture(
    variable: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(*variable.split("=", 1))
    rows = [{"question": f"Who came at {hour}?", "answer": "The gardener."} for hour in range(12)]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    shown = on_a_terminal("train", "check", str(tmp_path / "rows.jsonl"))
    assert "12 rows" in shown and "\x1b" not in shown


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_a_file_on_a_terminal_is_in_its_encoding(encoding: str, tmp_path: Path) -> None:
    (tmp_path / "me.md").write_text("- 2026-12-02: my car is 日本\n", encoding="utf-8")
    words = ["memory", "export", "--out", "-", f"--set=memory.path={tmp_path}"]
    shown = on_a_terminal(*words, encoding=encoding)
    assert f"my car is {'日本'.encode(encoding, 'replace').decode(encoding)}" in shown and not raw(shown)


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
