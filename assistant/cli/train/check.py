"""`assistant train check DATA`: what is wrong with the rows, what to fix first; sets the held-out rows aside."""

from __future__ import annotations

import argparse
import functools
import json
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

HELP = "check training data: broken rows, repeats, leaks, lengths, secrets; a score and what to fix first"

_LARGE = 2_000_000_000  # bytes of a model from which on loading it only to count tokens takes too long
_TEMPLATE = 5  # tokens the usual chat templates put around a message: two marks, the role, line breaks
_SHOWN = 8  # different complaints of one kind that are printed
_THINGS = {
    "e-mail": "an e-mail address",
    "phone": "a phone number",
    "address": "an IP address",
    "path": "a home folder",
    "name": "somebody's name",
}
_PLACEHOLDER = re.compile(r"(\[(?:e-mail|phone|address|path) \d+\])")
_PERHAPS = re.compile(r"[@\d/\\]| at ", re.IGNORECASE)
_INTRODUCED = re.compile(r"\b(?:my name is|my name's|i am called|i'm called|call me)\b", re.IGNORECASE)
_DATE = re.compile(r"\d{1,2}[./-]\d{1,2}[./-]\d{2,4}")
_PHONE = re.compile(r"[+(0].*|\d{3}[-. ]\d{3}[-. ]\d{4}")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from training.recipe import Recipe

    parser.add_argument(
        "data",
        type=Path,
        metavar="DATA",
        help="rows as JSON, JSON lines or CSV: Alpaca, ShareGPT, chat messages, prompt and completion, "
        "question and answer",
    )
    parser.add_argument(
        "--held-out",
        type=Path,
        metavar="FILE",
        help="compare with these rows for leaks, instead of holding out rows of DATA",
    )
    parser.add_argument(
        "--length",
        type=int,
        default=Recipe().length,
        metavar="TOKENS",
        help="the longest row that `fit` will take (default: %(default)s)",
    )
    parser.add_argument(
        "--fix",
        type=Path,
        metavar="OUT",
        help="write a copy without unusable and repeated rows, as chat messages in JSON lines",
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace) -> int:
    from assistant.cli import load_settings
    from assistant.errors import UsageError
    from assistant.secrets import contains_key
    from rag import output
    from training.data import split
    from training.data.check import check
    from training.data.formats import read
    from training.errors import TrainingError

    if args.length < 1:
        raise UsageError(f"--length {args.length}: must be at least 1")
    if args.fix and (wrong := output.problem(args.fix)):
        raise UsageError(f"--fix {args.fix}: {wrong}")
    if args.fix and args.fix.exists() and args.data.exists() and args.fix.samefile(args.data):
        raise UsageError(f"--fix {args.fix}: is the data itself; name another file")
    llm = load_settings(args).settings.llm
    data = read(args.data)
    train, held_out, not_split = data.rows, [], ""
    count, counted_by = _counter(llm)
    with _progress_bar() as progress:
        if args.held_out:
            held_out = read(args.held_out).rows
        elif not args.fix:
            try:
                train, held_out = split.load(args.data, lambda done, total: progress("splitting", done, total))
            except TrainingError as error:
                not_split = str(error)
        report = check(data, train, held_out, count, args.length, llm.system_prompt, personal, contains_key, progress)
    fixed = _fix(args, data, report) if args.fix else None
    if args.json:
        _print_json(args, report, counted_by, not_split, fixed)
    else:
        _show(args, report, counted_by, not_split, fixed)
    if fixed:
        return 1 if fixed["not_split"] else 0
    return 1 if report.unusable or not_split else 0


def _fix(args: argparse.Namespace, data, report) -> dict:
    from rag import output
    from training import rows
    from training.data import split
    from training.data.check import cleaned
    from training.errors import TrainingError, TrainingUsageError

    kept, why = cleaned(data.rows, report)
    if not kept:
        raise TrainingUsageError(
            f"--fix would leave no row of {args.data}; correct the rows that are named: "
            f"assistant train check {args.data}"
        )
    try:
        rows.write(args.fix, kept, output.usual(args.fix, like=args.data))
    except OSError as error:
        raise TrainingUsageError(f"--fix {args.fix} cannot be written ({error.strerror}); name another file") from None
    fixed = {"file": str(args.fix), "rows": len(kept), "left_out": dict(sorted(why.items())), "not_split": ""}
    if not args.held_out and not output.is_special(args.fix):
        try:
            train, held_out = split.load(args.fix)
            fixed |= {"train": len(train), "held_out": len(held_out)}
        except TrainingError as error:
            fixed["not_split"] = str(error)
    return fixed


