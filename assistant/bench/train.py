"""`assistant bench train`: the sample persona from dataset to live answer, step by step, as a user would do it; what each
export keeps; and what our training costs against the bare trainer."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from assistant.bench.result import Figure, Result, row
from assistant.bench.steps import in_a_new_home

_PERSONA = Path(__file__).parents[2] / "training" / "samples" / "persona.jsonl"
_NAME = "bench"
_KINDS = ("f16", "q8_0", "q4_k_m", "adapter")
_PROMPTS = 50
_QUESTION = "What is the capital of France?"


def run(settings: Sequence[str] = ()) -> Result:
    """Blocks for some 20 minutes on 2 cores. Raises AssistantError when a step fails."""
    with in_a_new_home(settings) as steps:
        data = steps.folder / _PERSONA.name
        data.write_bytes(_PERSONA.read_bytes())
        steps.do("check", "train", "check", str(data))
        steps.do("probe", "train", "probe", str(data))
        steps.do("fit", "train", "fit", str(data), "--name", _NAME)
        kinds = [word for kind in _KINDS for word in ("--kind", kind)]
        steps.do(
            f"export of {len(_KINDS)} kinds with {_PROMPTS} prompts each",
            "train",
            "export",
            _NAME,
            *kinds,
            "--prompts",
            str(_PROMPTS),
        )
        steps.do("use", "train", "use", _NAME)
        answer = steps.do("ask in the live assistant", "ask", _QUESTION).strip()
        record = json.loads(next(steps.folder.rglob("run.json")).read_text(encoding="utf-8"))
    rows = [row(title, "s", [value]) for title, value in steps.seconds.items()]
    rows.append(row("all of it", "s", [sum(steps.seconds.values())], most=1200.0))
    rows += [row(name.replace("_", " "), "", [value]) for name, value in record["metrics"].items()]
    rows += [entry for kind, export in record["exports"].items() for entry in _export(kind, export)]
    rows.append(_overhead())
    return Result(
        "train",
        rows,
        {"trainer": record["trainer"], "model": record["base_name"]},
        [{"answer": answer, "record": record}],
    )


def _export(kind: str, export: dict) -> list[Figure]:
    """A row for each number that the parity gate put on record."""
    size = row(f"{kind}: size", "MB", [export["bytes"] / 1e6])
    return [
        size,
        *(
            row(f"{kind}: {name.replace('_', ' ')}", "", [float(value)])
            for name, value in export.items()
            if name not in ("file", "bytes")
        ),
    ]


def _overhead() -> Figure:
    """In this process, after the others are gone."""
    from assistant.llm import LlmSettings, gguf
    from assistant.tuned import cache
    from training.data import formats
    from training.fit import base, bench
    from training.recipe import Recipe

    found = bench.run(
        base.prepare(str(gguf.bundled()), cache(), lambda text: None),
        formats.read(_PERSONA).rows,
        LlmSettings().system_prompt,
        Recipe(),
    )
    return Figure(
        "our fit against the bare trainer, tokens/s",
        "ratio",
        found.steps,
        found.ratio,
        found.ratio,
        found.ratio,
        "≥ 0.97",
        found.ratio >= 0.97,
    )
