"""`assistant train make`: a dataset written by a language model, from documents, or from the journal."""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from assistant.cli import notice
from assistant.errors import AssistantError, UsageError
from rag import output
from rag.text import readable

HELP = "make a dataset: written by a language model like your examples, from your documents, or from the journal"

_ASK_ABOVE = 0.50  # dollars
_PASSAGE = 250  # words and marks


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--examples",
        type=Path,
        metavar="FILE",
        help="JSON list of instruction, input, output: the manner of what is written; 5 to 10 do",
    )
    parser.add_argument("--about", default="", metavar="TEXT", help="what the rows are for, in a sentence")
    parser.add_argument(
        "--count", type=int, metavar="N", help="rows wanted (default 200; from documents: as many as they give)"
    )
    parser.add_argument("--out", type=Path, metavar="FILE", help="JSON lines to write (default: made.jsonl)")
    parser.add_argument(
        "--from-documents",
        nargs="+",
        metavar="PATH",
        help="questions and answers about these files, "
        "with their source; answers that the passage does not hold are dropped",
    )
    parser.add_argument("--per-passage", type=int, default=3, metavar="N", help="questions per passage (default 3)")
    parser.add_argument("--from-journal", action="store_true", help="your own turns, into a text file that you review")
    parser.add_argument(
        "--i-agree",
        action="store_true",
        help="with --from-journal: everybody whose words are in the journal agrees that a model may learn from them",
    )
    parser.add_argument(
        "--reviewed", type=Path, metavar="FILE", help="make the dataset of what is ticked in that text file"
    )
    parser.add_argument(
        "--preset", metavar="NAME", help="which endpoint writes: openai, xai, ollama ... (see [llm] preset)"
    )
    parser.add_argument("--model", metavar="NAME", help="the endpoint's model; with --local a GGUF as in [llm] model")
    parser.add_argument("--base-url", metavar="URL", help="the endpoint's address, instead of the preset's")
    parser.add_argument(
        "--local", action="store_true", help="write with a GGUF on this machine; small ones write little that is usable"
    )
    parser.add_argument("--batch", type=int, metavar="N", help="rows asked for at once (default 10; --local: always 1)")
    parser.add_argument(
        "--price-in", type=float, metavar="DOLLARS", help="per million tokens sent, when the price is not known"
    )
    parser.add_argument("--price-out", type=float, metavar="DOLLARS", help="per million tokens written")
    parser.add_argument("--yes", action="store_true", help="do not ask before spending money")


def run(args: argparse.Namespace) -> int:
    from assistant.cli import load_settings

    ways = [bool(args.from_journal), args.reviewed is not None, bool(args.examples or args.from_documents)]
    if sum(ways) != 1:
        raise UsageError(
            "say what to make rows from: --examples FILE, --from-documents PATH, --from-journal, or "
            "--reviewed FILE" + (", one at a time" if sum(ways) else "")
        )
    for name in ("count", "per_passage", "batch"):
        if getattr(args, name) is not None and getattr(args, name) < 1:
            raise UsageError(f"--{name.replace('_', '-')} {getattr(args, name)}: must be at least 1")
    if args.reviewed:
        return _reviewed(args)
    settings = load_settings(args).settings
    return _journal(args, settings) if args.from_journal else _write(args, settings)


# ---- written by a model ------------------------------------------------------------------------------------------


def _write(args: argparse.Namespace, settings) -> int:
    from training.data import make

    out = args.out or Path("made.jsonl")
    examples = make.read_examples(args.examples) if args.examples else ()
    passages = tuple(_passages(args.from_documents)) if args.from_documents else ()
    if args.from_documents and not passages:
        raise AssistantError("none of these documents holds text that questions can be asked about")
    count = args.count or (len(passages) * args.per_passage if passages else 200)
    job = make.Order(out, examples, readable(args.about), count, passages, args.per_passage, args.batch or 10)
    state = make.load(job)
    if state.requests:
        print(f"Going on from {job.part}: {state.summary()}.")
    if len(state.rows) >= count or passages and state.requests >= len(passages):  # nothing is left to ask for
        make.finish(job, state)
        return _made(job, state)
    writer, price = _writer(args, settings)
    try:
        if not _affordable(job, state, writer, price, args.yes):
            print("Nothing was made.")
            return 1
        with _progress(job, price) as progress:
            state = make.make(job, writer, price, state, progress)
    except KeyboardInterrupt:
        kept = f"{len(state.rows)} rows are kept in {job.part}; the" if state.rows else "The"
        print(f"Interrupted. {kept} same command goes on.", file=sys.stderr)
        raise
    finally:
        writer.close()
    return _made(job, state)


