"""`assistant rag ...`: the documents that answers are grounded in. The work is done by the package `rag`."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path

from assistant.errors import UsageError

HELP = "add your own documents, search them, and measure how well that works"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from assistant.cli import add_common

    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")

    def action(name: str, help: str) -> argparse.ArgumentParser:
        return actions.add_parser(name, help=help, description=help)

    add = action("add", help="store files, folders or patterns; only what changed is done again")
    add.add_argument("paths", nargs="+", metavar="PATH", help="a file, a folder with all that is in it, or a pattern (**/*.md)")
    remove = action("remove", help="forget files or everything below a folder; the files themselves stay")
    remove.add_argument("paths", nargs="+", metavar="PATH", help="a file or folder, as `rag list` shows it")
    listing = action("list", help="show what is stored")
    search = action("search", help="show the passages found for a question, with scores")
    search.add_argument("question", help="in words, as you would ask it")
    search.add_argument("--count", type=int, default=5, metavar="N", help="passages to show (default 5)")
    search.add_argument("--method", choices=("hybrid", "dense", "bm25"), default="hybrid", help="which search is used")
    stats = action("stats", help="show size, embedder and state of the store")
    for one in (listing, search, stats):
        one.add_argument("--json", action="store_true", help="print JSON")
    rebuild = action("rebuild", help="make the store anew from its files, after a change of embedder or damage")
    evaluate = action("eval", help="measure the search on questions with known passages (JSONL)")
    evaluate.add_argument("file", type=Path, metavar="FILE", help="JSON lines, as rag/samples/questions.jsonl")
    evaluate.add_argument("--plot", type=Path, metavar="SVG", help="write the threshold curve as a picture")
    evaluate.add_argument("--json", action="store_true", help="print JSON")
    for one in (add, remove, listing, search, stats, rebuild, evaluate):
        add_common(one)


def run(args: argparse.Namespace) -> int:
    from assistant.cli import load_settings, told
    from assistant.knowledge import check_installed
    from rag.errors import RagError

    settings = load_settings(args).settings.rag
    check_installed()
    action = {"add": _add, "remove": _remove, "list": _list, "search": _search, "stats": _stats, "rebuild": _rebuild,
              "eval": _eval}[args.action]
    try:
        return action(args, settings)
    except RagError as error:
        raise told(error) from error


def _store(settings):
    from assistant.knowledge import folder
    from rag.store import Store

    return Store(folder(settings), settings.url, settings.collection)


def _open(settings):
    from assistant.knowledge import folder
    from rag.search import open_search

    return open_search(folder(settings), settings.url, settings.collection, settings.embedder, settings.weight,
                       passage_tokens=settings.passage_tokens, reranker=settings.reranker)


def _add(args: argparse.Namespace, settings) -> int:
    from rag import ingest

    summary = _ingest(settings, lambda store, model, embedder, progress: ingest.add(
        store, args.paths, model, embedder, settings.passage_tokens, progress))
    used = summary.added or summary.changed or summary.unchanged or summary.removed
    if summary.bad and not used and all(bad.misnamed for bad in summary.bad):
        return UsageError.exit_code
    return 1 if summary.bad else 0


def _rebuild(args: argparse.Namespace, settings) -> int:
    from rag import ingest

    summary = _ingest(settings, lambda store, model, embedder, progress: ingest.rebuild(
        store, model, embedder, settings.passage_tokens, progress))
    return 1 if summary.bad else 0


def _ingest(settings, work: Callable):
    """Do it and tell what was done; gives `rag.ingest.Summary`."""
    from rag import embed, lexical

    store = _store(settings)
    model = embed.find(settings.embedder)
    try:
        with _progress_bar() as progress:
            summary = work(store, model, lambda: embed.for_ingest(model, store.path / "models"), progress)
    except KeyboardInterrupt:
        print("Interrupted; finished files are kept, the same command goes on from there.", file=sys.stderr)
        raise
    lexical.of(store)
    rate = f", {summary.passages / summary.seconds:.0f} passages/s" if summary.passages else ""
    print(f"{len(summary.added)} added, {len(summary.changed)} changed, {summary.unchanged} unchanged, "
          f"{len(summary.removed)} removed; {summary.passages} passages in {summary.seconds:.1f} s{rate}")
    for bad in summary.bad:
        print(f"not read: {bad.path}: {bad.reason}", file=sys.stderr)
    return summary


@contextmanager
def _progress_bar():
    """Yields a callback for `ingest.Progress`; shows nothing when the output is no terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.fields[files]}"), BarColumn(), TaskProgressColumn(), TextColumn("{task.fields[rate]}"),
               TimeRemainingColumn(), TextColumn("{task.fields[name]}"))
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("", total=None, files="", rate="", name="")
        began = time.monotonic()

        def show(state) -> None:
            rate = f"{state.passages / max(time.monotonic() - began, 0.1):.0f} passages/s"
            bar.update(task, total=max(state.total_bytes, 1), completed=state.bytes, rate=rate,
                       files=f"{state.files}/{state.total_files} files", name=Path(state.file).name[:40])

        yield show


