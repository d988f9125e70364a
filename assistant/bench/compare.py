"""`assistant bench compare`: "fine-tune or RAG?" on the samples, from nothing to the table, as a user would do it.

One model is fine-tuned on both samples, the handbook's facts and the pilot's manner; the four arms then answer the
handbook's questions, in wordings that no training row has, and the questions in that manner which were held out.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from assistant.bench.commands import in_a_new_home
from assistant.bench.result import Figure, Result

_ROOT = Path(__file__).parents[2]
_HANDBOOK, _QUESTIONS = _ROOT / "rag" / "samples" / "handbook", _ROOT / "rag" / "samples" / "questions.jsonl"
_DATA = [_ROOT / "training" / "samples" / name for name in ("handbook.jsonl", "persona.jsonl")]
_NAME = "otter"


def run(settings: Sequence[str] = ()) -> Result:
    """Blocks for some 30 minutes on 2 cores. Raises AssistantError when a step fails."""
    with in_a_new_home(settings) as commands:
        folder = commands.folder
        data, style = folder / f"{_NAME}.jsonl", folder / "style.jsonl"
        data.write_text(
            "".join(
                line
                for path in _DATA
                for line in path.read_text(encoding="utf-8").splitlines(True)
                if '"kind": "general"' not in line
            ),
            encoding="utf-8",
        )
        commands.do("rag add", "rag", "add", str(_HANDBOOK))
        commands.do("train fit", "train", "fit", str(data), "--name", _NAME)
        held_out = (folder / f"{_NAME}.held-out.jsonl").read_text(encoding="utf-8").splitlines(True)
        style.write_text("".join(line for line in held_out if '"kind": "style"' in line), encoding="utf-8")
        commands.do("train export", "train", "export", _NAME, "--kind", "q8_0")
        commands.do(
            "compare run, four arms",
            "compare",
            "run",
            "--questions",
            str(_QUESTIONS),
            str(style),
            "--arms",
            "base,rag,tuned,tuned+rag",
            "--tuned",
            _NAME,
            "--out",
            str(folder / "run"),
        )
        commands.do("compare report", "compare", "report", str(folder / "run"), "--to", str(folder / "report"))
        report = json.loads((folder / "report" / "report.json").read_text(encoding="utf-8"))
    rows = [
        Figure.of(title, "s", [value], most=900.0 if title.startswith("compare run") else None)
        for title, value in commands.seconds.items()
    ]
    rows += [entry for line in report["lines"] for entry in _line(line)]
    return Result("compare", rows, {"verdict": " ".join(found["text"] for found in report["verdict"])}, [report])


def _line(line: dict) -> list[Figure]:
    """One row per arm; p95 and max hold the ends of the 95 % interval."""
    found = []
    for arm, cell in line["arms"].items():
        if cell is None or isinstance(cell, str):
            continue
        low, mean, high = (cell["low"], cell["mean"], cell["high"]) if isinstance(cell, dict) else (cell, cell, cell)
        scale = 100 if line["unit"] == "%" else 1
        found.append(Figure(f"{line['name']}, {arm}", line["unit"], line["n"], scale * mean, scale * low, scale * high))
    return found