def _made(job, state) -> int:
    print(
        f"{job.out}: {state.summary()}.\nRead some of them: the right form may hold a wrong answer. Then: "
        f"assistant train check {job.out}"
    )
    return 0


def _affordable(job, state, writer, price, yes: bool) -> bool:
    """Says what it will cost, and asks when that is much or not known."""
    from assistant.cli import agreed
    from training.data import make, prices

    guess = make.estimate(job, state, writer.small)
    size = (
        f"about {guess.requests} requests, {guess.tokens_in / 1000:.0f} k tokens sent, "
        f"{guess.tokens_out / 1000:.0f} k written"
    )
    if price is prices.FREE:
        print(f"{writer.name}, on your own machine: {size}.")
        return True
    if price is None:
        print(f"{writer.name}: {size}. Its price is not known here; give --price-in and --price-out to see the cost.")
    else:
        print(
            f"{writer.name}: {size}: about {prices.written(guess.dollars(price))} (prices of {prices.AS_OF} "
            "unless given)."
        )
    if yes or price is not None and guess.dollars(price) <= _ASK_ABOVE:
        return True
    if not sys.stdin.isatty():
        raise UsageError("nobody can be asked here whether that may be spent; add --yes")
    return agreed("Go on?")


def _writer(args: argparse.Namespace, settings):
    """Who writes, and its price (None: not known)."""
    from dataclasses import replace
    from functools import partial

    from training.data import prices, writer

    if (args.price_in is None) != (args.price_out is None):
        raise UsageError("--price-in and --price-out belong together")
    if args.local:
        from assistant.tuned import live

        bundled = {} if settings.llm.engine == "llama" else {"model": "bundled"}
        changes = {"model": args.model} if args.model else bundled
        context = max(settings.llm.context, 2048)
        engine = live(replace(settings, llm=replace(settings.llm, context=context)), notice, **changes)
        return writer.LocalWriter(engine, context), prices.FREE
    from assistant.llm.address import address, blocking_client, check, same_host
    from assistant.llm.endpoint_errors import Service, trouble
    from assistant.llm.presets import PRESETS
    from assistant.secrets import secret

    configured = settings.llm.engine == "openai"
    name = args.preset or ("custom" if args.base_url else settings.llm.preset)
    if name not in PRESETS:
        raise UsageError(f"--preset {name}: known are {', '.join(PRESETS)}")
    preset = PRESETS[name]
    same = configured and name == settings.llm.preset
    url = args.base_url or (settings.llm.base_url if same else "") or preset.base_url
    if not url:
        raise UsageError(f"--preset {name} needs --base-url, e.g. {preset.example}")
    check(url, "--base-url")
    own = same_host(preset.base_url, url)
    if own and preset.needs_key and secret(preset.key) is None:
        raise UsageError(
            f"{preset.title} needs a key: set {preset.key} in the environment or in .env; or write with "
            "the model on this machine: --local"
        )
    where = address(preset, "" if url == preset.base_url else url)
    preset, key = where.preset, where.key
    service = Service(
        preset.title,
        url,
        preset.key,
        key,
        "",
        max(120.0, settings.llm.timeout),
        "--model",
        "--base-url",
        "try again later, or with smaller batches (--batch)",
        f"check the address and whether {preset.title} is running, or write with the local model: --local",
        writer.ATTEMPTS,
    )
    model = (
        args.model
        or (settings.llm.model if same and settings.llm.model not in ("bundled", "auto") else None)
        or preset.model
        or writer.first_model(
            url, key, preset.title, partial(trouble, service=service), blocking_client(url, "--base-url")
        )
    )
    price: prices.Price | None
    if args.price_in is not None:
        price = prices.Price(args.price_in, args.price_out)
    elif _is_own(url):
        price = prices.FREE
    else:
        price = prices.find(model)
    return writer.EndpointWriter(
        url,
        key,
        model,
        preset.title,
        partial(trouble, service=replace(service, model=model)),
        preset.limit,
        preset.extra,
        service.timeout,
        notice,
        client=blocking_client(url, "--base-url"),
    ), price


def _is_own(url: str) -> bool:
    """Whether the endpoint runs on this machine, where nobody charges."""
    return bool(re.match(r"https?://(?:localhost|127\.|\[::1\])", url))