def _remove(args: argparse.Namespace, settings) -> int:
    from rag import ingest, lexical

    store = _store(settings)
    gone = ingest.remove(store, args.paths)
    lexical.of(store)
    print(f"{len(gone)} removed")
    if not gone:
        raise UsageError("none of these paths is stored; `assistant rag list` shows what is")
    return 0


def _list(args: argparse.Namespace, settings) -> int:
    sources = sorted(_store(settings).sources().values(), key=lambda source: source.path)
    if args.json:
        print(json.dumps([vars(source) for source in sources], ensure_ascii=False, indent=2))
        return 0
    for source in sources:
        added = time.strftime("%Y-%m-%d %H:%M", time.localtime(source.added))
        print(f"{source.passages:6} passages  {source.bytes / 1000:9.1f} kB  {added}  {source.path}")
    if not sources:
        print("Nothing is stored yet; add documents with: assistant rag add PATH")
    return 0


def _search(args: argparse.Namespace, settings) -> int:
    from rag import cite

    if args.count < 1:
        raise UsageError(f"--count {args.count}: must be at least 1")
    found = _open(settings).find(args.question, args.count, args.method)
    if args.json:
        print(json.dumps({"confidence": found.confidence, "threshold": settings.threshold,
                          "hits": [{**vars(hit), "passage": vars(hit.passage)} for hit in found.hits]},
                         ensure_ascii=False, indent=2))
        return 0
    for number, hit in enumerate(found.hits, 1):
        reranked = "" if hit.reranked is None else f", reranked {hit.reranked:.2f}"
        print(f"{number}. {cite.written(hit.passage)}\n   {hit.passage.source}, characters {hit.passage.start}-"
              f"{hit.passage.end}; score {hit.score:.2f}, cosine {hit.cosine:.2f}, BM25 {hit.bm25:.1f}{reranked}")
        print("   " + " ".join(hit.passage.text.split())[:240] + "\n")
    knows = "probably answer this" if found.confidence >= settings.threshold else "probably do not answer this"
    print(f"Confidence {found.confidence:.2f}, threshold {settings.threshold:.2f}: the documents {knows}.")
    return 0


def _stats(args: argparse.Namespace, settings) -> int:
    from rag import lexical

    store = _store(settings)
    recipe, sources = store.recipe(), store.sources()
    facts = {
        "store": settings.url or str(store.path), "collection": settings.collection, "documents": len(sources),
        "passages": sum(source.passages for source in sources.values()),
        "bytes of documents": sum(source.bytes for source in sources.values()),
        "bytes on this disk": sum(file.stat().st_size for file in store.path.rglob("*") if file.is_file()),
        "embedder": f"{recipe.embedder} ({recipe.dimensions} dimensions)" if recipe else "none yet",
        "tokens per passage": recipe.size if recipe else settings.passage_tokens,
        "BM25 in step": lexical.load(store.path / "bm25", store.signature()) is not None,
    }
    print(json.dumps(facts, indent=2) if args.json else "\n".join(f"{name:20} {fact}" for name, fact in facts.items()))
    return 0


def _eval(args: argparse.Namespace, settings) -> int:
    from rag import evaluate, plot

    questions = evaluate.read_questions(args.file)
    report = evaluate.evaluate(_open(settings), _store(settings), questions)
    _print_report(report, args.json)
    if args.plot and report.best is None:
        raise UsageError(f"--plot {args.plot}: there is no threshold to draw without both answerable and unanswerable "
                         f"questions; add the other kind to {args.file}")
    if args.plot:
        try:
            args.plot.write_text(plot.threshold_svg(report.curve, report.best), encoding="utf-8")
        except OSError as error:
            raise UsageError(f"--plot {args.plot}: cannot be written ({error.strerror}); choose another file") from None
    return 0


def _print_report(report, as_json: bool) -> None:
    from dataclasses import asdict

    if as_json:
        print(json.dumps(asdict(report), ensure_ascii=False, indent=2))
        return
    print(f"{report.questions} answerable questions, {report.unanswerable} unanswerable")
    print(f"{'':12} nDCG@10  recall@1  recall@5  recall@10")
    for name, quality in report.quality.items():
        print(f"{name:12} {quality.ndcg:7.3f}  {quality.recall1:8.3f}  {quality.recall5:8.3f}  {quality.recall10:9.3f}")
    if report.best is not None:
        print(f"Knows when it does not know: area under the curve {report.auc:.3f}; best [rag] threshold "
              f"{report.best.threshold:.2f}: answers {report.best.answered:.0%} of the answerable, refuses "
              f"{report.best.refused:.0%} of the unanswerable")
    for question in report.unfound:
        print(f"no passage holds the quote of: {question}", file=sys.stderr)
