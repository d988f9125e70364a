"""`assistant history`: the journal, for people and for scripts."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
from collections import deque
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from assistant.errors import AssistantError, UsageError
from assistant.terminal import one_line

HELP = "show, share or delete the journal of past turns"

_ANONYMISE_HELP = (
    "replace names, numbers, e-mail and web addresses, phone numbers, IP addresses, paths and keys with placeholders. "
    "It works by rules made for English and rather takes out too much (places, titles); it can miss a rare name in "
    "lower case and facts that point at somebody without naming them, and it leaves the times: read the result before "
    "sharing it"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "-n", "--number", type=int, default=20, metavar="N", help="the newest N turns (default: 20; 0 = all)"
    )
    parser.add_argument(
        "--since", metavar="WHEN", help="only turns since then: today, 30m, 2h, 7d, 2026-11-24 or 2026-11-24T18:00"
    )
    parser.add_argument(
        "--json",
        action="store_true",
        help="one JSON object per line, with all timings and the turns in which nothing was said",
    )
    parser.add_argument("--anonymise", action="store_true", help=_ANONYMISE_HELP)
    parser.add_argument("--path", action="store_true", help="print where the journal lies, and nothing else")
    parser.add_argument(
        "--delete",
        action="store_true",
        help="delete the journal, its recordings, and the "
        "words that `compare live`, `compare replay` and `arena` kept of it, after asking",
    )
    parser.add_argument("--yes", action="store_true", help="with --delete: do not ask")


def run(args: argparse.Namespace) -> int:
    from assistant import journal
    from assistant.cli import load_settings

    path = journal.location(load_settings(args).settings.journal)
    if args.path:
        print(path)
        return 0
    if args.delete:
        return _delete(path, args.yes)
    if args.number < 0:
        raise UsageError(f"-n {args.number}: give a number of turns, 0 for all")
    since = _since(args.since, datetime.now().astimezone()) if args.since else None
    rows: Iterable[dict[str, Any]] = (row for row in journal.read(path) if since is None or _time(row) >= since)
    if not args.json:
        rows = (row for row in rows if row.get("outcome") != "nothing_said")
    rows = deque(rows, maxlen=args.number or None)
    if args.anonymise:
        from assistant.safety.anonymise import anonymise

        rows = anonymise(rows)
    if args.json:
        for row in rows:
            print(json.dumps(row, ensure_ascii=False))
    elif not rows:
        print(f"No turns{' since then' if since else ' yet'} in {path}")
    else:
        _show(rows)
    return 0


def _since(text: str, now: datetime) -> datetime:
    if text == "today":
        return now.replace(hour=0, minute=0, second=0, microsecond=0)
    units = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
    try:
        if text[-1:] in units:
            return now - timedelta(**{units[text[-1]]: float(text[:-1])})
        return datetime.fromisoformat(text).astimezone()
    except (ValueError, OverflowError):
        raise UsageError(f"--since {text}: write today, 30m, 2h, 7d, 2026-11-24 or 2026-11-24T18:00") from None


def _time(row: dict[str, Any]) -> datetime:
    try:
        return datetime.fromisoformat(row["time"]).astimezone()
    except (KeyError, TypeError, ValueError, OverflowError):
        return datetime.fromtimestamp(0).astimezone()


def _show(rows: Iterable[dict[str, Any]]) -> None:
    from rich.text import Text

    from assistant import terminal

    console = terminal.console(highlight=False, soft_wrap=True)

    def show(*parts: tuple[str, str]) -> None:
        console.print(Text.assemble(*parts))

    conversation = None
    for row in rows:
        if row.get("conversation") != conversation:
            conversation = row.get("conversation")
            show((f"-- conversation {one_line(conversation)}", "dim"))
        show((f"{_time(row):%Y-%m-%d %H:%M:%S}  {_facts(row)}", "dim"))
        show(("  you:       ", "bold cyan"), (one_line(row.get("user")), ""))
        reply, heard, note = one_line(row.get("reply")), one_line(row.get("heard")), ""
        if row.get("outcome") == "interrupted":
            reply = heard and f"{heard} "
            note = "(interrupted)" if heard else "(interrupted before a word was heard)"
        if reply or note:
            show(("  assistant: ", "bold green"), (reply, ""), (note, "yellow"))
        sources = "; ".join(_source(passage) for passage in row.get("passages") or [] if isinstance(passage, dict))
        if sources:
            show((f"  {'perhaps:   ' if row.get('doubtful') else 'from:      '}{sources}", "dim"))
        if row.get("error"):
            show(("  error:     ", "bold red"), (one_line(row["error"]), ""))


def _source(passage: dict[str, Any]) -> str:
    headings = passage.get("headings")
    place = " › ".join(map(one_line, [passage.get("title"), *(headings if isinstance(headings, list) else [])]))
    return f"{place}, p. {one_line(passage['page'])}" if passage.get("page") else place


def _facts(row: dict[str, Any]) -> str:
    timings = row.get("timings")
    first_sound = timings.get("first_sound") if isinstance(timings, dict) else None
    facts = [f"turn {one_line(row.get('turn'))}", one_line(row.get("outcome"))]
    if isinstance(first_sound, (int, float)) and abs(first_sound) < 1e6:  # JSON has numbers that are no float
        facts.append(f"first sound after {first_sound:.2f} s")
    return ", ".join(fact for fact in facts if fact)


def _delete(path: Path, yes: bool) -> int:
    from assistant import journal
    from assistant.cli import agreed
    from assistant.cli.compare import home
    from assistant.compare import replay, shadow, votes
    from assistant.compare.records import own_files

    recordings, unheard, cast = journal.recordings(path), shadow.location(path), home() / "votes.jsonl"
    for file in (path, unheard, cast):
        if file.exists() and not file.is_file():
            raise UsageError(f"{file}: is no file, so it is not deleted; check [journal] path")
    turns = sum(1 for _ in journal.read(path))
    if path.exists() and path.stat().st_size and not turns:
        raise UsageError(f"{path}: holds no turns, so it may be no journal and is not deleted; check [journal] path")
    sounds = _recordings(recordings)
    replays = replay.folders_of(path, home())
    worded = sum(bool(vote.question) for vote in votes.read(cast))
    what = [f"{path} ({turns} turn{'s' if turns != 1 else ''})"] if path.exists() else []
    what += [f"{len(sounds)} recording{'s' * (len(sounds) != 1)} in {recordings}"] if sounds else []
    what += [f"{unheard} (what other arms would have answered)"] if unheard.exists() else []
    what += [str(folder) for folder in replays]
    what += (
        [f"the questions and answers in {cast}, whose {worded} {'votes stay' if worded > 1 else 'vote stays'}"]
        if worded
        else []
    )
    if not what:
        print(f"There is no journal at {path}")
        return 0
    if not yes:
        if not sys.stdin.isatty():
            raise UsageError(f"{path} was not deleted: nobody can be asked here; add --yes")
        print("What you have said lies in:", *what, sep="\n  ")
        if not agreed("Delete all of that for good?"):
            print("Nothing was deleted.")
            return 1
    try:
        kept = [file for sound in sounds for file in _erase(sound)]
        _remove_empty(recordings)
        for folder in replays:
            own = own_files(folder)
            kept += [other for file in own for other in _erase(file)]
            for place in (*{file.parent for file in own if file.parent != folder}, folder):
                _remove_empty(place)
        if worded:
            votes.forget(cast)
        kept += [*_erase(unheard), *_erase(path)]
    except OSError as error:
        raise AssistantError(
            f"{error.filename or path}: cannot be deleted ({error.strerror}); check its permissions, then "
            "give the same command again"
        ) from None
    print("Deleted:", *what, sep="\n  ")
    if kept:
        print(
            "What these held has other names on this disk (hard links), under which it is still there:",
            *kept,
            sep="\n  ",
            file=sys.stderr,
        )
    return 1 if kept else 0


def _recordings(folder: Path) -> list[Path]:
    from assistant import journal

    try:
        return [file for file in folder.iterdir() if journal.is_recording(file) and not file.is_dir()]
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise AssistantError(
            f"{folder}: the recordings cannot be looked through ({error.strerror}), so nothing was deleted; check its "
            "permissions"
        ) from None


def _erase(path: Path) -> list[Path]:
    """Delete a file, what it is a link to first; gives the file where it had another name, under which it stays."""
    chain = [path]
    while chain[-1].is_symlink() and (target := chain[-1].parent / os.readlink(chain[-1])) not in chain:
        chain.append(target)
    kept = [file for file in chain[-1:] if file.is_file() and file.stat().st_nlink > 1]
    for link in reversed(chain):
        link.unlink(missing_ok=True)
    return kept


def _remove_empty(folder: Path) -> None:
    """Nothing is done where something of another's lies in it, or there is none."""
    with contextlib.suppress(OSError):
        folder.resolve().rmdir()
        folder.unlink(missing_ok=True)  # where it is a link