@contextmanager
def _progress(job, price) -> Iterator[Callable]:
    """Yields a callback for `training.data.make.State`; one line now and then when the output is no terminal."""
    from rich.progress import BarColumn, Progress

    from assistant.terminal import column
    from assistant.terminal import console as open_console
    from training.data import prices

    console = open_console(stderr=True)
    columns = (column("{task.fields[rows]}"), BarColumn(), column("{task.fields[rate]}"))
    with Progress(*columns, console=console, transient=True, disable=not console.is_interactive) as bar:
        task = bar.add_task("", total=1, rows="asking for the first rows", rate="")
        shown = time.monotonic()

        def progress(state) -> None:
            nonlocal shown
            done, total = (state.requests, len(job.passages)) if job.passages else (len(state.rows), job.count)
            rate = state.new_rows / max(state.seconds, 0.01)
            speed = (state.new_requests if job.passages else state.new_rows) / max(state.seconds, 0.01)
            left = f"{(total - done) / speed / 60:.0f} min left" if speed else ""
            cost = f"{(state.tokens_in + state.tokens_out) / 1000:.0f} k tokens" + (
                f", {prices.written(state.dollars)}" if price and state.dollars else ""
            )
            text = f"{rate * 60:.0f} rows/min, {left}, {cost}"
            bar.update(task, total=total, completed=done, rows=f"{len(state.rows)} rows of {state.written}", rate=text)
            if not console.is_interactive and time.monotonic() - shown >= 10:
                shown = time.monotonic()
                print(f"{len(state.rows)} rows of {state.written} written, {text}", file=sys.stderr)

        yield progress


# ---- what it is made from -----------------------------------------------------------------------------------------


def _passages(paths: list[str]) -> list:
    """The documents' passages, cut by the package rag."""
    from assistant.knowledge import check_installed
    from rag import chunk, load
    from rag.errors import BadFile
    from training.data.from_documents import Excerpt, usable

    check_installed()
    found = []
    for path in load.discover(paths):
        if isinstance(path, load.Bad):
            notice(f"not read: {path.path}: {path.reason}")
            continue
        try:
            document = load.document(path, load.read(path))
        except BadFile as reason:
            notice(f"not read: {path}: {reason}")
            continue
        for passage in chunk.chunk(document, _spans, 2 * _PASSAGE, _PASSAGE):
            page = f", p. {passage.page}" if passage.page else ""
            found.append(Excerpt(f"{readable(path.name)}{page}", passage.embedded))
    return usable(found)


def _spans(text: str) -> list[tuple[int, int]]:
    return [match.span() for match in re.finditer(r"\w+|[^\w\s]", text)]


def _journal(args: argparse.Namespace, settings) -> int:
    from assistant import journal
    from assistant.safety.anonymise import anonymise
    from training.data.from_journal import candidates, review

    path = journal.location(settings.journal)
    if not args.i_agree:
        raise UsageError(
            f"{path} holds what people said to this assistant, and a model that learns from it may repeat "
            "it to others; add --i-agree when everybody concerned agrees (the file stays on this machine)"
        )
    out = args.out or Path("journal-review.txt")
    if out.exists() and not output.is_special(out):
        raise UsageError(f"{out} exists already and may hold your corrections; choose another --out, or delete it")
    if wrong := output.problem(out):
        raise UsageError(f"--out {out}: {wrong}")
    turns = list(journal.read(path))
    found, left_out = candidates(turns, anonymise(turns))
    reasons = ", ".join(f"{count} {reason}" for reason, count in left_out.most_common())
    if not found:
        why = f" ({reasons})" if reasons else ", it holds none"
        raise AssistantError(f"{path}: no turn can be learned from{why}")
    found = found[-(args.count or len(found)) :]
    text = review(found, out)
    try:
        output.write_text(out, text, output.PRIVATE)
    except OSError as error:
        raise UsageError(f"{out} cannot be written ({error.strerror}); choose another --out") from None
    flagged = sum(not one.ticked for one in found)
    others = f" (left out: {reasons})" if reasons else ""
    print(
        f"{out}: {len(found)} of {len(turns)} turns{others}; {flagged} seem to hold something personal and are not "
        f"ticked.\nRead and correct them, then: assistant train make --reviewed {out}"
    )
    return 0


def _reviewed(args: argparse.Namespace) -> int:
    from training.data.from_journal import reviewed
    from training.rows import write

    out = args.out or args.reviewed.with_suffix(".jsonl")
    if out.exists() and not output.is_special(out):
        raise UsageError(f"{out} exists already; choose another --out, or delete it")
    if wrong := output.problem(out):
        raise UsageError(f"--out {out}: {wrong}")
    try:
        text = args.reviewed.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{args.reviewed}: cannot be read ({error})") from None
    rows = reviewed(text, str(args.reviewed))
    if not rows:
        raise UsageError(f"{args.reviewed}: no turn is ticked; put an x between the brackets of those to learn: [x]")
    write(out, rows)
    print(f"{out}: {len(rows)} rows. Check them next: assistant train check {out}")
    return 0
