"""`assistant rag eval`: measure the search on questions with known passages."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.errors import UsageError

if TYPE_CHECKING:
    from assistant.settings import RagSettings

HELP = "measure the search on questions with known passages (JSONL)"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help="JSON lines, as rag/samples/questions.jsonl")
    parser.add_argument("--plot", type=Path, metavar="SVG", help="write the threshold curve as a picture")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace, settings: RagSettings) -> int:
    from assistant import knowledge
    from rag import evaluate, output, plot

    questions = evaluate.read_questions(args.file)
    report = evaluate.evaluate(knowledge.search(settings), knowledge.store(settings), questions)
    _print_report(report, args.json)
    if not args.json:
        print(f"In force: [rag] threshold {settings.threshold:g}, doubt {settings.doubt:g}")
    if args.plot:
        if report.best is None:
            raise UsageError(
                f"--plot {args.plot}: there is no threshold to draw without both answerable and unanswerable "
                f"questions; add the other kind to {args.file}"
            )
        try:
            output.write_text(args.plot, plot.threshold_svg(report.curve, report.best))
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
        print(
            f"Knows when it does not know: area under the curve {report.auc:.3f}; best [rag] threshold "
            f"{report.best.threshold:.2f}: answers {report.best.answered:.0%} of the answerable, refuses "
            f"{report.best.refused:.0%} of the unanswerable"
        )
    for question in report.unfound:
        print(f"no passage holds the quote of: {question}", file=sys.stderr)
