"""Every command that the program knows, with the smallest arguments with which it does its work.

{own} stands for a folder of the user's, which `prepare` fills.
"""

from __future__ import annotations

import argparse
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

from assistant import cli
from tests.data import SAMPLES

Command = tuple[str, ...]

QUICK: dict[Command, list[str]] = {
    ("press",): [],
    ("release",): [],
    ("toggle",): [],
    ("stop",): [],
    ("ask",): ["What did the gardener bring?", "--set=journal.enabled=true"],
    ("say",): ["The gardener came.", "--out", "{own}/said.wav"],
    ("read",): ["{own}/book.txt", "-o", "{own}/book.wav"],
    ("kiosk", "install"): ["--user", "--dry-run"],
    ("kiosk", "status"): ["--user"],
    ("kiosk", "uninstall"): ["--user"],
    ("train", "check"): ["{own}/rows.jsonl"],
    ("train", "make"): ["--examples", "{own}/examples.json", "--count", "2", "--out", "{own}/made.jsonl", "--yes"],
    ("train", "notebook"): ["{own}/rows.jsonl", "--output", "{own}/book.ipynb"],
    ("train", "autotrain"): ["{own}/rows.jsonl", "--output", "{own}/autotrain"],
    ("train", "list"): [],
    ("train", "openai"): ["{own}/rows.jsonl", "--yes"],
    ("compare", "report"): [],
    ("compare", "replay"): ["--out", "{own}/replayed"],
    ("arena",): ["--table"],
    ("models",): [],
    ("models", "list"): ["--json"],
    ("models", "get"): ["owner/model:file.gguf"],
    ("models", "pin"): ["owner/model"],
    ("models", "refresh"): [],
    ("models", "fit"): ["owner/model"],
    ("tools",): [],
    ("tools", "list"): ["--json"],
    ("tools", "login"): ["server"],
    ("tools", "allow"): ["server/tool"],
    ("tools", "ask"): ["server/tool"],
    ("tools", "never"): ["server/tool"],
    ("tools", "try"): ["server/tool"],
    ("mcp",): [],
    ("rent", "plan"): [],
    ("rent", "up"): ["--model", "owner/model", "--yes"],
    ("rent", "status"): [],
    ("rent", "down"): [],
    ("voices",): [],
    ("doctor",): ["--no-sound"],
    ("devices",): [],
    ("history",): [],
    ("memory",): ["list"],
    ("config",): [],
    ("train", "use"): ["base"],  # these two change the settings
    ("models", "use"): ["bundled"],
}

SLOW: dict[Command, list[str]] = {
    ("talk",): ["--plain", "--or-sample"],
    ("kiosk",): [],
    ("rag", "add"): ["{own}/book.txt"],
    ("rag", "list"): [],
    ("rag", "search"): ["Who came?"],
    ("rag", "stats"): [],
    ("rag", "eval"): ["{own}/searched.jsonl"],
    ("rag", "rebuild"): [],
    ("rag", "remove"): ["{own}/book.txt"],
    ("train", "plan"): ["{own}/rows.jsonl", "--no-trial"],
    ("train", "probe"): ["{own}/rows.jsonl", "--asks", "1", "--samples", "1"],
    ("train", "fit"): ["{own}/rows.jsonl", "--epochs", "1"],
    ("train", "ask"): ["Who came?"],
    ("train", "export"): ["rows", "--kind", "adapter", "--prompts", "1"],
    ("compare", "run"): ["--questions", "{own}/asked.jsonl", "--arms", "base", "--no-probe", "--out", "{own}/compared"],
    ("compare", "live"): ["--arms", "base", "--plain", "--or-sample"],
    ("models", "try"): ["bundled"],
    ("setup",): ["--yes"],
    ("bench",): ["endpoint", "--turns", "2", "--out", "{own}/bench"],
}


def known(parser: argparse.ArgumentParser | None = None, begin: Command = ()) -> Iterator[Command]:
    """Every command and action, as the parser has them."""
    parser = parser or cli._parser()
    groups = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    if begin and not any(group.required for group in groups):
        yield begin
    for group in groups:
        for name, below in group.choices.items():
            yield from known(below, (*begin, name))


def lines(table: dict[Command, list[str]], own: Path) -> list[list[str]]:
    return [[*command, *(word.format(own=own) for word in words)] for command, words in table.items()]


def prepare(own: Path) -> None:
    rows = [{"question": f"Who came at {hour}?", "answer": "The gardener came with the eggs."} for hour in range(8)]
    written = "".join(json.dumps(row) + "\n" for row in rows)
    for name in ("rows.jsonl", "asked.jsonl"):
        (own / name).write_text(written)
    (own / "examples.json").write_text(json.dumps([{"instruction": "Who came?", "input": "", "output": "Nobody."}]))
    (own / "book.txt").write_text("The gardener came with the eggs.\n")
    searched = {"question": "Who came?", "relevant": [{"file": "book.txt", "quote": "The gardener came"}]}
    (own / "searched.jsonl").write_text(json.dumps(searched) + "\n")
    shutil.copy(SAMPLES / "dev" / "wav" / "gcp-brooklyn.flac", own / "question.flac")
