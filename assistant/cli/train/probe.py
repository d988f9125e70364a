"""`assistant train probe`: which rows are new facts to the base model, before it is trained on them."""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from assistant.cli import notice
from assistant.errors import UsageError

HELP = "ask the base model each question several times, to find the rows that are new facts: they belong into RAG"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("data", type=Path, metavar="DATA", help="the dataset, in any format that `train check` reads")
    parser.add_argument(
        "--base", metavar="MODEL", help="the model asked: bundled or a .gguf file (default: [llm] model)"
    )
    parser.add_argument(
        "--asks",
        type=int,
        default=4,
        metavar="N",
        help='answers at temperature 0, all but the first after examples (default 4); more make "known" stricter',
    )
    parser.add_argument(
        "--samples",
        type=int,
        default=4,
        metavar="N",
        help='answers at --temperature where those were all wrong (default 4); more make "unknown" stricter',
    )
    parser.add_argument("--temperature", type=float, default=0.5, metavar="T", help="of the samples (default 0.5)")
    parser.add_argument(
        "--split",
        action="store_true",
        help="write the new facts to DATA.for-rag.jsonl and the other rows to DATA.for-tuning.jsonl",
    )
    parser.add_argument("--json", action="store_true", help="print JSON, with every row and answer")


def run(args: argparse.Namespace) -> int:
    from assistant.cli import load_settings
    from assistant.tuned import live
    from training.data import formats
    from training.judge import probe

    for option, value, least in (("--asks", args.asks, 1), ("--samples", args.samples, 0)):
        if value < least:
            raise UsageError(f"{option} {value}: must be at least {least}")
    if not 0 < args.temperature <= 2:
        raise UsageError(f"--temperature {args.temperature}: must be above 0 and at most 2")
    settings = load_settings(args).settings
    data = formats.read(args.data)
    for problem in data.problems[:5]:
        notice(f"{args.data}, {data.place} {problem.line}: {problem.text}; left out")
    if len(data.problems) > 5:
        notice(f"{len(data.problems) - 5} more rows left out; see: assistant train check {args.data}")
    record = args.data.with_name(args.data.stem + ".probe.jsonl")
    changes = {"adapter": "", **({"model": args.base} if args.base else {})}  # the base, without what was trained on it
    engine = live(settings, notice, **changes)
    try:
        model, name = identify(settings, args.base or settings.llm.model)
        with _progress_bar() as progress:
            found = probe.probe(
                data.rows,
                engine,
                settings.llm.system_prompt,
                record,
                model,
                probe.ProbePlan(args.asks, args.samples, args.temperature),
                progress,
            )
    except KeyboardInterrupt:
        notice(f"Interrupted; the answers so far are kept in {record}, the same command goes on from there.")
        raise
    finally:
        engine.close()
    parts = _split(args.data, found) if args.split else {}
    _print_json(found, name, parts) if args.json else _print(found, name, parts, record)
    return 0


def identify(settings, model: str) -> tuple[str, str]:
    """What tells the weights apart, and their name."""
    import hashlib

    from assistant.llm import gguf

    path = gguf.locate(model, notice)
    gguf.check(path)
    size = path.stat().st_size
    digest = hashlib.sha256(f"{size} {settings.llm.context}".encode())
    with path.open("rb") as file:
        for part in range(64):  # a tuned model differs everywhere; reading all of a large one takes a minute
            file.seek(size * part // 64)
            digest.update(file.read(1 << 16))
    return digest.hexdigest()[:16], gguf.title(path)


def _split(data: Path, found: list) -> dict[str, int]:
    from training.judge import probe
    from training.rows import write

    parts = {}
    for part, rows in (
        ("for-rag", [one.row for one in found if one.label == probe.UNKNOWN]),
        ("for-tuning", [one.row for one in found if one.label != probe.UNKNOWN]),
    ):
        path = data.with_name(f"{data.stem}.{part}.jsonl")
        write(path, rows)
        parts[str(path)] = len(rows)
    return parts


def _print(found: list, name: str, parts: dict[str, int], record: Path) -> None:
    from training.judge import probe

    meaning = {
        probe.KNOWN: "every greedy answer right",
        probe.MAYBE: "some greedy answers right",
        probe.WEAKLY: "only sampled answers right",
        probe.UNKNOWN: "no answer right: a new fact",
        probe.STYLE: "not asked: teaches how to answer, not what",
    }
    count = Counter(one.label for one in found)
    print(f"{'':14} {'rows':>5}  {'share':>6}  95 % interval")
    for label in probe.LABELS:
        low, high = probe.wilson(count[label], len(found))
        print(
            f"{label:14} {count[label]:5}  {count[label] / len(found):6.0%}  "
            f"{low:4.0%} to {high:4.0%}   {meaning[label]}"
        )
    print("\n" + probe.paragraph(found, name))
    for path, rows in parts.items():
        print(f"{rows} rows written to {path}")
    if not parts and count[probe.UNKNOWN]:
        print(f"The answers are in {record}; --split writes the new facts and the other rows to two files.")


def _print_json(found: list, name: str, parts: dict[str, int]) -> None:
    from training.judge import probe

    count = Counter(one.label for one in found)
    print(
        json.dumps(
            {
                "model": name,
                "labels": {label: count[label] for label in probe.LABELS},
                "new": {
                    "share": count[probe.UNKNOWN] / len(found),
                    "interval": probe.wilson(count[probe.UNKNOWN], len(found)),
                },
                "summary": probe.paragraph(found, name),
                "written": parts,
                "rows": [
                    {
                        "line": one.row.line,
                        "label": one.label,
                        "question": one.row.question,
                        "reference": one.row.answer,
                        "greedy": one.greedy,
                        "sampled": one.sampled,
                        "answers": one.answers,
                    }
                    for one in found
                ],
            },
            ensure_ascii=False,
            indent=2,
        )
    )


@contextmanager
def _progress_bar() -> Iterator[Callable]:
    """Yields a callback for `probe.ProbeProgress`; shows nothing when the output is no terminal."""
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TimeRemainingColumn

    from assistant.terminal import column
    from assistant.terminal import console as open_console

    console = open_console(stderr=True)
    columns = (
        column("asking"),
        BarColumn(),
        TaskProgressColumn(),
        column("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True, disable=not console.is_interactive) as bar:
        task = bar.add_task("", total=None, rate="")
        began = time.monotonic()

        def progress(state) -> None:
            rate = f"{state.asked / max(time.monotonic() - began, 0.1):.1f} asks/s"
            bar.update(task, total=max(state.total, 1), completed=state.done, rate=rate)

        yield progress
