"""`assistant memory`: what the user asked to be remembered, for people and for scripts."""

from __future__ import annotations

import argparse
import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.errors import AssistantError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assistant.memory.facts import Fact, Memory

HELP = "show, edit, export or delete what you asked to be remembered"
ACTIONS = ("list", "edit", "export", "delete")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "action", nargs="?", choices=ACTIONS, default="list", help="what to do (default: list); edit opens $EDITOR"
    )
    parser.add_argument("words", nargs="*", help="with delete: only facts with all of these words; none = all facts")
    parser.add_argument("--person", metavar="NAME", help="whose, instead of [memory] person")
    parser.add_argument("--out", type=Path, metavar="FILE", help="with export: a file instead of the terminal")
    parser.add_argument("--path", action="store_true", help="print where the file lies, and nothing else")
    parser.add_argument("--yes", action="store_true", help="with delete: do not ask")


def run(args: argparse.Namespace) -> int:
    from dataclasses import replace

    from assistant.cli import load_settings
    from assistant.memory.facts import Memory
    from assistant.memory.load import location

    if args.words and args.action != "delete":
        raise UsageError(f"assistant memory {args.action} takes no words; to look for some, use grep")
    if args.out and args.action != "export":
        raise UsageError(f"--out belongs to `assistant memory export`, not to {args.action}")
    settings = load_settings(args).settings.memory
    memory = Memory(location(replace(settings, person=args.person) if args.person else settings))
    if args.path:
        print(memory.path)
        return 0
    match args.action:
        case "edit":
            return _edit(memory)
        case "export":
            return _export(memory.facts(), args.out)
        case "delete":
            return _delete(memory, args.words, args.yes)
    _show(memory.facts())
    if not memory.facts():
        print(
            f'Nothing is remembered in {memory.path} yet; say, for example: "Remember that my sister is called Anna."'
        )
    return 0


def _show(facts: Sequence[Fact]) -> None:
    from assistant.terminal import one_line

    for fact in facts:
        print(f"{fact.day}  {one_line(fact.text)}")


def _edit(memory: Memory) -> int:
    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR") or ("notepad" if os.name == "nt" else "")
    if not editor:
        raise UsageError(f"no editor is named; set EDITOR, or open {memory.path} yourself")
    memory.begin()
    try:
        code = subprocess.call([*shlex.split(editor), str(memory.path)])
    except (OSError, ValueError) as error:  # a quotation mark that nothing closes
        why = getattr(error, "strerror", None) or error
        raise UsageError(f"EDITOR={editor}: cannot be started ({why}); name another one") from None
    if code:
        raise AssistantError(f"{editor} ended with {code}; what it saved by then counts")
    count = len(memory.facts())
    print(f"{count} fact{'s' * (count != 1)} remembered.")
    return 0


def _export(facts: Sequence[Fact], out: Path | None) -> int:
    import json

    from rag import output

    rows = [
        {"text": fact.text, "day": fact.day.isoformat(), "conversation": fact.conversation, "turn": fact.turn}
        for fact in facts
    ]
    out = out or Path("-")
    if wrong := output.problem(out):
        raise UsageError(f"--out {out}: {wrong}")
    output.write_text(out, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), output.PRIVATE)
    if str(out) != "-":
        print(f"{len(rows)} fact{'s' * (len(rows) != 1)} written to {out}")
    return 0


def _delete(memory: Memory, words: Sequence[str], yes: bool) -> int:
    from assistant.cli import agreed
    from assistant.memory import wording

    gone = [fact for fact in memory.facts() if not words or wording.holds(fact.text, " ".join(words))]
    if not gone:
        print("Nothing that is remembered holds these words." if words else f"Nothing is remembered in {memory.path}")
        return 1 if words else 0
    if not yes:
        if not sys.stdin.isatty():
            raise UsageError(f"{memory.path}: nothing was deleted, for nobody can be asked here; add --yes")
        _show(gone)
        if not agreed(f"Forget {'this' if len(gone) == 1 else f'these {len(gone)} facts'} for good?"):
            print("Nothing was deleted.")
            return 1
    memory.forget(gone)
    print(
        f"Forgot {len(gone)} fact{'s' * (len(gone) != 1)}. What was said stays in the journal; see assistant history."
    )
    return 0
