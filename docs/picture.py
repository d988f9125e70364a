"""Makes docs/talk.svg: a real conversation on a virtual sound card, its terminal caught in the middle of a reply.

Needs tmux: python docs/picture.py
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.text import Text

from assistant.audio import files
from assistant.bench.virtual_card import VirtualCard

ROOT = Path(__file__).parent.parent
QUESTIONS = [
    ROOT / "assistant" / "samples" / "question.wav",
    ROOT / "tests" / "samples" / "dev" / "wav" / "ps-goforward.flac",
]


def tmux(*words: str, **more) -> str:
    return subprocess.run(["tmux", "-L", "picture", *words], check=True, capture_output=True, text=True, **more).stdout


def wait_for(text: str) -> str:
    while text not in (screen := tmux("capture-pane", "-p", "-e", "-t", "talk")):
        time.sleep(0.1)
    return screen


def main() -> None:
    with VirtualCard() as card, tempfile.TemporaryDirectory() as folder:
        tmux(
            "new-session",
            "-d",
            "-s",
            "talk",
            "-x",
            "92",
            "-y",
            "16",
            f"{sys.executable} -m assistant talk --set journal.path={folder}/journal.jsonl",
            env=card.environment,
        )
        try:
            wait_for("listening")
            for question in QUESTIONS:
                card.play(files.read(question))
                wait_for("speaking")
                time.sleep(2.5)
            screen = wait_for("speaking")
        finally:
            tmux("kill-server")
    console = Console(record=True, width=92, file=open("/dev/null", "w"))
    console.print(Text("$ assistant talk", style="bold"))
    console.print(Text.from_ansi(screen.rstrip()))
    (ROOT / "docs" / "talk.svg").write_text(console.export_svg(title="assistant talk"), encoding="utf-8")


if __name__ == "__main__":
    main()