def _counter(llm) -> tuple[Callable[[list[dict[str, str]]], int], str]:
    """Counts the tokens of a conversation, and says how."""
    path = _model_file(llm)
    if path is not None:
        from assistant.errors import EngineError
        from assistant.llm import gguf, llamacpp

        try:
            gguf.check(path)
            model = llamacpp.Model(path, 256, 1, 0)
            spell = functools.lru_cache(10_000)(lambda text: len(model.tokenize(text.encode())))
            return (
                lambda messages: sum(spell(message["content"]) + _TEMPLATE for message in messages),
                f"tokens of {gguf.title(path)}",
            )
        except EngineError:
            pass  # `doctor` and `talk` say what is wrong with it; the data can be checked all the same
    return (
        lambda messages: sum(len(message["content"].encode()) // 4 + _TEMPLATE for message in messages),
        "tokens estimated, 4 bytes each",
    )


def _model_file(llm) -> Path | None:
    """The live model's file when it is on this machine and not too large to load only for its tokenizer."""
    from assistant import hub
    from assistant.llm import gguf

    if llm.engine != "llama":
        return None
    if llm.model in ("bundled", "auto"):
        return gguf.here(llm.model)
    path = Path(llm.model).expanduser()
    if not path.exists() and ":" in llm.model:
        repo, _, file = llm.model.partition(":")
        path = hub.cached(repo, file) or path
    return path if path.is_file() and path.stat().st_size <= _LARGE else None


def personal(row) -> list[str]:
    """What in the row points at a person, e.g. ``an e-mail address``. Names only where somebody says their own."""
    from assistant.safety.anonymise import Anonymiser

    found: list[str] = []
    for message in row.messages:
        text = message["content"]
        if _PERHAPS.search(text):  # most texts hold nothing, and the search itself is slow
            found += _things(text, Anonymiser().things(text, but=("url", "number", "words")))
        if message["role"] == "user" and _INTRODUCED.search(text) and "[name" in Anonymiser().text(text.lower()):
            found.append(_THINGS["name"])
    return list(dict.fromkeys(found))


def _things(text: str, replaced: str) -> Iterator[str]:
    literals, placeholders = _PLACEHOLDER.split(replaced)[::2], _PLACEHOLDER.split(replaced)[1::2]
    pattern = "(.+?)".join(map(re.escape, literals))
    originals = re.fullmatch(pattern, text, re.DOTALL)
    for number, placeholder in enumerate(placeholders, 1):
        kind, original = placeholder[1:].split()[0], originals[number] if originals else ""
        personal = {
            "e-mail": True,
            "phone": bool(_PHONE.fullmatch(original)) and not _DATE.fullmatch(original),
            "address": "." in original and not original.startswith(("127.", "0.")),
            "path": "/home/" in original or "Users" in original,
        }
        if personal[kind] and original != placeholder:
            yield _THINGS[kind]


@contextmanager
def _progress_bar():
    """Yields a callback (what, done, total); shows nothing when the output is no terminal."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    from assistant.terminal import column
    from assistant.terminal import console as open_console

    console = open_console(stderr=True)
    columns = (column("{task.description}"), BarColumn(), MofNCompleteColumn(), column("rows"), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_interactive) as bar:
        task = bar.add_task("", total=None)
        stages = [""]

        def progress(what: str, done: int, total: int) -> None:
            if what != stages[-1]:
                stages.append(what)
                bar.reset(task, description=what, total=total)
            bar.update(task, completed=done, total=total)

        yield progress


def _print_json(args: argparse.Namespace, report, counted_by: str, not_split: str, fixed: dict | None) -> None:
    from dataclasses import asdict

    from training.data.check import SCORE

    print(
        json.dumps(
            {
                "file": str(args.data),
                **asdict(report),
                "unusable": sorted(report.unusable),
                "formula": SCORE,
                "counted": counted_by,
                "not_split": not_split,
                "fixed": fixed,
            },
            ensure_ascii=False,
            indent=2,
        )
    )


def _show(args: argparse.Namespace, report, counted_by: str, not_split: str, fixed: dict | None) -> None:
    from rich.padding import Padding
    from rich.text import Text

    from assistant.terminal import console as open_console
    from training.data.check import SCORE

    console = open_console(highlight=False)

    def put(text: str, style: str = "") -> None:
        if not console.is_interactive:
            console.print(Text(text), soft_wrap=True)  # one line each, for grep
            return
        for line in text.split("\n"):
            indent = len(line) - len(line.lstrip())
            console.print(Padding(Text(line[indent:], style=style), (0, 0, 0, indent)))

    bad = len(report.unusable)
    put(
        f"{args.data}: {report.format}; {_rows(report.rows)}"
        + (f" and {report.unreadable} that cannot be read" if report.unreadable else ""),
        "bold",
    )
    colour = "green" if report.score >= 90 and not bad else "yellow" if report.score >= 60 else "red"
    put(f"Score {report.score} of 100" + (f"; {_rows(bad)} cannot be used" if bad else ""), f"bold {colour}")
    if any(finding.points for finding in report.findings):
        put("Fix first: " + ", then ".join(finding.name for finding in report.findings[:3] if finding.points))
    for finding in report.findings:
        count = f", {_rows(len(finding.rows))}" if finding.rows else ""
        cost = f", -{finding.points:g} points" if finding.points else ""
        put(f"\n{finding.name}{count}{cost}", "bold red" if finding.unusable else "bold yellow")
        put(f"  {finding.text}")
        for line in _lines(finding.rows, report.place):
            put(f"  {line}")
    lengths = report.lengths
    put(
        f"\nLength ({counted_by}): median {lengths.median}, 95 % up to {lengths.p95}, longest {lengths.longest}, "
        f"{lengths.total:,} in all; room for {lengths.limit}",
        "bold",
    )
    most = max(size for _, _, size in lengths.histogram)
    for low, high, size in lengths.histogram:
        put(f"  {low:6} to {high:6} {size:7}  " + "█" * round(40 * size / most), "red" if low > lengths.limit else "")
    if set(report.kinds) - {""}:
        put(
            "Kinds: "
            + ", ".join(
                f"{kind or 'none given'} {number} ({number / report.rows:.0%})" for kind, number in report.kinds.items()
            )
        )
    if report.language:
        put(f"Language of most answers: {report.language}")
    _show_parts(args, report, not_split, fixed, put)
    if report.score < 100:
        put(f"\nScore = {SCORE}.", "dim")


def _show_parts(args: argparse.Namespace, report, not_split: str, fixed: dict | None, put: Callable[..., None]) -> None:
    if fixed:
        parts = f", {fixed['train']} to train, {fixed['held_out']} held out" if "train" in fixed else ""
        put(f"\n{fixed['file']}: {_rows(fixed['rows'])} kept{parts}", "bold green")
        for line in _lines(list(fixed["left_out"].items()), report.place):
            put(f"  left out: {line}")
        if fixed["not_split"]:
            put(fixed["not_split"], "red")
    elif not_split:
        print(f"assistant: {not_split}", file=sys.stderr)
    elif not args.held_out:
        put(
            f"Held out: {report.held_out} of {report.held_out + report.train} rows, in "
            f"{args.data.with_name(args.data.stem + '.held-out.jsonl')}; they are never trained on"
        )


def _lines(rows: list[tuple[int, str]], place: str) -> list[str]:
    """Every row by its number, those with the same complaint together: ``lines 3, 7-9: has no answer: it is empty``."""
    by_text: dict[str, list[int]] = {}
    for line, text in rows:
        by_text.setdefault(text, []).append(line)
    shown = [
        f"{place}{'s' * (len(numbers) > 1)} {_ranges(numbers)}: {text}"
        for text, numbers in list(by_text.items())[:_SHOWN]
    ]
    rest = [number for numbers in list(by_text.values())[_SHOWN:] for number in numbers]
    return [*shown, f"also {place}{'s' * (len(rest) > 1)} {_ranges(rest)} (--json says why)"] if rest else shown


def _rows(number: int) -> str:
    return f"{number} row{'s' * (number != 1)}"


def _ranges(numbers: list[int]) -> str:
    parts: list[list[int]] = []
    for number in sorted(set(numbers)):
        if parts and parts[-1][1] == number - 1:
            parts[-1][1] = number
        else:
            parts.append([number, number])
    return ", ".join(str(low) if low == high else f"{low}-{high}" for low, high in parts)
