"""Words of others come to the terminal by these ways, too: servers' answers, programs' errors, names of files and of
what is kept, Python's own traceback. None steers it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from assistant import terminal
from tests import fake_hub, fake_openai
from tests.fake_openai import FakeOpenAI, Fault
from tests.on_terminal import HOSTILE, MARKUP, NAME, on_a_terminal, raw, shown

LINE = f"{HOSTILE} {MARKUP}".replace("\0", "")
FILE = f"{NAME}[link=http:evil]".replace("\\", "")


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.chdir(tmp_path)


def program(folder: Path, name: str, code: int = 1) -> None:
    """One that says hostile words and fails."""
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(
        f"#!{sys.executable}\nimport sys\nprint({LINE!r})\nprint({LINE!r}, file=sys.stderr)\nsys.exit({code})\n",
        encoding="utf-8",
    )
    (folder / name).chmod(0o755)


def with_programs(*names: str, code: int = 1) -> Callable[..., str]:
    def run(place: Path, *words: str) -> str:
        for name in names:
            program(place / "bin", name, code)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("PATH", f"{place / 'bin'}:{os.environ['PATH']}")
            return on_a_terminal(*words)

    return run


def a_server_that_makes_rows(place: Path) -> str:
    (place / "examples.json").write_text(json.dumps([{"instruction": "Who came?", "input": "", "output": "He."}]))
    with pytest.MonkeyPatch.context() as patch, FakeOpenAI(faults=[Fault(400)] * 9) as server:
        patch.setitem(fake_openai._ERRORS, 400, ("invalid_request_error", None, LINE))
        patch.setenv("LLM_API_KEY", "of-this-test")
        flags = ("preset=custom", f"base_url={server.url}", "model=m", "engine=openai")
        words = [
            "--examples",
            str(place / "examples.json"),
            "--count",
            "2",
            "--yes",
            "--out",
            str(place / "made.jsonl"),
        ]
        return on_a_terminal("train", "make", *words, *(f"--set=llm.{flag}" for flag in flags))


def the_hub(place: Path) -> str:
    with pytest.MonkeyPatch.context() as patch, fake_hub.serve(fake_hub.Hub({f"{FILE}.gguf": b"GGUF" * 400})) as hub:
        import huggingface_hub.constants

        from assistant import hub as ours

        patch.setattr(huggingface_hub.constants, "ENDPOINT", hub.url)
        patch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(place / "hub"))
        patch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", False)
        patch.setattr(ours, "reachable", lambda: True)
        return on_a_terminal("models", "get", f"owner/model:{FILE[:8]}.gguf") + on_a_terminal(
            "models", "get", f"owner/model:{FILE}.gguf"
        )


def documents_elsewhere(place: Path) -> str:
    with FakeOpenAI() as server:
        return on_a_terminal("rag", "list", f"--set=rag.url=http://{NAME}.example/") + on_a_terminal(
            "rag", "search", LINE, f"--set=rag.url={server.url}"
        )


def machines_by_ssh(place: Path) -> str:
    run = with_programs("ssh")
    return run(place, "rent", "up", "--ssh", f"{FILE}.example", "--model", "owner/model", "--yes") + run(
        place, "rent", "up", "--ssh", "host.example", "--model", "owner/model:m.gguf", "--yes"
    )


def machines_of_skypilot(place: Path) -> str:
    run = with_programs("sky")
    return run(place, "rent", "status") + run(place, "rent", "up", "--model", "owner/model", "--yes")


def a_service(place: Path) -> str:
    from assistant.modes.kiosk import unit

    (folder := place / "systemd" / "user").mkdir(parents=True)
    (folder / f"{unit.NAME}.service").write_text(f"{unit.MARK}\n", encoding="utf-8")
    run = with_programs("systemctl", "unshare")
    return run(place, "kiosk", "status", "--user") + run(place, "kiosk", "uninstall", "--user")


def what_was_said(place: Path) -> str:
    (sound := place / f"{FILE}-audio").mkdir()
    (sound / "20261201-000000-abcdef").mkdir()
    (journal := place / f"{FILE}.jsonl").write_text("{}\n", encoding="utf-8")
    return on_a_terminal("history", "--delete", "--yes", f"--set=journal.path={journal}")


def voices(place: Path) -> str:
    (place / "voices").mkdir()
    for ending in ("onnx", "onnx.json"):
        (place / "voices" / f"{FILE}.{ending}").write_text("{}", encoding="utf-8")
    voice = f"--set=tts.piper_voice={place / 'voices' / FILE}.onnx"
    return on_a_terminal("voices", voice) + on_a_terminal("say", "--engine", "piper", "Hi.", "--out", "a.wav", voice)


def values(place: Path) -> str:
    escaped = "".join(f"\\U{ord(letter):08x}" for letter in LINE)
    (place / "own.toml").write_text(f'[llm]\nsystem_prompt = "{escaped}"\n', encoding="utf-8")
    return "".join(on_a_terminal("config", "--config", str(place / "own.toml"), *more) for more in ((), ("--json",)))


def a_traceback(place: Path) -> str:
    """As Python itself writes it, in a process of its own."""
    with shown() as got:
        subprocess.run(
            [sys.executable, "-m", "assistant", "config", "--config", f"{NAME}.toml", "--debug"],
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
        )
    return got.decode()


PATHS: dict[str, Callable[[Path], str]] = {
    "a server that makes rows": a_server_that_makes_rows,
    "the hub": the_hub,
    "documents elsewhere": documents_elsewhere,
    "machines by ssh": machines_by_ssh,
    "machines of SkyPilot": machines_of_skypilot,
    "a service": a_service,
    "what was said": what_was_said,
    "voices": voices,
    "values": values,
    "a traceback": a_traceback,
}


@pytest.mark.parametrize("name", PATHS)
def test_no_words_of_others_steer_the_terminal(name: str, tmp_path: Path) -> None:
    told = PATHS[name](tmp_path)
    assert "owned" in told and not raw(told), raw(told)


@pytest.mark.parametrize(
    ("written", "seen"),
    [
        ("good\rfake", "good\N{REPLACEMENT CHARACTER}fake"),
        ("one\r\ntwo\n", "one\r\ntwo\n"),
        ("\r3 of 4", "\r3 of 4"),
        ("\r3 of\r4", "\r3 of\N{REPLACEMENT CHARACTER}4"),
        ("\r", "\r"),
        ("\r\n", "\r\n"),
    ],
)
def test_only_a_progress_line_writes_over_its_line(written: str, seen: str) -> None:
    with shown() as got:
        sys.stdout.write(written)
    assert got.decode() == seen
    assert terminal.one_line("good\rfake\r\n") == "good fake"
