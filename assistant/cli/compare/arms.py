"""`assistant compare run`: every arm answers the same questions, and the table says what that was worth."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

HELP = "let every arm answer the same questions; the same command goes on after an interruption"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from assistant.cli.compare.choice import add_arms

    parser.add_argument(
        "--questions",
        type=Path,
        nargs="+",
        required=True,
        metavar="FILE",
        help="JSON lines with question and answer, or rows in any form that `train check` reads",
    )
    add_arms(
        parser,
        "of base, rag, tuned, tuned+rag, memory, parted by commas (default: base,rag, and tuned ones with --tuned)",
    )
    parser.add_argument(
        "--spoken",
        action="store_true",
        help='speak every question to the real speech recognition (or play its recording, key "audio") '
        "and speak every answer",
    )
    parser.add_argument(
        "--no-probe",
        action="store_true",
        help="do not ask the base model which questions it knows; saves a third of the time",
    )
    parser.add_argument(
        "--judge",
        default="",
        metavar="PRESET/MODEL",
        help="a language model as judge, e.g. openai/gpt-6-luna or lmstudio/NAME",
    )
    parser.add_argument("--judge-url", default="", metavar="URL", help="its address, where the preset's is another one")
    parser.add_argument(
        "--dollars",
        type=float,
        default=0.0,
        metavar="N",
        help="what was paid to an API for the tuned arms' data or training, for the table",
    )
    parser.add_argument(
        "--out", type=Path, metavar="FOLDER", help="where to keep it (default: in the user's data folder)"
    )


def run(args: argparse.Namespace) -> int:
    from assistant import llm
    from assistant.cli import load_settings, notice
    from assistant.cli.compare import home, report
    from assistant.cli.compare.progress import progress_bar
    from assistant.compare import arms, questions
    from assistant.compare import judge as judging
    from assistant.compare import run as running
    from assistant.compare.identity import identity
    from assistant.compare.records import Records
    from assistant.errors import AssistantError, UsageError
    from assistant.terminal import console
    from assistant.tuned import open_run
    from rag.output import folder_problem
    from training.runs import Run

    if args.out and (wrong := folder_problem(args.out)):
        raise UsageError(f"--out {args.out}: {wrong}")
    settings = load_settings(args).settings
    if not 0 <= args.dollars < float("inf"):
        raise UsageError(f"--dollars {args.dollars:g}: give what was paid in US dollars, 0 or more")
    judge = None
    if args.judge:  # before the work: a missing key is told at once
        judge = judging.Judge(llm.load(judging.settings_of(args.judge, settings.llm, args.judge_url), notice))
    read = questions.read(args.questions)
    runs: dict[str, Run] = {}

    def opened(name: str) -> Run:
        runs[name] = runs.get(name) or open_run(name)
        return runs[name]

    names = [name.strip() for name in args.arms.split(",") if name.strip()]
    if not names and not args.arm:
        names = ["base", "rag", *(["tuned", "tuned+rag"] if args.tuned else [])]
    chosen = arms.choose(names, args.arm, settings, opened, args.tuned, notice)
    if any(arm.memory for arm in chosen) and not any(question.remember for question in read.questions):
        raise UsageError(
            'the arm memory knows what the questions tell it, and none does; add "remember": '
            '["my sister is called Anna"] to some, see docs/COMPARING.md'
        )
    if args.dollars and not any(arm.run for arm in chosen):
        raise UsageError(
            f"--dollars {args.dollars:g}: none of these arms has a training run that could have cost it; name one "
            "with --tuned RUN or --arm NAME:run=RUN, or leave --dollars out"
        )
    chosen = [replace(arm, money=args.dollars) if arm.run else arm for arm in chosen]
    documents = arms.check_documents(settings) if any(arm.rag for arm in chosen) else ""
    about = arms.notes(chosen, settings, list(runs.values()))
    plan = running.Comparison(
        read.questions,
        [str(path) for path in args.questions],
        chosen,
        settings,
        args.spoken,
        not args.no_probe,
        documents,
        read.notes,
        about,
    )
    name, _ = identity(settings, read.questions, args.spoken)
    records = Records(args.out or home() / f"{args.questions[0].stem}-{name}")
    for note in dict.fromkeys([*read.notes, *(note for found in about.values() for note in found)]):
        notice(f"{note}.")
    notice(
        f"{len(read.questions)} questions, arms one after the other: {', '.join(arm.name for arm in chosen)}; kept in "
        f"{records.folder}"
    )
    try:
        with progress_bar() as progress:
            failures = running.run(records, plan, progress)
            if judge is not None:
                try:
                    test = judging.run(
                        records, judge, lambda done, total: progress(running.CompareProgress("judging", done, total))
                    )
                    notice(f"The judge {test['judge']}: {test['reason']}.")
                except AssistantError as error:
                    failures.append(f"The judge did not get to its end: {error}")
    except KeyboardInterrupt:
        notice("Interrupted; the answers so far are kept, the same command goes on from there.")
        raise
    finally:
        if judge is not None:
            judge.close()
    for failure in failures:
        notice(failure)
    report.present(records, console(), chosen=[arm.name for arm in chosen])
    return 1 if failures else 0
