"""`assistant bench`: measures this machine; every number in docs/BENCHMARKS.md comes from here."""

from __future__ import annotations

import argparse
import importlib
import os
import shlex
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assistant.bench.result import Result

HELP = "measure start-up, memory, latency and more on this machine"
_NAMES = (
    "startup",
    "latency",
    "push-to-talk",
    "endpointing",
    "barge-in",
    "conversation",
    "wake",
    "echo",
    "noise",
    "stt",
    "voices",
    "llm",
    "answers",
    "soak",
    "visitors",
    "faults",
    "endpoint",
    "rag",
    "train",
    "compare",
    "refusals",
    "tools",
)
_ON_SAMPLES = ("rag", "train", "compare")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", choices=_NAMES, help="what to measure; see docs/BENCHMARKS.md")
    parser.add_argument(
        "--data",
        type=Path,
        metavar="FOLDER",
        help="recordings: a folder with dev/manifest.jsonl and "
        "noise/manifest.jsonl; default: the samples in tests/, or $ASSISTANT_TEST_DATA/speech",
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("bench"),
        metavar="FOLDER",
        help="where NAME.json and NAME.png are written (default: bench)",
    )
    parser.add_argument(
        "--rounds",
        type=int,
        default=2,
        metavar="N",
        help="how often each recording is used; conversation: two and a half minutes per person each",
    )
    parser.add_argument("--engine", metavar="NAME", help="voices: only this engine's; default: all that are here")
    parser.add_argument(
        "--sentences", type=int, default=100, metavar="N", help="voices: how many the recogniser listens to (100)"
    )
    parser.add_argument(
        "--turns",
        type=int,
        metavar="N",
        help="faults: rounds of each (10); visitors: turns (2,000); endpoint: turns (500); tools: questions of each of "
        "BFCL's kinds (20)",
    )
    parser.add_argument(
        "--only",
        default="",
        metavar="NAME",
        help="faults: this one alone, e.g. 'microphone removed'; tools: this part, e.g. text, heard, sound; "
        "rag --held-out: this language, e.g. de",
    )
    parser.add_argument("--people", type=int, default=12, metavar="N", help="conversation: how many people talk")
    parser.add_argument("--misses", type=Path, metavar="FILE", help="refusals, tools: write what came out wrong")
    parser.add_argument(
        "--bfcl", type=Path, metavar="WHEEL", help="tools: measure calls on BFCL, from bfcl-eval's wheel, too"
    )
    parser.add_argument("--mcp", action="store_true", help="tools: measure on MCP's reference servers, too")
    parser.add_argument(
        "--ha-tests", type=Path, metavar="FOLDER", help="tools: match home-assistant-intents' own sentences, too"
    )
    parser.add_argument(
        "--held-out", action="store_true", help="rag: measure on documents and questions in nine languages instead"
    )
    parser.add_argument("--answers", action="store_true", help="rag --held-out: judge the model's answers, too")
    parser.add_argument(
        "--collection",
        type=Path,
        metavar="FOLDER",
        help="rag: measure nDCG@10 on a public collection instead, in BEIR's or SMART's files, e.g. CISI's",
    )
    parser.add_argument(
        "--xstest", type=Path, metavar="FILE", help="refusals: measure on XSTest's table of prompts, too"
    )
    parser.add_argument(
        "--peer",
        default="",
        metavar="COMMAND",
        help="conversation: measure this program beside it, person by person; it takes the default microphone and "
        'speaker and prints a line with "listening" once it hears them, e.g. docs/peer_pipecat.py',
    )


def run(args: argparse.Namespace) -> int:
    from assistant.bench import result
    from assistant.errors import UsageError
    from assistant.folders import checkout
    from rag import output

    if args.name in _ON_SAMPLES and checkout() is None:
        raise UsageError(f"assistant bench {args.name} needs a checkout: its samples are not part of the package")
    if wrong := output.folder_problem(args.out):
        raise UsageError(f"--out {args.out}: {wrong}")
    try:
        output.make_folder(args.out)
    except OSError as error:
        raise UsageError(f"--out {args.out}: cannot be made ({error.strerror}); name another folder") from None
    bench = importlib.import_module(f"assistant.bench.{_module(args)}")
    found = _measure(bench, args)
    print(result.show(found))
    print(f"\nwritten to {result.write(found, args.out)}")
    picture = args.out / f"{found.bench}.png"
    getattr(bench, "plot", result.plot)(found, picture)
    picture.chmod(output.usual(args.out / f"{found.bench}.json"))
    print(f"plotted to {picture}")
    return 0 if all(row.met is not False for row in found.rows) else 1


def _module(args: argparse.Namespace) -> str:
    if args.name == "rag" and args.held_out:
        return "rag_held_out"
    if args.name == "rag" and args.collection:
        return "rag_collection"
    return args.name.replace("-", "_")


def _measure(bench: ModuleType, args: argparse.Namespace) -> Result:
    from assistant.bench import clips
    from assistant.cli import load_settings

    match args.name:
        case "startup":
            return bench.run()
        case "latency" | "push-to-talk":
            chosen = [clip for clip in clips.load(_data(args) / "dev") if clip.kind in bench.KINDS]
            return bench.run(chosen, args.rounds, args.set)
        case "endpointing" | "stt" | "wake":
            return bench.run(_data(args), load_settings(args).settings)
        case "barge-in":
            return bench.run(
                clips.load(_data(args) / "dev"), clips.load(_data(args) / "noise"), 25 * args.rounds, args.set
            )
        case "conversation":
            recorded = clips.load(_data(args) / "dev")
            return bench.run(recorded, args.people, args.rounds, shlex.split(args.peer), args.set)
        case "soak":
            return bench.run(
                clips.load(_data(args) / "dev"), clips.load(_data(args) / "noise"), 500 * args.rounds, args.set
            )
        case "faults":
            return bench.run(clips.load(_data(args) / "dev"), args.turns or 10, args.only, args.set)
        case "endpoint":
            return bench.run(args.turns or 500, args.set)
        case "visitors":
            return bench.run(args.turns or 2000, args.set)
        case "rag" if args.held_out:
            return bench.run(load_settings(args).settings, args.only, args.answers)
        case "rag" if args.collection:
            return bench.run(args.collection)
        case "rag":
            return bench.run(args.rounds, args.set)
        case "answers":
            return bench.run(args.rounds, load_settings(args).settings)
        case "voices":
            return bench.run(load_settings(args).settings, args.engine, args.sentences)
        case "refusals":
            return bench.run(load_settings(args).settings, args.misses, args.xstest)
        case "tools":
            options = bench.Options(
                args.rounds, _data(args), args.only, args.misses, args.bfcl, args.turns or 20, args.mcp, args.ha_tests
            )
            return bench.run(load_settings(args).settings, options, args.set)
        case "train" | "compare":
            return bench.run(args.set)
        case "echo" | "noise":
            return bench.run(_data(args), args.set)
        case _:  # llm
            return bench.run(load_settings(args).settings)


def _data(args: argparse.Namespace) -> Path:
    from assistant.errors import UsageError
    from assistant.folders import checkout

    if args.data:
        return args.data
    if os.environ.get("ASSISTANT_TEST_DATA"):
        return Path(os.environ["ASSISTANT_TEST_DATA"]) / "speech"
    root = checkout()
    if root is None:
        raise UsageError(
            f"assistant bench {args.name} needs a checkout: its recordings are not part of the package; "
            "or name others with --data FOLDER"
        )
    return root / "tests" / "samples"
